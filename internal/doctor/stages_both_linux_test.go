package doctor

import (
	"net"
	"os"
	"time"

	"sockeye/internal/netinfo"
	"sockeye/internal/transport/transporttest"
)

const (
	nearUDP   = "udp://" + near
	ourUDP    = "udp://" + everyone
	farther6  = "[fd00:2::2]:7000"
	halfNear  = "10.1.0.130:7000"
	withRoute = "link add d0 type bridge\nlink set d0 up\naddress add 10.1.0.9/24 dev d0"
)

// sixesFar gives client, router and far machine addresses of IPv6, and routes.
func sixesFar(l *lab) {
	l.batch(client, "address add fd00:1::2/64 dev eth0 nodad\nroute add fd00:2::/64 via fd00:1::1")
	l.batch(router, "address add fd00:1::1/64 dev eth0 nodad\naddress add fd00:2::1/64 dev eth1 nodad")
	l.sysctl(router, "net/ipv6/conf/all/forwarding", "1")
	l.batch(far, "address add fd00:2::2/64 dev eth0 nodad\nroute add default via fd00:2::1")
	serveFar(l)
}

// receiveNear takes datagrams on the server in silence.
func receiveNear(l *lab) { l.receive(server, everyone, false) }

// halved gives the server an address in half of the network, which the client is not in.
func halved(lines string) func(*lab) {
	return both(ips(server, "address del 10.1.0.3/24 dev eth0\naddress add 10.1.0.130/25 dev eth0\naddress add fd00:1::3/64 dev eth0 nodad\nroute add default via fd00:1::1"+lines),
		func(l *lab) { l.serve(server, everyone, nil) })
}

// serveV6Only listens on the server for IPv6 alone.
func serveV6Only(l *lab) { l.serve(server, "tcp6 [::]:7000", nil) }

// hold has a UDP port on a machine, of a network of package net, and reads nothing.
func (l *lab) hold(machine, network, address string) {
	l.Helper()
	var c net.PacketConn
	var err error
	l.in(machine, func() { c, err = net.ListenPacket(network, address) })
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { c.Close() })
}

// unreadDatagrams are more than a program that does not read has room for.
func unreadDatagrams(l *lab) { leaveUnread(l, "udp4", near) }

// leaveUnread lets a program on the server have a port of a network of package net, and sends to it.
func leaveUnread(l *lab, network, to string) {
	l.hold(server, network, everyone)
	l.in(client, func() {
		c, err := net.Dial("udp", to)
		if err != nil {
			l.Error(err)
			return
		}
		defer c.Close()
		for range 100 {
			c.Write(make([]byte, 1000))
		}
	})
	l.until("datagrams wait", func() (wait bool) {
		l.in(server, func() {
			list, _ := netinfo.SocketsOf(os.DirFS("/proc/thread-self"), func(s netinfo.SocketInfo) bool { return s.Local.Port() == labPort })
			wait = len(list) == 1 && list[0].Unread > 0
		})
		return wait
	})
}

// flooded is a program on the server that is sent much, and reads it all.
func flooded(l *lab) {
	receiveNear(l)
	l.in(client, func() {
		c, err := net.Dial("udp", near)
		if err != nil {
			l.Error(err)
			return
		}
		l.Cleanup(func() { c.Close() })
		go func() {
			for ; l.Context().Err() == nil; time.Sleep(time.Millisecond) { // the sender's pace; nobody waits for it
				c.Write(make([]byte, 1000))
			}
		}()
	})
}

// connected leaves a connection that waits to be accepted.
func connected(l *lab) {
	l.neverAccepting(16)
	l.connect(client, near)
}

func natted(machine, to string, serve func(*lab)) func(*lab) {
	return func(l *lab) {
		serve(l)
		transporttest.Run(l.T, "ip", "netns", "exec", l.name(machine), "nft", "table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 7000 "+to+"; }; }")
	}
}

