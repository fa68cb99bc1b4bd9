// Package journal is the record: the ordered events of everything that runs.
// Sockets append to it, views read it through cursors of their own, and neither
// waits for the other. It holds the newest events in a bounded ring in memory;
// what has left the ring is reported to a slow reader as an exact gap.
//
// A Recorder is its first reader: while one runs, no other cursor sees an event
// before the disk has it, and the ring lets go of no event before. It knows
// nothing of sockets, terminals or how files are written.
package journal

import (
	"sort"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// DefaultLimit is the memory of a journal for which no limit is given, in bytes.
const DefaultLimit = 64 << 20

// Journal is a bounded ring of events. All methods may be called from any
// goroutine.
type Journal struct {
	limit   int // bytes
	size    blockSize
	barrier recordBarrier
	// recorded is the recording that Recorded made the journal of; nil: none.
	recorded *recording.Files

	mu          sync.Mutex
	blocks      []*ringBlock // oldest first; the last one is being filled
	held        int          // bytes of memory in blocks
	spare       *ringBlock   // evicted and unread, for reuse
	next        uint64       // number of the event to come
	total       uint64       // data bytes ever appended
	last        int64        // time of the newest event, Unix nanoseconds
	foreign     bool         // times are of other clocks, and stay as they are
	waiting     []*Cursor
	kindsWanted kindMask // the kinds that wake one of waiting
	closed      bool
}

// New makes a journal that keeps at most about limit bytes in memory: data and
// bookkeeping together, at least 4 KiB. 0 means DefaultLimit. Memory is taken as
// it is needed.
func New(limit int) *Journal {
	if limit == 0 {
		limit = DefaultLimit
	}
	limit = max(limit, 4<<10)
	j := &Journal{limit: limit, size: sizeFor(limit), next: 1}
	j.barrier.init(&j.mu)
	return j
}

// NewForeign is New for events of other machines: it keeps the times that their clocks gave
// them, even where one is older than that of the event before it.
func NewForeign(limit int) *Journal {
	j := New(limit)
	j.foreign = true
	return j
}

// Recorded makes a closed journal of a recording whose events are numbered from 1 up to
// without next, one by one. None of it is in memory: cursors read the disk.
func Recorded(r *recording.Files, next uint64) *Journal {
	j := New(0)
	j.recorded, j.barrier.place = r, r.Path()
	j.next, j.closed = next, true
	return j
}

// Append numbers the event and keeps a copy of it (but see Lease). e.Seq is ignored; e.Data is
// only read during the call; what e points to must not change afterwards. A time
// older than the newest event's becomes that time, so that times never decrease; but see
// NewForeign.
// It returns the number, or 0 when the journal is closed. It allocates nothing
// while blocks can be reused, and holds its lock only for the copy.
//
// While a recorder is behind by a quarter of the ring, Append waits for it, so that
// what views may see is in memory for a while; but never for an event of a UDP
// peer: when the ring is full its bytes are dropped (the number is 0), and a Gap event
// counts them as soon as there is room. Nor does it wait for a session that must end; see
// DropWhenFull.
func (j *Journal) Append(e sockeye.Event) uint64 {
	j.mu.Lock() // without defer: every message pays
	seq := j.appendLocked(&e)
	j.mu.Unlock()
	return seq
}

// AppendAll is Append for each of the events, in their order, and gives each its
// number (Seq). It takes the lock once, unless it has to wait.
func (j *Journal) AppendAll(events []sockeye.Event) {
	j.mu.Lock()
	for i := range events {
		events[i].Seq = j.appendLocked(&events[i])
	}
	j.mu.Unlock()
}

func (j *Journal) appendLocked(e *sockeye.Event) uint64 {
	if len(j.barrier.dropped) > 0 {
		j.notifyDropped()
	}
	if b := j.room(e); b != nil {
		return j.insertLocked(b, e)
	}
	return 0
}

// insertLocked appends to the newest block, which the event must fit, and wakes who waits
// for it.
func (j *Journal) insertLocked(b *ringBlock, e *sockeye.Event) uint64 {
	now := e.Time.UnixNano()
	if !j.foreign {
		now = max(now, j.last)
		j.last = now
	}
	j.total += uint64(len(e.Data))
	seq := b.append(now, e)
	j.next = seq + 1
	if c := j.barrier.starved; c != nil {
		j.barrier.starved = nil
		c.signal()
	}
	if j.kindsWanted&maskOf(e.Kind) != 0 && j.barrier.recorder == nil { // else the gate wakes them
		j.wakeLocked()
	}
	return seq
}

// room returns a block that the event fits, waiting for it if need be. It is nil
// when the journal is closed or the event is dropped.
func (j *Journal) room(e *sockeye.Event) *ringBlock {
	n := len(e.Data)
	for !j.closed {
		if b := j.newest(); b != nil && (b.fits(n) || b.holds(e.Data)) {
			return b
		}
		hurries := e.Peer != nil && e.Peer.Network.Traits().Datagram || j.barrier.dropping[e.Session]
		if (hurries || !j.recorderFarBehind()) && j.makeRoom(n) {
			return j.grow(n)
		}
		if hurries {
			if n == 0 {
				return j.grow(n)
			}
			j.drop(e)
			return nil
		}
		j.barrier.space.Wait()
	}
	return nil
}

// recorderFarBehind reports whether the recorder is so far behind that those wait who can.
func (j *Journal) recorderFarBehind() bool { return j.heldBytesLocked(j.barrier.kept) >= j.limit/4 }

// newest is the block being filled, or nil.
func (j *Journal) newest() *ringBlock {
	if len(j.blocks) == 0 {
		return nil
	}
	return j.blocks[len(j.blocks)-1]
}

// makeRoom evicts what stands in the way of a new block with n bytes of data; it
// says false when the recorder still needs that.
func (j *Journal) makeRoom(n int) bool {
	need := blockSize{j.size.records, max(n, j.size.data)}.bytes()
	for len(j.blocks) > 0 && j.held+need > j.limit {
		if j.blocks[0].next() > j.barrier.kept {
			return false
		}
		j.evict()
	}
	return true
}

// grow begins a block with room for n bytes of data.
func (j *Journal) grow(n int) *ringBlock {
	b := j.fresh(n)
	b.first, b.before = j.next, j.total
	j.held += b.bytes()
	j.blocks = append(j.blocks, b)
	return b
}

func (j *Journal) evict() {
	old := j.blocks[0]
	after := j.total
	if len(j.blocks) > 1 {
		after = j.blocks[1].before
	}
	for _, c := range j.waiting {
		c.passLocked(old, after)
	}
	copy(j.blocks, j.blocks[1:])
	j.blocks = j.blocks[:len(j.blocks)-1]
	j.held -= old.bytes()
	old.evicted = true
	j.recycle(old)
}

// recycle keeps an evicted block for reuse once no cursor reads it.
func (j *Journal) recycle(b *ringBlock) {
	if b.evicted && b.pins == 0 && j.spare == nil && len(b.data) == j.size.data {
		j.spare = b
	}
}

func (j *Journal) fresh(n int) *ringBlock {
	if b := j.spare; b != nil && n <= len(b.data) {
		j.spare = nil
		b.reset()
		return b
	}
	return newBlock(j.size.records, max(n, j.size.data))
}

func (j *Journal) wakeLocked() {
	for i, c := range j.waiting {
		c.waiting = false
		c.signal()
		j.waiting[i] = nil
	}
	j.waiting = j.waiting[:0]
	j.kindsWanted = 0
}

// Close ends the journal: later appends are refused, and a cursor that has read
// everything gets io.EOF. What is kept stays readable.
//
// A recorder that runs records everything to the end and then stops by itself.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.barrier.space.Broadcast()
	if c := j.barrier.starved; c != nil {
		j.barrier.starved = nil
		c.signal()
	}
	j.wakeLocked()
}

