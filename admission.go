package sockeye

import (
	"fmt"
	"net/netip"
	"slices"
)

// ParsePrefix reads an IP address or a range of them in CIDR notation:
// 192.168.1.88, 192.168.1.0/24, fe80::/10. An address is the range of itself; bits
// beyond the prefix are ignored. The error is an *Error of kind Invalid.
func ParsePrefix(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	if p, err := netip.ParsePrefix(s); err == nil && !p.Addr().Is4In6() {
		return p.Masked(), nil
	}
	return netip.Prefix{}, &Error{Kind: Invalid,
		Message: Text{fmt.Sprintf("%q is neither an IP address nor a range of them", s), fmt.Sprintf("%q 不是 IP 地址，也不是地址段", s)},
		Hint:    Text{"write 192.168.1.88 or 192.168.1.0/24", "写成 192.168.1.88 或 192.168.1.0/24"}}
}

// PrefixText is a range as ParsePrefix reads it; one address is written alone.
func PrefixText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// Admits says whether a listening session lets an address in: AllowPeers, if there
// are any, must have it, and DenyPeers must not.
func (o *Options) Admits(ip netip.Addr) bool {
	if len(o.AllowPeers) == 0 && len(o.DenyPeers) == 0 {
		return true
	}
	ip = ip.Unmap().WithZone("")
	has := func(p netip.Prefix) bool { return p.Contains(ip) }
	return !slices.ContainsFunc(o.DenyPeers, has) && (len(o.AllowPeers) == 0 || slices.ContainsFunc(o.AllowPeers, has))
}
