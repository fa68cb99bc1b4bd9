package netinfo

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"

	"sockeye"
)

// Interface is one network interface of this machine, as it was when it was asked
// for.
type Interface struct {
	Name string
	Up   bool
	// Default says that the way to other networks goes through this interface.
	Default   bool
	Loopback  bool
	Addresses []InterfaceAddress // IPv4 first, the most useful first
	// Groups are the multicast groups that programs of this machine, and the system, have
	// joined on the interface: IPv4 first, in order.
	Groups []netip.Addr

	// Virtual is a guess by name and kind: no board is reached through it.
	Virtual bool
}

// InterfaceAddress is an address of an interface with its network.
type InterfaceAddress struct {
	// Prefix keeps the address: 192.168.1.23/24. It has no zone; see Addr.
	Prefix netip.Prefix
	Scope  AddressScope
	// Zone is the interface's name where the address means nothing without it.
	Zone string
}

// Addr is the address as one types it on this machine: with its zone, if it
// needs one.
func (a InterfaceAddress) Addr() netip.Addr { return a.Prefix.Addr().WithZone(a.Zone) }

// AddressScope says from how far an address is reached: a stable word.
type AddressScope string

// The scopes, the most useful for a board first.
const (
	ScopePrivate   AddressScope = "private"    // RFC 1918, RFC 4193: the networks of homes, schools and offices
	ScopeGlobal    AddressScope = "global"     // from the whole Internet, if nothing filters
	ScopeShared    AddressScope = "shared"     // RFC 6598: behind a provider's NAT, and in some VPNs
	ScopeLinkLocal AddressScope = "link-local" // from the same cable or Wi-Fi only
	ScopeLoopback  AddressScope = "loopback"   // from this machine only
)

var scopeOrder = []AddressScope{ScopePrivate, ScopeGlobal, ScopeShared, ScopeLinkLocal, ScopeLoopback}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

func scopeOf(a netip.Addr) AddressScope {
	switch {
	case a.IsLoopback():
		return ScopeLoopback
	case a.IsLinkLocalUnicast():
		return ScopeLinkLocal
	case a.IsPrivate():
		return ScopePrivate
	case sharedSpace.Contains(a):
		return ScopeShared
	}
	return ScopeGlobal
}

// Interfaces are this machine's network interfaces, the one a board most likely
// reaches first. The error is an *sockeye.Error.
func Interfaces() ([]Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "network interfaces", Err: err}
	}
	var list []Interface
	for _, i := range all {
		found, err := i.Addrs()
		if err != nil {
			continue // it vanished meanwhile
		}
		described := describe(i, found)
		described.Groups = groupsOf(i)
		list = append(list, described)
	}
	arrange(list, []netip.Addr{
		sourceTowards("udp4", "192.0.2.1:9"), // RFC 5737: an address of nobody
		sourceTowards("udp6", "[2001:db8::1]:9"),
	})
	return list, nil
}

