package pcapng

import "io"

// Sizes of the stretch of a segment that is in memory.
const (
	smallWindow = 16 << 10
	largeWindow = 1 << 20 // more than maxBlock, so that any block of ours fits
)

// window is the stretch of a segment that is being looked at. It grows with what
// there is to read, up to largeWindow.
type window struct {
	r          io.Reader
	buf        []byte
	start, end int   // what is read and not yet skipped
	offset     int64 // in the file, of buf[start]
	err        error // why nothing more can be read
}

// peek is the next n bytes, or fewer when the file ends before. They stay valid
// until the next peek. n is at most largeWindow.
func (w *window) peek(n int) []byte {
	if w.end-w.start < n {
		w.fill(n)
	}
	return w.buf[w.start:min(w.end, w.start+n)]
}

// fill reads until n bytes are there. It takes no more memory than twice what
// there is to read.
func (w *window) fill(n int) {
	copy(w.buf, w.buf[w.start:w.end])
	w.end -= w.start
	w.start = 0
	for empty := 0; w.end < n && w.err == nil; {
		if w.end == len(w.buf) {
			grown := make([]byte, min(largeWindow, max(2*len(w.buf), smallWindow)))
			copy(grown, w.buf)
			w.buf = grown
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

// skip moves on by n bytes that peek has shown.
func (w *window) skip(n int) {
	w.start += n
	w.offset += int64(n)
}
