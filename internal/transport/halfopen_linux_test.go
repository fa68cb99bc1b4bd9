package transport_test

import (
	"bytes"
	"io"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// What becomes of a peer that finished sending: by default it is sent what is queued for
// it, then it leaves.

// F33: what somebody is going to send is sent although the peer finished meanwhile.
func TestQueuedIsSentFirst(t *testing.T) { transporttest.OnEachConnKind(t, testF33QueuedIsSentFirst) }

func testF33QueuedIsSentFirst(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	for name, hold := range map[string]func(*transport.Peer) (release func()){
		"of the peer":    func(p *transport.Peer) func() { p.Hold(); return p.Release },
		"of the session": func(*transport.Peer) func() { pc.Hold(); return pc.Release },
	} {
		c := transporttest.DialTCP(t, pc)
		c.Write([]byte("GET /"))
		p := peerOf(t, pc, r, c)
		release := hold(p)
		c.CloseWrite()
		finished := r.Wait(t, "finished", func(e sockeye.Event) bool { return e.Kind == sockeye.Finished && e.Peer.ID == p.ID })
		if st := p.Status(); !st.HalfOpen || !p.CanReceive() {
			t.Errorf("%s: held, the peer is %+v", name, st)
		}
		if _, err := p.Send(t.Context(), []byte("answer")); err != nil {
			t.Fatal(name, err)
		}
		release()
		if got, err := io.ReadAll(c); err != nil || string(got) != "answer" {
			t.Errorf("%s: the peer read %q, %v", name, got, err)
		}
		<-p.Done()
		left := leftOf(t, r, p)
		if left.Detail.Reason != sockeye.ReasonEOF || left.Detail.Unsent != 0 {
			t.Errorf("%s: left for %q with %d bytes unsent", name, left.Detail.Reason, left.Detail.Unsent)
		}
		if took := left.Time.Sub(finished.Time); took > transporttest.Patience {
			t.Errorf("%s: left after %v", name, took)
		}
		c.Close()
	}
}

func leftOf(t *testing.T, r *transporttest.EventLog, p *transport.Peer) sockeye.Event {
	t.Helper()
	return r.Wait(t, "left", func(e sockeye.Event) bool { return e.Kind == sockeye.Left && e.Peer.ID == p.ID })
}

// peerOf is the peer that a client's connection is.
func peerOf(t *testing.T, pc *transport.Session, r *transporttest.EventLog, c *net.TCPConn) *transport.Peer {
	t.Helper()
	e := r.Wait(t, "joined", func(e sockeye.Event) bool {
		return e.Kind == sockeye.Joined && e.Peer.Remote.String() == c.LocalAddr().String()
	})
	p := pc.Peer(e.Peer.ID)
	if p == nil {
		t.Fatal("the peer is gone already")
	}
	return p
}

// F33: a send in progress is finished, however slowly the peer reads, and the peer leaves
// when it has everything.
func TestSendInProgressIsFinished(t *testing.T) {
	transporttest.OnEachConnKind(t, testF33SendInProgressIsFinished)
}

func testF33SendInProgressIsFinished(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 64 << 10}, nil)
	c := transporttest.DialTCP(t, pc)
	p := peerOf(t, pc, r, c)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	sent := make(chan error, 1)
	go func() {
		_, err := p.Send(t.Context(), data)
		sent <- err
	}()
	transporttest.Eventually(t, "the send waits", func() bool { return p.Status().Queued > 64<<10 })
	c.CloseWrite()
	r.WaitKind(t, sockeye.Finished, 1)
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("the peer read %d of %d bytes, %v", len(got), len(data), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if d := leftOf(t, r, p).Detail; d.Reason != sockeye.ReasonEOF || d.Unsent != 0 {
		t.Errorf("left for %q with %d bytes unsent", d.Reason, d.Unsent)
	}
}

// F32, C07: what a peer that reset the connection never acknowledged, and what could not
// be sent any more, is counted together when it leaves.
func TestUnsentAtReset(t *testing.T) { transporttest.OnEachConnKind(t, testF32UnsentAtReset) }

func testF32UnsentAtReset(t *testing.T) {
	// The kernel may still find room for a segment: what arrived is asked for at the end.
	for name, end := range map[string]func(p *transport.Peer, c *net.TCPConn) (arrived int){
		"reset":   func(_ *transport.Peer, c *net.TCPConn) int { c.SetLinger(0); defer c.Close(); return unreadBy(t, c) },
		"aborted": func(p *transport.Peer, c *net.TCPConn) int { p.Abort(); <-p.Done(); return unreadBy(t, c) },
	} {
		pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 64 << 10}, nil)
		c := transporttest.DialTCP(t, pc)
		c.SetReadBuffer(64 << 10) // and so the system does not open the window again
		p := peerOf(t, pc, r, c)
		data := make([]byte, 16<<20)
		failed := make(chan error, 1)
		go func() {
			_, err := p.Send(t.Context(), data)
			failed <- err
		}()
		transporttest.Eventually(t, "the peer's window is closed", func() bool {
			st := p.Status()
			return st.Queued > 0 && unreadBy(t, c) == len(data)-st.Queued && st.TCP.Unacked == 0
		})
		got := end(p, c)
		if err := <-failed; err == nil {
			t.Errorf("%s: the send succeeded", name)
		}
		if d := leftOf(t, r, p).Detail; d.Unsent != len(data)-got {
			t.Errorf("%s: left for %q with %d bytes unsent, want %d", name, d.Reason, d.Unsent, len(data)-got)
		}
	}
}

