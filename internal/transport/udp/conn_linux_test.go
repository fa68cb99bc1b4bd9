package udp_test

import (
	"context"
	"net"
	"sockeye"
	"sockeye/internal/transport/transporttest"
	"sockeye/internal/transport/udp"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// C29: what the system has against a datagram is told once, to who sends it, and does
// not keep the reader busy.
func TestTooLargeIsToldOnce(t *testing.T) {
	s, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	c := transporttest.DialUDP(t, s)
	c.Write([]byte("hello"))
	p := transporttest.FirstPeer(t, s, r)
	if _, err := p.Send(context.Background(), make([]byte, 65507+1)); err == nil {
		t.Fatal("a datagram was sent that is too large")
	}
	for began := time.Now(); ; {
		fds := []unix.PollFd{{}}
		transporttest.Control(p, func(fd uintptr) {
			fds[0].Fd = int32(fd)
			unix.Poll(fds, 0)
		})
		if fds[0].Revents&unix.POLLERR == 0 {
			break
		}
		if time.Since(began) > transporttest.Patience {
			t.Fatal("the error stays in the socket's queue")
		}
	}
	c.Write([]byte("hello again"))
	r.WaitBytes(t, sockeye.Received, len("hello")+len("hello again"))
	if failed := r.All(func(e sockeye.Event) bool { return e.Kind == sockeye.Failed }); len(failed) != 1 {
		t.Errorf("it is told of %d times:\n%s", len(failed), r)
	}
}

// Whoever waits for a UDP socket, to read or to send, stops when it is closed.
func TestClosedPacketConnWakes(t *testing.T) {
	s, _ := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	conn := udp.RawConnOf(s)
	busy := make(chan struct{}, 1)
	ended := make(chan error)
	go func() {
		ended <- conn.RetryUntil(unix.POLLPRI, func(int) unix.Errno { // which never comes
			select {
			case busy <- struct{}{}:
			default:
			}
			return unix.EAGAIN
		})
	}()
	<-busy
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != net.ErrClosed {
		t.Errorf("who waited was told %v", err)
	}
	if _, err := conn.Send([]byte("late"), nil, s.Locals()[0].AddrPort()); err != net.ErrClosed {
		t.Errorf("who sends later is told %v", err)
	}
	if err := conn.Close(); err != net.ErrClosed {
		t.Errorf("who closes later is told %v", err)
	}
}
