package journal

import (
	"math"
	"sync"
	"sync/atomic"

	"sockeye"
)

// hold is what a recorder holds back while it runs: what cursors may read, and
// what the ring may let go of. Everything but gate is guarded by the journal's
// lock.
type hold struct {
	// gate is the number of the first event that no view may see yet.
	gate atomic.Uint64
	// kept is the number up to which the ring may let go of events, exclusive.
	kept uint64
	// recorder holds, or is nil; hungry is its cursor while that waits for an event.
	// opening keeps the place of one to come.
	recorder *Recorder
	hungry   *Cursor
	opening  bool
	// run is the journal's number in its segments, 0 before the first.
	run uint64
	// place is where it is, or was last, recorded, if that can be read; see history.
	place string
	// space is told when kept grows.
	space *sync.Cond
	// hurried are the sessions whose events wait for no recorder; see Hurry.
	hurried map[*sockeye.Session]bool
	// dropped is what found no room, and is not yet told of.
	dropped map[*sockeye.Session]sockeye.Lost
	lost    sockeye.Lost // by drops, since the recorder began
}

func (h *hold) init(mu *sync.Mutex) {
	h.space = sync.NewCond(mu)
	h.free()
}

// free holds nothing back.
func (h *hold) free() { h.upTo(math.MaxUint64) }

// upTo holds back from event next on.
func (h *hold) upTo(next uint64) {
	h.gate.Store(next)
	h.kept = next
}

// releaseLocked lets everybody go on who was held back and no longer is.
func (j *Journal) releaseLocked() {
	if len(j.waiting) > 0 {
		j.wakeLocked()
	}
	if len(j.hold.dropped) > 0 {
		j.tellDropped()
	}
	j.hold.space.Broadcast()
}

// Hurry lets nothing of a session wait for a recorder any more, because it has to end:
// it may fill the ring, then data is dropped and counted as that of datagrams is, and
// other events make the ring grow. It holds until patient is called.
func (j *Journal) Hurry(s *sockeye.Session) (patient func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.hold.hurried == nil {
		j.hold.hurried = map[*sockeye.Session]bool{}
	}
	j.hold.hurried[s] = true
	j.hold.space.Broadcast()
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.hold.hurried, s)
	}
}

// drop counts an event that found no room.
func (j *Journal) drop(e *sockeye.Event) {
	if j.hold.dropped == nil {
		j.hold.dropped = map[*sockeye.Session]sockeye.Lost{}
	}
	j.hold.lost = plus(j.hold.lost, sockeye.Lost{Events: 1, Bytes: uint64(len(e.Data))})
	j.hold.dropped[e.Session] = plus(j.hold.dropped[e.Session], sockeye.Lost{Events: 1, Bytes: uint64(len(e.Data))})
}

func plus(a, b sockeye.Lost) sockeye.Lost {
	return sockeye.Lost{Events: a.Events + b.Events, Bytes: a.Bytes + b.Bytes}
}

// tellDropped appends what was dropped, one gap for each session, if there is
// room again.
func (j *Journal) tellDropped() {
	for s, lost := range j.hold.dropped {
		b := j.newest()
		if b == nil || !b.fits(0) {
			if !j.makeRoom(0) {
				return
			}
			b = j.grow(0)
		}
		delete(j.hold.dropped, s)
		j.put(b, &sockeye.Event{Time: Now(), Kind: sockeye.Gap, Session: s, Detail: &sockeye.Detail{Lost: lost}})
	}
}

// tell appends an event of the recorder itself, which cannot wait for itself:
// the ring may grow beyond its limit by it.
func (j *Journal) tell(err *sockeye.Error) {
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
	j.put(b, &sockeye.Event{Time: Now(), Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: err}})
}
