package doctor

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"os"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// read finds what the rules of nftables do with the first packet of a client of the port
// (in), or with the first packet to it, and with the answers. Only an administrator may read
// rules. What cannot be read in rulesTime is unclear.
func (w *Firewall) read(ctx context.Context, f *Facts, in bool) {
	ctx, cancel := context.WithTimeout(ctx, rulesTime)
	defer cancel()
	deadline, _ := ctx.Deadline()
	c, err := nftables.New(nftables.WithSockOptions(func(c *netlink.Conn) error { return c.SetDeadline(deadline) }))
	if err != nil {
		return
	}
	chains, err := c.ListChains()
	if err != nil {
		return
	}
	w.Read = true
	rules := &rulesRead{ruleset: c, deadline: deadline, of: map[*nftables.Chain]rulesOfChain{}}
	for n, family := range familiesOf(f, in) {
		one := Firewall{}
		for _, p := range [...]firewallPacket{firstPacket(f, in, family), answerTo(f, in, family)} {
			if one.judge(&ruleEvaluator{conn: rules, chains: chains, packet: p}); one.Drops || one.Unclear {
				one.Answers = p.answer
				break
			}
		}
		if !one.Drops && !one.Unclear {
			continue
		}
		one.Tool, one.Read = w.Tool, true
		if n > 0 { // the clients of the other family pass
			one.DropsIPv6, one.Unclear, one.Drops = one.Drops, true, false
		}
		*w = one
		break
	}
	if !w.Drops && !w.Unclear && legacyTables() {
		w.Unclear, w.Rule = true, "iptables-legacy -S"
	}
}

// judge follows the evaluator's packet through all chains that see it.
func (w *Firewall) judge(e *ruleEvaluator) {
	for _, base := range e.baseChains() {
		if e.base(base) == drops {
			w.Drops, w.Rule, w.Place = true, e.rule, e.place
			break
		}
	}
	if w.Unclear = e.unclear(w.Drops); w.Unclear {
		w.Drops, w.Rule, w.Place = false, e.doubt, RulePlace{}
		w.Moves, w.ByClient, w.TooMany = e.moves, e.byClient, e.tooMany
	}
}

// legacyTables says that the older filter of the kernel has tables, which nftables does not
// show.
func legacyTables() bool {
	for _, file := range []string{"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"} {
		if text, err := os.ReadFile(file); err == nil && len(bytes.TrimSpace(text)) > 0 {
			return true
		}
	}
	return false
}

// familiesOf are the families that packets of the question have, the one that decides first:
// that of the address, or those that clients of a server here may have.
func familiesOf(f *Facts, in bool) []byte {
	switch {
	case len(f.Paths) > 0 && f.Paths[0].Address.Is6():
		return []byte{unix.NFPROTO_IPV6}
	case len(f.Paths) > 0 || !in || !f.reachedByIPv6():
		return []byte{unix.NFPROTO_IPV4}
	case !listensFor4(f.listening(f.transport())):
		return []byte{unix.NFPROTO_IPV6}
	}
	return []byte{unix.NFPROTO_IPV4, unix.NFPROTO_IPV6}
}

// firewallPacket is what a rule may look at.
type firewallPacket struct {
	protocol, family byte
	from, to         uint16     // ports, 0 if it is not known
	source, dest     netip.Addr // invalid if it is not known
	in, answer       bool
	tcpFlags         byte
	state            uint32 // of its connection, as ct(8) has it
}

// What rules of conntrack and TCP compare with.
const (
	stateEstablished = 2 // NF_CT_STATE_BIT(IP_CT_ESTABLISHED), linux/netfilter/nf_conntrack_common.h
	stateNew         = 8 // NF_CT_STATE_BIT(IP_CT_NEW)
	tcpSYN           = 0x02
	tcpACK           = 0x10
)

// firstPacket is the packet that opens a connection, as far as it is known.
func firstPacket(f *Facts, in bool, family byte) firewallPacket {
	p := firewallPacket{protocol: unix.IPPROTO_TCP, family: family, to: f.Port, in: in, state: stateNew, tcpFlags: tcpSYN}
	if f.isUDP() {
		p.protocol = unix.IPPROTO_UDP
	}
	if len(f.Paths) > 0 && !f.Paths[0].Address.IsLoopback() {
		p.dest = f.Paths[0].Address.WithZone("")
		if source := f.Paths[0].Route.Source; !in && source.IsValid() && source.Is4() == p.dest.Is4() {
			p.source = source.WithZone("")
		}
	}
	return p
}

// answerTo is the packet that answers it, which is of an established connection.
func answerTo(f *Facts, in bool, family byte) firewallPacket {
	p := firstPacket(f, in, family)
	p.from, p.to, p.source, p.dest, p.in = p.to, 0, p.dest, p.source, !in
	p.answer, p.state, p.tcpFlags = true, stateEstablished, tcpSYN|tcpACK
	return p
}

// header is a part of a packet that is known.
type header struct {
	base   uint32
	offset uint32
	length uint32
	bytes  []byte
	client bool // it tells who the client is, and may be missing
}

// headers are the parts of the packet that rules load.
func (p firewallPacket) headers() []header {
	network, transport := uint32(1), uint32(2) // NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER
	source, dest, length, protocol := uint32(12), uint32(16), uint32(4), uint32(9)
	if p.family == unix.NFPROTO_IPV6 {
		source, dest, length, protocol = 8, 24, 16, 6
	}
	list := []header{
		{network, protocol, 1, []byte{p.protocol}, false},
		{network, source, length, addressBytes(p.source, length), p.in && !p.answer},
		{network, dest, length, addressBytes(p.dest, length), !p.in && p.answer},
		{transport, 0, 2, portBytes(p.from), p.in && !p.answer},
		{transport, 2, 2, portBytes(p.to), !p.in && p.answer},
	}
	if p.protocol == unix.IPPROTO_TCP {
		list = append(list, header{transport, 13, 1, []byte{p.tcpFlags}, false})
	}
	return list
}

// addressBytes are an address as packets have it: unknown bytes are nil in all of their length.
func addressBytes(ip netip.Addr, length uint32) []byte {
	if b := ip.AsSlice(); len(b) == int(length) {
		return b
	}
	return nil
}

func portBytes(port uint16) []byte {
	if port == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint16(nil, port)
}

// rulesOfChain is what the kernel told of one chain.
type rulesOfChain struct {
	list []*nftables.Rule
	err  error
}

// rulesRead reads each chain once: several packets go through it.
type rulesRead struct {
	ruleset
	deadline time.Time
	of       map[*nftables.Chain]rulesOfChain
}

func (r *rulesRead) GetRules(t *nftables.Table, c *nftables.Chain) ([]*nftables.Rule, error) {
	known, ok := r.of[c]
	if !ok {
		if known.list, known.err = r.ruleset.GetRules(t, c); known.err == nil {
			known.err = markUnread(t, c, known.list, r.deadline)
		}
		r.of[c] = known
	}
	return known.list, known.err
}
