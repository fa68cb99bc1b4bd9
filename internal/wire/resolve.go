package wire

import (
	"context"
	"net"
	"net/netip"

	"sockeye"
)

func Resolve(ctx context.Context, host string, n sockeye.Network) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if host == "localhost" {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}, nil
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
