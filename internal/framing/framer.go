package framing

import (
	"slices"
	"time"

	"sockeye/internal/checksum"
)

// Framer cuts one stream: one direction of one peer. After each Feed or End,
// Next must be called until it says false. It keeps at most the longest frame and
// one chunk in memory, and allocates nothing once its buffer has grown. It
// belongs to one goroutine.
type Framer struct {
	spec  Spec
	check checksum.Trailer
	rule  splitRule
	max   int

	pending []byte // not cut yet: in own, or the caller's chunk
	own     []byte // where pending is kept; pending is a tail of it, if owned
	owned   bool
	offset  uint64 // of pending[0] in the stream
	garbage int    // bytes at the beginning of pending that begin no frame
	seen    int    // bytes after them that the rule has seen
	found   int    // length of the piece after the garbage, if it is known
	mark    Mark   // of it

	starts  []readStart // of the chunks in pending, in order
	cuts    []int
	scratch []byte

	ending bool  // what is pending ends here
	after  Chunk // fed, and comes after the ending
	last   time.Time
}

// New makes a framer of streams as the spec describes them, whose frames end with
// a checksum; the zero Trailer is none.
func New(s Spec, check checksum.Trailer) *Framer {
	return &Framer{spec: s, check: check, rule: s.splitter(), max: s.max()}
}

// Spec is what the framer was made of.
func (f *Framer) Spec() Spec { return f.spec }

// Pending counts the bytes that are no frame yet.
func (f *Framer) Pending() int { return len(f.pending) + len(f.after.Data) }

// Reset forgets all of the stream. A buffer that has grown large goes, too.
func (f *Framer) Reset() {
	own, starts := f.own, f.starts
	if cap(own) > maxReused {
		own = nil
	}
	f.reset()
	*f = Framer{spec: f.spec, check: f.check, rule: f.rule, max: f.max, own: own[:0], starts: starts[:0], cuts: f.cuts, scratch: f.scratch}
	if cap(f.scratch) > maxReused {
		f.scratch = nil
	}
}

// maxReused is the largest buffer, in bytes, that Reset keeps.
const maxReused = 64 << 10

// Feed adds a chunk to the stream. Its data is lent until Next has said false.
func (f *Framer) Feed(c Chunk) {
	if len(f.pending) > 0 && (f.spec.Method == None || f.spec.Pause > 0 && c.Time.Sub(f.last) >= f.spec.Pause) {
		f.ending, f.after = true, c
		return
	}
	f.add(c)
}

func (f *Framer) add(c Chunk) {
	f.last = c.Time
	if len(c.Data) == 0 {
		return
	}
	s := readStart{f.offset + uint64(len(f.pending)), c.Seq, c.Time}
	if len(f.starts) < maxCuts {
		f.starts = append(f.starts, s)
	} else {
		f.starts[len(f.starts)-1] = s
	}
	if len(f.pending) == 0 {
		f.pending, f.owned = c.Data, false
		return
	}
	f.keep()
	f.own = append(f.own, c.Data...)
	f.pending = f.own[len(f.own)-len(f.pending)-len(c.Data):]
}

// keep makes pending the tail of own.
func (f *Framer) keep() {
	switch {
	case !f.owned:
		f.own = append(f.own[:0], f.pending...)
	case len(f.pending) < len(f.own)/2:
		f.own = f.own[:copy(f.own, f.pending)] // make room at the beginning
	default:
		return
	}
	f.pending, f.owned = f.own, true
}

// End ends the stream: what is pending comes out of Next, marked. What is fed
// then begins another stream, whose offsets go on.
func (f *Framer) End() { f.ending = true }

// Due is when Rest would find that the pending bytes have paused for long enough.
// It is zero if that cannot be.
func (f *Framer) Due() time.Time {
	if f.spec.Pause == 0 || len(f.pending) == 0 || f.ending {
		return time.Time{}
	}
	return f.last.Add(f.spec.Pause)
}

// Rest tells that nothing has come until now. It is End if the spec has a pause,
// and this is one.
func (f *Framer) Rest(now time.Time) {
	if due := f.Due(); !due.IsZero() && !now.Before(due) {
		f.End()
	}
}

// Next is the next frame of what was fed, or false.
func (f *Framer) Next() (Frame, bool) {
	for {
		if fr, ok := f.next(); ok {
			return fr, true
		}
		if !f.ending {
			if len(f.pending) > 0 && !f.owned {
				f.keep()
			}
			return Frame{}, false
		}
		if fr, ok := f.leftover(); ok {
			return fr, true
		}
		f.ending = false
		c := f.after
		f.after = Chunk{}
		if len(c.Data) == 0 {
			return Frame{}, false
		}
		f.add(c)
	}
}

