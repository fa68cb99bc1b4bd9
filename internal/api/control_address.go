package api

import (
	"net"
	"net/netip"
	"net/url"

	"sockeye/internal/api/access"
	"sockeye/internal/core"
)

// RefuseControl is a dial filter against the workbench that was published in a state
// directory, which may be of another process: whoever feeds a relay or a session could give
// it orders. A workbench that has ended refuses nothing: its port may be another program's.
func RefuseControl(stateDir string) func(to netip.AddrPort) error {
	return func(to netip.AddrPort) error {
		st, err := access.ReadState(stateDir)
		if err != nil {
			return nil // there is none
		}
		u, err := url.Parse(st.URL)
		if err != nil {
			return nil
		}
		own, err := netip.ParseAddrPort(u.Host)
		if err != nil || !reachesEither(to, own) || !runs(st) {
			return nil
		}
		return core.OwnControl(to)
	}
}

// reachesEither is core.Reaches of a workbench that listens on both addresses of this machine
// itself, of which its URL names one.
func reachesEither(to, own netip.AddrPort) bool {
	if own.Addr().IsLoopback() && core.Reaches(to, netip.AddrPortFrom(netip.IPv6Loopback(), own.Port())) {
		return true
	}
	return core.Reaches(to, own)
}

// runs says whether a workbench is there still, by its socket for shells; true where it has
// none.
func runs(st access.WorkbenchState) bool {
	if st.Socket == "" {
		return true
	}
	c, err := net.Dial("unix", st.Socket)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
