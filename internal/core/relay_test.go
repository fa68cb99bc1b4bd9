package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/freeport"
	"sockeye/internal/responder"
)

// relayed is a relay to a listener of the test's own.
type relayed struct {
	bench *Core
	s     *Session
	up    net.Listener
}

func openRelay(t *testing.T, listen, upstream sockeye.Address) (*Core, *Session) {
	t.Helper()
	return openRelayWith(t, listen, upstream, RelayOptions{})
}

func openRelayWith(t *testing.T, listen, upstream sockeye.Address, o RelayOptions) (*Core, *Session) {
	t.Helper()
	bench := New(0)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		bench.Shutdown(ctx)
	})
	s, err := bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: listen}, sockeye.Endpoint{Mode: sockeye.Connect, Address: upstream}, o)
	if err != nil {
		t.Fatal(err)
	}
	return bench, s
}

func relayTCP(t *testing.T) *relayed {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	bench, s := openRelay(t, addressOf(t, "127.0.0.1:0"), addressOf(t, l.Addr().String()))
	return &relayed{bench, s, l}
}

// connect is a client of the relay, and its own connection at the upstream.
func (r *relayed) connect(t *testing.T) (client, upstream *net.TCPConn) {
	t.Helper()
	c, err := net.Dial("tcp", r.s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	u, err := r.up.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []net.Conn{c, u} {
		t.Cleanup(func() { one.Close() })
		one.SetDeadline(time.Now().Add(patience))
	}
	return c.(*net.TCPConn), u.(*net.TCPConn)
}

// What either side sends arrives at the other, byte for byte, whatever the sizes of the
// pieces are, both ways at once; and the record has every byte twice: as it came and as
// it went on.
func TestRelayPassesEveryByteOn(t *testing.T) {
	r := relayTCP(t)
	client, upstream := r.connect(t)
	const seed = 14
	random := rand.New(rand.NewPCG(seed, seed))
	all := func() (pieces [][]byte, whole []byte) {
		for range 1000 {
			piece := make([]byte, 1+random.IntN(5000))
			for i := range piece {
				piece[i] = byte(random.Uint32())
			}
			pieces, whole = append(pieces, piece), append(whole, piece...)
		}
		return pieces, whole
	}
	var running sync.WaitGroup
	for name, way := range map[string]struct{ from, to *net.TCPConn }{"to the upstream": {client, upstream}, "from the upstream": {upstream, client}} {
		pieces, whole := all()
		running.Go(func() {
			for _, p := range pieces {
				if _, err := way.from.Write(p); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
			}
			way.from.CloseWrite()
		})
		running.Go(func() {
			if got, err := io.ReadAll(way.to); err != nil || !bytes.Equal(got, whole) {
				t.Errorf("%s: seed %d: %d bytes came, %d were sent, %v", name, seed, len(got), len(whole), err)
			}
		})
	}
	running.Wait()
	for _, s := range []*Session{r.s, r.s.Relay().Upstream()} {
		waitUntil(t, "both peers have left", func() bool { return len(s.Peers()) == 0 })
	}
	down, up := r.s.Status().Counters, r.s.Relay().Upstream().Status().Counters
	if down.ReceivedBytes != up.SentBytes || up.ReceivedBytes != down.SentBytes || down.ReceivedBytes < 2_000_000 {
		t.Errorf("the peer %+v, its upstream %+v", down, up)
	}
}

// Large pieces that several connections send at once, and that come back meanwhile, come
// whole.
func TestRelayOfManyStreams(t *testing.T) {
	r := relayTCP(t)
	const pieces = 64
	var running sync.WaitGroup
	for n := range 8 {
		client, upstream := r.connect(t)
		running.Go(func() {
			io.Copy(upstream, upstream)
			upstream.CloseWrite()
		})
		piece := make([]byte, 64<<10)
		for i := range piece {
			piece[i] = byte(n*31 + i + i>>8)
		}
		running.Go(func() {
			for range pieces {
				client.Write(piece)
			}
			client.CloseWrite()
		})
		running.Go(func() {
			got, err := io.ReadAll(client)
			if err != nil || !bytes.Equal(got, bytes.Repeat(piece, pieces)) {
				t.Errorf("connection %d: %d bytes came back, %v", n, len(got), err)
			}
		})
	}
	running.Wait()
}

// One side may end its direction and still be answered.
func TestRelayPassesHalfCloseOn(t *testing.T) {
	r := relayTCP(t)
	client, upstream := r.connect(t)
	io.WriteString(client, "question")
	client.CloseWrite()
	if got, err := io.ReadAll(upstream); string(got) != "question" || err != nil {
		t.Fatalf("%q %v", got, err)
	}
	io.WriteString(upstream, "answer")
	upstream.Close()
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// F34: a reset crosses, whichever side it comes from.
func TestRelayPassesResetsOn(t *testing.T) {
	r := relayTCP(t)
	for name, reset := range map[string]func(client, upstream *net.TCPConn) (broken, other *net.TCPConn){
		"from the peer":     func(c, u *net.TCPConn) (*net.TCPConn, *net.TCPConn) { return c, u },
		"from the upstream": func(c, u *net.TCPConn) (*net.TCPConn, *net.TCPConn) { return u, c },
	} {
		client, upstream := r.connect(t)
		broken, other := reset(client, upstream)
		broken.SetLinger(0)
		broken.Close()
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: the other side sees %v", name, err)
		}
	}
}

// Who does not read is not read from by the relay for the other side: memory does not
// grow with what waits.
func TestRelayPassesBackpressureOn(t *testing.T) {
	r := relayTCP(t)
	client, upstream := r.connect(t)
	const most = 64 << 20
	sent := make(chan int, 1)
	go func() {
		n, piece := 0, make([]byte, 64<<10)
		client.SetWriteDeadline(time.Now().Add(2 * time.Second)) // it gets stuck, however fast this machine is
		for n < most {
			m, err := client.Write(piece)
			if n += m; err != nil {
				break
			}
		}
		sent <- n
	}()
	n := <-sent
	if n >= most {
		t.Fatalf("all of %d bytes were taken, though nobody reads them", n)
	}
	client.CloseWrite()
	if got, err := io.Copy(io.Discard, upstream); int(got) != n || err != nil {
		t.Errorf("%d bytes came, %d were sent, %v", got, n, err)
	}
}

// A peer whose upstream cannot be reached is reset, and both sessions say why.
func TestRelayWithoutUpstream(t *testing.T) {
	_, s := openRelay(t, addressOf(t, "127.0.0.1:0"), addressOf(t, freeport.Loopback(t)))
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer sees %v", err)
	}
	waitUntil(t, "the peer has left", func() bool { return len(s.Peers()) == 0 })
}