// rulesThereKnown are failures of which the rules of the other machine, read by its root, say the
// place.
var rulesThereKnown = []stage{
	{name: "UDP is dropped there, told by its root", on: client, ask: nearUDP, asks: true, theirs: ourUDP, theirRoot: true, set: ruled(receiveNear, server, "input", "udp dport 7000 drop"), both: CauseFirewallThere, at: StationThere},
	{name: "UDP is dropped there, seen there by root", on: server, ask: ourUDP, root: true, set: ruled(receiveNear, server, "input", "udp dport 7000 drop"), want: CauseFirewallDrops, mends: true},
	{name: "UDP is rejected there, told by its root", on: client, ask: nearUDP, theirs: ourUDP, theirRoot: true, set: ruled(receiveNear, server, "input", "udp dport 7000 reject"), want: CauseRefused, both: CauseFirewallRejects, at: StationThere},
	{name: "UDP is rejected there, untold", on: client, ask: nearUDP, theirs: ourUDP, set: ruled(receiveNear, server, "input", "udp dport 7000 reject"), want: CauseRefused, both: CauseFirewallRejects, at: StationThere},
	{name: "UDP is prohibited there", on: client, ask: nearUDP, theirs: ourUDP, theirRoot: true, set: ruled(receiveNear, server, "input", "udp dport 7000 reject with icmp type admin-prohibited"), want: CauseFirewallRejects, at: StationThere},
	{name: "UDP of IPv6 is dropped there, told by its root", on: client, ask: "udp://" + near6, asks: true, theirs: ourUDP, theirRoot: true, set: both(sixes, ruled(receiveNear, server, "input", "udp dport 7000 drop")), both: CauseFirewallThere, at: StationThere},
	{name: "the answers of UDP are dropped there, told by its root", on: client, ask: nearUDP, asks: true, theirs: ourUDP, theirRoot: true, set: ruled(func(l *lab) { l.receive(server, everyone, true) }, server, "output", "udp sport 7000 drop"), both: CauseFirewallThere, at: StationThere},
	{name: "the router drops UDP, both sides", on: client, ask: "udp://" + farther, asks: true, theirs: ourUDP, theirRoot: true, set: ruled(func(l *lab) { l.receive(far, everyone, true) }, router, "forward", "udp dport 7000 drop")},
	{name: "a silent UDP receiver, told by its root", on: client, ask: nearUDP, asks: true, theirs: ourUDP, theirRoot: true, set: receiveNear},
	{name: "a reset by the rules there, told by its root", on: client, ask: near, theirRoot: true, set: rejecting("tcp reset"), want: CauseRefused, both: CauseFirewallRejects, at: StationThere},
}

// onTheWay are failures between the machines, where that one has no firewall.
var onTheWay = []stage{
	{name: "the router drops the port, told by their root", on: client, ask: farther, asks: true, theirRoot: true, set: ruled(serveFar, router, "forward", "tcp dport 7000 drop"), both: CauseFirewallOnWay, at: StationNetwork},
	{name: "the router resets, told by their root", on: client, ask: farther, theirRoot: true, set: ruled(serveFar, router, "forward", "tcp dport 7000 reject with tcp reset"), want: CauseRefused, both: CauseFirewallRejects, at: StationNetwork},
	{name: "the router rejects with ICMP, both sides", on: client, ask: farther, set: ruled(serveFar, router, "forward", "tcp dport 7000 reject with icmp type admin-prohibited"), want: CauseFirewallRejects, at: StationNetwork},
	{name: "the router prohibits by a route", on: client, ask: farther, set: both(serveFar, ips(router, "route add prohibit 10.2.0.2/32")), want: CauseFirewallRejects, at: StationNetwork},
	{name: "the router has a route that is unreachable", on: client, ask: farther, set: both(serveFar, ips(router, "route add unreachable 10.2.0.2/32")), want: CauseUnreachable, at: StationNetwork},
	{name: "the router has a route of IPv6 that is unreachable", on: client, ask: farther6, with: far, set: both(sixesFar, ips(router, "route add unreachable fd00:2::2/128")), want: CauseUnreachable, at: StationNetwork},
	{name: "the router does not forward", on: client, ask: farther, asks: true, set: func(l *lab) { serveFar(l); l.sysctl(router, "net/ipv4/ip_forward", "0") }, both: CauseLostBetween, at: StationNetwork},
	{name: "the router has a black hole, told by their root", on: client, ask: farther, asks: true, theirRoot: true, set: both(serveFar, ips(router, "route add blackhole 10.2.0.2/32")), both: CauseLostBetween, at: StationNetwork},
	{name: "the way back leads elsewhere, and is filtered", on: client, ask: farther, asks: true, set: func(l *lab) {
		serveFar(l)
		l.sysctl(far, "net/ipv4/conf/all/rp_filter", "1")
		l.batch(far, withRoute)
	}, both: CauseReversePath, at: StationThere},
	{name: "the way back is a black hole", on: client, ask: farther, asks: true, set: both(serveFar, ips(far, "route add blackhole 10.1.0.0/24")), both: CauseNoWayBack, at: StationThere},
	{name: "no way back of IPv4, though there is one of IPv6", on: client, ask: farther, asks: true, set: both(sixesFar, ips(far, "route del default")), both: CauseNoWayBack},
	{name: "no way back of IPv6, though there is one of IPv4", on: client, ask: farther6, with: far, set: both(sixesFar, ips(far, "route del default via fd00:2::1")), want: CauseNoWayBack},
	{name: "a mask there without the client, and a gateway of IPv6", on: client, ask: halfNear, asks: true, set: halved(""), both: CauseNoWayBack},
	{name: "a mask there without the client, and a dead gateway", on: client, ask: halfNear, asks: true, set: halved("\nroute add default via 10.1.0.200"), both: CauseGatewaySilent, at: StationThere},
	{name: "a prefix of IPv6 there without the client", on: client, ask: near6, with: server, set: both(sixes, serveNear, ips(server, "address del fd00:1::3/64 dev eth0\naddress add fd00:1::3/128 dev eth0 nodad")), want: CauseNoWayBack},
	{name: "a way back that is no default, and a rule there", on: client, ask: farther, asks: true, theirRoot: true, set: both(serveFar, ips(far, "route del default\nroute add 10.1.0.0/24 via 10.2.0.1"), ruled(nothing, far, "input", "tcp dport 7000 drop")), both: CauseFirewallThere, at: StationThere},
}

