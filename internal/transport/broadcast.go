package transport

import (
	"net"
	"net/netip"

	"sockeye"
)

// allowBroadcast refuses a broadcast address unless the endpoint asked for it:
// one typing error should not reach every machine of a network.
func (s *Session) allowBroadcast(to netip.Addr) error {
	if !isBroadcast(to) || s.opts.Broadcast.Or(false) {
		return nil
	}
	return &sockeye.Error{
		Kind: sockeye.NotPermitted, Op: "send", Target: to.String(),
		Message: sockeye.Text{En: "this is a broadcast address: every machine of the network would get it", Zh: "这是广播地址：网段内所有机器都会收到"},
		Hint:    sockeye.Text{En: "if that is meant, add --broadcast", Zh: "如果确实要广播，请加 --broadcast"},
	}
}

// isBroadcast reports whether an address is 255.255.255.255 or the directed
// broadcast address of one of this machine's networks (RFC 919).
func isBroadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	if a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, n := range nets {
		prefix, err := netip.ParsePrefix(n.String())
		if err == nil && prefix.Addr().Is4() && prefix.Bits() < 31 && !prefix.Addr().IsLoopback() && a == lastAddr(prefix) {
			return true
		}
	}
	return false
}

// lastAddr is the highest address of an IPv4 network.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}
