package netinfo

import "net/netip"

// tableRoute is a row of the system's routing table.
type tableRoute struct {
	to      netip.Prefix
	gateway netip.Addr // invalid if the network is on the interface itself
	index   int        // of the interface
	metric  uint32     // the lower is taken among routes to the same network
}

// tableNeighbour is a row of the system's table of neighbours.
type tableNeighbour struct {
	address netip.Addr
	index   int
	Neighbour
}

// bestRoute is the row that the system takes for an address: the one of the smallest network
// that has it (RFC 1812 section 5.2.4.3), on the interface with a number unless that is 0.
func bestRoute(rows []tableRoute, ip netip.Addr, index int) (best tableRoute, found bool) {
	ip = ip.WithZone("")
	for _, r := range rows {
		if !r.to.Contains(ip) || index != 0 && r.index != index {
			continue
		}
		if !found || r.to.Bits() > best.to.Bits() || r.to.Bits() == best.to.Bits() && r.metric < best.metric {
			best, found = r, true
		}
	}
	return best, found
}

// gatewaysOf are the routers of the default routes.
func gatewaysOf(rows []tableRoute) (list []netip.Addr) {
	for _, r := range rows {
		if r.to.Bits() == 0 && r.gateway.IsValid() {
			list = append(list, r.gateway)
		}
	}
	return list
}

// neighbourIn finds a neighbour of an interface in the table; it is zero without an entry.
func neighbourIn(rows []tableNeighbour, ip netip.Addr, index int) Neighbour {
	for _, r := range rows {
		if r.index == index && r.address == ip.WithZone("") {
			return r.Neighbour
		}
	}
	return Neighbour{}
}
