package inet

import (
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// addressPollInterval is how often the addresses of the machine are compared with those a
// session is bound to.
const addressPollInterval = time.Second

// WatchAddress reports when an address the session is bound to vanishes from the
// machine (cable, DHCP) and when it comes back; the socket itself stays bound
// and works again then. The unspecified and loopback addresses never vanish.
func WatchAddress(s *transport.DriverSession, bound netip.AddrPort) {
	ip := bound.Addr().WithZone("")
	if ip.IsUnspecified() || ip.IsLoopback() {
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
			now, err := netinfo.HasAddress(ip)
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

func addressGone(bound netip.AddrPort) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.AddressNotAvailable, Op: "listen", Target: bound.String(),
		Message: sockeye.Text{
			En: "this machine lost the address: nobody can connect until it is back",
			Zh: "本机失去了这个地址：恢复之前无法连接"},
		Hint: sockeye.Text{
			En: "check the cable or Wi-Fi; listening on :port takes every address, new ones included",
			Zh: "检查网线或 Wi-Fi；监听 :端口 可以使用所有地址，包括新地址"},
	}
}
