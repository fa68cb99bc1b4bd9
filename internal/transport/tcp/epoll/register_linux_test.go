package epoll_test

import (
	"io"
	"net"
	"net/netip"
	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp/epoll"
	"sockeye/internal/transport/transporttest"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A connection that epoll does not take, because its limit is reached, is reset, and why
// is said: else it would stay, and never be read.
func TestFailedRegistration(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
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
	epoll.AcceptWithoutEpoll((*transport.DriverSession)(s), fd, netip.MustParseAddrPort(c.LocalAddr().String()))
	e := r.WaitKind(t, sockeye.Left, 1)
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
