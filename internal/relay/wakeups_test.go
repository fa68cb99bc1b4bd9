package relay

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each is called at the time that was set last, whatever was set before; one that was stopped
// is not.
func TestWakeups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, begun := &wakeups{start: ordinaryClock}, time.Now()
		defer a.close()
		called := make(chan string, 10)
		named := func(name string) *wakeup {
			return &wakeup{call: func() { called <- fmt.Sprint(name, " ", time.Since(begun)) }}
		}
		later, sooner, stopped, again := named("later"), named("sooner"), named("stopped"), named("again")
		at := func(d time.Duration) time.Time { return begun.Add(d) }
		a.set(later, at(time.Millisecond))
		a.set(stopped, at(2*time.Millisecond))
		a.set(sooner, at(time.Hour))
		a.set(again, at(3*time.Millisecond))
		a.set(later, at(5*time.Millisecond))
		a.set(sooner, at(2*time.Millisecond))
		a.stop(stopped)
		a.stop(stopped)
		time.Sleep(time.Second)
		a.set(again, begun) // what is over is called at once
		time.Sleep(time.Second)
		synctest.Wait()
		close(called)
		var got []string
		for s := range called {
			got = append(got, s)
		}
		if diff := cmp.Diff([]string{"sooner 2ms", "again 3ms", "later 5ms", "again 1s"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// The clock of this system rings, never early, and again after it was set anew.
func TestClockOfTheSystem(t *testing.T) {
	a := newWakeups()
	defer a.close()
	called := make(chan time.Time)
	m := &wakeup{call: func() { called <- time.Now() }}
	for _, d := range []time.Duration{0, time.Microsecond, 3 * time.Millisecond} {
		due := time.Now().Add(d)
		a.set(m, due)
		if at := <-called; at.Before(due) {
			t.Errorf("%s too early", due.Sub(at))
		}
	}
}
