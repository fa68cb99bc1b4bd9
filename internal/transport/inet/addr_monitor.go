package inet

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// addressPollInterval is the time between two comparisons of the machine's addresses with those
// that a session is bound to.
const addressPollInterval = time.Second

// WatchAddress reports when an address the session is bound to vanishes from the
// machine (cable, DHCP) and when it comes back; the socket itself stays bound
// and works again then. The unspecified and loopback addresses never vanish, and what
// is no interface's address now cannot be lost either: 255.255.255.255, a group, an
// address that only a local route has.
func WatchAddress(s *transport.DriverSession, bound netip.AddrPort) {
	ip := bound.Addr()
	if ip.IsUnspecified() || ip.IsLoopback() || ip == limitedBroadcast {
		return
	}
	isHere := presence(ip)
	if now, err := isHere(); err != nil || !now {
		return
	}
	s.Go(func() {
		there := true
		tick := time.NewTicker(addressPollInterval)
		defer tick.Stop()
		for {
			select {
			case <-s.Context().Done():
				return
			case <-tick.C:
			}
			now, err := isHere()
			if err != nil || now == there {
				continue
			}
			there = now
			if there {
				s.Record(sockeye.Event{Kind: sockeye.Opened, Detail: &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.IPSocketAddr(bound)}}})
			} else {
				s.Failed(addressGone(bound))
			}
		}
	})
}

// presence reports whether the machine has an address, or a network of which it is the
// broadcast address. A link-local address is on one interface: on another one, or on one
// that has only taken the name, it is another address.
func presence(ip netip.Addr) func() (bool, error) {
	if IsBroadcast(ip) {
		return func() (bool, error) { return IsBroadcast(ip), nil }
	}
	zone := ip.Zone()
	if zone == "" {
		return func() (bool, error) { return netinfo.HasAddress(ip) }
	}
	index, _ := strconv.Atoi(zone)
	if i, err := net.InterfaceByName(zone); err == nil {
		index = i.Index
	}
	return func() (bool, error) {
		i, err := net.InterfaceByIndex(index)
		if err != nil {
			return false, nil // it is gone, and its addresses with it
		}
		all, err := i.Addrs()
		return hasAddress(all, ip.WithZone("")), err
	}
}

func hasAddress(all []net.Addr, ip netip.Addr) bool {
	return slices.ContainsFunc(all, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr() == ip
	})
}

func addressGone(bound netip.AddrPort) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.AddressNotAvailable, Op: "listen", Target: bound.String(),
		Message: sockeye.Text{
			En: "this machine lost the address: nobody can reach it until it is back",
			Zh: "本机失去了这个地址：恢复之前外界无法到达"},
		Hint: sockeye.Text{
			En: "check the cable or Wi-Fi; listening on :port takes every address, new ones included",
			Zh: "检查网线或 Wi-Fi；监听 :端口 可以使用所有地址，包括新地址"},
	}
}
