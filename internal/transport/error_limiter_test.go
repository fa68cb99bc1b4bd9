package transport

import (
	"fmt"
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

// An error that says something else is not held back by the one before it; of many that all
// say something else few are told apart, and each is counted.
func TestDifferentErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events kept
		n := NewErrorLimiter(&DriverSession{cfg: Config{Sink: &events, Now: time.Now}})
		for _, said := range []string{"plain text", "no version", "plain text", "no version"} {
			n.Add(&sockeye.Error{Op: "accept", Message: sockeye.Text{En: said, Zh: said}})
		}
		var got []string
		for _, e := range events {
			got = append(got, e.Detail.Err.Reason(sockeye.English))
		}
		if want := "plain text, no version"; strings.Join(got, ", ") != want {
			t.Errorf("recorded at once: %q, want %q", got, want)
		}
		const many = 1000
		for i := range many {
			n.Add(&sockeye.Error{Op: "accept", Message: sockeye.Text{En: fmt.Sprint("began with ", i), Zh: "开头"}})
			time.Sleep(time.Millisecond)
		}
		n.Flush()
		counted := 0
		for _, e := range events {
			counted += times(e.Detail.Err.Reason(sockeye.English))
		}
		if len(events) > 4*maxDifferent || counted != many+4 {
			t.Errorf("%d events that count %d errors, want few that count %d", len(events), counted, many+4)
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
