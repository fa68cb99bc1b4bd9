package transport

// DeliveryTracker counts, for a protocol over another connection, the payload bytes that the
// other side does not have yet. It computes them from how many bytes of the connection below
// are on their way. The zero DeliveryTracker has sent nothing. Only one goroutine at a time
// may call it.
type DeliveryTracker struct {
	runs   []frameRun // that may be on their way, the oldest first
	passed int64      // bytes below so far
	marked int64      // of these, up to the end of the last frame in runs
	limit  int        // length of runs at which IsLong says so next
}

// frameRun is a number of frames of one size that follow each other.
type frameRun struct {
	size    int64 // bytes below of each, with what went before it and carries nothing
	carried int64 // bytes in each
	count   int64
}

// minRuns is how many runs are kept before the tracker asks how many bytes have arrived.
const minRuns = 256

// Pass says that n bytes were given to the connection below.
func (d *DeliveryTracker) Pass(n int) { d.passed += int64(n) }

// Mark notes that the bytes passed since the last mark are one frame, or record, that carries a
// number of payload bytes. A receiver that has only a part of a frame has none of them.
func (d *DeliveryTracker) Mark(carried int) {
	size := max(1, d.passed-d.marked)
	d.marked = d.passed
	if n := len(d.runs); n > 0 && d.runs[n-1].size == size && d.runs[n-1].carried == int64(carried) {
		d.runs[n-1].count++
		return
	}
	d.runs = append(d.runs, frameRun{size, int64(carried), 1})
}

// IsLong says that Forget should be called before the next Mark.
func (d *DeliveryTracker) IsLong() bool { return len(d.runs) >= max(minRuns, d.limit) }

// Forget drops the frames that have arrived: all but those in the last n bytes below.
func (d *DeliveryTracker) Forget(n int) {
	_, first := d.missing(n)
	d.runs = append(d.runs[:0], d.runs[first:]...)
	d.limit = 2 * len(d.runs)
}

// Missing counts the payload bytes of the frames to which the last n bytes below belong.
func (d *DeliveryTracker) Missing(n int) int {
	carried, _ := d.missing(n)
	return carried
}

// missing also says which run is the first of them.
func (d *DeliveryTracker) missing(n int) (carried, first int) {
	left := int64(n) - (d.passed - d.marked)
	for first = len(d.runs); left > 0 && first > 0; {
		first--
		run := d.runs[first]
		frames := min(run.count, (left+run.size-1)/run.size)
		carried += int(frames * run.carried)
		left -= frames * run.size
	}
	return carried, first
}
