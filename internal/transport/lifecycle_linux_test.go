package transport

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// Whoever ends a connection first names the end, unless something violent follows; and
// what the kernel says after our own abort is its echo, not the reason.
func TestReasons(t *testing.T) {
	failed := &sockeye.Error{Kind: sockeye.Reset}
	for _, c := range []struct{ first, then, want sockeye.Reason }{
		{sockeye.ReasonEOF, sockeye.ReasonLocal, sockeye.ReasonEOF},
		{sockeye.ReasonLocal, sockeye.ReasonEOF, sockeye.ReasonLocal},
		{sockeye.ReasonEOF, sockeye.ReasonReset, sockeye.ReasonReset},
		{sockeye.ReasonLocal, sockeye.ReasonTimeout, sockeye.ReasonTimeout},
		{sockeye.ReasonAborted, sockeye.ReasonReset, sockeye.ReasonAborted},
		{sockeye.ReasonAborted, sockeye.ReasonEOF, sockeye.ReasonAborted},
		{sockeye.ReasonIdle, sockeye.ReasonReset, sockeye.ReasonIdle},
		{sockeye.ReasonReset, sockeye.ReasonLocal, sockeye.ReasonReset},
		{sockeye.ReasonReset, sockeye.ReasonEOF, sockeye.ReasonReset},
	} {
		var p Peer
		p.setReason(c.first, nil)
		p.setReason(c.then, failed)
		if p.reason != c.want || (p.cause != nil) != (c.want == c.then) {
			t.Errorf("%s, then %s: %s with the cause %v, want %s", c.first, c.then, p.reason, p.cause, c.want)
		}
	}
}

// Who has been connected while the session began to close is not let in: nobody would
// end it.
func TestNobodyIsAdmittedAfterClose(t *testing.T) {
	s, _ := listening(t, "tcp", sockeye.Options{}, nil)
	p := &Peer{Peer: &sockeye.Peer{ID: 1}}
	s.StopAccepting()
	if s.addPeer(p) || len(s.Peers()) != 0 {
		t.Error("a peer was let into a session that is closing")
	}
	s.Close()
}

// A peer that is held back, because what came is not shown yet, is not idle, however
// long it takes.
func TestHeldBackIsNotIdle(t *testing.T) {
	s, r := listening(t, "tcp", sockeye.Options{IdleTimeout: time.Hour}, nil)
	c := dialTCP(t, s)
	defer c.Close()
	r.waitKind(t, sockeye.Joined, 1)
	p := s.Peers()[0]
	later := time.Now().Add(2 * time.Hour)
	p.backpressureHeld.Add(1)
	s.sweepOnce(later)
	p.backpressureHeld.Add(-1)
	s.sweepOnce(later.Add(59 * time.Minute)) // it was held until now
	if left := r.all(isKind(sockeye.Left)); len(left) > 0 {
		t.Fatalf("it left for %q", left[0].Detail.Reason)
	}
	s.sweepOnce(later.Add(2 * time.Hour))
	if e := r.waitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
}

// The end of our direction comes after the message that is being sent, whole, however
// long the peer takes to read it.
func TestFinishInTheMiddleOfASend(t *testing.T) { onEachConnKind(t, testFinishInTheMiddleOfASend) }

func testFinishInTheMiddleOfASend(t *testing.T) {
	s, r := listening(t, "tcp", sockeye.Options{}, nil)
	c := dialTCP(t, s)
	defer c.Close()
	r.waitKind(t, sockeye.Joined, 1)
	p := s.Peers()[0]
	data := make([]byte, 32<<20)
	for i := range data {
		data[i] = byte(i >> 8)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := p.Send(context.Background(), data)
		sent <- err
	}()
	r.waitKind(t, sockeye.Sent, 1)
	finished := make(chan error, 1)
	go func() { finished <- p.Finish(context.Background()) }()
	got, err := io.ReadAll(c) // to the end that Finish makes
	if err != nil || len(got) != len(data) || string(got) != string(data) {
		t.Errorf("the peer got %d of %d bytes, %v", len(got), len(data), err)
	}
	if err := <-sent; err != nil {
		t.Errorf("the send says %v", err)
	}
	if err := <-finished; err != nil {
		t.Errorf("the finish says %v", err)
	}
}

// At the limit the UDP peer that was heard of longest ago makes room, not the one that
// came first.
func TestUDPTableForgetsTheSilent(t *testing.T) {
	s, r := listening(t, "udp", sockeye.Options{MaxPeers: 3}, nil)
	clients := make([]*net.UDPConn, 4)
	say := func(n, events int) {
		clients[n].Write([]byte("x"))
		r.waitKind(t, sockeye.Received, events)
	}
	for n := range 3 {
		clients[n] = dialUDP(t, s)
		say(n, n+1)
	}
	say(0, 4) // the first one is heard of again
	clients[3] = dialUDP(t, s)
	say(3, 5)
	left := r.waitKind(t, sockeye.Left, 1)
	if left.Peer.Remote.String() != clients[1].LocalAddr().String() {
		t.Errorf("%s made room, want %s, which was silent longest", left.Peer.Remote, clients[1].LocalAddr())
	}
	// One that is reached to be sent to is in use, too.
	if _, err := s.Reach(clients[2].LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
		t.Fatal(err)
	}
	clients[1] = dialUDP(t, s)
	say(1, 6)
	left = r.waitKind(t, sockeye.Left, 2)
	if left.Peer.Remote.String() != clients[0].LocalAddr().String() {
		t.Errorf("%s made room, want %s, which was neither heard of nor sent to for longest", left.Peer.Remote, clients[0].LocalAddr())
	}
}

// A connection that epoll does not take, because its limit is reached, is reset, and why
// is said: else it would stay, and never be read.
func TestFailedRegistration(t *testing.T) {
	s, r := listening(t, "tcp", sockeye.Options{}, nil)
	l, err := newLoop(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	epoll := l.epoll
	l.epoll = -1
	defer unix.Close(epoll)
	defer unix.Close(l.wakeFD)
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	c, err := net.Dial("tcp", outside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := outside.Accept()
	if err != nil {
		t.Fatal(err)
	}
	f, err := accepted.(*net.TCPConn).File()
	accepted.Close()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(f.Fd()))
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	d := &epollListener{loop: l, overLimit: errorLimiter{session: s, every: time.Second}, admission: newAdmission(s)}
	d.onAccept(fd, netip.MustParseAddrPort(c.LocalAddr().String()))
	e := r.waitKind(t, sockeye.Left, 1)
	if e.Detail.Reason != sockeye.ReasonError || e.Detail.Err == nil || e.Detail.Err.Errno != "EBADF" {
		t.Errorf("left with %+v", e.Detail)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the peer sees %v, want a reset", err)
	}
	if n := len(s.Peers()); n != 0 {
		t.Errorf("%d peers are left", n)
	}
}
