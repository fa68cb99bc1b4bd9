package netinfo

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

// The queue of a listening socket is told with what waits in it.
func TestAcceptQueues(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := AddrPort(l.Addr())
	c, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	queues, err := AcceptQueues(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	if len(queues) != 1 || queues[0].Local != at || queues[0].Backlog == 0 {
		t.Errorf("%+v", queues)
	}
	list, err := Sockets(func(s SocketInfo) bool { return s.Local == at && s.Listens() })
	if err != nil || len(list) != 1 || list[0].PID == 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// The kernel's route to an address of the loopback is local, and binding an address of nobody's
// fails as the kernel says.
func TestRouteTo(t *testing.T) {
	r, err := RouteTo(netip.MustParseAddr("127.0.0.9"))
	if err != nil || r.Kind != "local" || r.Interface != "lo" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := BindErrno("tcp", netip.MustParseAddrPort("203.0.113.1:9")); got != "EADDRNOTAVAIL" {
		t.Errorf("bound what is not ours: %q", got)
	}
}

// No answer of inet_diag, however damaged, makes its parsers panic.
func FuzzParseInetDiag(f *testing.F) {
	f.Add(slices.Concat([]byte{2, 10}, make([]byte, 80)))
	f.Fuzz(func(t *testing.T, b []byte) { parseInetDiag(b); parseListenerOption(b) })
}