// Each source of datagrams has a socket of its own at the upstream, so that answers find
// their way back.
func TestRelayOfDatagrams(t *testing.T) {
	up, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer up.Close()
	go func() { // it answers with where from and what
		buf := make([]byte, 2048)
		for {
			n, from, err := up.ReadFrom(buf)
			if err != nil {
				return
			}
			up.WriteTo(append([]byte(from.String()+" "), buf[:n]...), from)
		}
	}()
	_, s := openRelay(t, addressOf(t, "udp://127.0.0.1:0"), addressOf(t, "udp://"+up.LocalAddr().String()))
	seen := map[string]bool{}
	for _, word := range []string{"one", "two"} {
		c, err := net.Dial("udp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, word)
		buf := make([]byte, 2048)
		n, err := c.Read(buf)
		from, said, _ := bytes.Cut(buf[:n], []byte(" "))
		if err != nil || string(said) != word || seen[string(from)] {
			t.Errorf("%q %v", buf[:n], err)
		}
		seen[string(from)] = true
	}
	if n := len(s.Relay().Upstream().Peers()); n != 2 {
		t.Errorf("%d connections to the upstream for 2 peers", n)
	}
}

// A serial port as the upstream: the relay is a serial server for one client at a time.
func TestRelayToASerialPort(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cmd := exec.Command("socat", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	board := New(0)
	defer board.Shutdown(context.Background())
	var device *Session
	waitUntil(t, "the board has its port", func() bool {
		var err error
		device, err = board.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.Serial, Path: b}}, responder.Answer{Echo: true})
		return err == nil
	})
	defer device.transport.Close()
	_, s := openRelay(t, addressOf(t, "127.0.0.1:0"), sockeye.Address{Network: sockeye.Serial, Path: a})
	for range 2 { // one after the other
		c, err := net.Dial("tcp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, "AT\r\n")
		got := make([]byte, 4)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != "AT\r\n" {
			t.Errorf("%q %v", got, err)
		}
		c.Close()
		waitUntil(t, "the port is free again", func() bool { return len(s.Relay().Upstream().Peers()) == 0 })
	}
}

