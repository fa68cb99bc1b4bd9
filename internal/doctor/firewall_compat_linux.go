package doctor

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// compat judges a match of iptables, which the kernel runs for nftables (nft_compat):
// iptables writes one wherever nftables has no step of its own for what a rule asks, and
// older ones for more of it. Each is a struct of linux/netfilter/xt_*.h.
func (e *ruleEvaluator) compat(m *expr.Match) (match, known bool) {
	switch info := m.Info.(type) {
	case *xt.Comment:
		return true, true
	case *xt.Tcp:
		return e.compatTCP(info)
	case *xt.Udp:
		return e.compatPorts(unix.IPPROTO_UDP, info.SrcPorts, info.DstPorts, byte(info.InvFlags))
	case *xt.ConntrackMtinfo1:
		return e.compatState(info.ConntrackMtinfoBase, uint16(info.StateMask))
	case *xt.ConntrackMtinfo2:
		return e.compatState(info.ConntrackMtinfoBase, info.StateMask)
	case *xt.ConntrackMtinfo3:
		return e.compatState(info.ConntrackMtinfoBase, info.StateMask)
	case *xt.AddrTypeV1:
		return e.compatAddressType(info)
	case *xt.Unknown:
		return e.compatBytes(m.Name, m.Rev, *info)
	}
	return false, false
}

// compatBytes judges the matches that the library leaves as bytes.
func (e *ruleEvaluator) compatBytes(name string, revision uint32, b []byte) (match, known bool) {
	switch {
	case name == "multiport" && revision == 1:
		return e.compatMultiport(b)
	case name == "iprange" && revision == 1:
		return e.compatAddressRange(b)
	case name == "pkttype" && len(b) >= 8 && e.packet.in: // what clients send is for this machine alone
		return (binary.NativeEndian.Uint32(b) == unix.PACKET_HOST) == (binary.NativeEndian.Uint32(b[4:]) == 0), true
	case name == "mac":
		e.ruleAsks = e.ruleAsks || e.packet.in && !e.packet.answer
	case name == "rt", name == "frag", name == "hbh", name == "dst", name == "mh", name == "ah", name == "esp":
		return false, true // headers that no packet of the question has
	}
	return false, false
}

// all joins parts that must all match: one that is known not to decides, known or not the rest.
func all(parts ...[2]bool) (match, known bool) {
	match, known = true, true
	for _, p := range parts {
		if p[1] && !p[0] {
			return false, true
		}
		known = known && p[1]
	}
	return match, known
}

func part(match, known bool) [2]bool { return [2]bool{match, known} }

// What inverts a part of struct xt_tcp: those of the ports are the same in struct xt_udp.
const (
	invertSource = 1 << iota
	invertDest
	invertFlags
)

func (e *ruleEvaluator) compatTCP(x *xt.Tcp) (match, known bool) {
	flags := part((e.packet.tcpFlags&x.FlagsMask == x.FlagsCmp) != (x.InvFlags&invertFlags != 0), true)
	option := part(x.Option == 0, x.Option == 0)
	ports := part(e.compatPorts(unix.IPPROTO_TCP, x.SrcPorts, x.DstPorts, byte(x.InvFlags)))
	return all(ports, flags, option)
}

// compatPorts judges the ranges of ports of a protocol's packets.
func (e *ruleEvaluator) compatPorts(protocol byte, source, dest [2]uint16, inverted byte) (match, known bool) {
	if e.packet.protocol != protocol {
		return false, true
	}
	return all(part(e.portIn(e.packet.from, source, inverted&invertSource != 0, e.packet.in && !e.packet.answer)),
		part(e.portIn(e.packet.to, dest, inverted&invertDest != 0, !e.packet.in && e.packet.answer)))
}

// portIn judges one port, 0 if it is not known; client says that it is the client's.
func (e *ruleEvaluator) portIn(port uint16, within [2]uint16, inverted, client bool) (match, known bool) {
	switch {
	case within == [2]uint16{0, math.MaxUint16}:
		return !inverted, true
	case port == 0:
		e.ruleAsks = e.ruleAsks || client
		return false, false
	}
	return (port >= within[0] && port <= within[1]) != inverted, true
}

// The flags of struct xt_conntrack_mtinfo3 that the packet has an answer to, and the bits of
// its states of NAT, which are not known.
const (
	knownConntrack = uint16(xt.ConntrackState | xt.ConntrackProto | xt.ConntrackDirection | xt.ConntrackStateAlias)
	statesOfNAT    = 1<<6 | 1<<7 // XT_CONNTRACK_STATE_SNAT, XT_CONNTRACK_STATE_DNAT
)

