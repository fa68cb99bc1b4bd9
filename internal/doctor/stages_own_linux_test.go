package doctor

import (
	"golang.org/x/sys/unix"

	"sockeye/internal/transport/transporttest"
)

const farther6UDP = "udp://" + farther6

// refusesItself lets a rule of the client reject the port of a transport, with what nft calls it.
func refusesItself(serve func(*lab), transport, with string) func(*lab) {
	return ruled(serve, client, "output", transport+" dport 7000 reject "+with)
}

// known lets the client know the hardware address of the server, as after a ping.
func known(l *lab) {
	l.serve(server, ":7009", nil)
	l.connect(client, "10.1.0.3:7009")
}

// looping lets the router send back what is for the far machine.
func looping(serve func(*lab)) func(*lab) {
	return both(serve, ips(router, "route add 10.2.0.2/32 via 10.1.0.3"), func(l *lab) {
		l.sysctl(server, "net/ipv4/ip_forward", "1")
		for _, name := range []string{"all", "eth0"} {
			l.sysctl(router, "net/ipv4/conf/"+name+"/send_redirects", "0")
			l.sysctl(server, "net/ipv4/conf/"+name+"/send_redirects", "0")
		}
	})
}

// looping6 is the same for IPv6.
func looping6(serve func(*lab)) func(*lab) {
	return both(sixesFar, serve, func(l *lab) {
		l.batch(server, "address add fd00:1::3/64 dev eth0 nodad\nroute add default via fd00:1::1")
		l.sysctl(server, "net/ipv6/conf/all/forwarding", "1")
		l.batch(router, "route add fd00:2::2/128 via fd00:1::3")
	})
}

// receiveFar takes datagrams on the far machine in silence.
func receiveFar(l *lab) { l.receive(far, everyone, false) }

// tunnelled gives the client an adapter of a VPN that swallows what it gets, and routes that lead
// into it. Without a program nobody is at its other end.
func tunnelled(routes string, program bool) func(*lab) {
	return func(l *lab) {
		transporttest.Run(l.T, "ip", "-n", l.name(client), "tuntap", "add", "tun0", "mode", "tun")
		if program {
			swallow(l)
		}
		l.batch(client, "address add 10.8.0.2/24 dev tun0\naddress add fd08::2/64 dev tun0 nodad\nlink set tun0 up\n"+routes)
	}
}

// swallow attaches a program to tun0, and reads nothing.
func swallow(l *lab) {
	l.Helper()
	l.in(client, func() {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			l.Error(err)
			return
		}
		l.Cleanup(func() { unix.Close(fd) })
		request, err := unix.NewIfreq("tun0")
		if err != nil {
			l.Error(err)
			return
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			l.Error(err)
		}
	})
}

// bridged lets the switch drop what nft calls it, between the client and the server.
func bridged(serve func(*lab), rule string) func(*lab) {
	return func(l *lab) {
		serve(l)
		transporttest.Run(l.T, "ip", "netns", "exec", l.name(fabric), "nft", "table bridge f { chain c { type filter hook forward priority 0; "+rule+"; }; }")
	}
}

// wrongHardwareThere lets the server send its answers to a hardware address that nobody has.
var wrongHardwareThere = ips(server, "neigh replace 10.1.0.2 dev eth0 lladdr 02:00:00:00:00:99 nud permanent")

