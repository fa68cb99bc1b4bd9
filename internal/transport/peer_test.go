package transport

import (
	"sockeye"
	"testing"
)

// Whoever ends a connection first names the end, unless something violent follows; and
// what the kernel says after our own abort is its echo, not the reason.
func TestFirstReasonNamesTheEnd(t *testing.T) {
	failed := &sockeye.Error{Kind: sockeye.Reset}
	for _, c := range []struct{ first, then, want sockeye.Reason }{
		{sockeye.ReasonEOF, sockeye.ReasonLocal, sockeye.ReasonEOF},
		{sockeye.ReasonLocal, sockeye.ReasonEOF, sockeye.ReasonLocal},
		{sockeye.ReasonEOF, sockeye.ReasonReset, sockeye.ReasonReset},
		{sockeye.ReasonLocal, sockeye.ReasonTimeout, sockeye.ReasonTimeout},
		{sockeye.ReasonAborted, sockeye.ReasonReset, sockeye.ReasonAborted},
		{sockeye.ReasonAborted, sockeye.ReasonEOF, sockeye.ReasonAborted},
		{sockeye.ReasonIdle, sockeye.ReasonReset, sockeye.ReasonIdle},
		{sockeye.ReasonReset, sockeye.ReasonLocal, sockeye.ReasonReset},
		{sockeye.ReasonReset, sockeye.ReasonEOF, sockeye.ReasonReset},
	} {
		var p Peer
		p.setReason(c.first, nil)
		p.setReason(c.then, failed)
		if p.reason != c.want || (p.cause != nil) != (c.want == c.then) {
			t.Errorf("%s, then %s: %s with the cause %v, want %s", c.first, c.then, p.reason, p.cause, c.want)
		}
	}
}
