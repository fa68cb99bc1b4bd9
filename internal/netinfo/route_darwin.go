package netinfo

import (
	"net"
	"net/netip"

	"golang.org/x/net/route"
	"golang.org/x/sys/unix"
)

// routingTable is the table of routes (sysctl net.route, NET_RT_DUMP).
func routingTable() ([]tableRoute, error) {
	messages, err := routeMessages(route.RIBTypeRoute, 0)
	if err != nil {
		return nil, err
	}
	var list []tableRoute
	for _, m := range messages {
		if r, ok := routeOf(m); ok && m.Flags&unix.RTF_UP != 0 && m.Flags&unix.RTF_LLINFO == 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// neighbourTable is the part of the table that has hardware addresses (RTF_LLINFO).
func neighbourTable() ([]tableNeighbour, error) {
	messages, err := routeMessages(unix.NET_RT_FLAGS, unix.RTF_LLINFO)
	if err != nil {
		return nil, err
	}
	var list []tableNeighbour
	for _, m := range messages {
		n := tableNeighbour{address: sockaddrIP(addrAt(m, unix.RTAX_DST)), index: m.Index}
		n.State = "INCOMPLETE"
		if link, ok := addrAt(m, unix.RTAX_GATEWAY).(*route.LinkAddr); ok && len(link.Addr) > 0 {
			n.State, n.HardwareAddress = "REACHABLE", net.HardwareAddr(link.Addr).String()
		}
		if n.address.IsValid() {
			list = append(list, n)
		}
	}
	return list, nil
}

func routeMessages(kind route.RIBType, flags int) (list []*route.RouteMessage, err error) {
	b, err := route.FetchRIB(unix.AF_UNSPEC, kind, flags)
	if err != nil {
		return nil, err
	}
	all, err := route.ParseRIB(kind, b)
	for _, m := range all {
		if m, ok := m.(*route.RouteMessage); ok {
			list = append(list, m)
		}
	}
	return list, err
}

func addrAt(m *route.RouteMessage, n int) route.Addr {
	if n < len(m.Addrs) {
		return m.Addrs[n]
	}
	return nil
}

func sockaddrIP(a route.Addr) netip.Addr {
	switch a := a.(type) {
	case *route.Inet4Addr:
		return netip.AddrFrom4(a.IP)
	case *route.Inet6Addr:
		return netip.AddrFrom16(a.IP)
	}
	return netip.Addr{}
}

// routeOf takes the network, its mask and the gateway; a route to one machine has no mask.
func routeOf(m *route.RouteMessage) (tableRoute, bool) {
	ip := sockaddrIP(addrAt(m, unix.RTAX_DST))
	if !ip.IsValid() {
		return tableRoute{}, false
	}
	bits := ip.BitLen()
	if mask := addrAt(m, unix.RTAX_NETMASK); mask != nil && m.Flags&unix.RTF_HOST == 0 {
		bits, _ = net.IPMask(sockaddrIP(mask).AsSlice()).Size()
	}
	r := tableRoute{to: netip.PrefixFrom(ip, bits), index: m.Index}
	if m.Flags&unix.RTF_GATEWAY != 0 {
		r.gateway = sockaddrIP(addrAt(m, unix.RTAX_GATEWAY))
	}
	return r, true
}