// Span is the range of events in memory: the number of the oldest, and the
// number the next one will get. They are equal when the journal is empty.
func (j *Journal) Span() (oldest, next uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.spanLocked()
}

// VisibleSpan is Span as far as views may see, with the data bytes of all events before
// the oldest and before the next one.
func (j *Journal) VisibleSpan() (oldest, next, before, total uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest, next = j.spanLocked()
	before, total = j.total, j.total
	if len(j.blocks) > 0 {
		before = j.blocks[0].before
	}
	if gate := j.barrier.gate.Load(); gate < next {
		next = max(gate, oldest)
		total = j.holding(next).bytesBefore(next)
	}
	return oldest, next, before, total
}

// HeldBytes is the memory that event n and all after it take, in bytes of whole blocks;
// 0 if n is yet to come.
func (j *Journal) HeldBytes(n uint64) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.heldBytesLocked(n)
}

func (j *Journal) heldBytesLocked(n uint64) int {
	sum := 0
	for i := len(j.blocks) - 1; i >= 0 && j.blocks[i].next() > n; i-- {
		sum += j.blocks[i].bytes()
	}
	return sum
}

// Place returns where the journal is recorded, or was last; "" if that cannot be read.
func (j *Journal) Place() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.barrier.place
}

// Limit is the memory the journal may hold, in bytes.
func (j *Journal) Limit() int { return j.limit }

// holding is the block that holds event n, which must be in the span.
func (j *Journal) holding(n uint64) *ringBlock {
	i := sort.Search(len(j.blocks), func(i int) bool { return j.blocks[i].next() > n })
	return j.blocks[i]
}

func (j *Journal) spanLocked() (oldest, next uint64) {
	if len(j.blocks) == 0 {
		return j.next, j.next
	}
	return j.blocks[0].first, j.next
}

// Now is the clock for events of one process: the wall clock at start, carried
// on by the monotonic clock, so that a stepped wall clock cannot reorder a record.
func Now() time.Time { return started.Add(time.Since(started)) }

var started = time.Now()
