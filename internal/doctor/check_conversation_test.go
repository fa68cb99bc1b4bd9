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
		socket  netinfo.Socket
		reached bool
		want    string
	}{
		"a FIN to read":                    {netinfo.Socket{State: "CLOSE-WAIT", Unread: 1}, false, ""},
		"data and a FIN to read":           {netinfo.Socket{State: "CLOSE-WAIT", Unread: 6}, false, CauseNotReading},
		"data to read":                     {netinfo.Socket{State: "ESTABLISHED", Unread: 1}, false, CauseNotReading},
		"a FIN that vanishes":              {netinfo.Socket{State: "FIN-WAIT-1", Queued: 1, Timer: "retransmit", Retransmits: 4}, false, ""},
		"data that vanishes":               {netinfo.Socket{State: "ESTABLISHED", Queued: 1, Timer: "retransmit", Retransmits: 4}, true, CauseDeadPeer},
		"data of an ended program":         {netinfo.Socket{State: "FIN-WAIT-1", Queued: 9, Timer: "retransmit", Retransmits: 4}, false, CauseDeadPeer},
		"data of an ended program, opened": {netinfo.Socket{State: "LAST-ACK", Queued: 9, Timer: "retransmit", Retransmits: 4}, true, ""},
		"a full window":                    {netinfo.Socket{State: "ESTABLISHED", Queued: 5, Timer: "zero-window-probe"}, true, CausePeerNotReading},
	} {
		c.socket.Local, c.socket.Remote = local, remote
		f := &Facts{Port: 7000, Local: true, Watched: true, Sockets: []netinfo.Socket{c.socket}}
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

// The next step deletes the route that there is.
func TestRouteThatForbidsIsNamed(t *testing.T) {
	for errno, want := range map[string]string{"EACCES": "sudo ip route del prohibit 10.1.0.3", "EINVAL": "sudo ip route del blackhole 10.1.0.3", "EHOSTUNREACH": "sudo ip route del unreachable 10.1.0.3"} {
		p := Path{Address: netip.MustParseAddr("10.1.0.3")}
		p.Route.Errno = errno
		if next := checkRoute(&Facts{System: "linux"}, p).Next.En; !strings.Contains(next, want) {
			t.Errorf("%s: %q, want %q in it", errno, next, want)
		}
	}
}
