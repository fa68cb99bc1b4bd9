package udp_test

import (
	"net/netip"
	"sockeye"
	"sockeye/internal/transport/transporttest"
	"sockeye/internal/transport/udp"
	"testing"
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
