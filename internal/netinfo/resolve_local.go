package netinfo

import (
	"context"
	"net/netip"
)

// lookupLocal finds a host of the link (RFC 6762 section 3): it asks the link itself and
// the system's resolver at the same time, for some networks have such names in a name
// server. The first that knows an address is believed; where neither does, the error says
// what the link said.
func (r resolver) lookupLocal(ctx context.Context, host string, family int) ([]netip.Addr, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	link, server := make(chan lookupResult, 1), make(chan lookupResult, 1)
	go func() {
		found, err := r.onLink(ctx, host)
		link <- lookupResult{found, err}
	}()
	go func() {
		found, err := r.lookup(ctx, host, family)
		server <- lookupResult{found, err}
	}()
	var byLink, byServer lookupResult
	select {
	case byLink = <-link:
		if byLink.err == nil {
			return byLink.found, nil
		}
		byServer = <-server
	case byServer = <-server:
		if byServer.err == nil {
			return byServer.found, nil
		}
		byLink = <-link
	}
	if byLink.err == nil || byServer.err != nil {
		return byLink.found, byLink.err
	}
	return byServer.found, nil
}

// lookupResult is what one of the two said.
type lookupResult struct {
	found []netip.Addr
	err   error
}
