package memlimit

import (
	"testing"
	"testing/synctest"
	"time"
)

// What is held is a part of the limit, read anew when it is old.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, held := int64(128<<20), int64(32<<20)
		g := Gauge{Limit: func() int64 { return limit }, Held: func() int64 { return held }}
		for _, c := range []struct {
			limit, held int64
			after       time.Duration
			want        float64
		}{{128 << 20, 32 << 20, 0, 0.25}, {128 << 20, 64 << 20, fresh / 2, 0.25}, {128 << 20, 64 << 20, fresh, 0.5}, {128 << 20, 128 << 20, fresh, 1}, {0, 64 << 20, fresh, 0}} {
			limit, held = c.limit, c.held
			time.Sleep(c.after)
			if share, _, _ := g.Share(); share != c.want {
				t.Errorf("%d of %d MiB: %v, want %v", c.held>>20, c.limit>>20, share, c.want)
			}
		}
	})
}

// The program itself holds something.
func TestHeld(t *testing.T) {
	if n := Held(); n < 1<<17 {
		t.Errorf("%d bytes", n)
	}
}
