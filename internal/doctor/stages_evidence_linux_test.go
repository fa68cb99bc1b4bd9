package doctor

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sockeye/internal/transport/transporttest"
)

// rejecting is a server behind a rule that rejects with what nft calls it.
func rejecting(with string) func(*lab) {
	return ruled(serveNear, server, "input", "tcp dport 7000 reject with "+with)
}

const near6 = "[fd00:1::3]:7000"

// sixes gives client and server addresses of IPv6.
func sixes(l *lab) {
	l.batch(client, "address add fd00:1::2/64 dev eth0 nodad")
	l.batch(server, "address add fd00:1::3/64 dev eth0 nodad")
}

// forwarding lets the router hand its port 7000 on to the far machine.
func forwarding(l *lab) {
	serveFar(l)
	transporttest.Run(l.T, "ip", "netns", "exec", l.name(router), "nft", "table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 7000 dnat to 10.2.0.2; }; }")
}

// tabled loads a ruleset of nft on a machine, beside a server.
func tabled(machine, ruleset string) func(*lab) {
	return func(l *lab) {
		serveNear(l)
		transporttest.Run(l.T, "ip", "netns", "exec", l.name(machine), "nft", ruleset)
	}
}

// rejections are firewalls and routers that say no: what they say tells them apart.
var rejections = []stage{
	{name: "a reset is a closed port or a firewall", on: client, ask: near, set: rejecting("tcp reset"), want: CauseRefused, both: CauseFirewallRejects},
	{name: "rejected: port unreachable", on: client, ask: near, set: rejecting("icmp type port-unreachable"), want: CauseFirewallRejects},
	{name: "rejected: host unreachable", on: client, ask: near, set: rejecting("icmp type host-unreachable"), want: CauseFirewallRejects},
	{name: "rejected: network unreachable", on: client, ask: near, set: rejecting("icmp type net-unreachable"), want: CauseFirewallRejects},
	{name: "rejected: host prohibited", on: client, ask: near, set: rejecting("icmp type host-prohibited"), want: CauseFirewallRejects},
	{name: "rejected: protocol unreachable", on: client, ask: near, set: rejecting("icmp type prot-unreachable"), want: CauseFirewallRejects},
	{name: "rejected by IPv6: prohibited", on: client, ask: near6, set: both(sixes, rejecting("icmpv6 type admin-prohibited")), want: CauseFirewallRejects},
	{name: "rejected by IPv6: port unreachable", on: client, ask: near6, set: both(sixes, rejecting("icmpv6 type port-unreachable")), want: CauseFirewallRejects},
	{name: "the router rejects: port unreachable", on: client, ask: farther, set: ruled(serveFar, router, "forward", "tcp dport 7000 reject with icmp type port-unreachable"), want: CauseFirewallRejects},
	{name: "the router rejects UDP", on: client, ask: "udp://" + farther, set: ruled(func(l *lab) { l.receive(far, everyone, false) }, router, "forward", "udp dport 7000 reject with icmp type admin-prohibited"), want: CauseFirewallRejects},
	{name: "the router finds no such machine", on: client, ask: "10.2.0.77:7000", set: serveFar, want: CauseUnreachable, both: CauseWrongAddress},
	{name: "the router has no route", on: client, ask: "10.7.0.3:7000", set: ips(client, "route add 10.7.0.0/24 via 10.1.0.1"), want: CauseUnreachable, both: CauseWrongAddress},
	{name: "firewall here rejects with ICMP", on: client, ask: near, set: ruled(serveNear, client, "output", "tcp dport 7000 reject with icmp type admin-prohibited"), want: CauseFirewallHere},
	{name: "firewall in a jump, seen there by root", on: server, ask: everyone, root: true, set: tabled(server, "table ip myown { chain tcp-in { tcp dport 7000 drop; }; chain base { type filter hook input priority 5; meta l4proto tcp jump tcp-in; }; }"), want: CauseFirewallDrops, mends: true},
	{name: "firewall before routing, seen there by root", on: server, ask: everyone, root: true, set: tabled(server, "table inet early { chain raw { type filter hook prerouting priority -300; tcp dport 7000 drop; }; }"), want: CauseFirewallDrops, mends: true},
	{name: "firewall here drops, mended by root", on: client, ask: near, root: true, set: tabled(client, "table inet out-rules { chain o { type filter hook output priority 0; tcp dport 7000 drop; }; }"), want: CauseFirewallHere, mends: true},
	{name: "firewall here has a policy, mended by root", on: client, ask: near, root: true, set: tabled(client, "table ip strict { chain o { type filter hook output priority 0; policy drop; tcp dport 22 accept; }; }"), want: CauseFirewallHere, mends: true},
	{name: "another subnet, and an unplugged interface beside", on: client, ask: "10.9.0.3:7000", set: ips(client, "link add eth9 type veth peer name eth9p\nlink set eth9 up"), want: CauseNoRoute},
}

