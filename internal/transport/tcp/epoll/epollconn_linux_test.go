package epoll_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/transport/tcp/epoll"
	"sockeye/internal/transport/transporttest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// Which kind of connection serves a peer, and what hands it over.

// isOnLoop reports whether a loop serves a peer now.
func isOnLoop(p *transport.Peer) bool { return epoll.IsServed(transporttest.ConnOf(p)) }

// slowResponder is busy until it is released.
type slowResponder struct{ release chan struct{} }

func (*slowResponder) Joined(*transport.Peer)             {}
func (s *slowResponder) Received(*transport.Peer, []byte) { <-s.release }

// counting takes everything and answers nothing.
type counting struct{}

func (counting) Joined(*transport.Peer)           {}
func (counting) Received(*transport.Peer, []byte) {}

// Reply makes it a SyncResponder.
func (counting) Reply(*transport.Peer, []byte) ([]byte, bool) { return nil, true }

// waiting is a Prompt that always has to wait.
type waiting struct{ slowResponder }

func (*waiting) Reply(*transport.Peer, []byte) ([]byte, bool) { return nil, false }

// The loop serves a peer unless something may have to wait.
func TestConnIsChosen(t *testing.T) {
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0")}
	for _, test := range []struct {
		name string
		cfg  transport.Config
		want bool
	}{
		{"nobody answers", transport.Config{}, true},
		{"echo", transport.Config{Responder: transporttest.Echoing{}}, true},
		{"a responder that may wait", transport.Config{Responder: &slowResponder{}}, false},
		{"a pace to keep", transport.Config{Backpressure: func(canceled, cut <-chan struct{}) {}}, false},
		{"the portable connection is wanted", transport.Config{PortableOnly: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := transporttest.NewRecorder()
			test.cfg.Driver, test.cfg.Session, test.cfg.Sink, test.cfg.Now = schemes.Driver(ep.Address.Network), &sockeye.Session{ID: "s1", Endpoint: ep}, r, time.Now
			test.cfg.NextPeer = func() uint64 { return transporttest.Peers.Add(1) }
			s, err := transport.Open(t.Context(), ep, test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			transporttest.DialTCP(t, s)
			if got := isOnLoop(transporttest.FirstPeer(t, s, r)); got != test.want {
				t.Errorf("served by a loop: %v, want %v", got, test.want)
			}
		})
	}
}

// stillServed fails unless a new client of a session is echoed or recorded.
func stillServed(t *testing.T, s *transport.Session, r *transporttest.EventLog, echo bool) {
	t.Helper()
	c := transporttest.DialTCP(t, s)
	c.Write([]byte("ping"))
	if echo {
		if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
			t.Errorf("another client is not served: %v", err)
		}
		return
	}
	r.Wait(t, "ping", func(e sockeye.Event) bool {
		return e.Kind == sockeye.Received && e.Peer.Remote.String() == c.LocalAddr().String()
	})
}

// isStuck reports whether a peer on a loop does not read what it is answered.
func isStuck(p *transport.Peer) bool { return epoll.IsStuck(transporttest.ConnOf(p)) }

// A peer that does not read what it is answered holds up nobody, and gets every
// byte in the end; so it does when somebody sends to it meanwhile, which waits and
// so hands it over.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	for _, sending := range []bool{false, true} {
		t.Run(fmt.Sprintf("sending %v", sending), func(t *testing.T) {
			pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 16 << 10}, transporttest.Echoing{})
			r.DropData()
			c := transporttest.DialTCP(t, pc)
			p := transporttest.FirstPeer(t, pc, r)
			data := make([]byte, 8<<20)
			for i := range data {
				data[i] = byte(i * 7 >> 3 & 0x7f)
			}
			var busy sync.WaitGroup
			busy.Go(func() { c.Write(data) })
			transporttest.Eventually(t, "the peer is stuck", func() bool { return isStuck(p) })
			between := []byte{}
			if sending {
				between = []byte("\xffbetween\xff")
				busy.Go(func() { p.Send(context.Background(), between) })
				transporttest.Eventually(t, "it is handed over", func() bool { return !isOnLoop(p) })
			}
			stillServed(t, pc, r, true)
			got := make([]byte, len(data)+len(between))
			if _, err := io.ReadFull(c, got); err != nil {
				t.Fatal(err)
			}
			busy.Wait()
			if sending && bytes.Count(got, between) != 1 {
				t.Error("what was sent meanwhile did not come whole")
			}
			if sending {
				got = bytes.Replace(got, between, nil, 1)
			}
			if !bytes.Equal(got, data) {
				t.Error("the slow reader got something else")
			}
			if isOnLoop(p) == sending {
				t.Errorf("it is on the loop: %v", !sending)
			}
			if !sending {
				transporttest.Eventually(t, "the loop is not told any more that it can be written to", func() bool { return interestIn(t, p)&unix.EPOLLOUT == 0 })
			}
		})
	}
}

