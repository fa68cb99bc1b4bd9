package server

import (
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/terminal"
)

// A board that sends too much again soon is kept out for twice as long, to a limit; one that
// kept to its budget for an hour begins anew.
func TestSuspensionsDouble(t *testing.T) {
	b := Budget{Pause: time.Minute}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	var last *Suspension
	for n, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		last = b.after(last, now)
		if got := last.Until.Sub(last.Since); got != want*time.Minute || last.Times != n+1 {
			t.Fatalf("suspension %d: for %v, the %d. time, want %v", n+1, got, last.Times, want*time.Minute)
		}
		now = last.Until.Add(time.Second)
	}
	last = b.after(last, last.Until.Add(time.Hour))
	if got := last.Until.Sub(last.Since); got != time.Minute || last.Times != 1 {
		t.Errorf("after an hour: for %v, the %d. time", got, last.Times)
	}
}

// Rates are told by the server's own clock, and not over a time that is too short.
func TestTrafficRate(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	b := Budget{Bytes: 1000, Messages: 10}
	for _, c := range []struct {
		name   string
		after  time.Duration
		more   traffic
		exceed bool
	}{
		{"as much as it may", 2 * time.Second, traffic{messages: 20, bytes: 2000}, false},
		{"too many messages", 2 * time.Second, traffic{messages: 21}, true},
		{"too many bytes", 2 * time.Second, traffic{bytes: 2001}, true},
		{"a moment", 10 * time.Millisecond, traffic{messages: 20}, false},
	} {
		before := traffic{messages: 5, bytes: 5, at: at}
		now := traffic{messages: 5 + c.more.messages, bytes: 5 + c.more.bytes, at: at.Add(c.after)}
		if got := b.exceeded(now.rate(before)); got != c.exceed {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if b.exceeded(traffic{messages: 1e6, at: at}.rate(traffic{})) {
		t.Error("what was sent before the first look counts")
	}
	if (Budget{}).exceeded(1e9, 1e9) {
		t.Error("no budget is exceeded")
	}
}

// The list of boards says who is suspended and until when, and no longer once that is over.
func TestListSaysWhoIsSuspended(t *testing.T) {
	now := time.Now()
	p := &hubProgram{Terminal: &terminal.Terminal{Lang: sockeye.English}}
	row := func(until time.Time) string {
		e := Enrolled{BoardID: hub.BoardID{Site: "lab", Name: "loud"}, Suspension: &Suspension{Since: now.Add(-time.Minute), Until: until, Times: 1}}
		return strings.Join(p.boardRows([]BoardState{{Enrolled: e}})[1], "|")
	}
	if got := row(now.Add(time.Minute)); !strings.Contains(got, "sent too much, not let in until ") {
		t.Errorf("while it is suspended: %s", got)
	}
	if got := row(now.Add(-time.Second)); strings.Contains(got, "too much") {
		t.Errorf("afterwards: %s", got)
	}
}
