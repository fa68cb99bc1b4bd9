package socket_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/socket"
)

// RecvFrom tells who sent a datagram, and SendTo to that address answers it.
func TestDatagramsBothWays(t *testing.T) {
	families(t, func(t *testing.T, family socket.Family) {
		server := bound(t, family, socket.SOCK_DGRAM)
		client := open(t, family, socket.SOCK_DGRAM)
		n, err := client.SendTo([]byte("ping"), server.LocalAddr().String())
		if n != 4 || err != nil {
			t.Fatalf("SendTo = %d, %v", n, err)
		}
		b, from, err := server.RecvFrom(128)
		must(t, err)
		if string(b) != "ping" || port(from) != port(client.LocalAddr()) {
			t.Errorf("RecvFrom = %q from %v, client is %v", b, from, client.LocalAddr())
		}
		if _, ok := from.(*net.UDPAddr); !ok {
			t.Errorf("sender is a %T", from)
		}
		_, err = server.SendTo([]byte("pong"), from.String())
		must(t, err)
		if b, err := client.Recv(128); string(b) != "pong" || err != nil {
			t.Errorf("Recv = %q, %v", b, err)
		}
	})
}

// A datagram socket that is connected sends without an address, and may be connected to another
// peer later.
func TestConnectedDatagrams(t *testing.T) {
	server := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	client := open(t, socket.AF_INET, socket.SOCK_DGRAM)
	must(t, client.Connect(server.LocalAddr().String()))
	if diff := cmp.Diff(server.LocalAddr(), client.RemoteAddr()); diff != "" {
		t.Errorf("RemoteAddr (-want +got):\n%s", diff)
	}
	_, err := client.Send([]byte("one"))
	must(t, err)
	_, err = client.SendAll([]byte("two"))
	must(t, err)
	for _, want := range []string{"one", "two"} {
		if b, err := server.Recv(128); string(b) != want || err != nil {
			t.Errorf("Recv = %q, %v, want %q", b, err, want)
		}
	}
	other := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	must(t, client.Connect(other.LocalAddr().String()))
	if diff := cmp.Diff(other.LocalAddr(), client.RemoteAddr()); diff != "" {
		t.Errorf("connected again (-want +got):\n%s", diff)
	}
}

// C03: a datagram without bytes is a message, not the end of anything.
func TestEmptyDatagram(t *testing.T) {
	server := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	client := open(t, socket.AF_INET, socket.SOCK_DGRAM)
	must(t, client.Connect(server.LocalAddr().String()))
	for name, send := range map[string]func() (int, error){
		"Send":    func() (int, error) { return client.Send(nil) },
		"SendAll": func() (int, error) { return client.SendAll(nil) },
		"SendTo": func() (int, error) {
			return open(t, socket.AF_INET, socket.SOCK_DGRAM).SendTo(nil, server.LocalAddr().String())
		},
	} {
		if n, err := send(); n != 0 || err != nil {
			t.Errorf("%s = %d, %v", name, n, err)
		}
		b, from, err := server.RecvFrom(128)
		if b == nil || len(b) != 0 || from == nil || err != nil {
			t.Errorf("%s: RecvFrom = %v, %v, %v", name, b, from, err)
		}
	}
	server.SetTimeout(time.Millisecond)
	if _, err := server.Recv(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("then: Recv = %v", err)
	}
}

// What does not fit into Recv's size of a datagram is lost, and the next datagram comes whole.
func TestDatagramLongerThanRecv(t *testing.T) {
	server := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	client := open(t, socket.AF_INET, socket.SOCK_DGRAM)
	for _, text := range []string{"abcdef", "next"} {
		_, err := client.SendTo([]byte(text), server.LocalAddr().String())
		must(t, err)
	}
	var got []string
	for range 2 {
		b, err := server.Recv(4)
		must(t, err)
		got = append(got, string(b))
	}
	if diff := cmp.Diff([]string{"abcd", "next"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// 65507 bytes arrive as one datagram, and one byte more is refused with EMSGSIZE.
func TestLargestDatagram(t *testing.T) {
	server := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	client := open(t, socket.AF_INET, socket.SOCK_DGRAM)
	const largest = 65507
	n, err := client.SendTo(make([]byte, largest), server.LocalAddr().String())
	if n != largest || err != nil {
		t.Fatalf("SendTo = %d, %v", n, err)
	}
	if b, err := server.Recv(1 << 30); len(b) != largest || err != nil {
		t.Errorf("Recv = %d bytes, %v", len(b), err)
	}
	_, err = client.SendTo(make([]byte, largest+1), server.LocalAddr().String())
	if !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("one byte more: SendTo = %v", err)
	}
}

// Bind to a port that another datagram socket has fails with EADDRINUSE.
func TestDatagramPortInUse(t *testing.T) {
	first := bound(t, socket.AF_INET, socket.SOCK_DGRAM)
	second := open(t, socket.AF_INET, socket.SOCK_DGRAM)
	if err := second.Bind(first.LocalAddr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Bind = %v", err)
	}
}