// compatState judges what is asked of the packet's connection.
func (e *ruleEvaluator) compatState(x xt.ConntrackMtinfoBase, states uint16) (match, known bool) {
	asks := func(f xt.ConntrackFlags) bool { return x.MatchFlags&uint16(f) != 0 }
	inverted := func(f xt.ConntrackFlags) bool { return x.InvertFlags&uint16(f) != 0 }
	parts := [][2]bool{part(true, x.MatchFlags&^knownConntrack == 0)}
	if asks(xt.ConntrackState) {
		has := uint32(states)&e.packet.state != 0
		parts = append(parts, part(has != inverted(xt.ConntrackState), has || states&statesOfNAT == 0))
	}
	if asks(xt.ConntrackProto) {
		parts = append(parts, part((x.L4Proto == uint16(e.packet.protocol)) != inverted(xt.ConntrackProto), true))
	}
	if asks(xt.ConntrackDirection) { // the match is for the original direction; inverted, for replies
		parts = append(parts, part(e.packet.answer == inverted(xt.ConntrackDirection), true))
	}
	return all(parts...)
}

// What struct xt_addrtype_info_v1 has: an address of this machine in its masks, and its flags.
const (
	typeLocal         = 1 << unix.RTN_LOCAL
	typeNotSource     = 1
	typeNotDest       = 2
	typeOfAnInterface = 4 | 8
)

// compatAddressType judges where addresses are: of the packet's only that of this machine is
// known for certain.
func (e *ruleEvaluator) compatAddressType(x *xt.AddrTypeV1) (match, known bool) {
	side := func(mask uint16, ours, inverted bool) [2]bool {
		switch {
		case mask == 0:
			return part(true, true)
		case !ours:
			return part(false, false)
		}
		return part((mask&typeLocal != 0) != inverted, true)
	}
	return all(part(true, x.Flags&typeOfAnInterface == 0),
		side(x.Source, !e.packet.in, x.Flags&typeNotSource != 0),
		side(x.Dest, e.packet.in, x.Flags&typeNotDest != 0))
}

// compatMultiport judges a list of ports and of ranges of them (struct xt_multiport_v1).
func (e *ruleEvaluator) compatMultiport(b []byte) (match, known bool) {
	const most, source, dest, either = 15, 0, 1, 2
	if len(b) < 4+2*most+most-1 || b[1] > most || b[0] > either {
		return false, false
	}
	kind, count, inverted := b[0], int(b[1]), b[2+3*most] != 0
	var ranges [][2]uint16
	port := func(n int) uint16 { return binary.NativeEndian.Uint16(b[2+2*n:]) }
	for n := 0; n < count; n++ {
		one := [2]uint16{port(n), port(n)}
		if b[2+2*most+n] != 0 && n+1 < count { // it begins a range, which the next one ends
			n++
			one[1] = port(n)
		}
		ranges = append(ranges, one)
	}
	in := func(p uint16, client bool) [2]bool {
		if p == 0 {
			e.ruleAsks = e.ruleAsks || client
			return part(false, false)
		}
		for _, r := range ranges {
			if p >= r[0] && p <= r[1] {
				return part(true, true)
			}
		}
		return part(false, true)
	}
	ofSource := func() [2]bool { return in(e.packet.from, e.packet.in && !e.packet.answer) }
	ofDest := func() [2]bool { return in(e.packet.to, !e.packet.in && e.packet.answer) }
	var found [2]bool
	switch kind {
	case source:
		found = ofSource()
	case dest:
		found = ofDest()
	default:
		if found = ofDest(); found != part(true, true) {
			if other := ofSource(); other == part(true, true) || !other[1] {
				found = other
			}
		}
	}
	return found[0] != inverted, found[1]
}

// compatAddressRange judges ranges of addresses (struct xt_iprange_mtinfo).
func (e *ruleEvaluator) compatAddressRange(b []byte) (match, known bool) {
	const size, asksSource, asksDest, notSource, notDest = 16, 1, 2, 16, 32
	if len(b) < 4*size+1 {
		return false, false
	}
	flags := b[4*size]
	side := func(ip netip.Addr, asked, inverted, client bool, b []byte) [2]bool {
		own := ip.AsSlice()
		switch {
		case !asked:
			return part(true, true)
		case own == nil:
			e.ruleAsks = e.ruleAsks || client
			return part(false, false)
		}
		in := bytes.Compare(own, b[:len(own)]) >= 0 && bytes.Compare(own, b[size:size+len(own)]) <= 0
		return part(in != inverted, true)
	}
	return all(side(e.packet.source, flags&asksSource != 0, flags&notSource != 0, e.packet.in && !e.packet.answer, b),
		side(e.packet.dest, flags&asksDest != 0, flags&notDest != 0, !e.packet.in && e.packet.answer, b[2*size:]))
}
