package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/api"
)

// A peer of a running workbench is named as at the console.
func TestPeersNamed(t *testing.T) {
	peers := []api.Peer{
		{ID: 1, Network: "tcp", Remote: "192.168.1.88:54036", Alias: "kitchen"},
		{ID: 2, Network: "tcp", Remote: "192.168.1.88:54037"},
		{ID: 3, Network: "tcp", Remote: "[fe80::1%eth0]:54036", Alias: "厨房"},
	}
	for word, want := range map[string][]uint64{
		"kitchen": {1}, "厨房": {3}, "192.168.1.88": {1, 2}, "192.168.1.88:54037": {2}, ":54036": {1, 3}, "[fe80::1%eth0]:54036": {3},
		"Kitchen": nil, "192.168.1.8": nil, "": nil,
	} {
		if diff := cmp.Diff(want, peersNamed(peers, word)); diff != "" {
			t.Errorf("%q: %s", word, diff)
		}
	}
}
