package netinfo

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// routeKinds are the kinds of ip-route(8) by number (rtnetlink(7), rtm_type).
var routeKinds = map[uint8]string{
	unix.RTN_UNICAST: "unicast", unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast",
	unix.RTN_MULTICAST: "multicast", unix.RTN_ANYCAST: "anycast",
}

// RouteTo is the way to an address. An error says that the system did not tell; that there
// is no way is in the route.
func RouteTo(ip netip.Addr) (SystemRoute, error) {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return SystemRoute{}, err
	}
	defer c.Close()
	bits := uint8(ip.BitLen())
	req := &rtnetlink.RouteMessage{Family: familyNumber(ip), DstLength: bits, Attributes: rtnetlink.RouteAttributes{Dst: ip.AsSlice()}}
	if zone := zoneIndex(ip.Zone()); zone != 0 {
		req.Attributes.OutIface = uint32(zone)
	}
	found, err := c.Route.Get(req)
	if err != nil {
		if name := ErrnoName(err); name != "" {
			return SystemRoute{Errno: name}, nil
		}
		return SystemRoute{}, err
	}
	if len(found) == 0 {
		return SystemRoute{Errno: "ENETUNREACH"}, nil
	}
	return routeOf(found[0]), nil
}

func routeOf(m rtnetlink.RouteMessage) SystemRoute {
	a := m.Attributes
	r := SystemRoute{Kind: routeKinds[m.Type], Index: int(a.OutIface), Source: addrOf(a.Src), Gateway: addrOf(a.Gateway)}
	if i, err := net.InterfaceByIndex(r.Index); err == nil {
		r.Interface, r.MTU = i.Name, i.MTU
	}
	if a.Metrics != nil && a.Metrics.MTU > 0 {
		r.MTU = int(a.Metrics.MTU)
	}
	return r
}

// Gateways are the routers of the default routes of this machine; a link-local one has the
// interface as its zone.
func Gateways() (list []netip.Addr, err error) {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	all, err := c.Route.List()
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if gateway := addrOf(m.Attributes.Gateway); m.DstLength == 0 && gateway.IsValid() {
			list = append(list, zoned(gateway, int(m.Attributes.OutIface)))
		}
	}
	return list, nil
}

// zoned is an address with its interface, if it means something on that one only (RFC 4007
// section 11).
func zoned(ip netip.Addr, index int) netip.Addr {
	if !ip.Is6() || !ip.IsLinkLocalUnicast() {
		return ip
	}
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return ip
	}
	return ip.WithZone(i.Name)
}

// neighbourStates are the words of ip-neighbour(8) for the numbers of rtnetlink(7).
var neighbourStates = map[uint16]string{
	unix.NUD_INCOMPLETE: "INCOMPLETE", unix.NUD_REACHABLE: "REACHABLE", unix.NUD_STALE: "STALE", unix.NUD_DELAY: "DELAY",
	unix.NUD_PROBE: "PROBE", unix.NUD_FAILED: "FAILED", unix.NUD_NOARP: "NOARP", unix.NUD_PERMANENT: "PERMANENT",
}

// NeighbourOf is what the system knows of a neighbour on an interface.
func NeighbourOf(ip netip.Addr, index int) (Neighbour, error) {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return Neighbour{}, err
	}
	defer c.Close()
	all, err := c.Neigh.List()
	if err != nil {
		return Neighbour{}, err
	}
	for _, m := range all {
		if int(m.Index) != index || m.Attributes == nil || addrOf(m.Attributes.Address) != ip.WithZone("") {
			continue
		}
		n := Neighbour{State: neighbourStates[m.State]}
		if len(m.Attributes.LLAddress) > 0 {
			n.HardwareAddress = m.Attributes.LLAddress.String()
		}
		return n, nil
	}
	return Neighbour{}, nil
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

func familyNumber(ip netip.Addr) uint8 {
	if ip.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func zoneIndex(zone string) int {
	if i, err := net.InterfaceByName(zone); err == nil {
		return i.Index
	}
	n, _ := strconv.Atoi(zone)
	return n
}

// Limits are the ports that programs may use (ip(7)).
func Limits() PortLimits {
	var l PortLimits
	l.Unprivileged = firstFreePort
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			l.Unprivileged = n
		}
	}
	l.EphemeralLow, l.EphemeralHigh, _ = portRange()
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports"); err == nil {
		l.Reserved = strings.TrimSpace(string(text))
	}
	return l
}

// bindErrno tries a bind(2) without SO_REUSEADDR: whatever keeps the port is seen.
func bindErrno(p localAddr) string {
	kind := unix.SOCK_STREAM
	if p.network == "udp" {
		kind = unix.SOCK_DGRAM
	}
	ip := p.Addr()
	fd, err := unix.Socket(int(familyNumber(ip)), kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return ErrnoName(err)
	}
	defer unix.Close(fd)
	var at unix.Sockaddr = &unix.SockaddrInet6{Port: int(p.Port()), Addr: ip.As16(), ZoneId: uint32(zoneIndex(ip.Zone()))}
	if ip.Is4() {
		at = &unix.SockaddrInet4{Port: int(p.Port()), Addr: ip.As4()}
	}
	return ErrnoName(unix.Bind(fd, at))
}

// Carrier says that something is at the other end of an interface's cable, or that its Wi-Fi
// is joined. It is what the kernel knows now: the flag of net.Interface follows up to a
// second later.
func Carrier(i *net.Interface) bool {
	running := i.Flags&net.FlagRunning != 0
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return running
	}
	defer c.Close()
	link, err := c.Link.Get(uint32(i.Index))
	if err != nil || link.Attributes == nil || link.Attributes.Carrier == nil {
		return running
	}
	return *link.Attributes.Carrier != 0
}