// A reply that fails after the hand-over is told of as a whole.
func TestHandedOverReplyThatFails(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 4 << 10, ReadSize: 1 << 20, SendTimeout: 100 * time.Millisecond}, transporttest.Echoing{})
		c := transporttest.DialTCP(t, pc)
		c.SetReadBuffer(4 << 10)
		var writing sync.WaitGroup
		writing.Go(func() { c.Write(make([]byte, 32<<20)) })
		e := r.WaitKind(t, sockeye.Failed, 1)
		c.Close()
		writing.Wait()
		if e.Detail.Err.Kind != sockeye.TimedOut || e.Detail.Err.Op != "send" || e.Detail.Unsent == 0 {
			t.Errorf("the event says %v, %d unsent", e.Detail.Err, e.Detail.Unsent)
		}
	})
}

// A responder that has to wait holds up nobody, and begins with the data that it
// was asked about.
func TestWaitingResponderIsHandedOver(t *testing.T) {
	answer := &waiting{slowResponder{release: make(chan struct{})}}
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, answer)
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	if !isOnLoop(p) {
		t.Fatal("the peer does not begin on the loop")
	}
	c.Write([]byte("question"))
	transporttest.Eventually(t, "the peer is handed over", func() bool { return !isOnLoop(p) })
	stillServed(t, pc, r, false)
	close(answer.release)
	c.Write([]byte("more"))
	r.Wait(t, "more", func(e sockeye.Event) bool { return string(e.Data) == "more" })
}

// Sends to a peer that does not read wait, come out whole, and hold up nobody.
func TestWaitingSendIsHandedOver(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 16 << 10}, nil)
	r.DropData()
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	const senders, size = 8, 1 << 20
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			if n, err := p.Send(context.Background(), bytes.Repeat([]byte{byte('a' + i)}, size)); n != size || err != nil {
				t.Errorf("Send = %d, %v", n, err)
			}
		})
	}
	transporttest.Eventually(t, "the peer is handed over", func() bool { return !isOnLoop(p) })
	other := transporttest.DialTCP(t, pc)
	r.WaitKind(t, sockeye.Joined, 2)
	if _, err := pc.Peers()[1].Send(t.Context(), []byte("hi")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(other, make([]byte, 2)); err != nil {
		t.Error(err)
	}
	for range senders {
		got := make([]byte, size)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(got, got[:1]); n != size {
			t.Fatalf("a message was interrupted: %d of %d bytes are %q", n, size, got[0])
		}
	}
	sending.Wait()
	if got := p.Status().Counters.SentBytes; got != senders*size {
		t.Errorf("%d bytes are counted as sent, want %d", got, senders*size)
	}
}

// interestIn is what a peer's loop is registered for, as the kernel tells it (proc(5)).
func interestIn(t *testing.T, p *transport.Peer) (events uint32) {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", epoll.Descriptor(transporttest.ConnOf(p))))
	if err != nil {
		t.Fatal(err)
	}
	transporttest.Control(p, func(fd uintptr) {
		for line := range strings.Lines(string(info)) {
			var of uintptr
			var mask uint32
			if _, err := fmt.Sscanf(line, "tfd: %d events: %x", &of, &mask); err == nil && of == fd {
				events = mask
			}
		}
	})
	if events == 0 {
		t.Fatalf("the loop is not told of it:\n%s", info)
	}
	return events
}

// A loop keeps nothing of a peer that has left.
func TestLoopForgetsDescriptors(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, s)
	l := epoll.LoopOf(transporttest.ConnOf(transporttest.FirstPeer(t, s, r)))
	stays := transporttest.DialTCP(t, s)
	r.WaitKind(t, sockeye.Joined, 2)
	c.Close()
	r.WaitKind(t, sockeye.Left, 1)
	transporttest.Eventually(t, "the loop knows one connection", func() bool {
		return epoll.Known(l) == 1
	})
	stays.Write([]byte("x"))
	r.WaitBytes(t, sockeye.Received, 1)
}

