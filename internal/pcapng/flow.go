package pcapng

import (
	"encoding/binary"
	"net/netip"
	"sockeye"
)

// packetFlow is one direction of a peer: the headers of its packets, ready but for
// what differs from one to the next.
type packetFlow struct {
	header [60]byte // IP, then TCP or UDP
	ip     int      // bytes of the IP header
	size   int      // bytes of all headers
	most   int      // payload bytes that fit one packet
	ipSum  uint64   // sum of the IPv4 header, without its length
	base   uint64   // sum of the pseudo and the transport header as they are here

	direction uint32 // inbound or outbound

	// TCP only.
	next            uint32 // sequence number of the next byte
	unackedBytes    uint32 // sent and not acknowledged by the other side
	unackedSegments uint32
	fin             bool // this side has finished
}

const (
	protocolTCP = 6
	protocolUDP = 17

	tcpHeader = 20
	udpHeader = 8
	hopLimit  = 64

	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpPSH = 0x08
	tcpACK = 0x10
)

// upperPDU is the header of a packet of linkUpperPDU: what follows is of the protocol
// "data", which Wireshark shows as bytes. Its tags are EXP_PDU_TAG_DISSECTOR_NAME and
// EXP_PDU_TAG_END_OF_OPT of Wireshark's exported_pdu.h.
const upperPDU = "\x00\x0C\x00\x04data\x00\x00\x00\x00"

// newFlow makes the flow from one address to another.
func newFlow(network sockeye.Network, from, to sockeye.SocketAddr, direction uint32) packetFlow {
	f := packetFlow{direction: direction}
	traits := network.Traits()
	if !traits.IP {
		f.size, f.most = copy(f.header[:], upperPDU), 0xFFFF
		return f
	}
	protocol, transport := byte(protocolTCP), tcpHeader
	if traits.Datagram {
		protocol, transport = protocolUDP, udpHeader
	}
	src, dst := sameFamily(from.Addr(), to.Addr())
	f.writeIP(src, dst, protocol, transport)
	f.base = add(f.base, uint16(protocol))
	f.size = f.ip + transport
	t := f.header[f.ip:f.size]
	binary.BigEndian.PutUint16(t, from.Port())
	binary.BigEndian.PutUint16(t[2:], to.Port())
	if protocol == protocolTCP {
		binary.BigEndian.PutUint16(t[14:], openWindow)
	}
	f.base = sum(f.base, t)
	return f
}

// writeIP writes the header of IP, before one of the transport that has a size.
func (f *packetFlow) writeIP(src, dst netip.Addr, protocol byte, transport int) {
	h := f.header[:]
	if src.Is4() {
		f.ip = 20
		s, d := src.As4(), dst.As4()
		h[0] = 0x45 // version 4, five words
		h[6] = 0x40 // don't fragment, so that the identification may be 0 (RFC 6864)
		h[8], h[9] = hopLimit, protocol
		copy(h[12:], s[:])
		copy(h[16:], d[:])
		f.ipSum = sum(0, h[:20])
		f.base = sum(0, h[12:20])
		f.most = 0xFFFF - f.ip - transport
	} else {
		f.ip = 40
		s, d := src.As16(), dst.As16()
		h[0] = 0x60
		h[6], h[7] = protocol, hopLimit
		copy(h[8:], s[:])
		copy(h[24:], d[:])
		f.base = sum(0, h[8:40])
		f.most = 0xFFFF - transport
	}
}

// sameFamily makes two addresses fit one packet. A socket bound to every address
// has :: for itself when an IPv4 peer calls.
func sameFamily(a, b netip.Addr) (netip.Addr, netip.Addr) {
	unset := func(x netip.Addr) bool { return !x.IsValid() || x.IsUnspecified() }
	six := a.Is6() && !unset(a) || b.Is6() && !unset(b)
	if unset(a) && unset(b) {
		six = a.Is6() || b.Is6()
	}
	fit := func(x netip.Addr) netip.Addr {
		switch {
		case unset(x) && six:
			return netip.IPv6Unspecified()
		case unset(x):
			return netip.IPv4Unspecified()
		case six:
			return netip.AddrFrom16(x.As16())
		}
		return x
	}
	return fit(a), fit(b)
}

// putTCP writes the headers of a TCP segment at the front of p, which holds its
// payload and is the whole packet.
func (f *packetFlow) putTCP(p []byte, seq, ack uint32, flags byte, options []byte) {
	f.putIP(p, len(p))
	t := p[f.ip:]
	front := tcpHeader + len(options)
	copy(t[tcpHeader:], options)
	h := (*[tcpHeader]byte)(t)
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], ack)
	h[12], h[13] = byte(front)<<2, flags
	// The rest of the header is in the flow's sum.
	s := add(sum(f.base, t[tcpHeader:]), uint16(len(t)))
	s = add(s, uint16(front)<<10|uint16(flags))
	s = add(s, uint16(seq>>16))
	s = add(s, uint16(seq))
	s = add(s, uint16(ack>>16))
	s = add(s, uint16(ack))
	binary.LittleEndian.PutUint16(h[16:], checksum(s))
}

// putUDP writes the IP and UDP headers of a datagram with n bytes of payload to the front of
// p. p may hold fewer bytes of payload than n: the recording may have kept only some.
func (f *packetFlow) putUDP(p []byte, n int) {
	f.putIP(p, f.size+n)
	t := p[f.ip:]
	length := uint16(udpHeader + n)
	binary.BigEndian.PutUint16(t[4:], length)
	// The length counts twice: in the header and in the pseudo header.
	c := checksum(add(add(sum(f.base, t[udpHeader:]), length), length))
	switch {
	case c == 0:
		c = 0xFFFF // RFC 768: 0 means no checksum
	case len(p) < f.size+n && f.ip == 20:
		c = 0 // the checksum cannot be computed without the missing payload; 0 says that there is none
	}
	binary.LittleEndian.PutUint16(t[6:], c)
}

// putIP writes both headers as they are but for the length, n bytes in all.
func (f *packetFlow) putIP(p []byte, n int) {
	copy(p, f.header[:f.size])
	if f.ip == 40 {
		binary.BigEndian.PutUint16(p[4:], uint16(n-40))
		return
	}
	binary.BigEndian.PutUint16(p[2:], uint16(n))
	binary.LittleEndian.PutUint16(p[10:], checksum(add(f.ipSum, uint16(n))))
}
