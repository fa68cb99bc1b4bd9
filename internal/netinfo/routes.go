package netinfo

import "net/netip"

// RouteEntry is a row of the system's routing tables that packets to other machines, or those
// of a route that forbids, may take.
type RouteEntry struct {
	To netip.Prefix `json:"to"`
	// Gateway is the router that is asked; invalid if the network is on the interface itself.
	Gateway   netip.Addr `json:"gateway,omitzero"`
	Interface string     `json:"interface,omitempty"`
	// Kind is "unicast", "blackhole", "unreachable" or "prohibit" (ip-route(8)).
	Kind   string `json:"kind"`
	Table  int    `json:"table,omitempty"` // 0 for the main one
	Metric uint32 `json:"metric,omitempty"`
	// GatewayState is what the system knows of the gateway, as Neighbour.State has it.
	GatewayState string `json:"gateway_state,omitempty"`
}

// Forbids says that packets that take the row are thrown away.
func (r RouteEntry) Forbids() bool { return r.Kind != "unicast" }

// BestEntry is the row that packets to an address take: the one of the smallest network that
// has it (RFC 1812 section 5.2.4.3).
func BestEntry(rows []RouteEntry, ip netip.Addr) (best RouteEntry, found bool) {
	ip = ip.WithZone("")
	for _, r := range rows {
		if !r.To.Contains(ip) {
			continue
		}
		if !found || r.To.Bits() > best.To.Bits() || r.To.Bits() == best.To.Bits() && r.Metric < best.Metric {
			best, found = r, true
		}
	}
	return best, found
}

// RouteRule is a rule of policy routing that throws packets away (ip-rule(8)).
type RouteRule struct {
	Kind     string       `json:"kind"` // "blackhole", "unreachable" or "prohibit"
	Priority int          `json:"priority"`
	IPv6     bool         `json:"ipv6,omitempty"`
	To       netip.Prefix `json:"to,omitzero"` // invalid for all
}

// RoutingTables are the rows of all of the system's tables, and the rules that throw away.
type RoutingTables struct {
	Rows []RouteEntry `json:"rows,omitempty"`
	// ByRules says that there are rules that choose among tables: the main table alone does
	// not tell where packets go.
	ByRules bool        `json:"by_rules,omitempty"`
	Rules   []RouteRule `json:"rules,omitempty"`
}
