package api

import (
	"context"
	"fmt"
	"testing"

	"sockeye"
)

// Lines of a stolen board may name sessions and peers without end: the decoder does not
// remember them all.
func TestDecoderNamesAreBounded(t *testing.T) {
	d := NewEventDecoderOf(func(context.Context, string) (sockeye.Endpoint, bool) { return sockeye.Endpoint{}, true })
	for n := range uint64(3 * maxDecoderNames) {
		l := EventLine{EventLine: sockeye.EventLine{Kind: "joined", Session: fmt.Sprint("s", n), PeerID: n + 1}}
		if e := d.Event(t.Context(), &l); e.Session == nil || e.Session.ID != l.Session || e.Peer == nil || e.Peer.ID != n+1 {
			t.Fatalf("line %d is %+v", n, e)
		}
		if names := len(d.sessions) + len(d.peers); names > maxDecoderNames+1 {
			t.Fatalf("%d names are remembered", names)
		}
	}
}
