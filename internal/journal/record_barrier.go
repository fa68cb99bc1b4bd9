package journal

import (
	"math"
	"sync"
	"sync/atomic"

	"sockeye"
)

// recordBarrier holds back, while a recorder runs, which events cursors may read and which the
// ring may drop. The lock of the journal guards everything but gate.
type recordBarrier struct {
	// gate is the number of the first event that no view may see yet.
	gate atomic.Uint64
	// kept is the number up to which the ring may drop events, exclusive.
	kept uint64
	// recorder holds, or is nil; hungry is its cursor while that waits for an event.
	// opening keeps the place of one to come.
	recorder *Recorder
	starved  *Cursor
	opening  bool
	// run is the journal's number in its segments, 0 before the first.
	run uint64
	// place is where the journal is recorded, or was last, if that can be read; see backfill.
	place string
	// space is signalled when kept grows.
	space *sync.Cond
	// dropping are the sessions whose events wait for no recorder; see DropWhenFull.
	dropping map[*sockeye.Session]bool
	// dropped counts what found no room and is in no Gap event yet.
	dropped map[*sockeye.Session]sockeye.Lost
	lost    sockeye.Lost // by drops, since the recorder began
}

func (h *recordBarrier) init(mu *sync.Mutex) {
	h.space = sync.NewCond(mu)
	h.free()
}

// free holds nothing back.
func (h *recordBarrier) free() { h.pendingEnd(math.MaxUint64) }

// pendingEnd holds back from event next on.
func (h *recordBarrier) pendingEnd(next uint64) {
	h.gate.Store(next)
	h.kept = next
}

// releaseLocked wakes the goroutines that are not held back any more.
func (j *Journal) releaseLocked() {
	if len(j.waiting) > 0 {
		j.wakeLocked()
	}
	if len(j.barrier.dropped) > 0 {
		j.notifyDropped()
	}
	j.barrier.space.Broadcast()
}

// DropWhenFull makes events of a session, which has to end, not wait for a recorder any more. When
// they have filled the ring, data is dropped and counted like that of datagrams, and other
// events make the ring grow. This lasts until waitAgain is called.
func (j *Journal) DropWhenFull(s *sockeye.Session) (waitAgain func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.barrier.dropping == nil {
		j.barrier.dropping = map[*sockeye.Session]bool{}
	}
	j.barrier.dropping[s] = true
	j.barrier.space.Broadcast()
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.barrier.dropping, s)
	}
}

// drop counts an event that found no room.
func (j *Journal) drop(e *sockeye.Event) {
	if j.barrier.dropped == nil {
		j.barrier.dropped = map[*sockeye.Session]sockeye.Lost{}
	}
	j.barrier.lost = plus(j.barrier.lost, sockeye.Lost{Events: 1, Bytes: uint64(len(e.Data))})
	j.barrier.dropped[e.Session] = plus(j.barrier.dropped[e.Session], sockeye.Lost{Events: 1, Bytes: uint64(len(e.Data))})
}

func plus(a, b sockeye.Lost) sockeye.Lost {
	return sockeye.Lost{Events: a.Events + b.Events, Bytes: a.Bytes + b.Bytes}
}

// notifyDropped appends what was dropped, one gap for each session, if there is
// room again.
func (j *Journal) notifyDropped() {
	for s, lost := range j.barrier.dropped {
		b := j.newest()
		if b == nil || !b.fits(0) {
			if !j.makeRoom(0) {
				return
			}
			b = j.grow(0)
		}
		delete(j.barrier.dropped, s)
		j.insertLocked(b, &sockeye.Event{Time: Now(), Kind: sockeye.Gap, Session: s, Detail: &sockeye.Detail{Lost: lost}})
	}
}

// notify appends an event of the recorder itself, which cannot wait for itself:
// the ring may grow beyond its limit by it.
func (j *Journal) notify(err *sockeye.Error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	b := j.newest()
	if b == nil || !b.fits(0) {
		j.makeRoom(0)
		b = j.grow(0)
	}
	j.insertLocked(b, &sockeye.Event{Time: Now(), Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: err}})
}
