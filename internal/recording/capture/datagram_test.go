package capture

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Of two addresses the one with the smaller port is the server; a peer that it
// sent to first is told of as one that has not been heard.
func TestWhoIsTheServer(t *testing.T) {
	events, _ := read(t, pcapOf(t, raws(udpPacket(t, server4, client4, "hello"), udpPacket(t, client4, server4, "answer"))...))
	if diff := cmp.Diff([]string{"opened", "joined local", "sent hello", "received answer"}, events); diff != "" {
		t.Error(diff)
	}
}
