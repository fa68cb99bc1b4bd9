package query

import (
	"testing"

	"sockeye"
	"sockeye/internal/journal"
)

// A guess looks at the last events: a session that began after very many others is seen.
// Of very many peers it looks at some.
func TestGuessLooksAtTheLastEvents(t *testing.T) {
	r := written(maxScan, 0)
	s := &sockeye.Session{ID: "s2"}
	for id := range uint64(maxGuessedStreams + 8) {
		p := &sockeye.Peer{ID: id + 3, Session: s, Network: sockeye.TCP}
		r.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("\x01\x03\x00\x00\x00\x0a\xc5\xcd")})
	}
	peers := map[uint64]bool{}
	for n, g := range r.Guess("s2", 0) {
		peers[g.Peer] = true
		if n == 0 && g.Decoder.Name != "modbus-rtu" {
			t.Errorf("%+v", g)
		}
	}
	if len(peers) != maxGuessedStreams {
		t.Errorf("%d peers were looked at", len(peers))
	}
}
