package core

import (
	"testing"

	"sockeye"
	"sockeye/internal/responder"
)

// F17: when memory is nearly used up, views are given up first, then new sessions, with
// the reason; what is open goes on.
func TestLittleMemory(t *testing.T) {
	for _, c := range []struct {
		held           int64 // of 128 MiB
		views, session bool
	}{{40, true, true}, {95, true, true}, {97, false, true}, {108, false, true}, {109, false, false}, {140, false, false}} {
		w := New(1 << 20)
		w.memory.Limit, w.memory.Held = func() int64 { return 128 << 20 }, func() int64 { return c.held << 20 }
		if err := w.CheckView(); (err == nil) != c.views || err != nil && sockeye.ErrorOf(err).Kind != sockeye.LimitReached {
			t.Errorf("%d MiB: a view: %v", c.held, err)
		}
		s, err := w.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}, responder.Answer{})
		if (err == nil) != c.session || err != nil && (sockeye.ErrorOf(err).Kind != sockeye.LimitReached || sockeye.ErrorOf(err).Message.Zh == "") {
			t.Errorf("%d MiB: a session: %v", c.held, err)
		}
		if err == nil {
			w.Close(t.Context(), s)
		}
	}
}
