package capture

import (
	"encoding/binary"
	"fmt"
)

// Link types (https://www.tcpdump.org/linktypes.html).
const (
	linkNull       = 0
	linkEthernet   = 1
	linkTokenRing  = 6
	linkPPP        = 9
	linkFDDI       = 10
	linkRawBSD     = 12
	linkRawOpenBSD = 14
	linkPPPSerial  = 50
	linkPPPoE      = 51
	linkATMLLC     = 100
	linkRaw        = 101
	linkCiscoHDLC  = 104
	link80211      = 105
	linkLoop       = 108
	linkEnc        = 109
	linkCooked     = 113
	linkPflog      = 117
	linkPrism      = 119
	linkRadiotap   = 127
	linkAVS        = 163
	linkPPPPeer    = 166
	linkPPI        = 192
	linkPPPWithDir = 204
	linkIPv4       = 228
	linkIPv6       = 229
	linkNflog      = 239
	linkPktap      = 258
	linkCooked2    = 276
)

// linkNames are links whose packets hold no IP, or are not looked into.
var linkNames = map[uint16]string{
	8: "SLIP", 107: "Frame Relay", 122: "IP over Fibre Channel", 123: "ATM", 138: "IP over IEEE 1394",
	187: "Bluetooth HCI", 189: "USB", 195: "IEEE 802.15.4", 201: "Bluetooth HCI", 215: "IEEE 802.15.4", 220: "USB", 227: "CAN",
	230: "IEEE 802.15.4", 249: "USB", 251: "Bluetooth LE", 252: "Wireshark upper PDU", 253: "netlink", 256: "Bluetooth LE", 272: "nRF sniffer", 283: "IEEE 802.15.4",
}

// maxNested bounds how many packets may be in one another, tunnels and all.
const maxNested = 16

// deeper counts one more nested header. It is false, and the packet left out, when
// there are too many.
func (d *Reader) deeper() bool {
	if d.nested++; d.nested <= maxNested {
		return true
	}
	d.skip(skipReason{"tunnels in more than 16 tunnels", "隧道嵌套超过 16 层"})
	return false
}

// link takes in a packet of a link.
func (d *Reader) link(link uint16, f captured) {
	if !d.deeper() {
		return
	}
	switch link {
	case linkEthernet:
		d.ethernet(f)
	case linkRaw, linkRawBSD, linkRawOpenBSD, linkIPv4, linkIPv6:
		d.ip(f)
	case linkNull, linkLoop:
		d.loopback(f)
	case linkCooked:
		d.cooked(f)
	case linkCooked2:
		d.behind(f, 20, func(f captured, head []byte) { d.etherType(be.Uint16(head), f) })
	case linkNflog:
		d.nflog(f)
	case link80211, linkRadiotap, linkPrism, linkAVS:
		d.wireless(link, f)
	case linkPPP, linkPPPSerial, linkPPPPeer:
		d.ppp(f)
	case linkPPPWithDir: // a byte that says who sent it
		d.behind(f, 1, func(f captured, _ []byte) { d.ppp(f) })
	case linkPPPoE:
		d.pppoe(f)
	case linkATMLLC:
		d.llc(f)
	case linkTokenRing:
		d.tokenRing(f)
	case linkFDDI:
		d.behind(f, 13, func(f captured, _ []byte) { d.llc(f) })
	case linkCiscoHDLC:
		d.behind(f, 4, func(f captured, head []byte) { d.etherType(be.Uint16(head[2:]), f) })
	default:
		d.wrapped(link, f)
	}
}

