package transport_test

import (
	"errors"
	"net"
	"net/netip"
	"sockeye/internal/transport/transporttest"
	"strings"
	"syscall"
	"testing"

	"sockeye"
)

// Who may not be a peer is reset before it joins, and told of; others are served.
func TestAdmission(t *testing.T) { transporttest.OnEachConnKind(t, testAdmission) }

func testAdmission(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{MaxPeers: 1, DenyPeers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, transporttest.Echoing{})
	to := pc.Locals()[0].String()
	for range 3 {
		c, err := net.Dial("tcp", to)
		if err == nil {
			defer c.Close()
			_, err = c.Read(make([]byte, 1))
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("who is refused saw %v, want ECONNRESET", err)
		}
	}
	e := r.WaitKind(t, sockeye.Failed, 1)
	if e.Detail.Err.Kind != sockeye.NotPermitted || !strings.Contains(e.Detail.Err.Error(), "not among those who may be peers") || e.Peer != nil {
		t.Errorf("the event says %v", e.Detail.Err)
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := d.Dial("tcp", to)
	if err != nil {
		t.Skip("this system has no 127.0.0.2: ", err)
	}
	defer c.Close()
	c.Write([]byte("ok"))
	if _, err := c.Read(make([]byte, 2)); err != nil {
		t.Errorf("who is let in was disturbed: %v", err)
	}
	if joined := r.WaitKind(t, sockeye.Joined, 1); joined.Peer.Remote.Addr() != netip.MustParseAddr("127.0.0.2") {
		t.Errorf("%v joined", joined.Peer)
	}
}
