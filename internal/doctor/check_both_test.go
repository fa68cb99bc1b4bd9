package doctor

import (
	"net/netip"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/netinfo"
)

// silentNear are facts of a client that has no answer from a server of its network, and the
// facts of that server.
func silentNear(rules Firewall, grown map[string]uint64) (here, there *Facts) {
	eth := func(mac, prefix string) []InterfaceFacts {
		return []InterfaceFacts{{Name: "eth0", Up: true, Carrier: true, HardwareAddress: mac, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}}
	}
	here = &Facts{System: "linux", Asked: "10.0.0.3:7000", Network: sockeye.TCP, Host: "10.0.0.3", Port: 7000, Interfaces: eth("02:00:00:00:00:02", "10.0.0.2/24"), Firewall: rules, Grown: grown,
		Paths: []Path{{Address: netip.MustParseAddr("10.0.0.3"), Route: netinfo.SystemRoute{Interface: "eth0", Kind: "unicast", Source: netip.MustParseAddr("10.0.0.2")},
			Early: netinfo.Neighbour{State: "REACHABLE"}, Neighbour: netinfo.Neighbour{State: "REACHABLE", HardwareAddress: "02:00:00:00:00:03"},
			TCP: Probe{Port: 7000, Outcome: Silent}, OtherTCP: Probe{Port: 7001, Outcome: Refused}}}}
	there = &Facts{System: "linux", Network: sockeye.TCP, Port: 7000, Local: true, Firewall: Firewall{Tool: "nft"}, Interfaces: eth("02:00:00:00:00:03", "10.0.0.3/24"),
		Sockets: []netinfo.SocketInfo{{Network: sockeye.TCP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "LISTEN"}}}
	return here, there
}

// Silence is blamed on a firewall there or on the way only if this machine lost nothing itself.
func TestWhoDropsAnswers(t *testing.T) {
	dropsAnswers := Firewall{Read: true, Drops: true, Answers: true, Rule: "r", Place: RulePlace{"inet", "f", "i", 4}}
	for name, c := range map[string]struct {
		rules      Firewall
		grown      map[string]uint64
		verdict    Verdict
		cause      string
		text, next string
	}{
		"nothing was lost here":            {Firewall{}, map[string]uint64{"Ip.InReceives": 3, "Ip.InDelivers": 2}, Wrong, CauseFirewallBetween, "a firewall there or on the way drops", "the client: this one is 10.0.0.2"},
		"the rules here are clear":         {Firewall{Read: true}, map[string]uint64{"Ip.InReceives": 5, "Ip.InDelivers": 2}, Wrong, CauseFirewallBetween, "a firewall there or on the way drops", "sudo sockeye doctor :7000"},
		"something was lost, rules unread": {Firewall{}, map[string]uint64{"Ip.InReceives": 5, "Ip.InDelivers": 2}, CannotTell, "", "which of them cannot be told", "sudo sockeye doctor 10.0.0.3:7000"},
		"a rule here drops answers":        {dropsAnswers, map[string]uint64{"Ip.InReceives": 3}, Wrong, CauseFirewallHere, "this machine's firewall drops the answers from port 7000", "nft insert rule inet f i position 4 tcp sport 7000 accept"},
	} {
		d := Diagnose(silentNear(c.rules, c.grown))
		r := d.Report(sockeye.English)
		if r.Verdict != c.verdict || r.Cause != c.cause || !strings.Contains(r.Text, c.text) || !strings.Contains(r.Next, c.next) {
			t.Errorf("%s: %s %q %q %q", name, r.Verdict, r.Cause, r.Text, r.Next)
		}
	}
}