// wrapped takes in packets with a header that says what link is in them.
func (d *Reader) wrapped(link uint16, f captured) {
	switch link {
	case linkEnc: // OpenBSD's view into IPsec
		d.behind(f, 12, func(f captured, _ []byte) { d.ip(f) })
	case linkPflog:
		d.behind(f, 4, func(_ captured, head []byte) {
			d.behind(f, (int(head[0])+3)&^3, func(f captured, _ []byte) { d.ip(f) })
		})
	case linkPPI:
		d.behind(f, 8, func(_ captured, head []byte) {
			inner := binary.LittleEndian.Uint32(head[4:])
			d.behind(f, int(binary.LittleEndian.Uint16(head[2:])), func(f captured, _ []byte) { d.link(uint16(inner), f) })
		})
	case linkPktap: // of macOS, tcpdump -i pktap
		d.behind(f, 12, func(_ captured, head []byte) {
			inner := binary.LittleEndian.Uint32(head[8:])
			d.behind(f, int(min(binary.LittleEndian.Uint32(head), maxPacket)), func(f captured, _ []byte) { d.link(uint16(inner), f) })
		})
	default:
		name := linkNames[link]
		if name == "" {
			d.skip(skipReason{fmt.Sprintf("link type %d is not known here", link), fmt.Sprintf("不认识链路类型 %d", link)})
			return
		}
		d.skip(skipReason{fmt.Sprintf("link type %d (%s) is not looked into", link, name), fmt.Sprintf("链路类型 %d（%s）不作解析", link, name)})
	}
}

// behind gives do what is behind a header of n bytes, and the header.
func (d *Reader) behind(f captured, n int, do func(f captured, head []byte)) {
	rest, ok := f.after(n)
	if !ok {
		d.skip(malformed)
		return
	}
	do(rest, f.data[:n])
}

func (d *Reader) ethernet(f captured) {
	d.behind(f, 14, func(f captured, head []byte) { d.typeOrLength(be.Uint16(head[12:]), f) })
}

// typeOrLength takes in what is behind the two addresses of a frame: a type, or
// the length of what LLC holds (IEEE 802.3, 3.2.6).
func (d *Reader) typeOrLength(t uint16, f captured) {
	if t < 0x600 {
		d.llc(f.first(int(t)))
		return
	}
	d.etherType(t, f)
}

var etherTypes = map[uint16]string{
	0x0806: "ARP", 0x8035: "RARP", 0x80F3: "AARP", 0x8137: "IPX", 0x8808: "Ethernet flow control", 0x8809: "LACP", 0x8863: "PPPoE discovery",
	0x888E: "EAPOL", 0x8892: "PROFINET", 0x88A4: "EtherCAT", 0x88B8: "GOOSE", 0x88BA: "IEC 61850 sampled values", 0x88CC: "LLDP", 0x88E5: "MACsec", 0x88F7: "PTP",
}

// etherType takes in what an Ethernet type announces.
func (d *Reader) etherType(t uint16, f captured) {
	if !d.deeper() {
		return
	}
	switch t {
	case 0x0800, 0x86DD:
		d.ip(f)
	case 0x8100, 0x88A8, 0x9100, 0x9200: // VLAN tags, of which there may be several
		d.behind(f, 4, func(f captured, head []byte) { d.typeOrLength(be.Uint16(head[2:]), f) })
	case 0x8847, 0x8848:
		d.mpls(f)
	case 0x8864:
		d.pppoe(f)
	case 0x6558:
		d.ethernet(f)
	case 0x880B:
		d.ppp(f)
	default:
		name := etherTypes[t]
		if name == "" {
			name = fmt.Sprintf("EtherType 0x%04x", t)
		}
		d.skip(same(name))
	}
}

// llc takes in what is behind a logical link control header (IEEE 802.2).
func (d *Reader) llc(f captured) {
	d.behind(f, 3, func(rest captured, head []byte) {
		switch {
		case head[0] == 0xAA && head[1] == 0xAA && head[2] == 3: // SNAP
			d.behind(rest, 5, func(f captured, head []byte) { d.etherType(be.Uint16(head[3:]), f) })
		case head[0] == 6 && head[1] == 6 && head[2] == 3:
			d.ip(rest)
		case head[0] == 0x42:
			d.skip(same("STP"))
		default:
			d.skip(same(fmt.Sprintf("LLC 0x%02x", head[0])))
		}
	})
}

// loopback takes in packets of a BSD's or a Mac's loopback. Their header is the
// address family in the byte order of the machine, some systems fill half of it
// only, and each has a number of its own for IPv6: what is an IP packet is told by
// the packet.
func (d *Reader) loopback(f captured) {
	d.behind(f, 4, func(f captured, head []byte) {
		if f.isIP() {
			d.ip(f)
			return
		}
		family := binary.LittleEndian.Uint32(head)
		if family > 0xFFFF {
			family = be.Uint32(head)
		}
		d.skip(skipReason{fmt.Sprintf("address family %d", family), fmt.Sprintf("地址族 %d", family)})
	})
}

