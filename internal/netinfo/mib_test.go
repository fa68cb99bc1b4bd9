package netinfo

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// fromHex is what hex digits stand for; spaces are left out.
func fromHex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compareNet compares addresses by their values.
var compareNet = cmp.Options{
	cmp.AllowUnexported(SocketInfo{}, tableRoute{}, tableNeighbour{}, pcbEntry{}),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// The answers of Windows' functions, as they were recorded under Wine (TCP), and as the headers
// of the Windows SDK lay them out (UDP).
const (
	recordedTCP4 = `02000000
		02000000 7f000001 b1270000 00000000 00000000 20000000
		05000000 c0000219 c0010000 c0000201 1b580000 e4100000`
	recordedTCP6 = `01000000
		00000000000000000000000000000000 00000000 84f70000
		00000000000000000000000000000000 00000000 00000000 02000000 20000000`
	recordedUDP4 = `01000000 00000000 14e90000 e4100000`
	recordedUDP6 = `01000000 fe800000000000000000000000000001 05000000 14e90000 e4100000`
)

// The tables of sockets that Windows returns (MIB_TCPTABLE and its like) are read.
func TestMIBSockets(t *testing.T) {
	port := netip.MustParseAddrPort
	for name, c := range map[string]struct{ got, want []SocketInfo }{
		"TCP": {parseMIBTCP(fromHex(t, recordedTCP4), false), []SocketInfo{
			{Network: sockeye.TCP, Local: port("127.0.0.1:45351"), State: "LISTEN", UID: -1, PID: 32},
			{Network: sockeye.TCP, Local: port("192.0.2.25:49153"), Remote: port("192.0.2.1:7000"), State: "ESTABLISHED", UID: -1, PID: 4324},
		}},
		"TCP over IPv6":       {parseMIBTCP(fromHex(t, recordedTCP6), true), []SocketInfo{{Network: sockeye.TCP, Local: port("[::]:34039"), State: "LISTEN", UID: -1, PID: 32}}},
		"UDP":                 {parseMIBUDP(fromHex(t, recordedUDP4), false), []SocketInfo{{Network: sockeye.UDP, Local: port("0.0.0.0:5353"), State: "UNCONNECTED", UID: -1, PID: 4324}}},
		"UDP over IPv6":       {parseMIBUDP(fromHex(t, recordedUDP6), true), []SocketInfo{{Network: sockeye.UDP, Local: port("[fe80::1]:5353"), State: "UNCONNECTED", UID: -1, PID: 4324}}},
		"a table that is cut": {parseMIBTCP(fromHex(t, recordedTCP4)[:40], false), []SocketInfo{{Network: sockeye.TCP, Local: port("127.0.0.1:45351"), State: "LISTEN", UID: -1, PID: 32}}},
		"nothing":             {parseMIBTCP(nil, true), nil},
	} {
		if diff := cmp.Diff(c.want, c.got, compareNet); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// mibRoute is a MIB_IPFORWARD_ROW2 of IPv4.
func mibRoute(index byte, to [4]byte, bits byte, hop [4]byte, metric byte) []byte {
	row := make([]byte, 104)
	row[8], row[12], row[40], row[44], row[84] = index, winsockIPv4, bits, winsockIPv4, metric
	copy(row[16:], to[:])
	copy(row[48:], hop[:])
	return row
}

// The routes of the Windows table are read without impossible ones, and the best is the longest
// prefix, then the least metric, of the interface that is asked for.
func TestMIBRoutes(t *testing.T) {
	table := append([]byte{4, 0, 0, 0, 0, 0, 0, 0}, mibRoute(4, [4]byte{}, 0, [4]byte{192, 0, 2, 1}, 25)...)
	table = append(table, mibRoute(9, [4]byte{}, 0, [4]byte{10, 8, 0, 1}, 5)...)
	table = append(table, mibRoute(4, [4]byte{192, 0, 2, 0}, 24, [4]byte{}, 1)...)
	table = append(table, mibRoute(7, [4]byte{192, 0, 2, 7}, 77, [4]byte{}, 1)...) // no such mask
	rows := parseMIBRoutes(table)
	if len(rows) != 3 {
		t.Fatalf("%+v", rows)
	}
	ip := netip.MustParseAddr
	for _, c := range []struct {
		to          string
		only, index int
		gateway     netip.Addr
	}{{"192.0.2.9", 0, 4, netip.Addr{}}, {"198.51.100.1", 0, 9, ip("10.8.0.1")}, {"198.51.100.1", 4, 4, ip("192.0.2.1")}} {
		if best, found := bestRoute(rows, ip(c.to), c.only); !found || best.index != c.index || best.gateway != c.gateway {
			t.Errorf("to %s: %+v", c.to, best)
		}
	}
	if _, found := bestRoute(rows, ip("2001:db8::1"), 0); found {
		t.Error("a route of IPv4 leads to IPv6")
	}
	if diff := cmp.Diff([]netip.Addr{ip("192.0.2.1"), ip("10.8.0.1")}, gatewaysOf(rows), compareNet); diff != "" {
		t.Error(diff)
	}
}

// The neighbours of the Windows table are found by address and interface, and one that never
// answered is silent.
func TestMIBNeighbours(t *testing.T) {
	row := make([]byte, 88)
	row[0], row[28], row[72], row[76] = winsockIPv4, 4, 6, 5
	copy(row[4:], []byte{192, 0, 2, 9})
	copy(row[40:], []byte{2, 0, 0, 0, 0, 1})
	silent := append([]byte(nil), row...)
	silent[7], silent[72], silent[76] = 10, 0, 1
	rows := parseMIBNeighbours(append(append([]byte{2, 0, 0, 0, 0, 0, 0, 0}, row...), silent...))
	if got := neighbourIn(rows, netip.MustParseAddr("192.0.2.9"), 4); got != (Neighbour{"REACHABLE", "02:00:00:00:00:01"}) {
		t.Errorf("%+v", got)
	}
	if got := neighbourIn(rows, netip.MustParseAddr("192.0.2.10"), 4); !got.Silent() {
		t.Errorf("%+v", got)
	}
	if got := neighbourIn(rows, netip.MustParseAddr("192.0.2.9"), 5); got != (Neighbour{}) {
		t.Errorf("%+v", got)
	}
}

// Whatever stands in the tables of Windows, only sockets, routes and neighbours with valid
// addresses come of it.
func FuzzMIB(f *testing.F) {
	f.Add(fromHex(f, recordedTCP4))
	f.Add(fromHex(f, recordedUDP6))
	f.Add(append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, mibRoute(4, [4]byte{}, 0, [4]byte{192, 0, 2, 1}, 25)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, ipv6 := range []bool{false, true} {
			for _, s := range append(parseMIBTCP(b, ipv6), parseMIBUDP(b, ipv6)...) {
				if !s.Local.IsValid() || s.State == "" {
					t.Errorf("%+v", s)
				}
			}
		}
		for _, r := range parseMIBRoutes(b) {
			if !r.to.IsValid() {
				t.Errorf("%+v", r)
			}
		}
		for _, n := range parseMIBNeighbours(b) {
			if !n.address.IsValid() || n.State == "" {
				t.Errorf("%+v", n)
			}
		}
	})
}
