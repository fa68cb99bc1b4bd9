package netinfo

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
)

// arpSize is the size of an ARP packet for IPv4 on Ethernet (RFC 826).
const arpSize = 28

// The operations of ARP.
const (
	arpRequestOp = 1
	arpReplyOp   = 2
)

// arpRequest asks who has an address.
func arpRequest(hardware net.HardwareAddr, from, to netip.Addr) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, arpRequestOp} // Ethernet, IPv4, sizes
	b = append(append(b, hardware...), from.AsSlice()...)
	b = append(b, make([]byte, 6)...)
	return append(b, to.AsSlice()...)
}

// parseARPReply reads who answers for an IPv4 address on Ethernet.
func parseARPReply(b []byte) (hardware net.HardwareAddr, ip netip.Addr, ok bool) {
	if len(b) < arpSize || !bytes.Equal(b[:6], []byte{0, 1, 8, 0, 6, 4}) || binary.BigEndian.Uint16(b[6:]) != arpReplyOp {
		return nil, netip.Addr{}, false
	}
	return net.HardwareAddr(bytes.Clone(b[8:14])), netip.AddrFrom4([4]byte(b[14:18])), true
}
