package transport

import (
	"testing"
	"time"

	"sockeye/internal/netinfo"
)

// F32: two minutes of a byte a second are two minutes without reading; a segment is
// reading, and so is a window with room for one.
func TestNotReadingSince(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	state := netinfo.SendState{Unsent: 5000, Window: 3, Segment: 536}
	var u *unacknowledged
	look := func(second int, o netinfo.SendState) time.Duration {
		t.Helper()
		now := start.Add(time.Duration(second) * time.Second)
		next := u.update(o, now)
		if u = &next; u.narrow.IsZero() {
			return -1
		}
		return now.Sub(u.narrow)
	}
	for second := range 121 {
		state.Acked++
		state.InFlight = second%3 == 0 // a byte is under way now and then
		if got := look(second, state); got != time.Duration(second)*time.Second {
			t.Fatalf("after %d s not reading for %v", second, got)
		}
	}
	state.Acked += uint64(state.Segment)
	if got := look(121, state); got != -1 {
		t.Errorf("it took a segment, and has not been reading for %v", got)
	}
	state.Acked++
	if got := look(122, state); got != 0 {
		t.Errorf("not reading for %v, want 0 s", got)
	}
	if got := look(132, state); got != 10*time.Second {
		t.Errorf("not reading for %v, want 10 s", got)
	}
	wide := state
	wide.Window = wide.Segment
	if got := look(133, wide); got != -1 {
		t.Errorf("there is room for a segment, and it has not been reading for %v", got)
	}
	// A kernel that does not tell the window: nothing is under way, though bytes wait.
	state.Window, state.InFlight = -1, false
	if got := look(134, state); got != 0 {
		t.Errorf("not reading for %v, want 0 s", got)
	}
	state.InFlight = true
	if got := look(135, state); got != -1 {
		t.Errorf("bytes are under way, and it has not been reading for %v", got)
	}
}

// F32: the kernel sends again what a full receiver dropped, less and less often. That no
// acknowledgement comes in between is no silence; that none comes after it, is.
func TestSilenceBeginsWithWhatIsUnanswered(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	state := netinfo.SendState{Unsent: 100, InFlight: true, Window: 0, Segment: 536}
	const gap = 90 // seconds between two attempts
	var u *unacknowledged
	look := func(second int, o netinfo.SendState) time.Duration {
		next := u.update(o, start.Add(time.Duration(second)*time.Second))
		u = &next
		return u.silence(o, start.Add(time.Duration(second)*time.Second))
	}
	for second := range 4 * gap {
		state.LastSent = time.Duration(second%gap) * time.Second
		state.LastAck = state.LastSent
		if got := look(second, state); got != 0 {
			t.Fatalf("after %d s silent for %v, though each attempt was answered", second, got)
		}
	}
	for second := range 31 {
		state.LastSent, state.LastAck = time.Duration(second)*time.Second, time.Duration(second+gap)*time.Second
		if got := look(4*gap+second, state); got != time.Duration(second)*time.Second {
			t.Fatalf("silent for %v, want %d s", got, second)
		}
	}
}
