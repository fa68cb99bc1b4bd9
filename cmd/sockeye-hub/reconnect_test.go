package main

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sockeye/internal/hub"
)

// F61: boards that have lost their hub come back spread when it is there again: never more than 50 in
// a second, and all within a minute. Each is a connection as a board has it, in this process. SOCKEYE_BOARDS
// says how many there are; the hub is away once for as long as it takes to start, when the boards know how many
// they are, and once, when they do not, until each has tried more often than it does soon.
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
	tries, known := make([]atomic.Int32, boards), atomic.Int64{}
	up := make(chan time.Time, boards)
	for n := range boards {
		conn, err := hub.Dial(t.Context(), id.Credentials(), &hub.Retrying{
			Changed: func(err error) {
				if tries[n].Add(1); err == nil {
					tries[n].Store(0)
					up <- time.Now()
				}
			},
			Boards: func() int { return int(known.Load()) },
		})
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
	for _, away := range []struct {
		what  string
		known int
		until func() bool
	}{
		{"a moment", boards, func() bool { return true }},
		{"long", 0, func() bool { return leastOf(tries) > soon }},
	} {
		known.Store(int64(away.known))
		h.kill()
		await(t, "the boards have tried", away.until)
		h.restart(t)
		there := time.Now()
		took, peak := spread(there, all("back"))
		t.Logf("away for %s: of %d boards, the last one is back after %v, %d in a second at most", away.what, boards, took, peak)
		if took > time.Minute || peak > 50 {
			t.Errorf("away for %s: of %d boards %d came within a second, the last one after %v", away.what, boards, peak, took)
		}
	}
}

// spread is how long after a time the last of some came, and how many came within a second at most.
func spread(since time.Time, back []time.Time) (took time.Duration, peak int) {
	slices.SortFunc(back, time.Time.Compare)
	for first, last := 0, 0; last < len(back); last++ {
		for back[last].Sub(back[first]) >= time.Second {
			first++
		}
		peak = max(peak, last-first+1)
	}
	return back[len(back)-1].Sub(since), peak
}

// F61: a board asks its hub how many boards there are, from half a minute after it has connected on, so
// that it knows how many come back with it when the hub was away.
func TestBoardAsksHowManyThereAre(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	other := steal(t, h, "lab/other")
	b := hub.BoardID{Site: "lab", Name: "lamp"}
	answers, err := h.connect(t).SubscribeSync(b.Inbox() + ".boards")
	if err != nil {
		t.Fatal(err)
	}
	startPlayer(t, h.enrol(t, b.String()))
	over, saying := make(chan struct{}), sync.WaitGroup{}
	saying.Go(func() {
		for {
			other.says(t, hub.BoardStatus{V: 1, Instance: "x", Time: time.Now()})
			select {
			case <-time.After(2 * time.Second): // as a board does
			case <-over:
				return
			}
		}
	})
	defer saying.Wait()
	defer close(over)
	m, err := answers.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(m.Data), `{"boards":2}`; got != want {
		t.Errorf("the hub answers %s, want %s", got, want)
	}
}

func leastOf(counts []atomic.Int32) int32 {
	least := counts[0].Load()
	for n := range counts {
		least = min(least, counts[n].Load())
	}
	return least
}