// ownRules are rules of this machine that reject what it sends: whoever gives the code of the
// other one, the cause is here.
var ownRules = []stage{
	{name: "firewall here rejects with a reset, the neighbour known", on: client, ask: near, set: both(known, refusesItself(serveNear, "tcp", "with tcp reset")), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects with a reset, told by their root", on: client, ask: near, theirRoot: true, set: both(known, refusesItself(serveNear, "tcp", "with tcp reset")), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects with a reset, behind a router", on: client, ask: farther, theirRoot: true, set: refusesItself(serveFar, "tcp", "with tcp reset"), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects IPv6 with a reset", on: client, ask: farther6, theirRoot: true, set: refusesItself(sixesFar, "tcp", "with tcp reset"), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects, told by their root", on: client, ask: near, theirRoot: true, set: refusesItself(serveNear, "tcp", ""), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects, by an unprivileged code", on: client, ask: farther, set: refusesItself(serveFar, "tcp", "with icmp type host-prohibited"), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects IPv6, told by their root", on: client, ask: farther6, theirRoot: true, set: refusesItself(sixesFar, "tcp", ""), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects UDP, told by their root", on: client, ask: nearUDP, theirs: ourUDP, theirRoot: true, set: refusesItself(receiveNear, "udp", ""), want: CauseFirewallHere, at: StationFirewall},
	{name: "firewall here rejects UDP of IPv6", on: client, ask: farther6UDP, theirs: ourUDP, set: refusesItself(both(sixesFar, receiveFar), "udp", ""), want: CauseFirewallHere, at: StationFirewall},
	{name: "no server, its neighbour known", on: client, ask: near, theirRoot: true, set: known, want: CauseRefused, both: CauseNothingListens},
	{name: "a reset there, its neighbour known, seen by root", on: client, ask: near, root: true, theirRoot: true, set: both(known, rejecting("tcp reset")), want: CauseRefused, both: CauseFirewallRejects, at: StationThere},
}

// loops are packets that never arrive, since they are passed on too often.
var loops = []stage{
	{name: "a routing loop", on: client, ask: farther, set: looping(serveFar), want: CauseRoutingLoop, at: StationNetwork},
	{name: "a routing loop, told by their root", on: client, ask: farther, theirRoot: true, set: looping(serveFar), want: CauseRoutingLoop, at: StationNetwork},
	{name: "a routing loop of UDP", on: client, ask: "udp://" + farther, theirs: ourUDP, theirRoot: true, set: looping(receiveFar), want: CauseRoutingLoop, at: StationNetwork},
	{name: "a routing loop of IPv6", on: client, ask: farther6, theirRoot: true, set: looping6(nothing), want: CauseRoutingLoop, at: StationNetwork},
	{name: "a routing loop of UDP and IPv6", on: client, ask: farther6UDP, theirs: ourUDP, set: looping6(receiveFar), want: CauseRoutingLoop, at: StationNetwork},
	{name: "a hop limit that is too small", on: client, ask: farther, set: func(l *lab) { serveFar(l); l.sysctl(client, "net/ipv4/ip_default_ttl", "1") }, want: CauseHopLimit, at: StationInterface},
	{name: "a hop limit of IPv6 that is too small", on: client, ask: farther6, set: func(l *lab) { sixesFar(l); l.sysctl(client, "net/ipv6/conf/eth0/hop_limit", "1") }, want: CauseHopLimit, at: StationInterface},
}

// tunnels are VPNs that take what is not for them, or do not pass it on.
var tunnels = []stage{
	{name: "a VPN catches the way to this network", on: client, ask: near, theirRoot: true, set: both(serveNear, tunnelled("route add 10.1.0.3/32 dev tun0", true)), want: CauseRouteCaught, at: StationInterface},
	{name: "a VPN catches the way of UDP", on: client, ask: nearUDP, theirs: ourUDP, set: both(receiveNear, tunnelled("route add 10.1.0.3/32 dev tun0", true)), want: CauseRouteCaught, at: StationInterface},
	{name: "a VPN catches the way of IPv6", on: client, ask: near6, set: both(sixes, serveNear, tunnelled("route add fd00:1::3/128 dev tun0", true)), want: CauseRouteCaught, at: StationInterface},
	{name: "a VPN catches the way, and the server is off", on: client, ask: near, asks: true, set: both(tunnelled("route add 10.1.0.3/32 dev tun0", true), ips(server, "link set eth0 down")), both: CauseNothingListens},
	{name: "a VPN does not pass on", on: client, ask: farther, asks: true, theirRoot: true, set: both(serveFar, tunnelled("route replace 10.2.0.0/24 dev tun0", true)), both: CauseLostBetween, at: StationNetwork},
	{name: "a VPN does not pass on, by an unprivileged code", on: client, ask: farther, asks: true, set: both(serveFar, tunnelled("route replace 10.2.0.0/24 dev tun0", true)), both: CauseLostBetween, at: StationNetwork},
	{name: "a VPN does not pass on IPv6", on: client, ask: farther6, asks: true, root: true, set: both(sixesFar, tunnelled("route replace fd00:2::/64 dev tun0", true)), both: CauseLostBetween, at: StationNetwork},
	{name: "a VPN does not pass on UDP", on: client, ask: "udp://" + farther, asks: true, theirs: ourUDP, set: both(receiveFar, tunnelled("route replace 10.2.0.0/24 dev tun0", true))},
	{name: "a VPN that does not run", on: client, ask: near, set: both(serveNear, tunnelled("route add 10.1.0.3/32 dev tun0", false)), want: CauseLinkDown, at: StationInterface},
	{name: "a VPN beside the way", on: client, ask: near, set: both(serveNear, tunnelled("route add 10.3.0.0/24 dev tun0", true))},
}

// between are failures in one network, of which nobody knows the rules.
var between = []stage{
	{name: "the switch drops the port", on: client, ask: near, asks: true, set: bridged(serveNear, "tcp dport 7000 drop"), both: CauseFirewallBetween},
	{name: "the switch drops the port, told by their root", on: client, ask: near, asks: true, theirRoot: true, set: bridged(serveNear, "tcp dport 7000 drop"), both: CauseFirewallOnWay, at: StationNetwork},
	{name: "the switch drops all of IPv4", on: client, ask: near, asks: true, set: bridged(serveNear, "ether type ip drop"), both: CauseLostBetween, at: StationNetwork},
	{name: "the switch drops TCP of IPv6", on: client, ask: near6, asks: true, set: both(sixes, bridged(serveNear, "ether type ip6 meta l4proto tcp drop"))},
	{name: "the switch drops TCP of IPv6, seen by root", on: client, ask: near6, asks: true, root: true, set: both(sixes, bridged(serveNear, "ether type ip6 meta l4proto tcp drop")), both: CauseFirewallBetween},
	{name: "the switch drops UDP", on: client, ask: nearUDP, asks: true, theirs: ourUDP, set: bridged(receiveNear, "udp dport 7000 drop")},
	{name: "answers go to a wrong hardware address", on: client, ask: near, asks: true, set: both(serveNear, wrongHardwareThere), both: CauseLostBetween, at: StationNetwork},
	{name: "answers go to a wrong hardware address, told by their root", on: client, ask: near, asks: true, theirRoot: true, set: both(serveNear, wrongHardwareThere), both: CauseLostBetween, at: StationNetwork},
	{name: "the rules there drop one port, told by their root", on: client, ask: near, asks: true, theirRoot: true, set: ruled(serveNear, server, "input", "tcp dport 7000 drop"), both: CauseFirewallThere, at: StationThere},
	{name: "the rules there drop all, told by their root", on: client, ask: near, asks: true, theirRoot: true, set: ruled(serveNear, server, "input", "ct state established,related accept", "meta l4proto { tcp, udp, icmp } drop"), both: CauseFirewallThere, at: StationThere},
}
