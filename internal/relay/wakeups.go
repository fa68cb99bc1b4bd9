package relay

import (
	"container/heap"
	"sync"
	"time"
)

// wakeups calls functions at times of their own, all by one clock. All methods may be called from any
// goroutine.
type wakeups struct {
	start func(ring func()) clock // starts the clock; called once, when something waits first

	mu      sync.Mutex
	waiting wakeupHeap
	clock   clock     // nil: nothing waited so far
	next    time.Time // when the clock rings; zero: it is not set
}

// clock calls a function, its ring, some time after it was set, on a goroutine of its own.
// To set it again replaces the time.
type clock interface {
	Reset(time.Duration) bool
	Stop() bool
}

// newWakeups makes wakeups without any that waits.
func newWakeups() *wakeups { return &wakeups{start: startClock} }

// ordinaryClock starts a clock of Go's runtime. While a process is idle, its poller waits whole
// milliseconds, so it rings up to one late.
func ordinaryClock(ring func()) clock {
	t := time.AfterFunc(time.Hour, ring)
	t.Stop()
	return t
}

// wakeup is one function and the time at which it is called.
type wakeup struct {
	call  func() // on a goroutine of its own
	at    time.Time
	place int // in the heap, counted from 1; 0: it does not wait
}

// set has a wakeup call its function at a time instead of the one before.
func (a *wakeups) set(m *wakeup, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.at = at; m.place == 0 {
		heap.Push(&a.waiting, m)
	} else {
		heap.Fix(&a.waiting, m.place-1)
	}
	a.settleLocked()
}

// stop has a wakeup not call its function, if it still waits. The clock is not set anew: it may ring
// for nothing.
func (a *wakeups) stop(m *wakeup) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.place > 0 {
		heap.Remove(&a.waiting, m.place-1)
	}
}

// settleLocked sets the clock, if the first wakeup is before the time it is set to.
func (a *wakeups) settleLocked() {
	if len(a.waiting) == 0 {
		return
	}
	first := a.waiting[0].at
	if !a.next.IsZero() && !first.Before(a.next) {
		return
	}
	if a.clock == nil {
		a.clock = a.start(a.runDue)
	}
	a.next = first
	a.clock.Reset(time.Until(first))
}

// runDue calls what is due.
func (a *wakeups) runDue() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = time.Time{}
	for now := time.Now(); len(a.waiting) > 0 && !a.waiting[0].at.After(now); {
		go heap.Pop(&a.waiting).(*wakeup).call()
	}
	a.settleLocked()
}

// close ends the clock. Nothing is set any more.
func (a *wakeups) close() {
	a.mu.Lock()
	c := a.clock
	a.mu.Unlock()
	if c != nil {
		c.Stop()
	}
}

// wakeupHeap is the wakeups that wait, the first one in front (container/heap).
type wakeupHeap []*wakeup

func (h wakeupHeap) Len() int           { return len(h) }
func (h wakeupHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

func (h wakeupHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *wakeupHeap) Push(m any) {
	*h = append(*h, m.(*wakeup))
	m.(*wakeup).place = len(*h)
}

func (h *wakeupHeap) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	m.place = 0
	return m
}
