package udp_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"sockeye/internal/transport/udp"
)

// C31: 100,000 sources do not outgrow the cap. They are made up: the table is
// what is tested.
func TestManySourcesAreCapped(t *testing.T) {
	const sources, limit = 100_000, 1000
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{MaxPeers: limit}, nil)
	r.KeepNothing()
	arrive := udp.Arrive(pc)
	for i := range sources {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7)
		arrive(from, []byte("x"))
		if i%10_000 == 0 {
			if n := len(pc.Peers()); n > limit {
				t.Fatalf("%d peers after %d sources", n, i)
			}
		}
	}
	if n := len(pc.Peers()); n != limit {
		t.Errorf("%d peers, want %d", n, limit)
	}
}

// leaver has a peer leave while it answers it.
type leaver struct{ transporttest.Echoing }

func (leaver) Reply(p *transport.Peer, data []byte) ([]byte, bool) {
	p.Abort()
	return data, true
}

// What was to be sent to a peer that has left meanwhile is neither sent nor recorded: nothing of
// a peer comes after that it left.
func TestNothingIsSentAfterLeaving(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, leaver{})
	udp.Arrive(pc)(netip.MustParseAddrPort("127.0.0.1:9"), []byte("x"))
	pc.Close()
	var kinds []string
	for _, e := range r.All(func(sockeye.Event) bool { return true }) {
		kinds = append(kinds, e.Kind.String())
	}
	if diff := cmp.Diff([]string{"opened", "joined", "received", "left", "closed"}, kinds); diff != "" {
		t.Errorf("the record:\n%s", diff)
	}
}
