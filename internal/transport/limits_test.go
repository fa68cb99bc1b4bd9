//go:build linux

package transport_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
	"sockeye/internal/transport/transporttest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// The rows of RELIABILITY.md about limits, options and order.

// C16: the accept queue is shown as the kernel has it: length and real backlog.
func TestAcceptQueue(t *testing.T) { transporttest.OnEachConnKind(t, testC16AcceptQueue) }

func testC16AcceptQueue(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{Backlog: 7, MaxPeers: 1, OverCap: sockeye.PauseOverCap}, nil)
	transporttest.DialTCP(t, pc)
	r.WaitKind(t, sockeye.Joined, 1)
	for range 4 { // one more is accepted before the session notices that it is full, or none
		transporttest.DialTCP(t, pc)
	}
	q := pc.Status().Queue
	if q == nil || q.Backlog != 7 {
		t.Fatalf("queue is %+v, want a backlog of 7", q)
	}
	if q.Waiting < 3 || q.Waiting > 4 {
		t.Errorf("%d connections wait, want 3 or 4", q.Waiting)
	}
}

// C17: beyond the cap a connection is reset and told of, or waits its turn.
func TestOverCapRefuses(t *testing.T) { transporttest.OnEachConnKind(t, testC17OverCapRefuses) }

func testC17OverCapRefuses(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{MaxPeers: 2}, transporttest.Echoing{})
	first, second := transporttest.DialTCP(t, pc), transporttest.DialTCP(t, pc)
	r.WaitKind(t, sockeye.Joined, 2)
	third, err := net.Dial("tcp", pc.Locals()[0].String())
	if err == nil {
		defer third.Close()
		third.SetReadDeadline(time.Now().Add(transporttest.Patience))
		_, err = third.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the third client saw %v, want ECONNRESET", err)
	}
	e := r.WaitKind(t, sockeye.Failed, 1)
	if e.Detail.Err.Kind != sockeye.LimitReached || !strings.Contains(e.Detail.Err.Error(), "limit of 2 peers") {
		t.Errorf("the event says %v", e.Detail.Err)
	}
	for _, c := range []net.Conn{first, second} {
		fmt.Fprint(c, "ok")
		if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
			t.Errorf("a peer below the cap was disturbed: %v", err)
		}
	}
}

// C17: over the limit of peers a server that was told so stops accepting, and goes on when one left.
func TestOverCapPauses(t *testing.T) { transporttest.OnEachConnKind(t, testC17OverCapPauses) }

func testC17OverCapPauses(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{MaxPeers: 1, OverCap: sockeye.PauseOverCap}, transporttest.Echoing{})
	const n = 5
	var clients []*net.TCPConn
	for range n {
		clients = append(clients, transporttest.DialTCP(t, pc))
	}
	served := map[string]bool{}
	for range n {
		r.WaitKind(t, sockeye.Joined, len(served)+1)
		for _, p := range r.All(transporttest.IsKind(sockeye.Joined)) {
			served[p.Peer.Remote.String()] = true
		}
		for _, c := range clients {
			if served[c.LocalAddr().String()] {
				c.Close()
			}
		}
	}
	r.WaitKind(t, sockeye.Left, n)
	if n := len(r.All(transporttest.IsKind(sockeye.Failed))); n != 0 {
		t.Errorf("%d errors while pausing\n%s", n, r)
	}
}

// socketOption reads an option of a session's only TCP connection.
func socketOption(t *testing.T, p *transport.Peer, level, opt int) int {
	t.Helper()
	v := -1
	transporttest.Control(p, func(fd uintptr) { v, _ = unix.GetsockoptInt(int(fd), level, opt) })
	return v
}

// C23: plain TCP, not MPTCP, on both sides.
func TestPlainTCP(t *testing.T) { transporttest.OnEachConnKind(t, testC23PlainTCP) }

func testC23PlainTCP(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	board, br := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc)}, nil)
	for _, p := range []*transport.Peer{transporttest.FirstPeer(t, pc, r), transporttest.FirstPeer(t, board, br)} {
		if got := socketOption(t, p, unix.SOL_SOCKET, unix.SO_PROTOCOL); got != unix.IPPROTO_TCP {
			t.Errorf("SO_PROTOCOL is %d, want %d", got, unix.IPPROTO_TCP)
		}
	}
}

