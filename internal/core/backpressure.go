package core

import (
	"sync"
	"sync/atomic"

	"sockeye/internal/journal"
)

// Backpressure holds TCP traffic back for a reader of the journal that must miss nothing:
// standard output into a pipe, for which a gap would be a damaged file. While the
// reader is too far behind, peers are neither read from nor sent to, and TCP
// slows them down. UDP cannot wait; what a slow reader misses of it is a gap.
type Backpressure struct {
	journal    *journal.Journal
	limitBytes int           // bytes of the journal's memory between the reader and the newest event
	consumed   atomic.Uint64 // the last event the reader is done with
	waiting    atomic.Int32
	over       chan struct{}
	overOnce   sync.Once

	mu          sync.Mutex
	closeEnough chan struct{} // closed and renewed when the reader has caught up
}

// StartBackpressure makes the sessions opened from now on keep pace with a reader. It is
// called at most once, before the first session is opened.
func (w *Core) StartBackpressure() *Backpressure {
	// Every peer that finds the reader near enough may still add one event, so three quarters of
	// the memory stay free for these.
	w.backpressure = &Backpressure{journal: w.journal, limitBytes: w.journal.Limit() / 4, over: make(chan struct{}), closeEnough: make(chan struct{})}
	return w.backpressure
}

// Consumed notes that the reader is done with all events up to number seq.
func (p *Backpressure) Consumed(seq uint64) {
	p.consumed.Store(seq)
	if p.waiting.Load() == 0 || p.journal.HeldBytes(seq+1) > p.limitBytes/2 {
		return
	}
	p.mu.Lock()
	close(p.closeEnough)
	p.closeEnough = make(chan struct{})
	p.mu.Unlock()
}

// End lets traffic run free from now on. Once the reader has stopped reading it
// must be called, or a session could not be closed.
func (p *Backpressure) End() { p.overOnce.Do(func() { close(p.over) }) }

// hook returns the function that transport calls, or nil.
func (p *Backpressure) hook() func(canceled, cut <-chan struct{}) {
	if p == nil {
		return nil
	}
	return p.wait
}

// wait returns when the reader is near enough, or one of the channels is closed.
func (p *Backpressure) wait(canceled, cut <-chan struct{}) {
	if p.journal.HeldBytes(p.consumed.Load()+1) <= p.limitBytes {
		return
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	p.mu.Lock()
	near := p.closeEnough
	p.mu.Unlock()
	if p.journal.HeldBytes(p.consumed.Load()+1) <= p.limitBytes {
		return // the reader caught up before it could see p.waiting
	}
	select {
	case <-near:
	case <-p.over:
	case <-canceled:
	case <-cut:
	}
}
