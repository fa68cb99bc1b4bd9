package journal

import (
	"context"
	"io"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"sockeye"
)

// Cursor reads a journal from one place on, at its own pace. It belongs to one
// goroutine. Close it when done: until then it may keep one block alive.
type Cursor struct {
	journal *Journal
	gate    *atomic.Uint64 // number of the first event that it may not read yet
	wake    chan struct{}
	block   *ringBlock // pinned; nil before the first read
	index   uint32
	next    uint64 // number of the event to read
	bytes   uint64 // data bytes of the events before next
	known   bool   // bytes is exact
	last    time.Time
	kinds   kindMask

	// Guarded by the journal's lock:
	waiting     bool   // noted for a wake-up
	passed      uint64 // nothing from where it began to wait up to here is for it
	passedBytes uint64 // data bytes of the events before passed, once it has moved

	backfill *backfill // being read, or nil
	skipsAll uint64    // what is older was looked for on the disk already
}

// Cursor makes a cursor that reads from event number from on; 0 is the oldest
// still kept. A number not reached yet waits for it.
func (j *Journal) Cursor(from uint64) *Cursor {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cursorLocked(from)
}

func (j *Journal) cursorLocked(from uint64) *Cursor {
	oldest, end := j.spanLocked()
	if from == 0 {
		from = oldest
	}
	c := &Cursor{journal: j, gate: &j.barrier.gate, wake: make(chan struct{}, 1), next: from, kinds: allKinds}
	switch {
	case from == 1:
		c.known = true
	case from == end:
		c.bytes, c.known = j.total, true
	case from >= oldest && from < end:
		c.bytes, c.known = j.holding(from).bytesBefore(from), true
	}
	return c
}

// kindMask is a set of event kinds, one bit each.
type kindMask uint32

const allKinds = ^kindMask(0)

func maskOf(k sockeye.EventKind) kindMask { return 1 << k }

// Only makes the cursor give events of these kinds only, and gaps. What it skips
// does not wake it, so that traffic pays nothing for it: it steps over it when an
// event of these kinds comes, also if that has left the ring by then. It is called
// before the first read.
func (c *Cursor) Only(kinds ...sockeye.EventKind) {
	c.kinds = maskOf(sockeye.Gap)
	for _, k := range kinds {
		c.kinds |= maskOf(k)
	}
}

// Next is the next event. It waits for one until ctx ends, and returns io.EOF
// when the journal is closed and read to its end. Events that left the ring before
// they were read come from the disk if the journal is recorded there; else they
// appear as one event of kind Gap: Seq is the first lost one, Detail.Lost counts
// them (its Bytes are 0 if that is not known). The event's Data is lent until the
// next call.
func (c *Cursor) Next(ctx context.Context) (sockeye.Event, error) {
	for {
		e, state := c.read(true)
		switch state {
		case got:
			return e, nil
		case ended:
			return sockeye.Event{}, io.EOF
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			return sockeye.Event{}, context.Cause(ctx)
		}
	}
}

// Try is Next without the waiting: false means that nothing is there yet, or
// that the journal has ended.
func (c *Cursor) Try() (sockeye.Event, bool) {
	e, state := c.read(false)
	return e, state == got
}

// Close lets go of the journal's memory. The cursor cannot be used afterwards.
func (c *Cursor) Close() {
	j := c.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if c.waiting { // it would stay there until something came for it
		c.waiting = false
		j.waiting = slices.DeleteFunc(j.waiting, func(w *Cursor) bool { return w == c })
	}
	c.unpinLocked()
	c.endBackfill()
}

type readState int

const (
	got    readState = iota
	empty            // nothing there yet
	ended            // and never will be
	behind           // it has left the ring, but may be on the disk
)

func (c *Cursor) read(wait bool) (sockeye.Event, readState) {
	for {
		if c.kinds != allKinds && c.backfill == nil {
			c.nextBlock()
		}
		e, state := c.readAny(wait)
		if state != got || c.kinds&maskOf(e.Kind) != 0 {
			return e, state
		}
	}
}

// nextBlock steps over whole blocks, of which the newest may not be full, that hold
// nothing for this cursor.
func (c *Cursor) nextBlock() {
	j := c.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if c.passed > c.next {
		c.unpinLocked()
		c.next, c.bytes, c.known = c.passed, c.passedBytes, true
	}
	oldest, end := j.spanLocked()
	for c.next >= oldest && c.next < end {
		b := j.holding(c.next)
		if b.kinds&c.kinds != 0 || b.next() > c.gate.Load() {
			return
		}
		c.unpinLocked()
		c.next = b.next()
		c.bytes, c.known = j.total, true
		if c.next < end {
			c.bytes = j.holding(c.next).before
		}
	}
}

