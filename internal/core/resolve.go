package core

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Resolved is one way to reach a host, as getaddrinfo(3) gives it.
type Resolved struct {
	Network sockeye.Network // TCP or UDP
	Address netip.AddrPort
}

// Resolve looks up a host and a port, which may be names or numbers. It returns the addresses in
// the order they would be tried, each for TCP and then for UDP; the name of a service may exist for
// one of the two only. The error is an *sockeye.Error.
func Resolve(ctx context.Context, host, port string) ([]Resolved, error) {
	// ParseAddress judges zones, literals and names, so that Resolve refuses what it refuses.
	a, err := sockeye.ParseAddress(sockeye.Address{Host: host}.HostPort())
	if err != nil {
		return nil, err
	}
	ports := map[sockeye.Network]int{}
	for _, n := range []sockeye.Network{sockeye.TCP, sockeye.UDP} {
		if number, err := net.DefaultResolver.LookupPort(ctx, string(n), port); err == nil {
			ports[n] = number
		}
	}
	if len(ports) == 0 {
		return nil, &sockeye.Error{
			Kind: sockeye.Invalid, Op: "resolve", Target: fmt.Sprintf("%q", port),
			Message: sockeye.Text{En: "is neither a port nor the name of a service", Zh: "既不是端口号也不是服务名"},
			Hint:    sockeye.Text{En: "a port is a number from 0 to 65535, or a name such as http", Zh: "端口是 0 到 65535 的数字，或 http 这样的服务名"},
		}
	}
	addrs, err := netinfo.Resolve(ctx, a.Host, sockeye.TCP)
	if err != nil {
		return nil, err
	}
	var out []Resolved
	for _, ip := range addrs {
		for _, n := range []sockeye.Network{sockeye.TCP, sockeye.UDP} {
			if number, ok := ports[n]; ok {
				out = append(out, Resolved{n, netip.AddrPortFrom(ip, uint16(number))})
			}
		}
	}
	return out, nil
}
