package pcapng

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"sockeye"
)

// payloadOf is the part of a packet after its headers; false if it is no packet
// that we write.
func payloadOf(p []byte) ([]byte, bool) {
	if after, ok := bytes.CutPrefix(p, []byte(upperPDU)); ok {
		return after, true
	}
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

// endsOf are the network and the addresses in a packet's headers; false if they say
// nothing of them.
func endsOf(p []byte) (network sockeye.Network, from, to sockeye.SocketAddr, ok bool) {
	if _, ok := payloadOf(p); !ok || bytes.HasPrefix(p, []byte(upperPDU)) {
		return "", from, to, false
	}
	network = sockeye.UDP
	var src, dst netip.Addr
	ip, protocol := 20, 9
	if p[0]>>4 == 6 {
		ip, protocol = 40, 6
		src, dst = netip.AddrFrom16([16]byte(p[8:])), netip.AddrFrom16([16]byte(p[24:]))
	} else {
		src, dst = netip.AddrFrom4([4]byte(p[12:])), netip.AddrFrom4([4]byte(p[16:]))
	}
	if p[protocol] == protocolTCP {
		network = sockeye.TCP
	}
	end := func(ip netip.Addr, port []byte) sockeye.SocketAddr {
		return sockeye.IPSocketAddr(netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port)))
	}
	return network, end(src, p[ip:]), end(dst, p[ip+2:]), true
}
