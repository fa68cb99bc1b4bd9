package doctor

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Codes go from one version to another: one that an earlier version printed is read as it
// was meant, and the same facts still give it. A code that differs here is a change of the
// format, which needs a prefix of its own.
func TestCodesOfEarlierVersionsStayReadable(t *testing.T) {
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	ip, network := netip.MustParseAddr, netip.MustParsePrefix
	for name, c := range map[string]struct {
		code string
		want *Facts
	}{
		"sockets, rules and a routing table": {
			"SE1-AEBAC-OBDFA-AAEAY-CAAAA-AAABA-ICMAA-ACA4M-BAIAB-BW4AA-AAAAA-AAAAA-AAAAA-AB2AA-UBAAA-AAAAB-ACBAK-BAAAE-IACAT-AAAAQ-BCAQA-CDNYA-AAAAA-AAAAA-AAAAA-AAAQE-AAQAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAB-" +
				"IAAIG-ONSXE-5TFOI-AQIAA-AAAAK-YAQFA-VXXI2-DFOIA-QCAAC-AEAAO-AIAAY-DACAD-FORUD-AAYDB-SAAQB-AAAUG-QIAAE-AAAAA-AAAAT-AAAAQ-BAUEA-D7YEY-YZWIA-AYAUE-AF7YE-ZMAHC-AAYAU-EAH7Y-EYYJA-AAAP2-4MQ",
			&Facts{V: 1, System: "linux", Place: "docker", Local: true, Port: 9000, Network: sockeye.TCP,
				Firewall: Firewall{Tool: "nft", Read: true, Drops: true, Moves: true},
				Interfaces: []InterfaceFacts{
					{Name: "eth0", Up: true, Carrier: true, Strict: true, HardwareAddress: "02:00:00:00:00:01", Prefixes: []netip.Prefix{network("192.0.2.7/24"), network("2001:db8::7/64")}},
					{Name: "#2", Up: true, Virtual: true, HardwareAddress: "02:00:00:00:00:02", Prefixes: []netip.Prefix{network("10.8.0.2/32")}},
				},
				Gateways: []netip.Addr{ip("192.0.2.1"), ip("2001:db8::1")},
				Sockets: []netinfo.SocketInfo{
					{Network: sockeye.TCP, State: "LISTEN", UID: -1, Local: at("[::]:9000"), V6Only: true, Signed: true, Program: "server"},
					{Network: sockeye.UDP, State: "UNCONNECTED", UID: -1, Local: at("0.0.0.0:9000"), Interface: "eth0", Unread: 300, Drops: 5, Program: "other"},
				},
				Queues: []netinfo.ListenQueue{{Local: at("[::]:9000"), Waiting: 2, Backlog: 128}},
				Files:  netinfo.FileUse{Open: 12, Limit: 1024}, Watched: true,
				Routes: netinfo.RoutingTables{Rows: []netinfo.RouteEntry{
					{To: network("0.0.0.0/0"), Gateway: ip("192.0.2.1"), Interface: "eth0", Kind: "unicast", GatewayState: "FAILED"},
					{To: network("198.51.100.0/24"), Kind: "blackhole"},
					{To: network("203.0.113.0/24"), Kind: "unreachable"},
					{To: network("198.18.0.0/15"), Kind: "prohibit"},
				}},
			},
		},
		"what could not be seen": {
			"SE1-AIAQI-BYB6Y-AQAAA-ARVAQ",
			&Facts{V: 1, System: "windows", Place: "wsl", Local: true, Connects: true, Port: 502, Network: sockeye.UDP,
				Firewall: Firewall{Tool: "windows"}, Unseen: []string{"sockets", "gateways", "routes"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if code := c.want.Code(); code != c.code {
				t.Errorf("the facts give\n%s, want\n%s", code, c.code)
			}
			got, err := ParseCode(c.code)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, netip.Prefix{}), cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(netinfo.SocketInfo{})); diff != "" {
				t.Errorf("the code is read as something else (-want +got):\n%s", diff)
			}
		})
	}
}