// typingErrors are addresses as hands type them.
var typingErrors = []stage{
	{name: "a number over 255", on: client, ask: "192.168.1.300:10000", set: nothing, want: CauseInvalidAddress},
	{name: "a comma for a dot", on: client, ask: "10.1.0,3:7000", set: serveNear, want: CauseInvalidAddress},
	{name: "a comma for the colon", on: client, ask: "10.1.0.3,7000", set: serveNear, want: CauseInvalidAddress},
	{name: "the letter O", on: client, ask: "10.1.O.3:7000", set: serveNear, want: CauseInvalidAddress},
	{name: "full-width digits", on: client, ask: "１０.1.0.3:7000", set: serveNear, want: CauseInvalidAddress},
	{name: "port 0", on: client, ask: "10.1.0.3:0", set: serveNear, want: CauseInvalidAddress},
	{name: "port 70000", on: client, ask: "10.1.0.3:70000", set: serveNear, want: CauseInvalidAddress},
	{name: "no brackets", on: client, ask: "fd00:1::3:7000", set: both(sixes, serveNear), want: CauseInvalidAddress},
	{name: "the address of a web page", on: client, ask: "http://10.1.0.3:7000/", set: serveNear, want: CauseInvalidAddress},
	{name: "nobody answers to a name of mDNS", on: client, ask: "board.local:7000", set: serveNear, want: CauseNoSuchName},
}

// oneSided are failures of which one side sees nothing that decides: it says so, and whom to
// ask. Both together know.
var oneSided = []stage{
	{name: "firewall there drops one port", on: client, ask: near, asks: true, set: ruled(serveNear, server, "input", "tcp dport 7000 drop"), both: CauseFirewallBetween},
	{name: "firewall there drops all that is new", on: client, ask: near, asks: true, set: ruled(serveNear, server, "input", "ct state established,related accept", "meta l4proto { tcp, udp, icmp } drop"), both: CauseLostBetween},
	{name: "the router drops the port", on: client, ask: farther, asks: true, set: ruled(serveFar, router, "forward", "tcp dport 7000 drop"), both: CauseFirewallBetween},
	{name: "the router drops all", on: client, ask: farther, asks: true, set: ruled(serveFar, router, "forward", "drop"), both: CauseLostBetween},
	{name: "backlog full, from here", on: client, ask: near, asks: true, set: func(l *lab) { l.neverAccepting(1); l.dialOften(near) }, both: CauseBacklogFull},
	{name: "no way back in one network", on: client, ask: near, asks: true, set: both(serveNear, ips(server, "address del 10.1.0.3/24 dev eth0\naddress add 10.1.0.3/32 dev eth0")), both: CauseNoWayBack},
	{name: "a silent UDP receiver", on: client, ask: "udp://" + near, asks: true, set: func(l *lab) { l.receive(server, everyone, false) }},
	{name: "firewall there drops UDP", on: client, ask: "udp://" + near, asks: true, set: ruled(nothing, server, "input", "udp dport 7000 drop"), both: CauseNothingListens},
	{name: "firewall there drops UDP before a receiver", on: client, ask: "udp://" + near, asks: true, set: ruled(func(l *lab) { l.receive(server, everyone, true) }, server, "input", "meta l4proto udp drop")},
}

// lookAlikes are healthy set-ups that look like failures.
var lookAlikes = []stage{
	{name: "asked often, where ICMP errors are bounded", on: client, ask: near, set: func(l *lab) {
		serveNear(l)
		l.sysctl(server, "net/ipv4/icmp_ratelimit", "1000")
		for range 3 {
			l.ask(client, Question{Address: near}, false)
		}
	}},
	{name: "a port forwarding, both sides", on: client, ask: "10.1.0.1:7000", with: far, set: forwarding},
	{name: "UDP is dropped there, TCP is not", on: client, ask: near, set: ruled(serveNear, server, "input", "meta l4proto udp drop")},
}

// mend runs the command of the next step as it is printed, but for sudo, and asks again.
func (s stage) mend(l *lab, d *Diagnosis) {
	if d.Cause == nil {
		return // which is told already
	}
	_, command, ok := strings.Cut(d.Cause.Next.En, "sudo ")
	if !ok {
		l.Fatalf("no command in %q", d.Cause.Next.En)
	}
	machine := l.name(s.on)
	transporttest.Run(l.T, "ip", "netns", "exec", machine, "sh", "-c", command)
	if again := Diagnose(l.ask(s.on, Question{Address: s.ask}, s.root), nil); again.Verdict() != OK {
		l.Errorf("after %s: %s\n%s", command, again.Verdict(), dump(again))
	}
}

// marksAreKnown says that the picture marks nothing behind the broken place as passed, and the
// broken place once.
func marksAreKnown(t *testing.T, d *Diagnosis) {
	t.Helper()
	way := d.Report("en").Way
	broken := slices.IndexFunc(way, func(s Stop) bool { return s.State == Wrong })
	if (d.Cause != nil) != (broken >= 0) && len(way) > 2 {
		t.Errorf("the cause is %q, and the picture %+v", cause(d), way)
	}
	for n, s := range way {
		if broken >= 0 && n > broken && s.State != CannotTell {
			t.Errorf("%s is marked %s behind the broken place", s.Station, s.State)
		}
	}
	if d.Verdict() == CannotTell && fmt.Sprint(way[len(way)-1].State) == string(OK) && d.Facts.Host != "" && !d.Facts.Local {
		t.Errorf("nobody can tell, and the picture marks the end as passed: %+v", way)
	}
}
