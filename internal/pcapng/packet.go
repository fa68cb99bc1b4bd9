package pcapng

import (
	"encoding/binary"
	"net/netip"
)

// payloadOf is the part of a packet after its headers; false if it is no packet
// that we write.
func payloadOf(p []byte) ([]byte, bool) {
	if len(p) == 0 {
		return nil, false
	}
	ip, protocol := 20, 9
	if p[0]>>4 == 6 {
		ip, protocol = 40, 6
	}
	if len(p) < ip+udpHeader {
		return nil, false
	}
	n := ip + udpHeader
	if p[protocol] == protocolTCP {
		if len(p) < ip+tcpHeader {
			return nil, false
		}
		n = ip + int(p[ip+12]>>4)*4
	}
	if n > len(p) {
		return nil, false
	}
	return p[n:], true
}

// endsOf are the network and the addresses in a packet's headers, for one that
// payloadOf takes.
func endsOf(p []byte) (network string, from, to netip.AddrPort) {
	network = "udp"
	var src, dst netip.Addr
	ip, protocol := 20, 9
	if p[0]>>4 == 6 {
		ip, protocol = 40, 6
		src, dst = netip.AddrFrom16([16]byte(p[8:])), netip.AddrFrom16([16]byte(p[24:]))
	} else {
		src, dst = netip.AddrFrom4([4]byte(p[12:])), netip.AddrFrom4([4]byte(p[16:]))
	}
	if p[protocol] == protocolTCP {
		network = "tcp"
	}
	port := func(at int) uint16 { return binary.BigEndian.Uint16(p[ip+at:]) }
	return network, netip.AddrPortFrom(src.Unmap(), port(0)), netip.AddrPortFrom(dst.Unmap(), port(2))
}
