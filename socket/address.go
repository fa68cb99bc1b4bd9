package socket

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// What an empty host stands for.
var (
	wildcard = map[Family]netip.Addr{AF_INET: netip.IPv4Unspecified(), AF_INET6: netip.IPv6Unspecified()}
	loopback = map[Family]netip.Addr{AF_INET: netip.AddrFrom4([4]byte{127, 0, 0, 1}), AF_INET6: netip.IPv6Loopback()}
)

// resolve turns host:port into the first address of the socket's family.
func (s *Socket) resolve(ctx context.Context, address string, empty map[Family]netip.Addr) (netip.AddrPort, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := lookupPort(ctx, s.typ, port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if host == "" {
		return netip.AddrPortFrom(empty[s.family], number), nil
	}
	ips, err := lookupHost(ctx, s.family, host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(ips[0], number), nil
}

// splitAddress splits host:port. Only the host may be empty.
func splitAddress(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		// The package's Error names the address already.
		return "", "", &net.AddrError{Err: err.(*net.AddrError).Err}
	}
	if port == "" {
		return "", "", &net.AddrError{Err: "missing port in address"}
	}
	return host, port, nil
}

// lookupPort reads a port: a number or the name of a service of that type.
func lookupPort(ctx context.Context, typ Type, port string) (uint16, error) {
	if strings.Trim(port, "0123456789+-") == "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return 0, &net.AddrError{Err: "port is not from 0 to 65535"}
		}
		return uint16(n), nil
	}
	network := "tcp"
	if typ == SOCK_DGRAM {
		network = "udp"
	}
	n, err := net.DefaultResolver.LookupPort(ctx, network, port)
	return uint16(n), err
}

// lookupHost gives at least one address of the family, or of both if family is
// 0. A literal and localhost need no resolver.
func lookupHost(ctx context.Context, family Family, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if family != 0 && familyOf(ip) != family {
			return nil, syscall.EAFNOSUPPORT
		}
		return []netip.Addr{ip}, nil
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return inFamily([]netip.Addr{loopback[AF_INET], loopback[AF_INET6]}, family), nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, networkOf(family), host)
	if err != nil {
		return nil, err
	}
	for i, ip := range ips {
		ips[i] = ip.Unmap()
	}
	if ips = inFamily(ips, family); len(ips) == 0 {
		return nil, &net.DNSError{Err: "no address of the family", Name: host, IsNotFound: true}
	}
	return ips, nil
}

// familyOf counts an IPv4 address written as IPv6 as IPv6, as the system does.
func familyOf(ip netip.Addr) Family {
	if ip.Is4() {
		return AF_INET
	}
	return AF_INET6
}

func networkOf(family Family) string {
	switch family {
	case AF_INET:
		return "ip4"
	case AF_INET6:
		return "ip6"
	}
	return "ip"
}

func inFamily(ips []netip.Addr, family Family) []netip.Addr {
	var kept []netip.Addr
	for _, ip := range ips {
		if family == 0 || familyOf(ip) == family {
			kept = append(kept, ip)
		}
	}
	return kept
}

// zoneIndex is the number of an IPv6 zone, which may be written as one. 0 is none.
func zoneIndex(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, &net.AddrError{Err: "no such network interface"}
	}
	return uint32(i.Index), nil
}

// zoneName is the zone as people write it: the interface's name, while it has one.
func zoneName(index uint32) string {
	if index == 0 {
		return ""
	}
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}
