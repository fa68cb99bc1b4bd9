package inet

import (
	"net/netip"

	"sockeye"
)

// Sources lists the local addresses to bind for a destination; the zero one
// leaves it to the system.
func Sources(o *sockeye.Options, to netip.Addr) []netip.AddrPort {
	var list []netip.AddrPort
	for _, a := range o.Sources {
		if a.Unmap().Is4() == to.Is4() {
			list = append(list, netip.AddrPortFrom(a, o.SourcePort))
		}
	}
	if list == nil && o.SourcePort != 0 {
		any := netip.IPv6Unspecified()
		if to.Is4() {
			any = netip.IPv4Unspecified()
		}
		list = append(list, netip.AddrPortFrom(any, o.SourcePort))
	}
	if list == nil {
		list = append(list, netip.AddrPort{})
	}
	return list
}

// Interleave alternates the address families, the preferred (or the resolver's
// first) one first, and keeps the order within each (RFC 8305, section 4).
func Interleave(addrs []netip.Addr, prefer int) []netip.Addr {
	var first, second []netip.Addr
	is4 := prefer == 4 || prefer == 0 && len(addrs) > 0 && addrs[0].Is4()
	for _, a := range addrs {
		if a.Is4() == is4 {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	out := make([]netip.Addr, 0, len(addrs))
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}