// The end of the relay is the end of both sides, and nothing waits for who does not read.
func TestRelayEnds(t *testing.T) {
	r := relayTCP(t)
	client, upstream := r.connect(t)
	go io.Copy(client, zeros{})
	waitUntil(t, "something is under way", func() bool { return r.s.Status().Counters.ReceivedBytes > 1<<20 })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := r.s.Relay().Upstream()
	r.bench.Close(ctx, r.s)
	<-up.Done()
	if _, err := io.Copy(io.Discard, upstream); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func addressOf(t *testing.T, typed string) sockeye.Address {
	t.Helper()
	a, err := sockeye.ParseAddress(typed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// waitUntil waits for a state that no event tells of.
func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// T52: a relay that is its own upstream refuses the first peer, and says why: otherwise every
// connection would make another one, until there are no more files.
func TestRelayIsNotItsOwnUpstream(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		bench, s := openLoop(t, network)
		if c, err := net.Dial(network, s.Locals()[0].String()); err == nil { // else it was aborted before the dial was over
			defer c.Close()
			c.Write([]byte("round"))
		}
		cursor := bench.View(0)
		defer cursor.Close()
		joined := 0
		for {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			e, err := cursor.Next(ctx)
			cancel()
			if err != nil {
				t.Fatalf("%s: nothing says that the relay is its own upstream: %v", network, err)
			}
			if e.Kind == sockeye.Joined {
				joined++
			}
			if e.Kind == sockeye.Failed && e.Detail.Err.Kind == sockeye.NotPermitted && strings.Contains(e.Detail.Err.Message.En, "this relay itself") {
				break
			}
		}
		if joined > 20 {
			t.Errorf("%s: %d peers joined before", network, joined)
		}
		bench.Close(t.Context(), s)
	}
}

// T52: relays that are each other's upstreams pass nothing round: the first peer is refused, and
// it is said why, before they hold fifty sockets. A chain that does not come back works.
func TestRelaysInACircle(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		for _, others := range []int{1, 2} {
			bench := New(0)
			joined := 0
			t.Cleanup(func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				bench.Shutdown(ctx)
			})
			relayTo := func(at, upstream string) *Session {
				t.Helper()
				s, err := bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: addressOf(t, network+"://"+at)},
					sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(t, network+"://"+upstream)}, RelayOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			end := open(t, bench, endpoint(t, sockeye.Listen, network+"://127.0.0.1:0"), responder.Answer{Echo: true}).Locals()[0].String()
			straight := relayTo("127.0.0.1:0", relayTo("127.0.0.1:0", end).Locals()[0].String())
			first := freeport.Loopback(t)
			upstream := first
			for range others {
				upstream = relayTo("127.0.0.1:0", upstream).Locals()[0].String()
			}
			relayTo(first, upstream)
			if c, err := net.Dial(network, first); err == nil { // else it was aborted before the dial was over
				defer c.Close()
				c.Write([]byte("round"))
			}
			wait(t, bench, "that the way comes back", func(e sockeye.Event) bool {
				if e.Kind == sockeye.Joined {
					joined++
				}
				return e.Kind == sockeye.Failed && e.Detail.Err.Kind == sockeye.NotPermitted && strings.Contains(e.Detail.Err.Message.En, "leads back to it")
			})
			if joined > 25 {
				t.Errorf("%s by way of %d: %d peers joined before", network, others, joined)
			}
			c, err := net.Dial(network, straight.Locals()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, "straight on")
			hears(t, c, "straight on")
		}
	}
}

// openLoop opens a relay that is its own upstream, at a port that was free a moment ago.
func openLoop(t *testing.T, network string) (*Core, *Session) {
	t.Helper()
	bench := New(0)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		bench.Shutdown(ctx)
	})
	var err error
	for range 20 { // somebody else may take the port meanwhile
		at := addressOf(t, network+"://"+freeport.Loopback(t))
		var s *Session
		if s, err = bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, sockeye.Endpoint{Mode: sockeye.Connect, Address: at}, RelayOptions{}); err == nil {
			return bench, s
		}
	}
	t.Fatal(err)
	return nil, nil
}
