package capture

import (
	"fmt"
	"net/netip"
)

// IP protocols (https://www.iana.org/assignments/protocol-numbers).
const (
	protocolHopByHop = 0
	protocolIPv4     = 4
	protocolTCP      = 6
	protocolUDP      = 17
	protocolIPv6     = 41
	protocolRouting  = 43
	protocolFragment = 44
	protocolGRE      = 47
	protocolAH       = 51
	protocolOptions  = 60
	protocolMobility = 135
	protocolMPLS     = 137
	protocolHIP      = 139
	protocolShim6    = 140
)

var protocolNames = map[byte]string{
	1: "ICMP", 2: "IGMP", 33: "DCCP", 50: "ESP", 58: "ICMPv6", 59: "IPv6 without content", 88: "EIGRP", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP", 136: "UDP-Lite",
}

// UDP ports of tunnels, whose inside is shown.
const (
	portVXLAN  = 4789 // RFC 7348
	portGeneve = 6081 // RFC 8926
)

// ip takes in an IP packet of either version.
func (d *Reader) ip(f captured) {
	if !d.deeper() {
		return
	}
	switch {
	case len(f.data) > 0 && f.data[0]>>4 == 4:
		d.ipv4(f)
	case len(f.data) > 0 && f.data[0]>>4 == 6:
		d.ipv6(f)
	default:
		d.skip(malformed)
	}
}

// trimmed is a packet without what the link filled it up with. n is the length
// that its header says; 0 is what a card that cuts large packets leaves there.
func (f captured) trimmed(n int) captured {
	if n == 0 {
		return f
	}
	if len(f.data) > n {
		f.data = f.data[:n]
	}
	f.length = n
	return f
}

func (d *Reader) ipv4(f captured) {
	if len(f.data) < 20 {
		d.skip(malformed)
		return
	}
	h, head, total := f.data, int(f.data[0]&15)*4, int(be.Uint16(f.data[2:]))
	f = f.trimmed(total)
	payload, ok := f.after(head)
	if head < 20 || !ok {
		d.skip(malformed)
		return
	}
	from, to := netip.AddrFrom4([4]byte(h[12:])), netip.AddrFrom4([4]byte(h[16:]))
	if place := be.Uint16(h[6:]); place&0x3FFF != 0 { // more fragments, or not the first one
		key := fragmentKey{from, to, uint32(be.Uint16(h[4:])), h[9]}
		payload, ok = d.fragments.add(key, h[9], piece{int(place&0x1FFF) * 8, payload, place&0x2000 == 0})
		if !ok {
			return
		}
	}
	d.protocol(h[9], from, to, payload)
}

// ipv6 walks along the chain of headers (RFC 8200, 4).
func (d *Reader) ipv6(f captured) {
	if len(f.data) < 40 {
		d.skip(malformed)
		return
	}
	h := f.data
	from, to := netip.AddrFrom16([16]byte(h[8:])), netip.AddrFrom16([16]byte(h[24:]))
	if n := int(be.Uint16(h[4:])); n != 0 {
		f = f.trimmed(40 + n)
	}
	next := h[6]
	f, _ = f.after(40)
	for range maxNested {
		head := 0
		switch next {
		case protocolHopByHop, protocolRouting, protocolOptions, protocolMobility, protocolHIP, protocolShim6, protocolAH, protocolFragment:
			if len(f.data) < 8 {
				d.skip(malformed)
				return
			}
			head = (int(f.data[1]) + 1) * 8
		default:
			d.protocol(next, from, to, f)
			return
		}
		h := f.data
		switch next {
		case protocolAH: // counts in units of its own
			head = (int(f.data[1]) + 2) * 4
		case protocolFragment:
			head = 8
		}
		rest, ok := f.after(head)
		if !ok {
			d.skip(malformed)
			return
		}
		// One that is the first and the last is whole (RFC 6946).
		if place := be.Uint16(h[2:]); next == protocolFragment && place&0xFFF9 != 0 {
			key := fragmentKey{from, to, be.Uint32(h[4:]), protocolFragment}
			if rest, ok = d.fragments.add(key, h[0], piece{int(place &^ 7), rest, place&1 == 0}); !ok {
				return
			}
		}
		next, f = h[0], rest
	}
	d.skip(malformed)
}