// next cuts the next piece that does not need the end of the stream.
func (f *Framer) next() (Frame, bool) {
	for f.found == 0 && f.garbage < len(f.pending) && f.garbage < f.max {
		rest := f.pending[f.garbage:]
		n, mark := f.rule.cut(rest, f.seen)
		switch {
		case n > 0:
			f.found, f.mark = n, mark
		case n < 0:
			f.garbage += -n
			f.seen = max(0, f.seen+n)
			continue
		default:
			f.seen = len(rest)
			return Frame{}, false
		}
	}
	switch {
	case f.garbage > 0 && (f.found > 0 || f.garbage >= f.max):
		n := min(f.garbage, f.max)
		f.garbage -= n
		return f.take(n, Garbage), true
	case f.found > 0:
		n := f.found
		f.found, f.seen = 0, 0
		return f.take(n, f.mark), true
	}
	return Frame{}, false
}

// leftover cuts what the end of the stream leaves.
func (f *Framer) leftover() (Frame, bool) {
	if f.garbage > 0 && f.spec.Method != ModbusRTU {
		n := f.garbage
		f.garbage = 0
		return f.take(n, Garbage), true
	}
	n := len(f.pending)
	mark, worth := Incomplete, n > 0
	if f.garbage > 0 { // what stands between two pauses is one frame with a wrong checksum
		mark = Garbage
	} else if e, ok := f.rule.(ender); ok && worth {
		mark, worth = e.end(f.pending)
	}
	f.garbage, f.seen = 0, 0
	f.reset()
	if !worth {
		f.skip(n)
		return Frame{}, false
	}
	return f.take(n, mark), true
}

// reset makes the rule forget a frame that it has seen in part.
func (f *Framer) reset() {
	if r, ok := f.rule.(stateful); ok {
		r.reset()
	}
}

// clone is a framer that goes on from the same place; between two calls of Feed, when
// Next has said false.
func (f *Framer) clone() *Framer {
	c := *f
	c.own = slices.Clone(f.pending)
	c.pending, c.owned = c.own, len(c.own) > 0
	c.starts, c.cuts, c.scratch = slices.Clone(f.starts), nil, nil
	if r, ok := f.rule.(stateful); ok {
		c.rule = r.copy()
	}
	return &c
}

// take makes a frame of the first n pending bytes.
func (f *Framer) take(n int, mark Mark) Frame {
	first := f.starts[0]
	fr := Frame{Data: f.pending[:n:n], Offset: f.offset, Mark: mark, Seq: first.seq, LastSeq: first.seq, Time: first.time, End: first.time}
	f.cuts = f.cuts[:0]
	end := f.offset + uint64(n)
	for _, s := range f.starts[1:] {
		if s.offset >= end {
			break
		}
		f.cuts = append(f.cuts, int(s.offset-f.offset))
		fr.LastSeq, fr.End = s.seq, s.time
	}
	fr.Reads = f.cuts
	fr.Body = fr.Data
	if mark == Whole {
		fr.Body = f.rule.body(fr.Data, &f.scratch)
		if fr.Body == nil {
			fr.Body, fr.Mark = fr.Data, Garbage
		}
	}
	f.verify(&fr)
	f.skip(n)
	return fr
}

// verify gives a frame its verdict. An RTU frame is one because its checksum is
// right, so what is none has a wrong one. Senders of SLIP and COBS compute the checksum
// before they escape, so there the body has it.
func (f *Framer) verify(fr *Frame) {
	switch {
	case f.check.Algorithm != nil && fr.Mark == Whole:
		fr.Check = Wrong
		covered := fr.Data
		if f.spec.Method == SLIP || f.spec.Method == COBS {
			covered = fr.Body
		}
		if v, _ := f.check.Verify(covered); v == checksum.Right {
			fr.Check = Right
		}
	case f.spec.Method == ModbusRTU && fr.Mark == Whole:
		fr.Check = Right
	case f.spec.Method == ModbusRTU && fr.Mark == Garbage && len(fr.Data) >= rtuLeast:
		fr.Check = Wrong
	}
}

// skip steps over the first n pending bytes.
func (f *Framer) skip(n int) {
	f.pending = f.pending[n:]
	f.offset += uint64(n)
	gone := 0
	for gone+1 < len(f.starts) && f.starts[gone+1].offset <= f.offset {
		gone++
	}
	if len(f.pending) == 0 {
		gone = len(f.starts)
	}
	if gone > 0 {
		f.starts = slices.Delete(f.starts, 0, gone)
	}
}
