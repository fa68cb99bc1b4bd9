package server

import "testing"

// A hub that collects garbage seldom keeps a tenth of what lives, and one that collects often more and
// more, up to Go's own measure.
func TestGarbageFollowsTheWork(t *testing.T) {
	for _, c := range []struct {
		name            string
		percent, cycles int
		after, inTheEnd int
	}{
		{"nothing to do", mostPercent, 0, leastPercent, leastPercent},
		{"some work", 50, busyCycles / 2, 50, 50},
		{"much work", leastPercent, busyCycles + 1, 2 * leastPercent, mostPercent},
	} {
		percent := nextPercent(c.percent, c.cycles)
		if percent != c.after {
			t.Errorf("%s: %d %% after %d %%, want %d", c.name, percent, c.percent, c.after)
		}
		for range 8 {
			percent = nextPercent(percent, c.cycles)
		}
		if percent != c.inTheEnd {
			t.Errorf("%s: %d %% in the end, want %d", c.name, percent, c.inTheEnd)
		}
	}
}
