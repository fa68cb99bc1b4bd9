package netinfo

import (
	"net/netip"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const kernelTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B58 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0200010A:C001 0300010A:1B58 01 00000400:00000000 04:00000020 00000002  1000        0 4712 2 0 20 4 30 10 -1
   2: 0200010A:1B58 0300010A:C002 06 00000000:00000000 03:00000020 00000000     0        0 0 3 0
   3: broken
`

// What the kernel lists is read whole, whatever the language of the system is.
func TestSocketsOf(t *testing.T) {
	proc := fstest.MapFS{
		"net/tcp":  {Data: []byte(kernelTable)},
		"net/udp":  {Data: []byte("h\n 9: 00000000:1B58 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 4713 2 0 0\n")},
		"net/snmp": {Data: []byte("Ip: InReceives OutNoRoutes\nIp: 10 2\nTcp: RetransSegs\nTcp: -1\n")},
		"7/comm":   {Data: []byte("python3\n")},
		"net/tcp6": {Data: nil},
		"net/udp6": {Data: nil},
	}
	got, err := SocketsOf(proc, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []SocketInfo{
		{Network: sockeye.TCP, Local: netip.MustParseAddrPort("127.0.0.1:7000"), State: "LISTEN", UID: 1000, Unread: 3},
		{Network: sockeye.TCP, Local: netip.MustParseAddrPort("10.1.0.2:49153"), Remote: netip.MustParseAddrPort("10.1.0.3:7000"), State: "ESTABLISHED", UID: 1000, Queued: 1024, Timer: "zero-window-probe", Retransmits: 2},
		{Network: sockeye.TCP, Local: netip.MustParseAddrPort("10.1.0.2:7000"), Remote: netip.MustParseAddrPort("10.1.0.3:49154"), State: "TIME-WAIT", Timer: "time-wait"},
		{Network: sockeye.UDP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "UNCONNECTED"},
	}
	for n := range got {
		got[n].inode = ""
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(SocketInfo{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]uint64{"Ip.InReceives": 10, "Ip.OutNoRoutes": 2}, CountersOf(proc)); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// Whatever stands in the kernel's table of sockets, only sockets with a valid address and no
// negative queue come of it.
func FuzzParseSockets(f *testing.F) {
	f.Add([]byte(kernelTable))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, s := range parseSockets(text, sockeye.TCP) {
			if !s.Local.Addr().IsValid() || s.Queued < 0 || s.Unread < 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

// No table of counters, however damaged, makes its parser panic.
func FuzzParseCounters(f *testing.F) {
	f.Add([]byte("TcpExt: A B\nTcpExt: 1 2\n"))
	f.Fuzz(func(t *testing.T, text []byte) { parseCounters(text, map[string]uint64{}) })
}
