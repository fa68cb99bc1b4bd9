package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A peer of a running workbench is named as at the console.
func TestPeersNamed(t *testing.T) {
	peer := func(id uint64, remote, alias string) sockeye.PeerStatus {
		p := &sockeye.Peer{ID: id, Network: "tcp", Remote: sockeye.ParseSocketAddr(remote)}
		p.SetAlias(alias)
		return sockeye.PeerStatus{Peer: p}
	}
	peers := []sockeye.PeerStatus{peer(1, "192.168.1.88:54036", "kitchen"), peer(2, "192.168.1.88:54037", ""), peer(3, "[fe80::1%eth0]:54036", "厨房")}
	for word, want := range map[string][]uint64{
		"kitchen": {1}, "厨房": {3}, "192.168.1.88": {1, 2}, "192.168.1.88:54037": {2}, ":54036": {1, 3}, "[fe80::1%eth0]:54036": {3},
		"Kitchen": nil, "192.168.1.8": nil, "": nil,
	} {
		if diff := cmp.Diff(want, peersNamed(peers, word)); diff != "" {
			t.Errorf("%q: %s", word, diff)
		}
	}
}