// C18, C20, C21: options are on the accepted and the dialled socket, by default
// and when asked for.
func TestOptionsReachBothSides(t *testing.T) {
	transporttest.OnEachConnKind(t, testOptionsReachBothSides)
}

func testOptionsReachBothSides(t *testing.T) {
	type values map[string]int
	read := func(p *transport.Peer) values {
		return values{
			"nodelay":  socketOption(t, p, unix.SOL_TCP, unix.TCP_NODELAY),
			"alive":    socketOption(t, p, unix.SOL_SOCKET, unix.SO_KEEPALIVE),
			"idle":     socketOption(t, p, unix.SOL_TCP, unix.TCP_KEEPIDLE),
			"interval": socketOption(t, p, unix.SOL_TCP, unix.TCP_KEEPINTVL),
			"count":    socketOption(t, p, unix.SOL_TCP, unix.TCP_KEEPCNT),
			"timeout":  socketOption(t, p, unix.SOL_TCP, unix.TCP_USER_TIMEOUT),
		}
	}
	for _, test := range []struct {
		name string
		o    sockeye.Options
		want values
	}{
		{"defaults", sockeye.Options{}, values{"nodelay": 1, "alive": 1, "idle": 5, "interval": 5, "count": 3, "timeout": 0}},
		{"chosen", sockeye.Options{NoDelay: sockeye.Off, KeepAliveIdle: 2 * time.Second, KeepAliveInterval: 1500 * time.Millisecond,
			KeepAliveCount: 4, UserTimeout: 7 * time.Second},
			values{"nodelay": 0, "alive": 1, "idle": 2, "interval": 2, "count": 4, "timeout": 7000}},
		{"off", sockeye.Options{KeepAlive: sockeye.Off, UserTimeout: -1}, values{"nodelay": 1, "alive": 0, "timeout": 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pc, r := transporttest.Listening(t, "tcp", test.o, nil)
			board, br := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: test.o}, nil)
			for side, p := range map[string]*transport.Peer{"accepted": transporttest.FirstPeer(t, pc, r), "dialled": transporttest.FirstPeer(t, board, br)} {
				got := read(p)
				for name, want := range test.want {
					if got[name] != want {
						t.Errorf("%s: %s is %d, want %d", side, name, got[name], want)
					}
				}
			}
		})
	}
}

// C21, C22: how long a peer may answer nothing fits the keepalive times that were asked
// for, and the kernel asks often enough meanwhile.
func TestAnswerTimeoutFitsKeepAlive(t *testing.T) {
	transporttest.OnEachConnKind(t, testC21AnswerTimeoutFitsKeepAlive)
}

func testC21AnswerTimeoutFitsKeepAlive(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: 2 * time.Second, KeepAliveCount: 2}, nil)
	transporttest.DialTCP(t, pc)
	if got := pc.Endpoint().AnswerTimeout(); got != 5*time.Second {
		t.Errorf("the answer timeout is %v, want 5 s", got)
	}
	p := transporttest.FirstPeer(t, pc, r)
	if got := socketOption(t, p, unix.SOL_TCP, unix.TCP_USER_TIMEOUT); got != 0 {
		t.Errorf("TCP_USER_TIMEOUT is %d ms, want none", got)
	}
	if !knowsRTOMax() {
		return
	}
	if got := socketOption(t, p, unix.SOL_TCP, sockopt.RTOMaxMS); got < 1250 || got > 1260 { // in ticks of the kernel
		t.Errorf("TCP_RTO_MAX_MS is %d, want a quarter of 5 s", got)
	}
}

// knowsRTOMax reports whether the kernel has TCP_RTO_MAX_MS (Linux 6.15).
func knowsRTOMax() bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	_, err = unix.GetsockoptInt(fd, unix.SOL_TCP, sockopt.RTOMaxMS)
	return err == nil
}

// C24: what the kernel made of the asked buffer sizes is shown.
func TestEffectiveBuffers(t *testing.T) { transporttest.OnEachConnKind(t, testC24EffectiveBuffers) }

func testC24EffectiveBuffers(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{ReceiveBuffer: 50_000, SendBuffer: 60_000}, nil)
	transporttest.DialTCP(t, pc)
	st := transporttest.FirstPeer(t, pc, r).Status()
	if st.ReceiveBuffer != 100_000 || st.SendBuffer != 120_000 {
		t.Errorf("effective buffers are %d and %d; Linux doubles 50000 and 60000 (socket(7))", st.ReceiveBuffer, st.SendBuffer)
	}
	if st.TCP == nil || st.TCP.State != "ESTABLISHED" {
		t.Errorf("TCP info is %+v", st.TCP)
	}
}