// gate is a recorder that holds the first received event back until it is opened.
type gate struct {
	*transporttest.EventLog
	once    sync.Once
	reached chan struct{} // closed when that event has come
	opened  chan struct{}
	open    func() // may be called more than once
}

func newGate() *gate {
	g := &gate{EventLog: transporttest.NewRecorder(), reached: make(chan struct{}), opened: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.opened) })
	return g
}

func (g *gate) Append(e sockeye.Event) uint64 {
	if e.Kind == sockeye.Received {
		g.once.Do(func() {
			close(g.reached)
			<-g.opened
		})
	}
	return g.EventLog.Append(e)
}

func (g *gate) AppendAll(events []sockeye.Event) {
	for i, e := range events {
		events[i].Seq = g.Append(e)
	}
}

// While two peers have something to read, they are read in turn: one at full
// speed keeps a quiet one waiting for one read at most.
func TestLoopIsFair(t *testing.T) {
	const size, reads = 1024, 20
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0"), Options: sockeye.Options{ReadSize: size}}
	r := newGate()
	s, err := transport.Open(t.Context(), ep, transport.Config{
		Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: r, Responder: counting{},
		NextPeer: func() uint64 { return transporttest.Peers.Add(1) }, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer r.open() // a session's end waits for its loop
	first, busy, quiet := transporttest.DialTCP(t, s), transporttest.DialTCP(t, s), transporttest.DialTCP(t, s)
	r.WaitKind(t, sockeye.Joined, 3)
	first.Write([]byte("x"))
	// The loop reads from up to sixteen peers before it records, so that the others
	// may only write once it is held.
	<-r.reached
	busy.Write(make([]byte, 2*reads*size))
	quiet.Write(make([]byte, reads*size))
	for _, p := range s.Peers()[1:] {
		transporttest.Eventually(t, "all has arrived", func() bool { return unread(p) >= reads*size })
	}
	r.open()
	r.WaitBytes(t, sockeye.Received, 1+3*reads*size)
	busyRun, seen := 0, 0
	for _, e := range r.All(transporttest.IsKind(sockeye.Received)) {
		switch e.Peer.Remote.String() {
		case busy.LocalAddr().String():
			busyRun++
		case quiet.LocalAddr().String():
			busyRun, seen = 0, seen+1
		}
		if busyRun > 2 && seen < reads {
			t.Fatalf("the quiet peer waited for %d reads of the busy one", busyRun)
		}
	}
	if seen != reads {
		t.Errorf("the quiet peer was read %d times, want %d", seen, reads)
	}
}

// Idle peers are many: this is what a loop keeps for each, beside 8 bytes of
// epoll's table and an entry of the session's.
func TestFastPeerIsSmall(t *testing.T) {
	if size := epoll.PeerSize; size > 352 {
		t.Errorf("a peer takes %d bytes, want 352 at most", size)
	}
}

// Nothing is allocated for an event, on either kind of connection.
func TestEventsAllocateNothing(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
		r.KeepNothing()
		lent := make([]byte, 1024)
		transporttest.LendBuffer(pc, &lent) // the race detector makes a sync.Pool lose what it holds
		c := transporttest.DialTCP(t, pc)
		message, back := make([]byte, 64), make([]byte, 64)
		n := testing.AllocsPerRun(2000, func() {
			c.Write(message)
			if _, err := io.ReadFull(c, back); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("%v allocations for a received and a sent event, want 0", n)
		}
	})
}

// Whatever ends a transporttest.Listening session, its loop ends, too: with peers or without,
// before or after they leave.
func TestLoopEnds(t *testing.T) {
	for i, end := range []func(s *transport.Session, c net.Conn){
		func(s *transport.Session, _ net.Conn) { s.Close() },
		func(s *transport.Session, _ net.Conn) { s.Shutdown(context.Background()) },
		func(s *transport.Session, c net.Conn) { s.StopAccepting(); c.Close(); <-s.Done() },
		func(s *transport.Session, c net.Conn) { c.Close(); s.StopAccepting(); <-s.Done() },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
			c := transporttest.DialTCP(t, pc)
			c.Write([]byte("x"))
			r.WaitBytes(t, sockeye.Sent, 1)
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
			}()
			end(pc, c)
			if kinds := r.All(transporttest.IsKind(sockeye.Ended)); len(kinds) != 1 || kinds[0].Seq != uint64(r.Count()) {
				t.Errorf("the record does not end with the session's end\n%s", r)
			}
		})
	}
}

