package socket_test

import (
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds calls that must end long before it.
const patience = time.Minute

// open makes a socket that the test closes, and that cannot hang it.
func open(t testing.TB, family socket.Family, typ socket.Type) *socket.Socket {
	t.Helper()
	s, err := socket.New(family, typ)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	s.SetTimeout(patience)
	return s
}

// loopback is any free port of the family's loopback address.
func loopback(family socket.Family) string {
	if family == socket.AF_INET6 {
		return "[::1]:0"
	}
	return "127.0.0.1:0"
}

// bound is a socket with a loopback address.
func bound(t testing.TB, family socket.Family, typ socket.Type) *socket.Socket {
	t.Helper()
	s := open(t, family, typ)
	must(t, s.Bind(loopback(family)))
	return s
}

func listener(t testing.TB, family socket.Family) *socket.Socket {
	t.Helper()
	s := bound(t, family, socket.SOCK_STREAM)
	must(t, s.Listen(5))
	return s
}

// pair is a connected client and what the server accepted for it.
func pair(t testing.TB, family socket.Family) (client, server *socket.Socket) {
	t.Helper()
	l := listener(t, family)
	client = open(t, family, socket.SOCK_STREAM)
	must(t, client.Connect(l.LocalAddr().String()))
	server, _, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	server.SetTimeout(patience)
	return client, server
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// families runs a test once over IPv4 and once over IPv6.
func families(t *testing.T, test func(*testing.T, socket.Family)) {
	for _, family := range []socket.Family{socket.AF_INET, socket.AF_INET6} {
		t.Run(family.String(), func(t *testing.T) { test(t, family) })
	}
}

func port(a net.Addr) int {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.Port
	case *net.UDPAddr:
		return a.Port
	}
	return 0
}