// sourceTowards is the address this machine would send from. To connect a UDP
// socket asks the system for the route; nothing is sent.
func sourceTowards(network, to string) netip.Addr {
	conn, err := net.Dial(network, to)
	if err != nil {
		return netip.Addr{} // no route
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// groupsOf are the multicast groups that are joined on an interface. On Linux they are
// those of /proc/net/igmp and igmp6.
func groupsOf(i net.Interface) (groups []netip.Addr) {
	joined, err := i.MulticastAddrs()
	if err != nil {
		return nil
	}
	for _, a := range joined {
		ip, ok := a.(*net.IPAddr)
		if !ok {
			continue
		}
		if group, ok := netip.AddrFromSlice(ip.IP); ok {
			groups = append(groups, group.Unmap())
		}
	}
	slices.SortFunc(groups, netip.Addr.Compare) // IPv4 is before IPv6
	return slices.Compact(groups)
}

func describe(i net.Interface, found []net.Addr) Interface {
	out := Interface{
		Name: i.Name, Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0,
		Virtual: VirtualInterface(&i),
	}
	for _, a := range found {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if !ok {
			continue
		}
		ip = ip.Unmap()
		bits, _ := n.Mask.Size()
		ia := InterfaceAddress{Prefix: netip.PrefixFrom(ip, bits), Scope: scopeOf(ip)}
		if ip.Is6() && ia.Scope == ScopeLinkLocal {
			ia.Zone = i.Name
		}
		out.Addresses = append(out.Addresses, ia)
	}
	return out
}

// VirtualInterface guesses by name and kind whether an interface is one of containers,
// virtual machines or VPNs.
func VirtualInterface(i *net.Interface) bool {
	return i.Flags&net.FlagPointToPoint != 0 || virtualName(i.Name)
}

// virtualName knows the names that containers, virtual machines and VPNs give.
func virtualName(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "vethernet", "tun", "tap", "utun", "wg", "tailscale", "zt", "cni", "flannel", "awdl", "llw"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// arrange marks the interface of the default route by the source addresses it
// gives, and sorts interfaces and addresses.
func arrange(list []Interface, sources []netip.Addr) {
	isSource := func(a InterfaceAddress) bool { return slices.Contains(sources, a.Prefix.Addr()) }
	for n := range list {
		i := &list[n]
		i.Default = slices.ContainsFunc(i.Addresses, isSource)
		slices.SortStableFunc(i.Addresses, func(a, b InterfaceAddress) int {
			return cmp.Or(
				cmp.Compare(family(a), family(b)),
				cmp.Compare(sortLast(!isSource(a)), sortLast(!isSource(b))),
				cmp.Compare(slices.Index(scopeOrder, a.Scope), slices.Index(scopeOrder, b.Scope)),
			)
		})
	}
	slices.SortStableFunc(list, func(a, b Interface) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(sortLast(!a.reachable4()), sortLast(!b.reachable4())),
		)
	})
}

// rank orders interfaces, the most useful first.
func (i Interface) rank() int {
	switch {
	case !i.Up:
		return 4
	case i.Loopback:
		return 3
	case i.Default:
		return 0
	case i.Virtual || len(i.Addresses) == 0:
		return 2
	}
	return 1
}

func (i Interface) reachable4() bool {
	return len(i.Addresses) > 0 && family(i.Addresses[0]) == 4 && i.Addresses[0].Scope != ScopeLinkLocal
}

func family(a InterfaceAddress) int {
	if a.Prefix.Addr().Is4() {
		return 4
	}
	return 6
}

// sortLast orders what is true after what is false.
func sortLast(b bool) int {
	if b {
		return 1
	}
	return 0
}

// BoardAddress is the address of this machine that a board in the same network
// should connect to; ok is false if only this machine itself can reach any.
func BoardAddress(list []Interface) (a netip.Addr, ok bool) {
	for _, want := range []func(InterfaceAddress) bool{
		func(a InterfaceAddress) bool { return family(a) == 4 && a.Scope != ScopeLinkLocal },
		func(a InterfaceAddress) bool { return a.Scope != ScopeLinkLocal },
		func(a InterfaceAddress) bool { return true },
	} {
		for _, i := range list {
			if !i.Up || i.Loopback {
				continue
			}
			if n := slices.IndexFunc(i.Addresses, want); n >= 0 {
				return i.Addresses[n].Addr(), true
			}
		}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1}), false
}

// LinkLocalAddress is an IPv6 link-local address of the first interface that has
// one: it works on one cable without any router or DHCP server.
func LinkLocalAddress(list []Interface) (a netip.Addr, ok bool) {
	for _, i := range list {
		if !i.Up || i.Loopback {
			continue
		}
		for _, ia := range i.Addresses {
			if family(ia) == 6 && ia.Scope == ScopeLinkLocal {
				return ia.Addr(), true
			}
		}
	}
	return netip.Addr{}, false
}
