package inet

import (
	"net"
	"net/netip"

	"sockeye"
	"sockeye/internal/netinfo"
)

// GroupInterfaces are the interfaces that an endpoint chooses for a multicast group: by
// the option, or by the zone of the group. None: it chooses none.
func GroupInterfaces(o *sockeye.Options, group netip.Addr) (chosen []net.Interface, err error) {
	words := o.InterfaceWords()
	if words == nil && group.Zone() != "" {
		words = []string{group.Zone()}
	}
	for _, word := range words {
		i, err := netinfo.FindInterface(word)
		if err != nil {
			return nil, err
		}
		if i.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 {
			return nil, &sockeye.Error{
				Kind: sockeye.Invalid, Op: "set", Target: "interface",
				Message: sockeye.Text{En: i.Name + " carries no multicast", Zh: i.Name + " 不支持组播"},
				Hint:    sockeye.Text{En: "sockeye addrs lists the others", Zh: "sockeye addrs 列出其他网卡"},
			}
		}
		if !containsInterface(chosen, i.Index) { // it may have been named twice, by name and by address
			chosen = append(chosen, *i)
		}
	}
	return chosen, nil
}

func containsInterface(list []net.Interface, index int) bool {
	for _, i := range list {
		if i.Index == index {
			return true
		}
	}
	return false
}

// MulticastInterfaces are those that are up and carry multicast; where there are none,
// the loopback interface, on which programs of this machine hear each other.
func MulticastInterfaces() ([]net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "network interfaces", Err: err}
	}
	var up, loopback []net.Interface
	for _, i := range all {
		switch {
		case i.Flags&net.FlagUp == 0:
		case i.Flags&net.FlagLoopback != 0:
			loopback = append(loopback, i)
		case i.Flags&net.FlagMulticast != 0:
			up = append(up, i)
		}
	}
	if up == nil {
		return loopback, nil
	}
	return up, nil
}

// GroupSource is the address from which a datagram to a group leaves on an interface, or,
// if that is nil, by the system's choice; zero if there is none.
func GroupSource(i *net.Interface, to netip.AddrPort) netip.Addr {
	if i == nil {
		c, err := net.Dial("udp", to.String()) // asks for the route; nothing is sent
		if err != nil {
			return netip.Addr{}
		}
		defer c.Close()
		return netinfo.AddrPort(c.LocalAddr()).Addr()
	}
	var found netip.Addr
	for _, a := range netinfo.AddressesOf(i) {
		switch {
		case a.Is4() != to.Addr().Is4():
		case a.Is6() && a.IsLinkLocalUnicast() == to.Addr().IsLinkLocalMulticast():
			return a.WithZone(zoneFor(a, i))
		case !found.IsValid():
			found = a.WithZone(zoneFor(a, i))
		}
	}
	return found
}

func zoneFor(a netip.Addr, i *net.Interface) string {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return i.Name
	}
	return ""
}