func (c *Cursor) readAny(wait bool) (sockeye.Event, readState) {
	if c.backfill != nil {
		if e, ok := c.remember(); ok {
			return e, got
		}
	}
	// The count is read before the gate: an event that was appended after the gate
	// closed cannot pass.
	if b := c.block; b != nil && c.index < b.count.Load() && c.next < c.gate.Load() {
		return c.take(), got
	}
	e, state := c.advance(wait)
	if state != behind {
		return e, state
	}
	if c.startBackfill() {
		if e, ok := c.remember(); ok {
			return e, got
		}
	}
	c.skipsAll = math.MaxUint64 // what is not on the disk is lost
	defer func() { c.skipsAll = 0 }()
	return c.advance(wait)
}

func (c *Cursor) take() sockeye.Event {
	e := c.block.event(c.index)
	c.index++
	c.next++
	c.bytes += uint64(len(e.Data))
	c.last = e.Time
	return e
}

// advance moves to the block that holds the next event, reporting a gap when it
// has left the ring. With wait, an empty journal notes the cursor for a wake-up.
func (c *Cursor) advance(wait bool) (sockeye.Event, readState) {
	j := c.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest, end := j.spanLocked()
	if c.next >= min(end, c.gate.Load()) {
		if j.closed && c.next >= end {
			return sockeye.Event{}, ended
		}
		if wait {
			c.waitLocked()
		}
		return sockeye.Event{}, empty
	}
	if c.next < oldest {
		if j.barrier.place != "" && c.skipsAll != math.MaxUint64 && !c.recordsLocked() {
			return sockeye.Event{}, behind
		}
		return c.skipLocked(oldest), got
	}
	c.pinLocked(j.holding(c.next))
	return c.take(), got
}

// recordsLocked reports whether the cursor is the recorder's.
func (c *Cursor) recordsLocked() bool {
	r := c.journal.barrier.recorder
	return r != nil && c == r.cursor
}

// waitLocked notes the cursor for a wake-up.
func (c *Cursor) waitLocked() {
	if c.kinds != allKinds {
		c.unpinLocked() // it may wait for long
		c.passed = max(c.passed, c.next)
	}
	switch j := c.journal; {
	case c.recordsLocked():
		j.barrier.starved = c
	case !c.waiting:
		c.waiting = true
		j.waiting = append(j.waiting, c)
		j.kindsWanted |= c.kinds
	}
}

// passLocked notes that a block leaves the ring, after which data bytes of the
// journal come before the next one. Where the cursor waits in it, and what is left of
// it is not for it, it has lost nothing.
func (c *Cursor) passLocked(b *ringBlock, after uint64) {
	if c.passed < b.first || c.passed >= b.next() {
		return
	}
	if b.kinds&c.kinds != 0 {
		for i := uint32(c.passed - b.first); i < b.count.Load(); i++ {
			if maskOf(b.records[i].kind)&c.kinds != 0 {
				return
			}
		}
	}
	c.passed, c.passedBytes = b.next(), after
}

// seek makes the cursor go on at another event, before which the journal had the
// given number of data bytes.
func (c *Cursor) seek(next, bytes uint64) {
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	c.unpinLocked()
	c.next, c.bytes, c.known = next, bytes, true
}

// skipLocked steps over lost events.
func (c *Cursor) skipLocked(oldest uint64) sockeye.Event {
	lost := sockeye.Lost{Events: oldest - c.next}
	if len(c.journal.blocks) == 0 { // it is all on the disk, and that cannot be read any more
		gap := sockeye.Event{Seq: c.next, Time: c.last, Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: lost}}
		c.next = oldest
		return gap
	}
	b := c.journal.blocks[0]
	if c.known {
		lost.Bytes = b.before - c.bytes
	}
	at := c.last
	if at.IsZero() {
		at = b.event(0).Time
	}
	gap := sockeye.Event{Seq: c.next, Time: at, Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: lost}}
	c.next = oldest
	c.pinLocked(b)
	return gap
}

func (c *Cursor) pinLocked(b *ringBlock) {
	if c.block != b {
		c.unpinLocked()
		b.pins++
		c.block = b
	}
	c.index = uint32(c.next - b.first)
	c.bytes, c.known = b.bytesBefore(c.next), true
}

func (c *Cursor) unpinLocked() {
	if c.block == nil {
		return
	}
	c.block.pins--
	c.journal.recycle(c.block)
	c.block = nil
}

func (c *Cursor) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