// isIP reports whether a packet has the header of an IP packet of its length.
func (f captured) isIP() bool {
	switch b := f.data; {
	case len(b) >= 20 && b[0]>>4 == 4:
		n := int(be.Uint16(b[2:]))
		return b[0]&15 >= 5 && (n == 0 || n >= 20 && n <= f.length)
	case len(b) >= 40 && b[0]>>4 == 6:
		return 40+int(be.Uint16(b[4:])) <= f.length
	}
	return false
}

// tokenRing takes in a frame of IEEE 802.5, perhaps with the route it took.
func (d *Reader) tokenRing(f captured) {
	d.behind(f, 15, func(rest captured, head []byte) {
		switch {
		case head[1]>>6 != 1:
			d.skip(skipReason{"Token Ring management frames", "令牌环管理帧"})
		case head[8]&0x80 != 0:
			d.behind(f, 14+int(head[14]&0x1F), func(f captured, _ []byte) { d.llc(f) })
		default:
			d.behind(f, 14, func(f captured, _ []byte) { d.llc(f) })
		}
	})
}

// cooked takes in packets of tcpdump -i any, first version.
func (d *Reader) cooked(f captured) {
	d.behind(f, 16, func(f captured, head []byte) {
		switch t := be.Uint16(head[14:]); t {
		case 1:
			d.skip(same("IPX"))
		case 4:
			d.llc(f)
		default:
			d.etherType(t, f)
		}
	})
}

// nflog takes in packets that netfilter logged. Their attributes are in the byte
// order of the machine: the one in which they fit the packet is right.
func (d *Reader) nflog(f captured) {
	d.behind(f, 4, func(f captured, head []byte) {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if payload, ok := nflogPayload(order, f); ok {
				d.ip(payload)
				return
			}
		}
		d.skip(malformed)
	})
}

func nflogPayload(order binary.ByteOrder, f captured) (captured, bool) {
	for len(f.data) >= 4 {
		n, kind := int(order.Uint16(f.data)), order.Uint16(f.data[2:])
		if n < 4 || n > f.length {
			return captured{}, false
		}
		if kind == 9 {
			return f.first(n).after(4)
		}
		var ok bool
		if f, ok = f.after((n + 3) &^ 3); !ok {
			return captured{}, false
		}
	}
	return captured{}, false
}

// ppp takes in a PPP frame, with or without the address and the control field, its
// protocol perhaps shortened to one byte (RFC 1661, 6.5 and 6.6).
func (d *Reader) ppp(f captured) {
	if !d.deeper() {
		return
	}
	if len(f.data) >= 2 && (f.data[0] == 0xFF || f.data[0] <= 1) && f.data[1] == 3 {
		f, _ = f.after(2)
	}
	if len(f.data) < 2 {
		d.skip(malformed)
		return
	}
	protocol, n := uint16(f.data[0]), 1
	if protocol&1 == 0 {
		protocol, n = be.Uint16(f.data), 2
	}
	rest, _ := f.after(n)
	switch protocol {
	case 0x21, 0x57:
		d.ip(rest)
	case 0x281, 0x283:
		d.mpls(rest)
	default:
		d.skip(same(fmt.Sprintf("PPP 0x%04x", protocol)))
	}
}

// pppoe takes in a session packet of PPPoE (RFC 2516).
func (d *Reader) pppoe(f captured) {
	d.behind(f, 6, func(rest captured, head []byte) {
		if head[1] != 0 {
			d.skip(same("PPPoE discovery"))
			return
		}
		d.ppp(rest.first(int(be.Uint16(head[4:]))))
	})
}

// mpls takes in what is behind a stack of labels (RFC 3032). Nothing says what it
// is: IP is told by its first bits (RFC 4928).
func (d *Reader) mpls(f captured) {
	for {
		rest, ok := f.after(4)
		if !ok {
			d.skip(malformed)
			return
		}
		last := f.data[2]&1 != 0
		f = rest
		if last {
			break
		}
	}
	if len(f.data) == 0 || f.data[0]>>4 != 4 && f.data[0]>>4 != 6 {
		d.skip(skipReason{"MPLS with something else than IP", "MPLS 中不是 IP"})
		return
	}
	d.ip(f)
}
