package doctor

import (
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// iptabled loads rules into the filter of incoming packets on the server, as the iptables of
// nftables has it, beside a server.
func iptabled(family nftables.TableFamily, policy nftables.ChainPolicy, rules ...[]expr.Any) func(*lab) {
	return both(sixes, serveNear, func(l *lab) {
		l.Helper()
		l.in(server, func() {
			c, err := nftables.New()
			if err != nil {
				l.Error(err)
				return
			}
			table := c.AddTable(&nftables.Table{Name: "filter", Family: family})
			chain := c.AddChain(&nftables.Chain{Name: "INPUT", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput,
				Priority: nftables.ChainPriorityFilter, Policy: &policy})
			for _, steps := range rules {
				c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: steps})
			}
			if err := c.Flush(); err != nil {
				l.Error(err)
			}
		})
	})
}

// ufwLike is the heart of what ufw loads: states first, then the types of addresses, then the
// ports that were let in.
func ufwLike(allowed ...[]expr.Any) func(*lab) {
	rules := [][]expr.Any{
		slices.Concat(established, accepted),
		slices.Concat(statesAre(1, 0), dropped), // INVALID
		slices.Concat(protocolIs(unix.IPPROTO_ICMP), accepted),
		slices.Concat(addressTypeIs(typeLocal, typeNotDest), dropped),
	}
	return iptabled(nftables.TableFamilyIPv4, nftables.ChainPolicyDrop, append(rules, allowed...)...)
}

const ip4, ip6, open = nftables.TableFamilyIPv4, nftables.TableFamilyIPv6, nftables.ChainPolicyAccept

// anyTCP is -p tcp -m tcp: with it the library tells the kernel the protocol, which some
// modules insist on.
var anyTCP = slices.Concat(protocolIs(unix.IPPROTO_TCP), tcpIs(xt.Tcp{SrcPorts: [2]uint16{0, 65535}, DstPorts: [2]uint16{0, 65535}}))

// tcpPorts is -p tcp -m multiport.
func tcpPorts(list string) []expr.Any { return slices.Concat(anyTCP, matchOf("multiport", 1, list)) }

func onServer(name string, set func(*lab), want string) stage {
	return stage{name: name, on: server, ask: everyone, root: true, set: set, want: want}
}

// mended is a stage whose next step is run.
func mended(s stage) stage { s.mends = true; return s }

// rulesOfIptables are rules that the iptables of nftables has loaded: those that stop the
// port, and those that look alike.
var rulesOfIptables = []stage{
	mended(onServer("iptables: REJECT", iptabled(ip4, open, slices.Concat(tcpToPort, rejected0)), CauseFirewallDrops)),
	onServer("iptables: REJECT with a reset", iptabled(ip4, open, slices.Concat(anyTCP, destPort(labPort), targetOf("REJECT", "0700000000000000"))), CauseFirewallDrops),
	mended(onServer("iptables: multiport", iptabled(ip4, open, slices.Concat(tcpPorts(ports7000), dropped)), CauseFirewallDrops)),
	mended(onServer("iptables: comment", iptabled(ip4, open, slices.Concat(tcpToPort, comment, dropped)), CauseFirewallDrops)),
	mended(onServer("iptables: states in front of a policy", iptabled(ip4, nftables.ChainPolicyDrop, slices.Concat(established, accepted)), CauseFirewallDrops)),
	onServer("iptables: states in front of REJECT", iptabled(ip4, open, slices.Concat(established, accepted), targetOf("REJECT", "0600000000000000")), CauseFirewallDrops),
	mended(onServer("iptables: as ufw has it", ufwLike(slices.Concat(tcpToOther, accepted)), CauseFirewallDrops)),
	{name: "iptables of IPv6: REJECT", on: server, ask: near6, root: true, set: iptabled(ip6, open, slices.Concat(tcpToPort, targetOf("REJECT", "0400000000000000"))), want: CauseFirewallDrops},
	{name: "iptables: REJECT, told by root there", on: client, ask: near, with: server, theirRoot: true, set: iptabled(ip4, open, slices.Concat(established, accepted), slices.Concat(tcpToPort, comment, rejected0)), want: CauseFirewallRejects},

	onServer("iptables: another port is rejected", iptabled(ip4, open, slices.Concat(tcpToOther, comment, rejected0)), ""),
	onServer("iptables: multiport of others", iptabled(ip4, open, slices.Concat(tcpPorts(ports7001), dropped), slices.Concat(tcpPorts(notEither7000), dropped)), ""),
	onServer("iptables: states, and the port let in", iptabled(ip4, nftables.ChainPolicyDrop, slices.Concat(established, accepted), slices.Concat(tcpToPort, statesAre(stateNew, 0), comment, accepted)), ""),
	onServer("iptables: the port let in, as ufw has it", ufwLike(slices.Concat(tcpPorts(ports7000), accepted)), ""),
	onServer("iptables: broadcasts are dropped", iptabled(ip4, open, slices.Concat(matchOf("pkttype", 0, "0100000000000000"), dropped)), ""),
	onServer("iptables: UDP alone is rejected", iptabled(ip4, open, slices.Concat(protocolIs(unix.IPPROTO_UDP), destPort(labPort), rejected0)), ""),
	onServer("iptables: older ranges of ports", iptabled(ip4, open, slices.Concat(protocolIs(unix.IPPROTO_TCP), tcpIs(xt.Tcp{SrcPorts: [2]uint16{0, 65535}, DstPorts: [2]uint16{1, 6999}}), dropped)), ""),

	{name: "iptables: a hardware address", on: server, ask: everyone, root: true, untold: true, set: iptabled(ip4, open, slices.Concat(matchOf("mac", 0, "02000000000100000000000000000000"), tcpToPort, dropped))},
	{name: "iptables: addresses of clients", on: server, ask: everyone, root: true, untold: true, set: iptabled(ip4, open, slices.Concat(tcpToPort, matchOf("iprange", 1, rangeOfClient), dropped))},
}