// notTaken are servers that a kernel connects to, or not, in place of a program.
var notTaken = []stage{
	{name: "the server does not accept, both sides", on: client, ask: near, with: server, set: connected, want: CauseNotAccepting, at: StationPort},
	{name: "no file is left for accept, both sides", on: client, ask: near, with: server, set: hungryServer, want: CauseNotAccepting, at: StationPort},
	{name: "no file is left for accept, told by its root", on: client, ask: near, with: server, theirRoot: true, set: hungryServer, want: CauseFileLimit, at: StationPort},
	{name: "IPv6 alone is taken, a client of IPv4", on: client, ask: near, set: both(sixes, serveV6Only), want: CauseRefused, both: CauseFamilyMismatch},
	{name: "IPv6 alone is taken, asked there for IPv4", on: server, ask: near, set: both(sixes, serveV6Only), want: CauseFamilyMismatch},
	{name: "IPv6 alone is taken, and there is no address of it", on: server, ask: everyone, root: true, set: serveV6Only, want: CauseFamilyMismatch},
	{name: "datagrams of IPv6 alone are taken, a client of IPv4", on: client, ask: nearUDP, theirs: ourUDP, set: both(sixes, func(l *lab) { l.hold(server, "udp6", "[::]:7000") }), want: CauseRefused, both: CauseFamilyMismatch},
	{name: "a UDP program that does not read", on: server, ask: ourUDP, root: true, set: unreadDatagrams, want: CauseNotReading},
	{name: "a UDP program that does not read, seen by any user", on: server, ask: ourUDP, set: unreadDatagrams, want: CauseNotReading},
	{name: "a route forbids a network", on: client, ask: farther, set: both(serveFar, ips(client, "route add blackhole 10.2.0.0/25")), want: CauseRouteForbids, mends: true},
	{name: "a route forbids a network of IPv6", on: client, ask: near6, set: both(sixes, serveNear, ips(client, "route add prohibit fd00:1::/65")), want: CauseRouteForbids, mends: true},
	{name: "a route of another table forbids a network", on: client, ask: farther, set: both(serveFar, ips(client, "route add unreachable 10.2.0.0/16 table 100\nrule add to 10.2.0.2 lookup 100")), want: CauseRouteForbids, mends: true},
	{name: "a rule forbids the address", on: client, ask: near, set: both(serveNear, ips(client, "rule add to 10.1.0.3 prohibit")), want: CauseRouteForbids, mends: true},
	{name: "a zone that is no interface", on: client, ask: "[fe80::1%nope]:7000", set: serveNear, want: CauseInvalidAddress},
}

// neitherSide are set-ups where nothing is to be found, though it cannot be told that all is well.
var neitherSide = []stage{
	{name: "IPv6 alone is taken, seen there", on: server, ask: everyone, root: true, untold: true, set: both(sixes, serveV6Only)},
	{name: "handed to a port that a server has", on: server, ask: everyone, root: true, untold: true, set: natted(server, "redirect to :7001", func(l *lab) { l.serve(server, ":7001", nil) })},
	{name: "handed to another machine, seen by root", on: router, ask: everyone, root: true, untold: true, set: natted(router, "dnat to 10.2.0.2", serveFar)},
	{name: "a Unix socket", on: server, ask: "unix:///run/doctor.sock", untold: true, set: nothing},
}

// healthyBoth are set-ups where nothing is wrong, though something beside is unusual.
var healthyBoth = []stage{
	{name: "IPv6 alone is taken, a client of IPv6", on: client, ask: near6, set: both(sixes, serveV6Only)},
	{name: "a socket for each family", on: client, ask: near, with: server, set: both(sixes, serveV6Only, func(l *lab) { l.serve(server, "tcp4 0.0.0.0:7000", nil) })},
	{name: "handed to a port that a server has, both sides", on: client, ask: near, theirRoot: true, set: natted(server, "redirect to :7001", func(l *lab) { l.serve(server, ":7001", nil) })},
	{name: "a way back that is no default, both sides", on: client, ask: farther, with: far, set: both(serveFar, ips(far, "route del default\nroute add 10.1.0.0/24 via 10.2.0.1"))},
	{name: "a UDP program that is sent much and reads", on: server, ask: ourUDP, root: true, set: flooded},
	{name: "a server that was asked often, told by its root", on: client, ask: near, with: server, theirRoot: true, set: func(l *lab) {
		serveNear(l)
		for range 20 {
			l.connect(client, near)
		}
	}},
}
