package transport

import (
	"testing"
	"time"
)

// Full jitter: every wait lies between the shortest and a ceiling that doubles
// until the longest.
func TestRetryDelay(t *testing.T) {
	ceilings := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
	for n, most := range ceilings {
		if d := retryDelay(n, func() float64 { return 0 }); d != minRetryDelay {
			t.Errorf("try %d: least wait %v, want %v", n, d, minRetryDelay)
		}
		if d := retryDelay(n, func() float64 { return 1 }); d != most {
			t.Errorf("try %d: longest wait %v, want %v", n, d, most)
		}
	}
	if d := retryDelay(1<<40, func() float64 { return 1 }); d != maxRetryDelay {
		t.Errorf("after very many tries: %v", d)
	}
}
