//go:build !linux

package netinfo

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
)

// RouteTo is the way to an address as far as a connected UDP socket tells: the source and
// its interface. Nothing is sent. The gateway and the kind are not told.
func RouteTo(ip netip.Addr) (Route, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		if name := ErrnoName(err); name != "" {
			return Route{Errno: name}, nil
		}
		return Route{}, err
	}
	defer conn.Close()
	r := Route{Source: AddrPort(conn.LocalAddr()).Addr()}
	all, err := net.Interfaces()
	if err != nil {
		return r, nil
	}
	for n := range all {
		if hasAddress(&all[n], r.Source) {
			r.Interface, r.Index, r.MTU = all[n].Name, all[n].Index, all[n].MTU
		}
	}
	return r, nil
}

// Gateways are not told by this system without its own tools.
func Gateways() ([]netip.Addr, error) { return nil, errors.ErrUnsupported }

// NeighbourOf is not told by this system without its own tools.
func NeighbourOf(netip.Addr, int) (Neighbour, error) { return Neighbour{}, errors.ErrUnsupported }

// Limits are the ports that programs may use, as far as they are the same everywhere.
func Limits() PortLimits {
	if runtime.GOOS == "windows" {
		return PortLimits{}
	}
	return PortLimits{Unprivileged: firstFreePort}
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