// F32: so are bytes that the kernel took at once, of a peer that nobody waits for.
func TestUnacknowledgedAtReset(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for name, end := range map[string]func(p *transport.Peer, c *net.TCPConn){
			"reset":   func(_ *transport.Peer, c *net.TCPConn) { c.SetLinger(0); c.Close() },
			"aborted": func(p *transport.Peer, _ *net.TCPConn) { p.Abort() },
		} {
			pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 1 << 20}, nil)
			c := transporttest.DialTCP(t, pc)
			p := peerOf(t, pc, r, c)
			data := make([]byte, 300<<10)
			if n, err := p.Send(t.Context(), data); n != len(data) || err != nil {
				t.Fatalf("Send = %d, %v", n, err)
			}
			transporttest.Eventually(t, "the peer's window is closed", func() bool {
				st := p.Status()
				return st.TCP.Unacked == 0 && unreadBy(t, c) == len(data)-st.Unsent
			})
			want := len(data) - unreadBy(t, c)
			if want == 0 {
				t.Fatal("the peer's kernel took everything")
			}
			end(p, c)
			if d := leftOf(t, r, p).Detail; d.Unsent != want {
				t.Errorf("%s: left for %q with %d bytes unsent, want %d", name, d.Reason, d.Unsent, want)
			}
		}
	})
}

// unreadBy counts the bytes that wait in the kernel for a client's next read.
func unreadBy(t *testing.T, c *net.TCPConn) (n int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n
}

// F33: our FIN is not a byte.
func TestFINIsNoByte(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Serve(t, on(7000))
	p, r := connectedTo(t, 7000, sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1})
	there.Rules(t, "", "tcp dport 7000 drop")
	p.Send(t.Context(), []byte("0123456789"))
	p.Finish(t.Context())
	if n := p.Status().Unsent; n != 10 {
		t.Errorf("%d bytes unacknowledged, want 10", n)
	}
	checkVanished(t, r, 10)
}

// F32: a peer that reads nothing at all, but whose system acknowledges, stays for many
// times as long as one that vanished; then, vanished, it is given up as fast as one that
// reads.
func TestNotReadingIsAlive(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	const limit = 2 * time.Second
	pc, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.HereIP+":7000"),
		Options: sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}}, nil)
	var c *net.TCPConn
	there.Do(func() {
		conn, err := net.Dial("tcp", transporttest.HereIP+":7000")
		if err != nil {
			t.Error(err)
			return
		}
		c = conn.(*net.TCPConn)
		c.SetReadBuffer(64 << 10) // and so the system does not make it larger
	})
	if c == nil {
		return
	}
	defer c.Close()
	p := peerOf(t, pc, r, c)
	go p.Send(t.Context(), make([]byte, 16<<20))
	transporttest.Eventually(t, "it is seen that the peer does not read", func() bool { return p.Status().NotReadingFor > 6*limit })
	if n := len(r.All(transporttest.IsKind(sockeye.Left))); n != 0 {
		t.Fatalf("left after %v: %s", 6*limit, r)
	}
	// It reads a little: the window opens, and is counted anew when it has closed again.
	before := p.Status()
	io.CopyN(io.Discard, c, 1<<20)
	transporttest.Eventually(t, "it is seen that it read", func() bool {
		st := p.Status()
		return st.NotReadingFor < before.NotReadingFor && st.Queued < before.Queued
	})
	transporttest.Eventually(t, "its window is closed again", func() bool { return p.Status().NotReadingFor > 0 })
	queued := p.Status().Queued
	there.Run(t, "ip", "link", "set", "vb", "down")
	began := time.Now()
	checkVanished(t, r, queued)
	if took := time.Since(began); knowsRTOMax() && took > 4*limit {
		t.Errorf("given up after %v, want about %v", took, limit)
	}
}

// F32, F33: bytes sent to a half-open peer whose program had ended are lost, and counted.
func TestSentToAClosedPeer(t *testing.T) { transporttest.OnEachConnKind(t, testF33SentToAClosedPeer) }

func testF33SentToAClosedPeer(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{HalfOpen: time.Minute}, nil)
	c := transporttest.DialTCP(t, pc)
	p := peerOf(t, pc, r, c)
	c.Close()
	r.WaitKind(t, sockeye.Finished, 1)
	if _, err := p.Send(t.Context(), []byte("hello board")); err != nil {
		t.Fatal(err)
	}
	if d := leftOf(t, r, p).Detail; d.Reason != sockeye.ReasonReset || d.Unsent != 11 {
		t.Errorf("left for %q with %d bytes unsent, want reset and 11", d.Reason, d.Unsent)
	}
}
