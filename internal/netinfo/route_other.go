//go:build !linux

package netinfo

import (
	"net"
	"net/netip"
)

// RouteTo is the way to an address: a connected UDP socket tells the source, the routing
// table the gateway. Nothing is sent.
func RouteTo(ip netip.Addr) (SystemRoute, error) {
	rows, tableErr := routingTable()
	source, err := sourceTo(ip)
	if name := ErrnoName(err); name != "" && name != "EOPNOTSUPP" {
		return SystemRoute{Errno: name}, nil
	}
	if err != nil && tableErr != nil {
		return SystemRoute{}, err
	}
	all, err := net.Interfaces()
	if err != nil {
		return SystemRoute{Source: source}, nil
	}
	best, found := bestRoute(rows, ip, 0)
	r := SystemRoute{Source: source, Kind: "unicast"}
	for n := range all {
		i := &all[n]
		switch {
		case hasAddress(i, ip.WithZone("")):
			r.Kind = "local"
		case source.IsValid() && !hasAddress(i, source), !source.IsValid() && (!found || i.Index != best.index):
			continue
		}
		r.Interface, r.Index, r.MTU = i.Name, i.Index, i.MTU
		if r.Kind == "local" {
			return r, nil
		}
	}
	if ip.IsMulticast() {
		r.Kind = "multicast"
		return r, nil
	}
	best, _ = bestRoute(rows, ip, r.Index)
	r.Gateway = best.gateway
	return r, nil
}

// sourceTo is the address that a connected UDP socket gets. Nothing is sent.
func sourceTo(ip netip.Addr) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return AddrPort(conn.LocalAddr()).Addr(), nil
}

// Gateways are the routers of the default routes of this machine.
func Gateways() ([]netip.Addr, error) {
	rows, err := routingTable()
	return gatewaysOf(rows), err
}

// NeighbourOf is what the system knows of a neighbour on an interface.
func NeighbourOf(ip netip.Addr, index int) (Neighbour, error) {
	rows, err := neighbourTable()
	return neighbourIn(rows, ip, index), err
}

// bindErrno listens for a moment, or asks for the datagrams of the port.
func bindErrno(p localAddr) string {
	var socket interface{ Close() error }
	var err error
	if p.network == "udp" {
		socket, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(p.AddrPort))
	} else {
		socket, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(p.AddrPort))
	}
	if err != nil {
		return ErrnoName(err)
	}
	socket.Close()
	return ""
}

// Carrier says that something is at the other end of an interface's cable, or that its Wi-Fi
// is joined.
func Carrier(i *net.Interface) bool { return i.Flags&net.FlagRunning != 0 }
