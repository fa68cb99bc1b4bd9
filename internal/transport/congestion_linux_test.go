package transport_test

import (
	"errors"
	"net"
	"sockeye/internal/transport/transporttest"
	"strconv"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

// C16: a full queue is shown with its length, its real backlog and what the system had to
// drop, under 5,000 connections that nobody accepts.
func TestFiveThousandConnections(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	const attempts, backlog = 5000, 100
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0"),
		Options: sockeye.Options{Backlog: backlog, MaxPeers: 1, OverCap: sockeye.PauseOverCap}}, nil)
	transporttest.DialTCP(t, s)
	r.WaitKind(t, sockeye.Joined, 1)
	port := int(s.Locals()[0].Port())
	for range attempts {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(fd)
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		if err != nil && !errors.Is(err, syscall.EINPROGRESS) {
			t.Fatal(err)
		}
	}
	q := s.Status().Queue
	if q == nil || q.Backlog != backlog || q.Waiting <= backlog/2 || q.Waiting > backlog+1 {
		t.Fatalf("the queue is %+v, want a full one of %d", q, backlog)
	}
	if q.Overflows == 0 {
		t.Errorf("no overflow is counted: %+v", q)
	}
	c := s.Peers()[0]
	if _, err := c.Send(t.Context(), []byte("still served")); err != nil {
		t.Error(err)
	}
}

// C25: while packets are lost the queue to the peer, what is resent and the round trip are
// in its status.
func TestQueueAndLossAreShown(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0")}, nil)
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := transporttest.FirstPeer(t, s, r)
	transporttest.Run(t, "nft", "add", "table", "ip", "lose")
	transporttest.Run(t, "nft", "add", "chain", "ip", "lose", "in", "{ type filter hook input priority 0; }")
	transporttest.Run(t, "nft", "add", "rule", "ip", "lose", "in", "tcp", "dport", strconv.Itoa(c.LocalAddr().(*net.TCPAddr).Port), "drop")
	if _, err := p.Send(t.Context(), make([]byte, 10_000)); err != nil {
		t.Fatal(err)
	}
	transporttest.Eventually(t, "what is resent and unacknowledged is shown", func() bool {
		st := p.Status()
		return st.Unsent == 10_000 && st.TCP != nil && st.TCP.Retransmits > 0 && st.TCP.Unacked > 0
	})
	transporttest.Run(t, "nft", "delete", "table", "ip", "lose")
	c.SetReadDeadline(time.Now().Add(transporttest.Patience))
	for got := 0; got < 10_000; {
		n, err := c.Read(make([]byte, 10_000))
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	transporttest.Eventually(t, "everything is acknowledged", func() bool { st := p.Status(); return st.Unsent == 0 && st.TCP.RTT > 0 })
}
