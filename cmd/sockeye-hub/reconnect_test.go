package main

import (
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"sockeye/internal/hub"
)

// F61: boards that have lost their hub come back spread when it is there again: never more than 50 in
// a second, and all within a minute. Each is a connection as a board has it, in this process. SOCKEYE_BOARDS
// says how many there are; the hub is away until each has tried more often than it does soon.
func TestManyBoardsReconnect(t *testing.T) {
	t.Parallel()
	usual := 50
	if os.Getenv("CI") == "true" {
		usual = 500
	}
	boards := setting("SOCKEYE_BOARDS", usual)
	h := startHub(t)
	id, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, "plant/press-1"))
	if err != nil {
		t.Fatal(err)
	}
	const soon = 8 // tries; see hub.Dial
	tries := make([]atomic.Int32, boards)
	up := make(chan time.Time, boards)
	for n := range boards {
		conn, err := hub.Dial(t.Context(), id.Credentials(), &hub.Retrying{Changed: func(err error) {
			if tries[n].Add(1); err == nil {
				tries[n].Store(0)
				up <- time.Now()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	all := func(what string) (at []time.Time) {
		t.Helper()
		for late := time.After(2 * patience); len(at) < boards; {
			select {
			case one := <-up:
				at = append(at, one)
			case <-late:
				t.Fatalf("%s: %d of %d boards", what, len(at), boards)
			}
		}
		return at
	}
	all("connected")
	h.kill()
	await(t, "all have tried often", func() bool { return leastOf(tries) > soon })
	h.restart(t)
	there := time.Now()
	back := all("back")
	slices.SortFunc(back, time.Time.Compare)
	took, peak := back[boards-1].Sub(there), 0
	for first, last := 0, 0; last < boards; last++ {
		for back[last].Sub(back[first]) >= time.Second {
			first++
		}
		peak = max(peak, last-first+1)
	}
	t.Logf("%d boards, the last one is back after %v, %d in a second at most", boards, took, peak)
	if took > time.Minute || peak > 50 {
		t.Errorf("of %d boards %d came within a second, the last one after %v", boards, peak, took)
	}
}

func leastOf(counts []atomic.Int32) int32 {
	least := counts[0].Load()
	for n := range counts {
		least = min(least, counts[n].Load())
	}
	return least
}
