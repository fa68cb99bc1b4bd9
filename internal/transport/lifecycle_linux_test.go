package transport_test

import (
	"context"
	"io"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"testing"
	"time"

	"sockeye"
)

// Who has been connected while the session began to close is not let in: nobody would
// end it.
func TestNobodyIsAdmittedAfterClose(t *testing.T) {
	s, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	p := &transport.DriverPeer{Peer: &sockeye.Peer{ID: 1}}
	s.StopAccepting()
	if (*transport.DriverSession)(s).Add(p) || len(s.Peers()) != 0 {
		t.Error("a peer was let into a session that is closing")
	}
	s.Close()
}

// A peer that is held back, because what came is not shown yet, is not idle, however
// long it takes.
func TestHeldBackIsNotIdle(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{IdleTimeout: time.Hour}, nil)
	c := transporttest.DialTCP(t, s)
	defer c.Close()
	r.WaitKind(t, sockeye.Joined, 1)
	p := s.Peers()[0]
	later := time.Now().Add(2 * time.Hour)
	p.HoldBack(1)
	s.SweepOnce(later)
	p.HoldBack(-1)
	s.SweepOnce(later.Add(59 * time.Minute)) // it was held until now
	if left := r.All(transporttest.IsKind(sockeye.Left)); len(left) > 0 {
		t.Fatalf("it left for %q", left[0].Detail.Reason)
	}
	s.SweepOnce(later.Add(2 * time.Hour))
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
}

// The end of our direction comes after the message that is being sent, whole, however
// long the peer takes to read it.
func TestFinishInTheMiddleOfASend(t *testing.T) {
	transporttest.OnEachConnKind(t, testFinishInTheMiddleOfASend)
}

func testFinishInTheMiddleOfASend(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, s)
	defer c.Close()
	r.WaitKind(t, sockeye.Joined, 1)
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
	r.WaitKind(t, sockeye.Sent, 1)
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
	s, r := transporttest.Listening(t, "udp", sockeye.Options{MaxPeers: 3}, nil)
	clients := make([]*net.UDPConn, 4)
	say := func(n, events int) {
		clients[n].Write([]byte("x"))
		r.WaitKind(t, sockeye.Received, events)
	}
	for n := range 3 {
		clients[n] = transporttest.DialUDP(t, s)
		say(n, n+1)
	}
	say(0, 4) // the first one is heard of again
	clients[3] = transporttest.DialUDP(t, s)
	say(3, 5)
	left := r.WaitKind(t, sockeye.Left, 1)
	if left.Peer.Remote.String() != clients[1].LocalAddr().String() {
		t.Errorf("%s made room, want %s, which was silent longest", left.Peer.Remote, clients[1].LocalAddr())
	}
	// One that is reached to be sent to is in use, too.
	if _, err := s.Reach(sockeye.IPSocketAddr(clients[2].LocalAddr().(*net.UDPAddr).AddrPort())); err != nil {
		t.Fatal(err)
	}
	clients[1] = transporttest.DialUDP(t, s)
	say(1, 6)
	left = r.WaitKind(t, sockeye.Left, 2)
	if left.Peer.Remote.String() != clients[0].LocalAddr().String() {
		t.Errorf("%s made room, want %s, which was neither heard of nor sent to for longest", left.Peer.Remote, clients[0].LocalAddr())
	}
}
