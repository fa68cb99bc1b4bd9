package doctor

import (
	"net/netip"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Of a port of this machine it is not claimed that all is well while its rules are not known,
// unless a client is connected.
func TestUnknownRules(t *testing.T) {
	listens := netinfo.SocketInfo{Network: sockeye.TCP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "LISTEN"}
	connected := netinfo.SocketInfo{Network: sockeye.TCP, Local: netip.MustParseAddrPort("10.0.0.3:7000"), Remote: netip.MustParseAddrPort("10.0.0.2:40000"), State: "ESTABLISHED"}
	for name, c := range map[string]struct {
		rules      Firewall
		sockets    []netinfo.SocketInfo
		verdict    Verdict
		text, next string
	}{
		"unread":                   {Firewall{}, []netinfo.SocketInfo{listens}, CannotTell, "its rules can be read by its administrator only", "sudo sockeye doctor :7000"},
		"unread, and a client":     {Firewall{}, []netinfo.SocketInfo{listens, connected}, OK, "nothing is wrong", ""},
		"a rule is not understood": {Firewall{Read: true, Unclear: true, Rule: "handle 9"}, []netinfo.SocketInfo{listens}, CannotTell, "more than the doctor understands", "handle 9"},
		"NAT":                      {Firewall{Read: true, Unclear: true, Moves: true}, []netinfo.SocketInfo{listens}, CannotTell, "to another port or machine (NAT)", "nft list ruleset"},
		"too many":                 {Firewall{Read: true, Unclear: true, TooMany: true}, []netinfo.SocketInfo{listens}, CannotTell, "too many to be read in time", "nft list ruleset"},
		"by client":                {Firewall{Read: true, Unclear: true, ByClient: true}, []netinfo.SocketInfo{listens}, CannotTell, "depends on the client", "nft list ruleset"},
		"IPv6 alone":               {Firewall{Read: true, Unclear: true, DropsIPv6: true, Place: RulePlace{"ip6", "f", "i", 4}}, []netinfo.SocketInfo{listens}, CannotTell, "drop it over IPv6", "sudo nft insert rule ip6 f i position 4 tcp dport 7000 accept"},
		"read and clear":           {Firewall{Read: true}, []netinfo.SocketInfo{listens}, OK, "nothing is wrong", ""},
	} {
		f := &Facts{System: "linux", Asked: ":7000", Network: sockeye.TCP, Port: 7000, Local: true, Firewall: c.rules, Sockets: c.sockets,
			Interfaces: []InterfaceFacts{{Name: "eth0", Up: true, Carrier: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.3/24")}}}}
		r := Diagnose(f, nil).Report(sockeye.English)
		if r.Verdict != c.verdict || !strings.Contains(r.Text, c.text) || !strings.Contains(r.Next, c.next) {
			t.Errorf("%s: %s %q %q", name, r.Verdict, r.Text, r.Next)
		}
	}
}
