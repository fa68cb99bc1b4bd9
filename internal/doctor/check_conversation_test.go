package doctor

import (
	"net/netip"
	"strings"
	"testing"

	"sockeye/internal/netinfo"
)

// A FIN that nobody has read or acknowledged is no data, and what an ended program left
// behind is not the cause while the port can be reached.
func TestConversationsThatEnd(t *testing.T) {
	local, remote := netip.MustParseAddrPort("10.1.0.3:7000"), netip.MustParseAddrPort("10.1.0.2:40000")
	for name, c := range map[string]struct {
		socket  netinfo.SocketInfo
		reached bool
		want    string
	}{
		"a FIN to read":                    {netinfo.SocketInfo{State: "CLOSE-WAIT", Unread: 1}, false, ""},
		"data and a FIN to read":           {netinfo.SocketInfo{State: "CLOSE-WAIT", Unread: 6}, false, CauseNotReading},
		"data to read":                     {netinfo.SocketInfo{State: "ESTABLISHED", Unread: 1}, false, CauseNotReading},
		"a FIN that vanishes":              {netinfo.SocketInfo{State: "FIN-WAIT-1", Queued: 1, Timer: "retransmit", Retransmits: 4}, false, ""},
		"data that vanishes":               {netinfo.SocketInfo{State: "ESTABLISHED", Queued: 1, Timer: "retransmit", Retransmits: 4}, true, CauseDeadPeer},
		"data of an ended program":         {netinfo.SocketInfo{State: "FIN-WAIT-1", Queued: 9, Timer: "retransmit", Retransmits: 4}, false, CauseDeadPeer},
		"data of an ended program, opened": {netinfo.SocketInfo{State: "LAST-ACK", Queued: 9, Timer: "retransmit", Retransmits: 4}, true, ""},
		"a full window":                    {netinfo.SocketInfo{State: "ESTABLISHED", Queued: 5, Timer: "zero-window-probe"}, true, CausePeerNotReading},
	} {
		c.socket.Local, c.socket.Remote = local, remote
		f := &Facts{Port: 7000, Local: true, Watched: true, Sockets: []netinfo.SocketInfo{c.socket}}
		if c.reached {
			f.Paths = []Path{{TCP: Probe{Outcome: Open}}}
		}
		got := ""
		if list := checkConversation(f); len(list) > 0 {
			got = list[0].Cause
		}
		if got != c.want {
			t.Errorf("%s: cause %q, want %q", name, got, c.want)
		}
	}
}

// The next step deletes the route that there is: the one of the smallest network of its kind.
func TestRouteThatForbidsIsNamed(t *testing.T) {
	row := func(to, kind string, table int) netinfo.RouteEntry {
		return netinfo.RouteEntry{To: netip.MustParsePrefix(to), Kind: kind, Table: table}
	}
	f := &Facts{System: "linux", Routes: netinfo.RoutingTables{
		Rows:  []netinfo.RouteEntry{row("0.0.0.0/0", "unicast", 0), row("10.1.0.0/16", "prohibit", 0), row("10.1.0.0/24", "prohibit", 0), row("10.1.0.3/32", "blackhole", 0), row("10.1.0.0/24", "unreachable", 100)},
		Rules: []netinfo.RouteRule{{Kind: "prohibit", Priority: 99, To: netip.MustParsePrefix("10.9.0.0/16")}, {Kind: "blackhole", Priority: 100, IPv6: true}}}}
	for _, c := range []struct{ ip, errno, want string }{
		{"10.1.0.3", "EACCES", "sudo ip route del prohibit 10.1.0.0/24"}, {"10.1.0.3", "EINVAL", "sudo ip route del blackhole 10.1.0.3/32"},
		{"10.1.0.3", "EHOSTUNREACH", "sudo ip route del unreachable 10.1.0.0/24 table 100"}, {"10.9.0.3", "EACCES", "sudo ip rule del priority 99"},
		{"fd00::3", "EINVAL", "sudo ip -6 rule del priority 100"}, {"fd00::3", "EACCES", "ip route show table all"},
	} {
		p := Path{Address: netip.MustParseAddr(c.ip)}
		p.Route.Errno = c.errno
		if next := checkRoute(f, p).Next.En; !strings.Contains(next, c.want) {
			t.Errorf("%s of %s: %q, want %q in it", c.errno, c.ip, next, c.want)
		}
	}
}
