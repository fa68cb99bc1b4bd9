// Package netinfo tells what the system says of the network: this machine's
// addresses, names and their addresses, who holds a port, what the kernel knows of a
// TCP connection, and what its errors mean and how to go on. It opens no connection
// but to name servers.
package netinfo

import (
	"net"
	"net/netip"
	"strconv"
)

// AddrPort is a TCP or UDP address in the form that events use: IPv4 is never
// mapped into IPv6. The zero value is returned for an address of another kind.
func AddrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return Unmapped(a.AddrPort())
	case *net.UDPAddr:
		return Unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}

// Unmapped is the address with an IPv4-mapped IPv6 address as the IPv4 address.
func Unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// HasAddress reports whether an interface of this machine has the address.
func HasAddress(ip netip.Addr) (bool, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false, err
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip {
			return true, nil
		}
	}
	return false, nil
}

// ZoneName is the name of the interface with an index, or the index itself.
func ZoneName(index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return strconv.Itoa(index)
}
