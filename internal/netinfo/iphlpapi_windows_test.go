package netinfo

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/windows"

	"sockeye"
)

// underWine says that the Windows is Wine's.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// What Windows tells of this process's own sockets is found: who listens, and who is
// connected to whom. It runs under Wine, too.
func TestWindowsTables(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wanted := []string{"listens", "connected"}
	var datagrams netip.AddrPort
	if !underWine() { // which cannot listen for UDP
		u, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer u.Close()
		datagrams, wanted = AddrPort(u.LocalAddr()), append(wanted, "udp")
	}
	at, near := AddrPort(l.Addr()), AddrPort(c.LocalAddr())
	list, err := Sockets(nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]SocketInfo{}
	for _, s := range list {
		switch {
		case s.Local == at && s.State == "LISTEN":
			found["listens"] = s
		case s.Local == near && s.Remote == at:
			found["connected"] = s
		case s.Network == sockeye.UDP && s.Local == datagrams:
			found["udp"] = s
		}
	}
	for _, what := range wanted {
		s := found[what]
		if known := s.PID == os.Getpid() && s.Program != ""; !s.Local.IsValid() || !known && !underWine() { // whose server has the sockets
			t.Errorf("%s: %+v", what, s)
		}
	}
	if s := found["connected"].State; s != "ESTABLISHED" {
		t.Errorf("the connection is %q", s)
	}
}

// The tables of routes and neighbours can be read.
func TestWindowsRoutes(t *testing.T) {
	if _, err := routingTable(); err != nil {
		t.Error(err)
	}
	if _, err := neighbourTable(); err != nil && !underWine() { // which has none
		t.Error(err)
	}
	r, err := RouteTo(netip.MustParseAddr("127.0.0.1"))
	if err != nil || r.Kind != "local" || r.Interface == "" {
		t.Errorf("%+v, %v", r, err)
	}
	gateways, err := Gateways()
	if err != nil {
		t.Error(err)
	}
	for _, g := range gateways { // a gateway is on the network of an interface
		if r, err := RouteTo(g); err != nil || r.Interface == "" || r.Gateway.IsValid() {
			t.Errorf("to %s: %+v, %v", g, r, err)
		}
	}
}