// C35: 0.0.0.0 is every IPv4 address and nothing else, :: every address of both
// families, unless the network names one. An IPv4 client of a socket for both is
// shown as IPv4.
func TestDualStack(t *testing.T) { transporttest.OnEachConnKind(t, testC35DualStack) }

func testC35DualStack(t *testing.T) {
	transporttest.NeedIPv6(t)
	for _, test := range []struct {
		family, typed, local string
		v4, v6               bool
	}{
		{"", ":0", "::", true, true},
		{"", "*:0", "::", true, true},
		{"", "[::]:0", "::", true, true},
		{"", "0.0.0.0:0", "0.0.0.0", true, false},
		{"", "[::ffff:0.0.0.0]:0", "0.0.0.0", true, false},
		{"4", ":0", "0.0.0.0", true, false},
		{"4", "0.0.0.0:0", "0.0.0.0", true, false},
		{"6", ":0", "::", false, true},
		{"6", "[::]:0", "::", false, true},
		{"", "127.0.0.1:0", "127.0.0.1", true, false},
		{"", "[::1]:0", "::1", false, true},
	} {
		for _, network := range []string{"tcp", "udp"} {
			typed := network + test.family + "://" + test.typed
			t.Run(typed, func(t *testing.T) {
				s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, typed)}, nil)
				local := s.Locals()[0]
				if local.Addr().String() != test.local || len(s.Locals()) != 1 {
					t.Errorf("bound %v, want %s", s.Locals(), test.local)
				}
				for host, want := range map[string]bool{"127.0.0.1": test.v4, "::1": test.v6} {
					c, reached := reaches(t, network, host, local.Port())
					if reached != want {
						t.Errorf("from %s: reachable %v, want %v", host, reached, want)
					}
					if reached {
						r.Wait(t, "joined from "+host, func(e sockeye.Event) bool {
							return e.Kind == sockeye.Joined && e.Peer.Remote.String() == c.LocalAddr().String() && e.Peer.Local.Addr().String() == host
						})
					}
				}
			})
		}
	}
}

// reaches reports whether something receives on a port of this machine. What no UDP
// socket takes is refused (ICMP), and to be told of that takes one more call.
func reaches(t *testing.T, network, host string, port uint16) (net.Conn, bool) {
	t.Helper()
	c, err := net.Dial(network, net.JoinHostPort(host, strconv.Itoa(int(port))))
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		return nil, false
	}
	t.Cleanup(func() { c.Close() })
	if network == "udp" {
		c.Write([]byte("hi")) // on loopback, the answer is there when it returns
		if _, err = c.Write([]byte("hi")); errors.Is(err, syscall.ECONNREFUSED) {
			return nil, false
		}
	}
	return c, true
}

// A transport with connections knows no multicast groups, and says so in words.
func TestGroupsAreRefused(t *testing.T) {
	for _, test := range []struct {
		mode        sockeye.Mode
		typed, says string
	}{
		{sockeye.Listen, "tcp://239.1.2.3:10000", "TCP joins exactly two machines"},
		{sockeye.Connect, "tcp://239.1.2.3:10000", "TCP joins exactly two machines"},
		{sockeye.Connect, "tcp://[ff02::fb]:10000", "TCP joins exactly two machines"},
	} {
		t.Run(string(test.mode)+" "+test.typed, func(t *testing.T) {
			_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: test.mode, Address: transporttest.At(t, test.typed)}, nil)
			e := sockeye.ErrorOf(err)
			if e == nil || e.Kind != sockeye.Unsupported || !strings.Contains(e.Error(), test.says) || e.Hint.En == "" || e.Message.Zh == "" {
				t.Errorf("got %v, want %q and what to do", err, test.says)
			}
		})
	}
}

// A name with both families is bound on both, on one port.
func TestLocalhostBindsBothFamilies(t *testing.T) {
	transporttest.OnEachConnKind(t, testLocalhostBindsBothFamilies)
}

