package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// badLine are two namespaces and what connects them: a line that loses packets,
// doubles them and changes their order.
type badLine struct {
	t              *testing.T
	client, server *namespace
}

// namespace is a thread in a network namespace of its own.
type namespace struct {
	do     chan func()
	device *os.File
}

// run does something in the namespace: sockets that it makes and programs that it
// starts are in there.
func (n *namespace) run(do func()) {
	done := make(chan struct{})
	n.do <- func() { defer close(done); do() }
	<-done
}

func newBadLine(t *testing.T) *badLine {
	for _, tool := range []string{"tcpdump", "ip"} {
		if _, err := exec.LookPath(tool); err != nil || os.Getuid() != 0 {
			if os.Getenv("CI") == "true" {
				t.Fatalf("this test needs %s and root: %v", tool, err)
			}
			t.Skipf("needs %s and root", tool)
		}
	}
	l := &badLine{t: t, client: newNamespace(t, "10.9.0.2", "10.9.0.1"), server: newNamespace(t, "10.9.0.1", "10.9.0.2")}
	var relays sync.WaitGroup
	relays.Go(func() { pass(l.client.device, l.server.device, 1) })
	relays.Go(func() { pass(l.server.device, l.client.device, 2) })
	t.Cleanup(func() {
		l.client.device.Close()
		l.server.device.Close()
		relays.Wait()
	})
	return l
}

// newNamespace makes one with a device for packets that has an address.
func newNamespace(t *testing.T, own, other string) *namespace {
	t.Helper()
	n := &namespace{do: make(chan func())}
	made := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its namespace
		err := unix.Unshare(unix.CLONE_NEWNET)
		made <- err
		if err != nil {
			return
		}
		for do := range n.do {
			do()
		}
	}()
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(n.do) })
	var err error
	n.run(func() { n.device, err = openTun(own, other) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func openTun(own, other string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq("line")
	if err != nil {
		return nil, err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, err
	}
	for _, line := range []string{"addr add " + own + " peer " + other + " dev line", "link set line up"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return os.NewFile(uintptr(fd), "tun"), nil
}

// pass carries packets from one device to the other, until one is closed. Of a
// hundred, eight are lost, eight doubled, and eight come after the next one.
func pass(from, to *os.File, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	var held []byte
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		switch chance := random.IntN(100); {
		case chance < 8:
			continue
		case chance < 16 && held == nil:
			held = bytes.Clone(buf[:n])
			continue
		case chance < 24:
			to.Write(buf[:n])
		}
		to.Write(buf[:n])
		if held != nil {
			to.Write(held)
			held = nil
		}
	}
}

// capture runs tcpdump beside the server while do makes traffic, until enough says
// that what it wrote has all of it.
func (l *badLine) capture(do func(), enough func(file []byte) bool) []byte {
	l.t.Helper()
	path := filepath.Join(l.t.TempDir(), "capture")
	// Room for more packets than there are: none is dropped if tcpdump is slow.
	cmd := exec.Command("tcpdump", "-U", "--immediate-mode", "-s", "2000", "-B", "32768", "-Z", "root", "-i", "line", "-w", path, "ip")
	errs, err := cmd.StderrPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if l.server.run(func() { err = cmd.Start() }); err != nil {
		l.t.Fatal(err)
	}
	ready := make([]byte, 4096)
	for said := ""; !strings.Contains(said, "listening on"); {
		n, err := errs.Read(ready)
		if err != nil {
			l.t.Fatalf("tcpdump: %s, %v", said, err)
		}
		said += string(ready[:n])
	}
	do()
	var file []byte
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if file, _ = os.ReadFile(path); enough(file) {
			break
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("tcpdump never saw all of it: %d bytes", len(file))
		}
	}
	cmd.Process.Signal(os.Interrupt)
	io.Copy(io.Discard, errs)
	if err := cmd.Wait(); err != nil {
		l.t.Fatal(err)
	}
	return file
}

// On a line that loses, doubles and mixes up packets, a capture gives exactly the
// bytes that the programs at both ends had.
func TestBadLineTCP(t *testing.T) {
	l := newBadLine(t)
	var listener net.Listener
	var err error
	if l.server.run(func() { listener, err = net.Listen("tcp4", "10.9.0.1:0") }); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	question, answer := someText(150_000), "answer: "+someText(120_000)
	const connections = 3
	want := contents{Streams: map[string]string{}}
	file := l.capture(func() {
		for range connections {
			from, err := l.talk(listener, question, answer)
			if err != nil {
				t.Fatal(err)
			}
			want.Streams[from+" > "+listener.Addr().String()] = question
			want.Streams[listener.Addr().String()+" > "+from] = answer
		}
	}, func(file []byte) bool {
		// A file that does not have all yet may have every FIN: what is before it in
		// the stream came later.
		events, lost := read(t, file)
		return strings.Count(strings.Join(events, ","), "finished") == 2*connections && len(withoutRetransmissions(lost)) == 0
	})
	if diff := cmp.Diff(want, ours(t, file)); diff != "" {
		t.Errorf("the programs (-) had other bytes: %.2000s", diff)
	}
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes: %.2000s", diff)
	}
}

