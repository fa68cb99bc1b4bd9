package netinfo

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"sockeye"
)

// FindInterface is the network interface that a word means: its name, its index, or an
// address of it. The error is an *sockeye.Error of the kind invalid.
func FindInterface(word string) (*net.Interface, error) {
	if i, err := net.InterfaceByName(word); err == nil {
		return i, nil
	}
	if n, err := strconv.Atoi(word); err == nil {
		if i, err := net.InterfaceByIndex(n); err == nil {
			return i, nil
		}
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "network interfaces", Err: err}
	}
	ip, ipErr := netip.ParseAddr(word)
	var names []string
	for n := range all {
		names = append(names, all[n].Name)
		if ipErr == nil && hasAddress(&all[n], ip) {
			return &all[n], nil
		}
	}
	return nil, &sockeye.Error{
		Kind: sockeye.Invalid, Op: "set", Target: "interface",
		Message: sockeye.Text{En: fmt.Sprintf("%q is no network interface of this machine", word), Zh: fmt.Sprintf("本机没有网卡 %q", word)},
		Hint: sockeye.Text{En: "there are " + strings.Join(names, ", ") + "; sockeye addrs says more",
			Zh: "现有 " + strings.Join(names, "、") + "；sockeye addrs 可查看详情"},
	}
}

func hasAddress(i *net.Interface, ip netip.Addr) bool {
	for _, a := range AddressesOf(i) {
		if a == ip.Unmap().WithZone("") {
			return true
		}
	}
	return false
}

// AddressesOf are the addresses of an interface, without zones.
func AddressesOf(i *net.Interface) (list []netip.Addr) {
	found, err := i.Addrs()
	if err != nil {
		return nil
	}
	for _, a := range found {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Addr().Unmap())
		}
	}
	return list
}
