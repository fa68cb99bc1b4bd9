package journal

import (
	"sync/atomic"
	"time"
	"unsafe"

	"sockeye"
)

// ringBlock is a fixed stretch of the ring: records and the bytes they speak of.
// Appending fills it from the front under the journal's lock; published records
// are never written again until the block is evicted and no cursor pins it, so
// readers need no lock.
type ringBlock struct {
	first  uint64 // number of records[0]
	before uint64 // data bytes appended to the journal before this block
	count  atomic.Uint32
	// records and data keep their full length; count and used say how far they
	// are filled.
	records []storedEvent
	data    []byte
	used    int
	lent    int // up to where the memory that was lent last is used

	// Guarded by the journal's lock.
	kinds   kindMask // of its records
	pins    int
	evicted bool
}

// storedEvent is an event at rest. Its number is block.first plus its index.
type storedEvent struct {
	time    int64 // Unix nanoseconds
	session *sockeye.Session
	peer    *sockeye.Peer
	detail  *sockeye.Detail
	offset  uint32
	length  uint32
	kind    sockeye.EventKind
}

// blockSize is how a block divides its memory.
type blockSize struct{ records, data int }

// bytes is the memory of a block of this size.
func (s blockSize) bytes() int { return s.data + s.records*int(unsafe.Sizeof(storedEvent{})) }

// sizeFor divides a memory limit into about 32 blocks of at most 1 MiB of data,
// with room for records of 128 bytes on average.
func sizeFor(limit int) blockSize {
	data := min(1<<20, limit/48)
	return blockSize{records: max(8, data/128), data: max(256, data)}
}

func newBlock(records, data int) *ringBlock {
	return &ringBlock{records: make([]storedEvent, records), data: make([]byte, data)}
}

func (b *ringBlock) reset() {
	clear(b.records[:b.count.Load()]) // lets go of sessions and peers
	b.count.Store(0)
	b.used, b.lent, b.kinds, b.evicted = 0, 0, 0, false
}

func (b *ringBlock) bytes() int { return blockSize{len(b.records), len(b.data)}.bytes() }

// bytesBefore counts the data bytes of the journal before event n of this block.
func (b *ringBlock) bytesBefore(n uint64) uint64 {
	sum := b.before
	for i := range n - b.first {
		sum += uint64(b.records[i].length)
	}
	return sum
}

func (b *ringBlock) fits(n int) bool {
	return int(b.count.Load()) < len(b.records) && b.used+n <= len(b.data)
}

// next is the number after the block's last event.
func (b *ringBlock) next() uint64 { return b.first + uint64(b.count.Load()) }

// holds reports whether the event's data is here already, and its record fits.
func (b *ringBlock) holds(data []byte) bool {
	if len(data) < minLeaseFind {
		return false
	}
	_, inside := b.find(data)
	return inside && int(b.count.Load()) < len(b.records)
}

// append is called under the journal's lock, after fits or holds.
func (b *ringBlock) append(now int64, e *sockeye.Event) uint64 {
	i := b.count.Load()
	offset, inside := b.used, false
	if len(e.Data) >= minLeaseFind {
		offset, inside = b.find(e.Data)
	}
	if inside {
		b.lent = max(b.lent, offset+len(e.Data))
	} else {
		offset = b.used
		b.used += copy(b.data[offset:], e.Data)
	}
	b.records[i] = storedEvent{
		time: now, session: e.Session, peer: e.Peer, detail: e.Detail,
		offset: uint32(offset), length: uint32(len(e.Data)), kind: e.Kind,
	}
	b.kinds |= maskOf(e.Kind)
	b.count.Store(i + 1)
	return b.first + uint64(i)
}

// event is a published record as an event; its Data points into the block.
func (b *ringBlock) event(i uint32) sockeye.Event {
	r := &b.records[i]
	end := r.offset + r.length
	return sockeye.Event{
		Seq: b.first + uint64(i), Time: time.Unix(0, r.time), Kind: r.kind,
		Session: r.session, Peer: r.peer, Detail: r.detail,
		Data: b.data[r.offset:end:end],
	}
}