// withoutRetransmissions leaves out that data came again.
func withoutRetransmissions(lost []string) []string {
	return slices.DeleteFunc(lost, func(s string) bool { return strings.Contains(s, sentAgain.en) })
}

// talk has a client say something, and a server answer, each as much as they have.
func (l *badLine) talk(listener net.Listener, question, answer string) (from string, err error) {
	var c net.Conn
	served := make(chan error, 1)
	go func() {
		s, err := listener.Accept()
		if err == nil {
			defer s.Close()
			err = swap(s, answer, question)
		}
		served <- err
	}()
	if l.client.run(func() { c, err = net.Dial("tcp4", listener.Addr().String()) }); err != nil {
		return "", err
	}
	defer c.Close()
	return c.LocalAddr().String(), errors.Join(swap(c, question, answer), <-served)
}

// swap says all and hears all.
func swap(c net.Conn, say, want string) error {
	said := make(chan error, 1)
	go func() {
		_, err := io.WriteString(c, say)
		said <- errors.Join(err, c.(*net.TCPConn).CloseWrite())
	}()
	heard, err := io.ReadAll(c)
	if string(heard) != want {
		err = errors.Join(err, fmt.Errorf("heard %d bytes", len(heard)))
	}
	return errors.Join(err, <-said)
}

// The same for datagrams, also those in fragments: what came is there as often as
// it came, and nothing else is.
func TestBadLineUDP(t *testing.T) {
	l := newBadLine(t)
	var server net.PacketConn
	var client net.Conn
	var err error
	if l.server.run(func() { server, err = net.ListenPacket("udp4", "10.9.0.1:0") }); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	room, err := server.(*net.UDPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	room.Control(func(fd uintptr) { // the program must not miss what the capture has
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 32<<20)
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.client.run(func() { client, err = net.Dial("udp4", server.LocalAddr().String()) }); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var came []string
	file := l.capture(func() {
		buf := make([]byte, 1<<16)
		heard := make(chan struct{})
		go func() { // ends when the last one came, however often it has to be said
			defer close(heard)
			for {
				n, _, err := server.ReadFrom(buf)
				if err != nil || string(buf[:n]) == "the end" {
					return
				}
				came = append(came, string(buf[:n]))
			}
		}()
		for i := range 200 {
			fmt.Fprintf(client, "datagram %d %s", i, someText(i%5*1000))
		}
		for {
			client.Write([]byte("the end"))
			select {
			case <-heard:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}, func(file []byte) bool { return strings.Contains(strings.Join(written(file), ","), "the end") })
	var got []string
	for _, e := range written(file) {
		_, text, _ := strings.Cut(e, " ")
		if text == "the end" {
			break
		}
		if strings.HasPrefix(text, "datagram") {
			got = append(got, text)
		}
	}
	if diff := cmp.Diff(came, got); diff != "" || len(came) < 50 {
		t.Errorf("the program (-) had other datagrams, %d: %.2000s", len(came), diff)
	}
}
