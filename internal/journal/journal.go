// Package journal is the record: the ordered events of everything that runs.
// Sockets append to it, views read it through cursors of their own, and neither
// waits for the other. It holds the newest events in a bounded ring in memory;
// what has left the ring is reported to a slow reader as an exact gap. It knows
// nothing of sockets, terminals or files.
package journal

import (
	"sort"
	"sync"
	"time"

	"sockeye"
)

// DefaultLimit is the memory a journal may hold unless told otherwise, in bytes.
const DefaultLimit = 64 << 20

// Journal is a bounded ring of events. All methods may be called from any
// goroutine.
type Journal struct {
	limit int // bytes
	size  blockSize

	mu      sync.Mutex
	blocks  []*block // oldest first; the last one is being filled
	held    int      // bytes of memory in blocks
	spare   *block   // evicted and unread, for reuse
	total   uint64   // data bytes ever appended
	last    int64    // time of the newest event, Unix nanoseconds
	waiting []*Cursor
	closed  bool
}

// New makes a journal that keeps at most about limit bytes in memory: data and
// bookkeeping together, at least 4 KiB. 0 means DefaultLimit. Memory is taken as
// it is needed.
func New(limit int) *Journal {
	if limit == 0 {
		limit = DefaultLimit
	}
	limit = max(limit, 4<<10)
	return &Journal{limit: limit, size: sizeFor(limit)}
}

// Append numbers the event and keeps a copy of it. e.Seq is ignored; e.Data is
// only read during the call; what e points to must not change afterwards. A time
// older than the newest event's becomes that time, so that times never decrease.
// It returns the number, or 0 when the journal is closed. It allocates nothing
// while blocks can be reused, and holds its lock only for the copy.
func (j *Journal) Append(e sockeye.Event) uint64 {
	now := e.Time.UnixNano()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0
	}
	b := j.room(len(e.Data))
	now = max(now, j.last)
	j.last = now
	j.total += uint64(len(e.Data))
	seq := b.append(now, &e)
	if len(j.waiting) > 0 {
		j.wakeLocked()
	}
	return seq
}

// room returns the newest block if n more bytes and one more record fit it, and
// else a fresh one.
func (j *Journal) room(n int) *block {
	first := uint64(1)
	if len(j.blocks) > 0 {
		b := j.blocks[len(j.blocks)-1]
		if b.fits(n) {
			return b
		}
		first = b.next()
	}
	need := blockSize{j.size.records, max(n, j.size.data)}.bytes()
	for len(j.blocks) > 0 && j.held+need > j.limit {
		j.evict()
	}
	b := j.fresh(n)
	b.first, b.before = first, j.total
	j.held += b.bytes()
	j.blocks = append(j.blocks, b)
	return b
}

func (j *Journal) evict() {
	old := j.blocks[0]
	copy(j.blocks, j.blocks[1:])
	j.blocks = j.blocks[:len(j.blocks)-1]
	j.held -= old.bytes()
	old.evicted = true
	j.recycle(old)
}

// recycle keeps an evicted block for reuse once no cursor reads it.
func (j *Journal) recycle(b *block) {
	if b.evicted && b.pins == 0 && j.spare == nil && len(b.data) == j.size.data {
		j.spare = b
	}
}

func (j *Journal) fresh(n int) *block {
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
}

// Close ends the journal: later appends are refused, and a cursor that has read
// everything gets io.EOF. What is kept stays readable.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.wakeLocked()
}

// Span is the range of events in memory: the number of the oldest, and the
// number the next one will get. They are equal when the journal is empty.
func (j *Journal) Span() (oldest, next uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.spanLocked()
}

// holding is the block that holds event n, which must be in the span.
func (j *Journal) holding(n uint64) *block {
	i := sort.Search(len(j.blocks), func(i int) bool { return j.blocks[i].next() > n })
	return j.blocks[i]
}

func (j *Journal) spanLocked() (oldest, next uint64) {
	if len(j.blocks) == 0 {
		return 1, 1
	}
	return j.blocks[0].first, j.blocks[len(j.blocks)-1].next()
}

// Now is the clock for events of one process: the wall clock at start, carried
// on by the monotonic clock, so that a stepped wall clock cannot reorder a record.
func Now() time.Time { return started.Add(time.Since(started)) }

var started = time.Now()