// protocol takes in what an IP packet holds.
func (d *Reader) protocol(p byte, from, to netip.Addr, f captured) {
	switch p {
	case protocolTCP:
		d.tcp.segment(from, to, f)
	case protocolUDP:
		d.udp(from, to, f)
	case protocolIPv4, protocolIPv6:
		d.ip(f)
	case protocolGRE:
		d.gre(f)
	case protocolMPLS:
		d.mpls(f)
	case protocolAH:
		if len(f.data) < 8 {
			d.skip(malformed)
			return
		}
		d.behind(f, (int(f.data[1])+2)*4, func(rest captured, head []byte) {
			if d.deeper() {
				d.protocol(head[0], from, to, rest)
			}
		})
	default:
		name := protocolNames[p]
		if name == "" {
			d.skip(skipReason{fmt.Sprintf("IP protocol %d", p), fmt.Sprintf("IP 协议 %d", p)})
			return
		}
		d.skip(same(name))
	}
}

// gre takes in what a GRE packet holds (RFC 2784, RFC 2890, and RFC 2637 for
// version 1).
func (d *Reader) gre(f captured) {
	d.behind(f, 4, func(_ captured, head []byte) {
		flags, kind, n := be.Uint16(head), be.Uint16(head[2:]), 4
		for _, bit := range []uint16{0x8000, 0x2000, 0x1000, 0x0080} { // checksum, key, sequence, and version 1's acknowledgement
			if flags&bit != 0 && (bit != 0x0080 || flags&7 == 1) {
				n += 4
			}
		}
		switch {
		case flags&0x4000 != 0:
			d.skip(skipReason{"GRE with source routes", "带源路由的 GRE"})
			return
		case flags&7 == 1 && flags&0x1000 == 0:
			d.skip(skipReason{"GRE acknowledgements", "GRE 确认"})
			return
		case kind == 0x88BE && flags&0x1000 != 0: // ERSPAN's own header
			n, kind = n+8, 0x6558
		case kind == 0x88BE:
			kind = 0x6558
		}
		d.behind(f, n, func(f captured, _ []byte) { d.etherType(kind, f) })
	})
}

// udp takes in a datagram.
func (d *Reader) udp(from, to netip.Addr, f captured) {
	if len(f.data) < 4 || f.length < 8 {
		d.skip(malformed)
		return
	}
	source, target := be.Uint16(f.data), be.Uint16(f.data[2:])
	if len(f.data) < 8 { // the capture cut the header: the length is known from IP
		d.datagram(netip.AddrPortFrom(from, source), netip.AddrPortFrom(to, target), captured{length: f.length - 8})
		return
	}
	n := int(be.Uint16(f.data[4:]))
	switch {
	case n >= 8 && n <= f.length:
		f = f.trimmed(n)
	case n != 0 && n < 8:
		d.skip(malformed)
		return
	}
	payload, _ := f.after(8)
	if inner, ok := tunnel(target, payload); ok {
		d.etherType(0x6558, inner)
		return
	}
	d.datagram(netip.AddrPortFrom(from, source), netip.AddrPortFrom(to, target), payload)
}

// tunnel is the Ethernet frame in a datagram to the port of a tunnel.
func tunnel(port uint16, f captured) (captured, bool) {
	b := f.data
	switch {
	case len(b) < 8+14:
	case port == portVXLAN && b[0] == 8 && b[1]|b[2]|b[3]|b[7] == 0:
		return f.after(8)
	case port == portGeneve && b[0]>>6 == 0 && be.Uint16(b[2:]) == 0x6558:
		return f.after(8 + int(b[0]&0x3F)*4)
	}
	return captured{}, false
}
