package pcapng

import "io"

// Sizes of the stretch of a segment that is in memory.
const (
	minLookahead = 16 << 10
	maxLookahead = 1 << 20 // more than maxBlock, so that any block of ours fits
)

// lookahead is the stretch of a segment that is being looked at. It grows with what
// there is to read, up to maxLookahead.
type lookahead struct {
	r          io.Reader
	buf        []byte
	start, end int   // what is read and not yet skipped
	offset     int64 // in the file, of buf[start]
	err        error // why nothing more can be read
}

// peek is the next n bytes, or fewer when the file ends before. They stay valid
// until the next peek. n is at most maxLookahead.
func (w *lookahead) peek(n int) []byte {
	if w.end-w.start < n {
		w.fill(n)
	}
	return w.buf[w.start:min(w.end, w.start+n)]
}

// fill reads until n bytes are there. The more there is to read, the larger the
// window gets, but never beyond twice that.
func (w *lookahead) fill(n int) {
	if w.err != nil {
		return
	}
	if w.end == len(w.buf) {
		w.grow()
	}
	copy(w.buf, w.buf[w.start:w.end])
	w.end -= w.start
	w.start = 0
	for empty := 0; w.end < n && w.err == nil; {
		if w.end == len(w.buf) {
			w.grow()
		}
		var got int
		got, w.err = w.r.Read(w.buf[w.end:])
		w.end += got
		if empty++; got > 0 {
			empty = 0
		} else if empty > 100 && w.err == nil {
			w.err = io.ErrNoProgress
		}
	}
}

func (w *lookahead) grow() {
	if size := min(maxLookahead, max(2*len(w.buf), minLookahead)); size > len(w.buf) {
		grown := make([]byte, size)
		copy(grown, w.buf[:w.end])
		w.buf = grown
	}
}

// skip moves on by n bytes that peek has shown.
func (w *lookahead) skip(n int) {
	w.start += n
	w.offset += int64(n)
}