// unread counts the bytes that wait in the kernel for a peer's next read.
func unread(p *transport.Peer) int {
	n := 0
	transporttest.Control(p, func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
	return n
}

// ownMemory is a recorder's window for a test.
type ownMemory struct {
	taken int
	buf   []byte
}

func (w *ownMemory) Take(_, n int) []byte {
	w.taken++
	if len(w.buf) < n {
		w.buf = make([]byte, n)
	}
	return w.buf[:n]
}

func (*ownMemory) Close() {}

// What comes in large pieces is read into the recorder's memory, and an event is
// still of one read's size at most.
func TestBulkIsReadIntoTheRecord(t *testing.T) {
	for name, answer := range map[string]transport.Responder{"nobody answers": nil, "echo": transporttest.Echoing{}} {
		t.Run(name, func(t *testing.T) {
			const size = 16 << 10
			ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0"), Options: sockeye.Options{ReadSize: size}}
			r, w := transporttest.NewRecorder(), &ownMemory{}
			s, err := transport.Open(t.Context(), ep, transport.Config{
				Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: r, Responder: answer,
				BufferLease: func() transport.BufferLease { return w },
				NextPeer:    func() uint64 { return transporttest.Peers.Add(1) }, Now: time.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c := transporttest.DialTCP(t, s)
			data := make([]byte, 3<<20)
			for i := range data {
				data[i] = byte(i * 13 >> 4)
			}
			var writing sync.WaitGroup
			writing.Go(func() {
				c.Write(data)
				c.CloseWrite()
			})
			back, err := io.ReadAll(c)
			writing.Wait()
			if err != nil || answer != nil && !bytes.Equal(back, data) {
				t.Errorf("%d bytes came back, %v", len(back), err)
			}
			if !bytes.Equal(r.Bytes(sockeye.Received), data) {
				t.Error("the record differs from what was sent")
			}
			for _, e := range r.All(transporttest.IsKind(sockeye.Received)) {
				if len(e.Data) > size {
					t.Fatalf("an event has %d bytes, want %d at most", len(e.Data), size)
				}
			}
			s.Close()
			if w.taken == 0 {
				t.Error("nothing was read into the recorder's memory")
			}
		})
	}
}

// scarceMemory is a window with one piece of memory, which it spoils before it lends it
// again: what was not recorded by then is lost.
type scarceMemory struct{ memory [1 << 20]byte }

func (w *scarceMemory) Take(least, most int) []byte {
	room := w.memory[:min(most, len(w.memory))]
	for i := range room {
		room[i] = '#'
	}
	return room
}

func (w *scarceMemory) Close() {}

// Several streams at once are read into the same memory, and each gets its own back.
func TestStreamsShareTheWindow(t *testing.T) {
	const size, streams = 16 << 10, 4
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0"), Options: sockeye.Options{ReadSize: size}}
	r := transporttest.NewRecorder()
	r.KeepNothing()
	s, err := transport.Open(t.Context(), ep, transport.Config{
		Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: r, Responder: transporttest.Echoing{},
		BufferLease: func() transport.BufferLease { return &scarceMemory{} },
		NextPeer:    func() uint64 { return transporttest.Peers.Add(1) }, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var talking sync.WaitGroup
	for i := range streams {
		c := transporttest.DialTCP(t, s)
		talking.Go(func() {
			message, back := bytes.Repeat([]byte{byte('a' + i)}, size+1000*i), make([]byte, size+1000*i)
			for round := range 500 {
				c.Write(message)
				if _, err := io.ReadFull(c, back); err != nil || !bytes.Equal(back, message) {
					at := slices.IndexFunc(back, func(b byte) bool { return b != byte('a'+i) })
					t.Errorf("stream %d, message %d came back with %q at byte %d, %v", i, round, back[max(0, at)], at, err)
					return
				}
			}
		})
	}
	talking.Wait()
}
