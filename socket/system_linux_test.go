package socket

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func openStream(t *testing.T) *Socket {
	t.Helper()
	s, err := New(AF_INET, SOCK_STREAM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// sockopt asks the kernel about the socket's own descriptor.
func sockopt(t *testing.T, s *Socket, level, option int) int {
	t.Helper()
	n, err := s.sys.conn.GetsockoptInt(level, option)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// kernelBacklog is the backlog of a listener. The kernel gives it where it gives the number of
// selectively acknowledged segments otherwise (tcp_get_info).
func kernelBacklog(t *testing.T, s *Socket) int {
	t.Helper()
	raw, err := s.sys.conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var backlog uint32
	if cerr := raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			backlog = info.Sacked
		}
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	return int(backlog)
}

// Listen hands its backlog to the kernel as it is, up to somaxconn.
func TestBacklogIsReal(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		t.Fatal(err)
	}
	somaxconn, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	s := openStream(t)
	if err := s.Bind("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, backlog := range []int{1, 5, 77, somaxconn, somaxconn + 1, int(^uint(0) >> 1)} {
		if err := s.Listen(backlog); err != nil {
			t.Fatal(err)
		}
		if got, want := kernelBacklog(t, s), min(backlog, somaxconn); got != want {
			t.Errorf("Listen(%d): the kernel has %d, want %d", backlog, got, want)
		}
	}
}

// A stream socket is one of TCP, never of Multipath TCP.
func TestPlainTCP(t *testing.T) {
	if got := sockopt(t, openStream(t), unix.SOL_SOCKET, unix.SO_PROTOCOL); got != unix.IPPROTO_TCP {
		t.Errorf("protocol %d, want %d", got, unix.IPPROTO_TCP)
	}
}

// Nothing of 10,000 sockets stays behind: a quarter each of sockets only made,
// listeners, datagram sockets, and connections with their accepted end.
func TestNoDescriptorLeaks(t *testing.T) {
	listener := openStream(t)
	if err := listener.Bind("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := listener.Listen(8); err != nil {
		t.Fatal(err)
	}
	address := listener.LocalAddr().String()
	before := descriptors(t)
	for i := range 2500 {
		if err := cycle(listener, address); err != nil {
			t.Fatalf("cycle %d: %v", i, err)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// cycle opens and closes four sockets, and one more that it accepts.
func cycle(listener *Socket, address string) error {
	unused, err := New(AF_INET6, SOCK_STREAM)
	if err != nil {
		return err
	}
	defer unused.Close()
	second, err := New(AF_INET, SOCK_STREAM)
	if err != nil {
		return err
	}
	defer second.Close()
	if err := second.Bind("127.0.0.1:0"); err != nil {
		return err
	}
	if err := second.Listen(1); err != nil {
		return err
	}
	datagram, err := New(AF_INET, SOCK_DGRAM)
	if err != nil {
		return err
	}
	defer datagram.Close()
	client, err := New(AF_INET, SOCK_STREAM)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Connect(address); err != nil {
		return err
	}
	server, _, err := listener.Accept()
	if err != nil {
		return err
	}
	return server.Close()
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
