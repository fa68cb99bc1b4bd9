package journal

import "unsafe"

// Lease is memory of the ring to read into. An event of at least 1 KiB of data
// that lies in what Take returned last is appended without being copied; so is one
// that repeats data of the same block, such as an echo. A Lease belongs to one
// goroutine. Close it when done: until then it may keep one block alive.
type Lease struct {
	journal *Journal
	block   *ringBlock // pinned; nil before the first Take
	from    int        // where the taken memory begins in it, and where it ends
	to      int
}

// Lease makes a window.
func (j *Journal) Lease() *Lease { return &Lease{journal: j} }

// Take returns between least and most bytes of the ring's memory, as many as lie
// together, or nil when there is no room for the least now. They are the caller's
// until it calls Take or Close again. What of them is not appended is given back.
func (w *Lease) Take(least, most int) []byte {
	j := w.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	w.returnLocked()
	b := j.newest()
	if b == nil || !b.fits(least) {
		if j.closed || j.recorderFarBehind() || !j.makeRoom(least) {
			return nil
		}
		b = j.grow(least)
	}
	w.block, w.from, w.to = b, b.used, min(b.used+most, len(b.data))
	b.pins++
	b.used = w.to
	b.lent = w.from
	return b.data[w.from:w.to:w.to]
}

// Close gives the memory back.
func (w *Lease) Close() {
	w.journal.mu.Lock()
	defer w.journal.mu.Unlock()
	w.returnLocked()
}

func (w *Lease) returnLocked() {
	b := w.block
	if b == nil {
		return
	}
	if b.used == w.to { // nothing came after it
		b.used = max(w.from, b.lent)
	}
	b.pins--
	w.journal.recycle(b)
	w.block = nil
}

// minLeaseFind is from which size on it is worth finding out that data need not be
// copied.
const minLeaseFind = 1 << 10

// find returns where data lies in the block, if it does.
func (b *ringBlock) find(data []byte) (offset int, inside bool) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(b.data)))
	if at < begin || at+uintptr(len(data)) > begin+uintptr(len(b.data)) {
		return 0, false
	}
	return int(at - begin), true
}
