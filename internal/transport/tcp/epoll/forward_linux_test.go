package epoll_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/transport/transporttest"
)

// pairing is a Forwarder between the peers of a session and one connection for each.
type pairing struct {
	t    *testing.T
	up   *transport.Session
	mu   sync.Mutex
	pair map[*transport.Peer]*transport.Peer
	kept chan []byte // if not nil, gets what the peers send, of whom each is paused; else it is passed on
}

// of is the other peer; nil while there is none.
func (f *pairing) of(p *transport.Peer) *transport.Peer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pair[p]
}

func (f *pairing) Joined(p *transport.Peer) {
	if p.Session.Endpoint.Mode == sockeye.Connect {
		return
	}
	p.Hold() // the other side may answer after it finished
	go func() {
		up, err := f.up.Dial(f.t.Context())
		if err != nil {
			f.t.Error(err)
			return
		}
		up.Hold()
		f.mu.Lock()
		f.pair[p], f.pair[up] = up, p
		f.mu.Unlock()
		p.Resume()
		up.Resume()
	}()
}

func (f *pairing) Forward(p *transport.Peer, data []byte) (to *transport.Peer, kept bool) {
	if f.kept == nil {
		return f.of(p), false
	}
	p.Pause()
	f.kept <- bytes.Clone(data)
	return nil, true
}

func (f *pairing) Received(p *transport.Peer, data []byte) {
	f.of(p).Answer(context.Background(), data)
}

func (f *pairing) Finished(p *transport.Peer) {
	to := f.of(p)
	to.Release()
	to.Finish(context.Background())
}

// forwarding opens a session that passes on what its peers send to a listener.
func forwarding(t *testing.T) (down *transport.Session, f *pairing, upstream *net.TCPListener) {
	upstream, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { upstream.Close() })
	f = &pairing{t: t, pair: map[*transport.Peer]*transport.Peer{}}
	open := func(id string, mode sockeye.Mode, address string, loopOf *transport.Session) *transport.Session {
		ep := sockeye.Endpoint{Mode: mode, Address: transporttest.At(t, address)}
		s, err := transport.Open(t.Context(), ep, transport.Config{Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: id, Endpoint: ep},
			Sink: transporttest.NewRecorder(), Now: time.Now, NextPeer: func() uint64 { return transporttest.Peers.Add(1) },
			Responder: f, OnDemand: mode == sockeye.Connect, LoopOf: loopOf})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	down = open("s1", sockeye.Listen, "127.0.0.1:0", nil)
	f.up = open("s2", sockeye.Connect, upstream.Addr().String(), down)
	return down, f, upstream
}

// join connects a client, and accepts the connection that is made for it.
func join(t *testing.T, down *transport.Session, f *pairing, upstream *net.TCPListener) (client, server *net.TCPConn) {
	client = transporttest.DialTCP(t, down)
	server, err := upstream.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, c := range []*net.TCPConn{client, server} {
		c.SetDeadline(time.Now().Add(time.Minute))
	}
	transporttest.Eventually(t, "both are joined", func() bool { return f.of(down.Peers()[0]) != nil })
	return client, server
}

// Both peers of a pair are served by the loop of the session that listens, until one of
// them finishes, which the other is told of.
func TestLoopForwards(t *testing.T) {
	down, f, upstream := forwarding(t)
	client, server := join(t, down, f, upstream)
	exchange := func(from, to *net.TCPConn, text string) {
		t.Helper()
		io.WriteString(from, text)
		got := make([]byte, len(text))
		if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
			t.Fatalf("%q, %v", got, err)
		}
	}
	for range 3 {
		exchange(client, server, "question")
		exchange(server, client, "answer")
	}
	p := down.Peers()[0]
	if !isOnLoop(p) || !isOnLoop(f.of(p)) {
		t.Errorf("served by a loop: %v and %v", isOnLoop(p), isOnLoop(f.of(p)))
	}
	client.CloseWrite()
	if n, err := server.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	exchange(server, client, "the rest")
	server.Close()
	if n, err := client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d, %v", n, err)
	}
}

// What the responder keeps may be sent later. The loop goes on serving both, and does not read
// one that is paused.
func TestLoopLeavesWhatIsKept(t *testing.T) {
	down, f, upstream := forwarding(t)
	f.kept = make(chan []byte, 2)
	client, server := join(t, down, f, upstream)
	p := down.Peers()[0]
	io.WriteString(client, "first")
	first := <-f.kept
	io.WriteString(client, "second")
	io.WriteString(server, "back") // after it the loop has looked at both
	if got := string(<-f.kept); got != "back" {
		t.Errorf("%q was read of a paused peer", got)
	}
	f.of(p).Answer(t.Context(), first)
	got := make([]byte, 5)
	if _, err := io.ReadFull(server, got); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	p.Resume()
	if got := string(<-f.kept); got != "second" {
		t.Errorf("%q after it was resumed", got)
	}
	if !isOnLoop(p) || !isOnLoop(f.of(p)) {
		t.Errorf("served by a loop: %v and %v", isOnLoop(p), isOnLoop(f.of(p)))
	}
}

// Who takes nothing until it has said all that it has to say is read meanwhile, and gets
// then what waited for it.
func TestForwardWhileTheOtherSideIsFull(t *testing.T) {
	down, f, upstream := forwarding(t)
	client, server := join(t, down, f, upstream)
	const size = 24 << 20
	message := func(seed byte) []byte {
		data := bytes.Repeat([]byte{0}, size)
		for i := range data {
			data[i] = seed + byte(i>>8) + byte(i)
		}
		return data
	}
	written := make(chan error, 1)
	go func() {
		_, err := client.Write(message(1))
		client.CloseWrite()
		written <- err
	}()
	isFull := func() bool { return f.of(down.Peers()[0]).Status().Queued > 0 }
	transporttest.Eventually(t, "the server's side is full", isFull)
	go func() {
		server.Write(message(2))
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, message(1)) {
			t.Errorf("the server got %d bytes, %v", len(got), err)
		}
		server.CloseWrite()
	}()
	got, err := io.ReadAll(client)
	if err != nil || !bytes.Equal(got, message(2)) {
		t.Errorf("the client got %d bytes, %v", len(got), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// A session whose loop serves the connections of another ends without these.
func TestGuestsOutliveTheLoop(t *testing.T) {
	down, f, upstream := forwarding(t)
	client, server := join(t, down, f, upstream)
	io.WriteString(client, "x")
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	up := f.of(down.Peers()[0])
	down.Close()
	<-down.Done()
	if isOnLoop(up) {
		t.Error("a loop that has ended serves a peer")
	}
	if _, err := up.Send(t.Context(), []byte("still there")); err != nil {
		t.Error(err)
	}
	got := make([]byte, 11)
	if _, err := io.ReadFull(server, got); err != nil || string(got) != "still there" {
		t.Errorf("%q, %v", got, err)
	}
}
