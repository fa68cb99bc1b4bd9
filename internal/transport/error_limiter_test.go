package transport

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
)

// kept is a recorder that keeps the events.
type kept []sockeye.Event

func (k *kept) Append(e sockeye.Event) uint64 {
	*k = append(*k, e)
	return uint64(len(*k))
}

func (k *kept) AppendAll(events []sockeye.Event) { *k = append(*k, events...) }

// F23: a storm of errors, 100,000 a second for ten seconds, becomes one event a
// second, and each of the million is counted in one of them.
func TestErrorStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events kept
		n := NewErrorLimiter(&DriverSession{cfg: Config{Sink: &events, Now: time.Now}})
		storm := &sockeye.Error{Kind: sockeye.LimitReached, Op: "accept", Message: sockeye.Text{En: "no more", Zh: "没有了"}}
		for range 1_000_000 {
			n.Add(storm)
			time.Sleep(10 * time.Microsecond)
		}
		n.Flush()
		if len(events) > 12 {
			t.Errorf("%d events in ten seconds", len(events))
		}
		counted := 0
		for _, e := range events {
			counted += times(e.Detail.Err.Reason(sockeye.English))
		}
		if counted != 1_000_000 {
			t.Errorf("%d errors are counted, want 1,000,000", counted)
		}
	})
}

// times is how many errors a note says it stands for: "no more (12 times)".
func times(message string) int {
	_, rest, many := strings.Cut(message, "(")
	if !many {
		return 1
	}
	n := 0
	for _, c := range strings.TrimSuffix(rest, " times)") {
		n = 10*n + int(c-'0')
	}
	return n
}
