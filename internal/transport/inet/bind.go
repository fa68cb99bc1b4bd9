// Package inet is what the drivers of IP share: which addresses of this machine an
// endpoint means, from which it connects, and which destinations need a permission.
package inet

import (
	"context"
	"net/netip"
	"syscall"

	"sockeye"
	"sockeye/internal/netinfo"
)

// BindAll calls bind for every address that an endpoint's means: one for a literal or
// for all addresses, all of a name's otherwise. 0.0.0.0 is every IPv4 address, ::
// and an empty host are every address of both families unless the network names one. Port 0 is chosen once and then
// the same for all. An address of a name that this machine lacks is skipped, as
// long as another one is bound.
func BindAll(ctx context.Context, a sockeye.Address, bind func(network, address string) (netip.AddrPort, error)) error {
	if a.Host == "" {
		_, err := bind(string(a.Network), a.HostPort())
		return explainBind(a, err)
	}
	addrs, err := netinfo.Resolve(ctx, a.Host, a.Network)
	if err != nil {
		return err
	}
	var skipped error
	done := 0
	for _, ip := range addrs {
		if err := RefuseGroup("listen", a.Network, ip); err != nil {
			return err
		}
		if err := refuseBroadcast(a.Network, ip); err != nil {
			return err
		}
		one := sockeye.Address{Network: a.Network, Host: ip.String(), Port: a.Port}
		local, err := bind(FamilyOf(a.Network, ip), one.HostPort())
		switch {
		case err == nil:
			a.Port = local.Port()
			done++
		case netinfo.IsErrno(err, syscall.EADDRNOTAVAIL) && len(addrs) > 1:
			skipped = explainBind(one, err)
		default:
			return explainBind(one, err)
		}
	}
	if done == 0 {
		return skipped
	}
	return nil
}

// FamilyOf is the network to bind an address on. Package net takes 0.0.0.0 for every
// address of both families where the network names none.
func FamilyOf(n sockeye.Network, ip netip.Addr) string {
	if ip.Is4() {
		return string(n.Transport()) + "4"
	}
	return string(n)
}

func explainBind(a sockeye.Address, err error) error {
	if err == nil {
		return nil
	}
	return netinfo.Explain("listen", a.String(), err)
}
