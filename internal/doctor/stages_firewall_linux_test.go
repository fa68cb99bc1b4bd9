package doctor

import "testing"

// filtered loads a ruleset of nft on the server, which is asked by root.
func filtered(ruleset string) func(*lab) { return both(sixes, tabled(server, ruleset)) }

// inputOf is a table with one chain of incoming packets.
func inputOf(family, rule string) string {
	return "table " + family + " f { chain i { type filter hook input priority 0; " + rule + "; }; }"
}

// hiddenRules are rules that drop what a look at the incoming filter of IPv4 alone does not
// show.
var hiddenRules = []stage{
	{name: "a map of verdicts drops the port", on: server, ask: everyone, root: true, set: filtered(inputOf("inet", "tcp dport vmap { 22 : accept, 7000 : drop }")), want: CauseFirewallDrops, mends: true},
	{name: "a map of ranges drops the port", on: server, ask: everyone, root: true, set: filtered(inputOf("inet", "tcp dport vmap { 1-1023 : accept, 6000-8000 : drop }")), want: CauseFirewallDrops, mends: true},
	{name: "a map of jumps leads to a drop", on: server, ask: everyone, root: true, set: filtered("table inet f { chain web { drop; }; chain i { type filter hook input priority 0; tcp dport vmap { 22 : accept, 7000 : jump web }; }; }"), want: CauseFirewallDrops},
	{name: "a map of states drops what is new", on: server, ask: everyone, root: true, set: filtered(inputOf("inet", "ct state vmap { established : accept, related : accept, invalid : drop, new : drop }")), want: CauseFirewallDrops, mends: true},
	{name: "the answers are dropped", on: server, ask: everyone, root: true, set: filtered("table inet f { chain o { type filter hook output priority 0; tcp sport 7000 drop; }; }"), want: CauseFirewallDrops, mends: true},
	{name: "IPv6 is asked and dropped, by a table of its own", on: server, ask: near6, root: true, set: filtered(inputOf("ip6", "tcp dport 7000 drop")), want: CauseFirewallDrops, mends: true},
	{name: "IPv6 is asked and dropped, by family", on: server, ask: near6, root: true, set: filtered(inputOf("inet", "meta nfproto ipv6 tcp dport 7000 drop")), want: CauseFirewallDrops, mends: true},
	{name: "answers are dropped here, both sides, by root", on: client, ask: near, with: server, root: true, set: ruled(serveNear, client, "input", "tcp sport 7000 drop"), want: CauseFirewallHere, mends: true},
}

// undecidedRules are rules of which it cannot be told what they do with the port: whoever asks,
// nothing is found, and nothing is claimed to be well.
var undecidedRules = []stage{
	{name: "dropped before all protocols", on: server, ask: everyone, root: true, untold: true, set: filtered("table netdev f { chain i { type filter hook ingress device eth0 priority 0; tcp dport 7000 drop; }; }")},
	{name: "handed to another port", on: server, ask: everyone, root: true, untold: true, set: filtered("table ip f { chain n { type nat hook prerouting priority -100; tcp dport 7000 redirect to :7001; }; }")},
	{name: "handed to a transparent proxy", on: server, ask: everyone, root: true, untold: true, set: filtered("table ip f { chain n { type filter hook prerouting priority -150; tcp dport 7000 tproxy to :7001; }; }")},
	{name: "a step that the library does not read", on: server, ask: everyone, root: true, untold: true, set: filtered("table inet f { chain i { type filter hook prerouting priority 0; tcp dport 7000 rt classid 7 drop; socket transparent 1 tcp dport 7000 drop; }; }")},
	{name: "a rule for one client", on: server, ask: everyone, root: true, untold: true, set: filtered(inputOf("inet", "ip saddr 10.1.0.2 tcp dport 7000 drop"))},
	{name: "a limit", on: server, ask: everyone, root: true, untold: true, set: filtered(inputOf("inet", "tcp dport 7000 limit rate over 1/minute drop"))},
	{name: "dropped over IPv6 alone, by a table of its own", on: server, ask: everyone, root: true, untold: true, set: filtered(inputOf("ip6", "tcp dport 7000 drop"))},
	{name: "dropped over IPv6 alone, by family", on: server, ask: everyone, root: true, untold: true, set: filtered(inputOf("inet", "meta nfproto ipv6 tcp dport 7000 drop"))},
	{name: "rules that an ordinary user may not read", on: server, ask: everyone, untold: true, set: filtered(inputOf("inet", "tcp dport 7000 drop"))},
	{name: "answers are dropped here, both sides", on: client, ask: near, with: server, untold: true, set: ruled(serveNear, client, "input", "tcp sport 7000 drop")},
}

// harmlessRules are rules that look as if they stopped the port.
var harmlessRules = []stage{
	{name: "a server, seen there by root", on: server, ask: everyone, root: true, set: both(sixes, serveNear)},
	{name: "a UDP receiver, seen there by root", on: server, ask: "udp://:7000", root: true, set: func(l *lab) { l.receive(server, everyone, false) }},
	{name: "TIME_WAIT beside a server, seen by root", on: server, ask: everyone, root: true, set: both(timeWait, serveNear)},
	{name: "a client is connected, its rules unread", on: server, ask: everyone, set: func(l *lab) { serveNear(l); l.connect(client, near) }},
	{name: "a map of verdicts for other ports", on: server, ask: everyone, root: true, set: filtered(inputOf("inet", "tcp dport vmap { 22 : accept, 7001 : drop }"))},
	{name: "a map of states lets new ones in", on: server, ask: everyone, root: true, set: filtered(inputOf("inet", "ct state vmap { established : accept, new : accept, invalid : drop }; drop"))},
	{name: "other ports are dropped before all protocols, and in answers", on: server, ask: everyone, root: true, set: filtered("table netdev f { chain i { type filter hook ingress device eth0 priority 0; tcp dport 7001 drop; }; }; table inet g { chain o { type filter hook output priority 0; ct state new drop; }; }")},
	{name: "another port is handed on", on: server, ask: everyone, root: true, set: filtered("table ip f { chain n { type nat hook prerouting priority -100; tcp dport 7001 redirect to :7000; }; chain p { type nat hook postrouting priority 100; masquerade; }; }")},
	{name: "a transparent proxy has another port", on: server, ask: everyone, root: true, set: filtered("table ip f { chain n { type filter hook prerouting priority -150; tcp dport 7001 tproxy to :7000; }; }")},
	{name: "a jump for one client that drops other ports", on: server, ask: everyone, root: true, set: filtered("table inet f { chain one { tcp dport 7001 drop; }; chain i { type filter hook input priority 0; ip saddr 10.1.0.2 jump one; }; }")},
}

// moreRulesThanCanBeRead stages a ruleset that the kernel needs seconds to tell: it is said that
// they are too many, within the time of any other (which the lab demands).
func moreRulesThanCanBeRead(t *testing.T) {
	l := newLab(t)
	s := stage{on: server, ask: everyone, root: true, set: func(l *lab) { serveNear(l); l.manyRules(server, 40_000) }}
	d, _ := s.run(l)
	if d.Cause != nil || d.Verdict() != CannotTell || !d.Facts.Firewall.TooMany {
		t.Errorf("%s\n%s", d.Verdict(), dump(d))
	}
}
