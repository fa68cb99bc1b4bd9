package schedule

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each message begins at its time, however long the sends before it took.
func TestPlayKeepsTheRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Every(Row{Text: "x"}, 10*time.Millisecond, 1000)
		start, n := time.Now(), 0
		play(t.Context(), l.Playback(), time.Sleep, func(_ context.Context, s ScheduledRow, late time.Duration, delayed bool) {
			if at := time.Since(start); at != time.Duration(n)*10*time.Millisecond || late != 0 || delayed {
				t.Fatalf("message %d at %s, %s late, %v", n, at, late, delayed)
			}
			n++
			time.Sleep(time.Duration(n%9) * time.Millisecond)
		})
		if n != 1000 {
			t.Errorf("%d messages", n)
		}
	})
}

// What is a little late is caught up with; after a long stop the rest is put off, and
// no burst comes.
func TestPlayAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Every(Row{Text: "x"}, 100*time.Millisecond, 8)
		start, n := time.Now(), 0
		var at, lates []time.Duration
		puts := 0
		play(t.Context(), l.Playback(), time.Sleep, func(_ context.Context, _ ScheduledRow, late time.Duration, delayed bool) {
			at, lates = append(at, time.Since(start)/time.Millisecond), append(lates, late/time.Millisecond)
			if delayed {
				puts++
			}
			switch n++; n {
			case 2:
				time.Sleep(250 * time.Millisecond)
			case 6:
				time.Sleep(5 * time.Second)
			}
		})
		if diff := cmp.Diff([]time.Duration{0, 100, 350, 350, 400, 500, 5500, 5600}, at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 0, 150, 50, 0, 0, 4900, 0}, lates); diff != "" || puts != 1 {
			t.Errorf("put off %d times; late (-want +got):\n%s", puts, diff)
		}
	})
}

// A run that is stopped while it waits ends at once, and sends nothing more.
func TestPlayStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		l := Every(Row{Text: "x"}, time.Hour, 0)
		start, n := time.Now(), 0
		time.AfterFunc(90*time.Minute, stop)
		play(ctx, l.Playback(), time.Sleep, func(context.Context, ScheduledRow, time.Duration, bool) { n++ })
		if at := time.Since(start); n != 2 || at != 90*time.Minute {
			t.Errorf("%d messages, ended after %s", n, at)
		}
	})
}

// BenchmarkPlan plays every 10 ms and reports how late that begins. A run of 10,000
// takes 100 s: go test -run '^$' -bench Plan -benchtime 10000x.
func BenchmarkPlan(b *testing.B) {
	l := Every(Row{Text: "x"}, 10*time.Millisecond, b.N)
	var sum, most time.Duration
	play(context.Background(), l.Playback(), preciseSleep, func(_ context.Context, _ ScheduledRow, late time.Duration, _ bool) {
		sum += late
		most = max(most, late)
	})
	b.ReportMetric(float64((sum/time.Duration(b.N)).Nanoseconds())/1000, "µs-late/op")
	b.ReportMetric(float64(most.Nanoseconds())/1000, "µs-late-max")
}
