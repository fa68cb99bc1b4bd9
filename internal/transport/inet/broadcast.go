package inet

import (
	"net"
	"net/netip"

	"sockeye"
)

// AllowBroadcast refuses a broadcast address unless the endpoint asked for it:
// one typing error should not reach every machine of a network.
func AllowBroadcast(o *sockeye.Options, to netip.Addr) error {
	if !IsBroadcast(to) || o.Broadcast.Or(false) {
		return nil
	}
	return &sockeye.Error{
		Kind: sockeye.NotPermitted, Op: "send", Target: to.String(),
		Message: sockeye.Text{En: "this is a broadcast address: every machine of the network would get it", Zh: "这是广播地址：网段内所有机器都会收到"},
		Hint: sockeye.Text{
			En: "if that is meant, add --broadcast; in the page it is \"Allow broadcast\" under the endpoint's options",
			Zh: "如果确实要广播，请加 --broadcast；页面中为端点选项里的“允许广播”"},
	}
}

// RefuseGroup refuses a multicast address to a transport with connections, which has two
// ends.
func RefuseGroup(op string, n sockeye.Network, ip netip.Addr) error {
	if !ip.IsMulticast() || !n.Traits().Connections {
		return nil
	}
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: op, Target: ip.String(),
		Message: sockeye.Text{En: "this is a multicast group, and TCP joins exactly two machines", Zh: "这是组播地址，而 TCP 只连接两台机器"},
		Hint:    sockeye.Text{En: "write udp:// for a group, or the address of one machine", Zh: "组播请写 udp://，否则请写一台机器的地址"},
	}
}

// refuseBroadcast refuses to listen on a broadcast address with TCP: systems bind it, and
// nobody can connect.
func refuseBroadcast(n sockeye.Network, ip netip.Addr) error {
	if !n.Traits().Connections || !IsBroadcast(ip) {
		return nil
	}
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: "listen", Target: ip.String(),
		Message: sockeye.Text{En: "this is a broadcast address, and TCP joins exactly two machines", Zh: "这是广播地址，而 TCP 只连接两台机器"},
		Hint:    sockeye.Text{En: "write udp:// for broadcasts, or an address of this machine", Zh: "收发广播请写 udp://，否则请写本机的一个地址"},
	}
}

// limitedBroadcast is everybody on the networks that this machine is on.
var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// IsBroadcast reports whether an address is 255.255.255.255 or the directed
// broadcast address of one of this machine's networks (RFC 919).
func IsBroadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	if a == limitedBroadcast {
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
