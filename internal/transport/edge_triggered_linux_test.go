package transport

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
)

// The kernel tells a loop once of what has come, and poll(2) again and again of an
// error that nobody takes: nothing may be missed of the one, nor be left of the other.

// A read ends early at urgent data (MSG_OOB, tcp(7)), and before a FIN: what comes
// after is not forgotten, however much of it is there at once.
func TestReadsThatEndEarly(t *testing.T) { onEachConnKind(t, testReadsThatEndEarly) }

func testReadsThatEndEarly(t *testing.T) {
	for _, finish := range []bool{false, true} {
		s, r := listening(t, "tcp", sockeye.Options{}, counting{})
		const connections = 100
		for range connections {
			c := dialTCP(t, s)
			sendUrgently(t, c)
			if finish {
				c.CloseWrite()
			}
		}
		r.wait(t, "all of it from every peer", func(sockeye.Event) bool {
			heard, whole := map[uint64]string{}, 0
			for _, e := range r.events { // the lock is held by wait
				if e.Kind == sockeye.Received {
					heard[e.Peer.ID] += string(e.Data)
				}
			}
			for _, text := range heard {
				if text == sentUrgently {
					whole++
				}
			}
			return whole == connections
		})
		if finish {
			r.waitKind(t, sockeye.Finished, connections)
		}
	}
}

// C26: urgent bytes are received in their place among the others, and none is lost,
// whichever side connected.
func TestUrgentData(t *testing.T) { onEachConnKind(t, testC26UrgentData) }

func testC26UrgentData(t *testing.T) {
	s, r := listening(t, "tcp", sockeye.Options{}, nil)
	sendUrgently(t, dialTCP(t, s))

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, dialled := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at(t, l.Addr().String())}, nil)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sendUrgently(t, c.(*net.TCPConn))
	for side, r := range map[string]*recorder{"accepted": r, "dialled": dialled} {
		if got := string(r.waitBytes(t, sockeye.Received, len(sentUrgently))); got != sentUrgently {
			t.Errorf("%s: received %q, want %q", side, got, sentUrgently)
		}
	}
}

// sentUrgently is what sendUrgently sends; ! and ? are urgent.
const sentUrgently = "before !between ?after"

func sendUrgently(t *testing.T, c *net.TCPConn) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		for _, part := range []struct {
			text  string
			flags int
		}{{"before ", 0}, {"!", unix.MSG_OOB}, {"between ", 0}, {"?", unix.MSG_OOB}, {"after", 0}} {
			if err := unix.Sendto(int(fd), []byte(part.text), part.flags, nil); err != nil {
				t.Errorf("sending %q: %v", part.text, err)
			}
		}
	})
}

// C29: what the system has against a datagram is told once, to who sends it, and does
// not keep the reader busy.
func TestTooLargeIsToldOnce(t *testing.T) {
	s, r := listening(t, "udp", sockeye.Options{}, nil)
	c := dialUDP(t, s)
	c.Write([]byte("hello"))
	p := firstPeer(t, s, r)
	if _, err := p.Send(context.Background(), make([]byte, maxDatagram4+1)); err == nil {
		t.Fatal("a datagram was sent that is too large")
	}
	for began := time.Now(); ; {
		fds := []unix.PollFd{{}}
		s.sockets[0].conn.Control(func(fd uintptr) {
			fds[0].Fd = int32(fd)
			unix.Poll(fds, 0)
		})
		if fds[0].Revents&unix.POLLERR == 0 {
			break
		}
		if time.Since(began) > patience {
			t.Fatal("the error stays in the socket's queue")
		}
	}
	c.Write([]byte("hello again"))
	r.waitBytes(t, sockeye.Received, len("hello")+len("hello again"))
	if failed := r.all(func(e sockeye.Event) bool { return e.Kind == sockeye.Failed }); len(failed) != 1 {
		t.Errorf("it is told of %d times:\n%s", len(failed), r)
	}
}

// Whoever waits for a UDP socket, to read or to send, stops when it is closed.
func TestClosedPacketConnWakes(t *testing.T) {
	s, _ := listening(t, "udp", sockeye.Options{}, nil)
	conn := s.sockets[0].conn.(*rawUDPConn)
	busy := make(chan struct{}, 1)
	ended := make(chan error)
	go func() {
		ended <- conn.retryUntil(unix.POLLPRI, false, func(int) unix.Errno { // which never comes
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
	if _, err := conn.send([]byte("late"), nil, s.Locals()[0]); err != net.ErrClosed {
		t.Errorf("who sends later is told %v", err)
	}
	if err := conn.Close(); err != net.ErrClosed {
		t.Errorf("who closes later is told %v", err)
	}
}

// Addresses are written as the kernel writes them.
func TestSockaddr(t *testing.T) {
	for _, text := range []string{"127.0.0.1:10000", "255.255.255.255:1", "[::1]:65535", "[2001:db8::7]:53", "[fe80::1%lo]:10000"} {
		to := netip.MustParseAddrPort(text)
		for _, six := range []bool{false, true} {
			if to.Addr().Is6() && !six {
				continue
			}
			var name unix.RawSockaddrInet6
			size := sockaddr(&name, to, six)
			if got := rawAddrPort((*unix.RawSockaddrAny)(unsafe.Pointer(&struct {
				unix.RawSockaddrInet6
				_ [128]byte
			}{RawSockaddrInet6: name}))); got != to {
				t.Errorf("%s is %s for a socket that can IPv6: %v", text, got, six)
			}
			if want := map[bool]uint32{false: unix.SizeofSockaddrInet4, true: unix.SizeofSockaddrInet6}[six]; size != want {
				t.Errorf("%s takes %d bytes, want %d", text, size, want)
			}
		}
	}
}