func testLocalhostBindsBothFamilies(t *testing.T) {
	transporttest.NeedIPv6(t)
	s, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "localhost:0")}, nil)
	locals := s.Locals()
	if len(locals) != 2 || locals[0].Port() != locals[1].Port() {
		t.Fatalf("bound %v, want 127.0.0.1 and ::1 on one port", locals)
	}
}

// C47: TCP's simultaneous open can connect a socket to itself; that is no server.
func TestSelfConnect(t *testing.T) {
	ep, err := selfConnect(t)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.SelfConnect {
		t.Fatalf("got %v, want self-connect", err)
	}
	ep.Options.SelfConnect = sockeye.On
	if _, _, err = transporttest.TryOpen(t, ep, nil); err != nil {
		t.Errorf("self-connect that was asked for: %v", err)
	}
}

// selfConnect tries to connect a free port to itself. A port that is free to
// listen on may still be kept from a client, by an old connection in TIME_WAIT:
// then it takes another.
func selfConnect(t *testing.T) (ep sockeye.Endpoint, err error) {
	t.Helper()
	for range 50 {
		free, listenErr := net.Listen("tcp", "127.0.0.1:0")
		if listenErr != nil {
			t.Fatal(listenErr)
		}
		port := free.Addr().(*net.TCPAddr).AddrPort().Port()
		free.Close()
		ep = sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: port},
			Options: sockeye.Options{SourcePort: port}}
		_, _, err = transporttest.TryOpen(t, ep, nil)
		if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AddressInUse {
			break
		}
	}
	return ep, err
}

// C49: peers join in the order of accept, and one at full speed does not starve
// the quiet ones.
func TestOrderAndFairness(t *testing.T) { transporttest.OnEachConnKind(t, testC49OrderAndFairness) }

func testC49OrderAndFairness(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	r.DropData()
	const quiet = 50
	var clients []*net.TCPConn
	for range quiet {
		clients = append(clients, transporttest.DialTCP(t, pc))
	}
	r.WaitKind(t, sockeye.Joined, quiet)
	var got, want []string
	for i, e := range r.All(transporttest.IsKind(sockeye.Joined)) {
		got = append(got, e.Peer.Remote.String())
		want = append(want, clients[i].LocalAddr().String())
	}
	if !slices.Equal(got, want) {
		t.Error("peers did not join in the order they connected")
	}
	busy := transporttest.DialTCP(t, pc)
	stop := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() { io.Copy(io.Discard, busy) })
	flood.Go(func() {
		defer busy.CloseWrite()
		chunk := make([]byte, 64<<10)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := busy.Write(chunk); err != nil {
				return
			}
		}
	})
	for i, c := range clients {
		c.Write([]byte("ping"))
		if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
			t.Errorf("quiet client %d starved: %v", i, err)
		}
	}
	close(stop)
	busy.SetDeadline(time.Now().Add(transporttest.Patience))
	pc.Close()
	flood.Wait()
}

// C46: the order of the record is the kernel's: an answer never comes before
// what it answers, and times do not decrease for one peer.
func TestAnswerAfterQuestion(t *testing.T) {
	transporttest.OnEachConnKind(t, testC46AnswerAfterQuestion)
}

func testC46AnswerAfterQuestion(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	board, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc)}, transporttest.Echoing{})
	p := transporttest.FirstPeer(t, pc, r)
	const rounds = 2000
	for range rounds {
		if _, err := p.Send(t.Context(), []byte("q")); err != nil {
			t.Fatal(err)
		}
	}
	r.WaitBytes(t, sockeye.Received, rounds)
	board.Close()
	questions, answers := 0, 0
	var last time.Time
	for _, e := range r.All(func(sockeye.Event) bool { return true }) {
		switch e.Kind {
		case sockeye.Sent:
			questions += len(e.Data)
		case sockeye.Received:
			answers += len(e.Data)
		default:
			continue
		}
		if answers > questions {
			t.Fatalf("after %d questions there are %d answers", questions, answers)
		}
		if e.Time.Before(last) {
			t.Fatal("times decrease")
		}
		last = e.Time
	}
}

// child runs this test binary as another process that serves an echo, under an
// outer command such as strace or prlimit, and returns its address and process.
func child(t *testing.T, outer ...string) (address string, pid int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(outer, self, "-test.run=^TestChildServesEcho$")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "SOCKEYE_TEST_CHILD="+transporttest.ConnKind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		io.Copy(io.Discard, out)
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	if _, err := fmt.Sscan(line, &address, &pid); err != nil {
		t.Fatalf("the child said %q", line)
	}
	return address, pid
}

