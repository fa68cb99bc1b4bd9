package relay

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
	"sockeye/internal/fault"
)

// changes notes which faults begin and end, and when, by the clock of the bubble.
type changes struct {
	begun time.Time
	mu    sync.Mutex
	got   []string
}

func (c *changes) record(e sockeye.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, fmt.Sprintf("%s %v %s %s", e.Session.ID, time.Since(c.begun), e.Detail.Fault.Kind, e.Detail.Fault.Fault))
}

// taken is what was noted since it was asked before.
func (c *changes) taken() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.got = nil }()
	return strings.Join(c.got, "|")
}

func forgetful(t *testing.T) (*Dedicated, *changes) {
	noted := &changes{begun: time.Now()}
	r := NewPairs(noted.record, &Chains{})
	r.Between(&sockeye.Session{ID: "s1"})
	t.Cleanup(r.Wait)
	return r, noted
}

func (r *Dedicated) setFor(t *testing.T, lifetime time.Duration, faults ...string) {
	t.Helper()
	set, err := fault.ParseSet("", faults)
	if err != nil {
		t.Fatal(err)
	}
	set.Lifetime = lifetime
	r.SetFaults(set)
}

// Faults end by themselves when their lifetime is over, each with an event.
func TestFaultsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, noted := forgetful(t)
		r.setFor(t, fault.DefaultLifetime, "latency 10ms", "rate 10kb")
		if got, want := noted.taken(), "s1 0s set latency 10ms|s1 0s set rate 10000"; got != want {
			t.Errorf("set: %q, want %q", got, want)
		}
		time.Sleep(fault.DefaultLifetime - time.Nanosecond)
		synctest.Wait()
		if set := r.Faults(); len(set.Texts()) != 2 || !set.Until().Equal(noted.begun.Add(fault.DefaultLifetime)) {
			t.Errorf("before the end: %q until %v", set.Texts(), set.Until())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got, want := noted.taken(), "s1 15m0s expire latency 10ms|s1 15m0s expire rate 10000"; got != want || r.Faults() != nil {
			t.Errorf("after: %q, want %q; %q are set", got, want, r.Faults().Texts())
		}
	})
}

// Faults that are set anew last as long as was said last; those without a lifetime stay, and
// what is not among them any more was cleared.
func TestFaultsSetAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, noted := forgetful(t)
		r.setFor(t, time.Minute, "latency 10ms", "rate 10kb")
		time.Sleep(59 * time.Second)
		r.setFor(t, time.Minute, "latency 10ms")
		noted.taken()
		time.Sleep(59 * time.Second)
		r.setFor(t, 0, "latency 20ms")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if got, want := noted.taken(), "s1 1m58s clear latency 10ms|s1 1m58s set latency 20ms"; got != want || r.Faults() == nil {
			t.Errorf("%q, want %q; %q are set", got, want, r.Faults().Texts())
		}
		r.SetFaults(nil)
		if got, want := noted.taken(), "s1 24h1m58s clear latency 20ms"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// When the relay has ended, nothing of its faults is recorded any more.
func TestFaultsOfAnEndedRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, noted := forgetful(t)
		r.setFor(t, time.Minute, "latency 10ms")
		r.Wait()
		r.setFor(t, time.Minute, "latency 20ms") // by somebody who was late
		noted.taken()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := noted.taken(); got != "" {
			t.Errorf("%q was recorded", got)
		}
	})
}
