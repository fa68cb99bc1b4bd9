package netinfo

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// entryKinds are the kinds of rows that RouteEntry has.
var entryKinds = map[uint8]string{
	unix.RTN_UNICAST: "unicast", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_UNREACHABLE: "unreachable", unix.RTN_PROHIBIT: "prohibit",
}

// ruleKinds are the actions of rules that throw away (linux/fib_rules.h).
var ruleKinds = map[uint8]string{unix.FR_ACT_BLACKHOLE: "blackhole", unix.FR_ACT_UNREACHABLE: "unreachable", unix.FR_ACT_PROHIBIT: "prohibit"}

// mostEntries bounds the rows that are kept: a router of the Internet has a million.
const mostEntries = 1000

// Routes are the system's routing tables.
func Routes() (RoutingTables, error) {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return RoutingTables{}, err
	}
	defer c.Close()
	all, err := c.Route.List()
	if err != nil {
		return RoutingTables{}, err
	}
	var t RoutingTables
	known := map[netip.Addr]string{}
	for _, m := range all {
		e, ok := entryOf(m)
		if !ok {
			continue
		}
		if e.Gateway.IsValid() {
			state, asked := known[e.Gateway]
			if !asked {
				n, _ := NeighbourOf(e.Gateway, int(m.Attributes.OutIface))
				state = n.State
				known[e.Gateway] = state
			}
			e.GatewayState = state
		}
		t.Rows = append(t.Rows, e)
		if len(t.Rows) == mostEntries {
			t.ByRules = true // what is left out may decide
			break
		}
	}
	rules, err := c.Rule.List()
	if err != nil {
		return t, nil
	}
	for _, r := range rules {
		t.addRule(r)
	}
	return t, nil
}

// entryOf is a row of a table, if it is of one of the kinds that say something here.
func entryOf(m rtnetlink.RouteMessage) (e RouteEntry, ok bool) {
	a := m.Attributes
	table := cmp.Or(int(a.Table), int(m.Table))
	if e.Kind = entryKinds[m.Type]; e.Kind == "" || table == unix.RT_TABLE_LOCAL {
		return e, false
	}
	to := netip.IPv4Unspecified()
	if m.Family == unix.AF_INET6 {
		to = netip.IPv6Unspecified()
	}
	if ip := addrOf(a.Dst); ip.IsValid() {
		to = ip
	}
	e.To, e.Gateway, e.Metric = netip.PrefixFrom(to, int(m.DstLength)), addrOf(a.Gateway), a.Priority
	index := int(a.OutIface)
	if len(a.Multipath) > 0 { // one of several
		e.Gateway, index = addrOf(a.Multipath[0].Gateway), int(a.Multipath[0].Hop.IfIndex)
	}
	if i, err := net.InterfaceByIndex(index); err == nil {
		e.Interface = i.Name
	}
	if table != unix.RT_TABLE_MAIN {
		e.Table = table
	}
	return e, e.To.IsValid()
}

// addRule takes over a rule, unless it is one of the three that every system has.
func (t *RoutingTables) addRule(r rtnetlink.RuleMessage) {
	table, priority := int(r.Table), 0
	var to netip.Prefix
	if a := r.Attributes; a != nil {
		if a.Table != nil {
			table = int(*a.Table)
		}
		if a.Priority != nil {
			priority = int(*a.Priority)
		}
		if a.Dst != nil {
			to = netip.PrefixFrom(addrOf(*a.Dst), int(r.DstLength))
		}
	}
	if kind := ruleKinds[r.Action]; kind != "" {
		t.Rules = append(t.Rules, RouteRule{kind, priority, r.Family == unix.AF_INET6, to})
		return
	}
	switch table {
	case unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT:
	default:
		t.ByRules = true
	}
}

// StrictReversePath says that an interface drops packets of IPv4 that came in by another way
// than the one back (rp_filter, RFC 3704 section 2.2): the stricter of its own setting and the
// one of all interfaces counts.
func StrictReversePath(name string) bool {
	most := 0
	for _, of := range []string{"all", name} {
		if text, err := os.ReadFile("/proc/sys/net/ipv4/conf/" + of + "/rp_filter"); err == nil {
			n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			most = max(most, n)
		}
	}
	return most == 1
}