// TestChildServesEcho is the body of the process that child starts.
func TestChildServesEcho(t *testing.T) {
	if transporttest.ConnKind = os.Getenv("SOCKEYE_TEST_CHILD"); transporttest.ConnKind == "" {
		return // only ever meant to be run by child
	}
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	r.DropData()
	fmt.Println(pc.Locals()[0], os.Getpid())
	io.Copy(io.Discard, os.Stdin)
}

// echoesOn reports whether a fresh or given connection to address echoes in time.
func echoesOn(c net.Conn, within time.Duration) error {
	c.SetDeadline(time.Now().Add(within))
	if _, err := c.Write([]byte("ping")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 4))
	return err
}

// F25: out of descriptors, the server stays calm, serves those it has, turns
// others away, and accepts again as soon as it can.
func TestOutOfDescriptors(t *testing.T) { transporttest.OnEachConnKind(t, testF25OutOfDescriptors) }

func testF25OutOfDescriptors(t *testing.T) {
	address, pid := child(t, "prlimit", "--nofile=64")
	var served []net.Conn
	refused := 0
	for len(served) < 200 && refused < 5 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			refused++
			continue
		}
		if err := echoesOn(c, 300*time.Millisecond); err != nil {
			c.Close()
			refused++
			continue
		}
		defer c.Close()
		served = append(served, c)
	}
	if len(served) < 10 || refused == 0 {
		t.Fatalf("%d served and %d refused: the limit was not met", len(served), refused)
	}
	before := processCPU(t, pid)
	pressing, err := net.Dial("tcp", address)
	if err == nil {
		defer pressing.Close()
	}
	hold := time.NewTimer(time.Second)
	<-hold.C // the time over which spinning would show
	if used := processCPU(t, pid) - before; used > 300*time.Millisecond {
		t.Errorf("the server used %v of CPU time in a second of being full", used)
	}
	if turnedAway, err := net.Dial("tcp", address); err == nil { // else it was reset already
		defer turnedAway.Close()
		turnedAway.SetReadDeadline(time.Now().Add(transporttest.Patience))
		if _, err := turnedAway.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("who comes while the server is full gets %v, want to be reset", err)
		}
	}
	for i, c := range served {
		if err := echoesOn(c, transporttest.Patience); err != nil {
			t.Fatalf("served connection %d: %v", i, err)
		}
	}
	for _, c := range served[:5] {
		c.Close()
	}
	late := time.Now().Add(transporttest.Patience)
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			err = echoesOn(c, 300*time.Millisecond)
			c.Close()
		}
		if err == nil {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("no new connection is served after descriptors are free: %v", err)
		}
	}
}

// processCPU is the user and system time of a process (proc(5)).
func processCPU(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100
}

// C09, F27: interrupted and aborted calls are nobody's business.
func TestAcceptErrorsPass(t *testing.T) { transporttest.OnEachConnKind(t, testF27AcceptErrorsPass) }

func testF27AcceptErrorsPass(t *testing.T) {
	for _, fault := range []string{
		"accept4:error=ECONNABORTED:when=2+3", "accept4:error=EPROTO:when=2+3", "read:error=EINTR:when=4+3", "write:error=EINTR:when=4+3",
		"recvfrom:error=EINTR:when=4+3", "sendto:error=EINTR:when=4+3",
	} {
		t.Run(fault, func(t *testing.T) {
			// Only what is traced is injected (strace(1)).
			call, _, _ := strings.Cut(fault, ":")
			log := filepath.Join(t.TempDir(), "calls")
			address, _ := child(t, "strace", "-f", "-o", log, "-e", "trace="+call, "-e", "inject="+fault)
			for i := range 20 {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				if err := echoesOn(c, transporttest.Patience); err != nil {
					t.Fatalf("connection %d: %v", i, err)
				}
				c.Close()
			}
			calls, err := os.ReadFile(log)
			used := bytes.Count(calls, []byte(call+"(")) >= 20 // each kind of connection has its own calls
			if err != nil || used && !bytes.Contains(calls, []byte("(INJECTED)")) {
				t.Errorf("no call of %s failed, %v", call, err)
			}
		})
	}
}
