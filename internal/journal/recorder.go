package journal

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

const (
	// flushInterval is the least time between two writes when everything there is was
	// written: under load one write takes what came in a millisecond, and an event
	// after a silence is written at once.
	flushInterval = time.Millisecond
	// retryInterval is the time between the tries of a paused recorder to write again.
	retryInterval = time.Second
)

// Recorder writes a journal to the disk, from the oldest event in memory on, as
// its first reader. All methods may be called from any goroutine.
type Recorder struct {
	journal *Journal
	stop    chan struct{} // closed by Close
	done    chan struct{} // closed when the goroutine has ended

	// The goroutine's.
	writer *recording.Writer
	cursor *Cursor
	open   atomic.Uint64 // the gate of cursor: none
	marks  []syncMark    // of writes not yet durable
	wrote  time.Time     // when it flushed last
	timer  *time.Timer   // for wait
	ended  bool          // the journal is closed, and read to its end

	before     recording.ResumePoint // where the directory's earlier runs ended, if this one goes on from there
	stallLimit time.Duration
	failedAt   time.Time      // when an error came last
	changed    *sockeye.Error // to be told once the disk takes events again
	lastTry    bool           // to mend, after stop
	busy       atomic.Int64   // when the running call to the disk began, Unix nanoseconds, or 0

	// Guarded by the journal's lock.
	status  RecordStatus
	missed  sockeye.Lost // in the pause that is, or was just now
	since   time.Time    // when the pause began
	closing bool         // stop is closed
	gone    bool         // it holds nothing any more, and never will
	err     error        // why it ended, after done
}

// syncMark notes how many data bytes the journal had before an event.
type syncMark struct{ next, bytes uint64 }

// RecordState is the state of a recorder: a stable word.
type RecordState string

// The states of recording.
const (
	RecordOn     RecordState = "on"
	RecordPaused RecordState = "paused" // the disk fails: traffic goes on without it
	RecordOff    RecordState = "off"
)

// RecordStatus is the status of a recording at one time.
type RecordStatus struct {
	State RecordState
	recording.Status
	// Lost counts what is missing in the recording: it left the memory while
	// recording was paused, or found no room there.
	Lost sockeye.Lost
	// Err is why recording is paused, or ended; nil when it is well.
	Err *sockeye.Error
}

// Record begins to record everything that is in memory and to come. From then on
// no cursor gives an event before it is as safe as o.Sync promises. When the disk
// fails, recording pauses, says so in an event, and goes on by itself. The error
// is an *sockeye.Error.
func (j *Journal) Record(o recording.WriteOptions) (*Recorder, error) {
	if err := j.reserve(); err != nil {
		return nil, err
	}
	o.Run = j.barrier.run
	var before recording.ResumePoint
	if o.Dir != "" && o.Files == nil {
		before = recording.ResumePointOf(o.Dir)
	}
	w, err := recording.OpenWriter(o)
	if err != nil {
		j.mu.Lock()
		j.barrier.opening = false
		j.mu.Unlock()
		return nil, err
	}
	if !j.resumeAfter(before) {
		before = recording.ResumePoint{}
	}
	r := &Recorder{journal: j, before: before, writer: w, stallLimit: o.StallLimitOrDefault(), stop: make(chan struct{}), done: make(chan struct{}), timer: time.NewTimer(0)}
	r.begin()
	j.mu.Lock()
	j.barrier.place = o.Dir + o.File
	j.mu.Unlock()
	if w.Unclean() {
		j.notify(uncleanStop(o.Dir))
	}
	go r.run()
	return r, nil
}

// reserve keeps others from recording too.
func (j *Journal) reserve() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return &sockeye.Error{Kind: sockeye.Closed, Op: "record"}
	case j.barrier.opening, j.barrier.recorder != nil:
		return &sockeye.Error{
			Kind: sockeye.Misuse, Op: "record",
			Message: sockeye.Text{En: "already recording", Zh: "已经在记录"},
			Hint:    sockeye.Text{En: "stop that recording first", Zh: "请先停止当前的记录"},
		}
	}
	j.barrier.opening = true
	return nil
}

// begin closes the gate: from now on the recorder goes first.
func (r *Recorder) begin() {
	j := r.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	r.cursor = j.cursorLocked(0)
	r.open.Store(math.MaxUint64)
	r.cursor.gate = &r.open
	r.marks = []syncMark{{r.cursor.next, r.cursor.bytes}}
	r.writer.Start(r.cursor.next - 1)
	r.status = RecordStatus{State: RecordOn, Status: r.writer.Status()}
	j.barrier.opening, j.barrier.recorder, j.barrier.run, j.barrier.lost = false, r, r.writer.Run(), sockeye.Lost{}
	j.barrier.pendingEnd(r.cursor.next)
}

// run is the recorder's goroutine.
func (r *Recorder) run() {
	defer close(r.done)
	var watcher sync.WaitGroup
	over := make(chan struct{})
	watcher.Go(func() { r.watch(over) })
	r.end(r.record())
	close(over)
	watcher.Wait()
}

// record repeats until the recording is over: it takes the events that there are, writes
// them, wakes whoever waits for that, and waits for more. It returns nil once everything is
// recorded, or why it is not.
func (r *Recorder) record() error {
	for over := false; ; {
		more := r.take()
		err := r.flush(over)
		switch {
		case err != nil:
			if err := r.recover(err); err != nil {
				return err
			}
		case over && !more:
			return nil
		case !more:
			over = !r.wait()
		}
	}
}

// take encodes what is waiting. It reports whether there may be more.
func (r *Recorder) take() (more bool) {
	for !r.writer.Full() {
		e, state := r.cursor.read(true)
		if state != got {
			r.ended = state == ended
			return false
		}
		if e.Kind == sockeye.Gap && e.Session == nil {
			r.missing(e.Detail.Lost)
		}
		r.writer.Append(&e)
	}
	return true
}

// flush writes, and lets everybody else go as far as the disk is. At the end of
// the recording it makes all of it durable.
func (r *Recorder) flush(last bool) error {
	r.busy.Store(time.Now().UnixNano())
	err := r.writer.Flush()
	if err == nil && last {
		err = r.writer.Sync()
	}
	r.wrote = time.Now()
	r.busy.Store(0)
	if err == nil {
		r.advance()
	}
	return err
}

func (r *Recorder) advance() {
	next := r.writer.Kept() + 1
	if next > r.marks[len(r.marks)-1].next {
		r.marks = append(r.marks, syncMark{next, r.cursor.bytes})
	}
	for len(r.marks) > 1 && r.marks[1].next <= r.writer.Durable()+1 {
		r.marks = r.marks[1:]
	}
	j := r.journal
	j.mu.Lock()
	r.status.Status = r.writer.Status()
	if !r.gone {
		j.barrier.pendingEnd(next)
		j.releaseLocked()
	}
	j.mu.Unlock()
	r.recovered()
}

// wait returns true when there is something to do, and false when everything
// that shall be recorded is.
func (r *Recorder) wait() bool {
	if r.ended {
		return false
	}
	var due <-chan time.Time
	if t := r.writer.Due(); !t.IsZero() {
		r.timer.Reset(time.Until(t))
		defer r.timer.Stop()
		due = r.timer.C
	}
	select {
	case <-r.cursor.wake:
		time.Sleep(flushInterval - time.Since(r.wrote))
		return true
	case <-due:
		return true
	case <-r.stop:
		return false // what came before Close is taken once more, and with it what has come since
	}
}

// end lets go of everything.
func (r *Recorder) end(err error) {
	r.busy.Store(time.Now().UnixNano())
	if e := r.writer.Close(); err == nil {
		err = e
	}
	r.busy.Store(0)
	if err != nil {
		r.journal.notify(stopped(sockeye.ErrorOf(err)))
	}
	j := r.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	r.cursor.unpinLocked()
	r.err = err
	r.status.Err = sockeye.ErrorOf(err)
	r.releaseLocked()
}

// releaseLocked holds nothing back any more, for good.
func (r *Recorder) releaseLocked() {
	j := r.journal
	r.gone = true
	r.status.State = RecordOff
	if j.barrier.recorder == r {
		j.barrier.recorder = nil
		j.barrier.free()
		j.releaseLocked()
	}
}

// DiskWait is for how long the call to the disk that is under way has taken; 0 if there is
// none.
func (r *Recorder) DiskWait() time.Duration {
	if began := r.busy.Load(); began != 0 {
		return time.Since(time.Unix(0, began))
	}
	return 0
}

// Close ends recording. When it returns nil, everything appended before the call
// is durable. It waits for the disk until ctx ends; then it leaves the recorder
// alone with it, holding nothing back, and returns the error that says so. The
// error is an *sockeye.Error.
func (r *Recorder) Close(ctx context.Context) error {
	j := r.journal
	j.mu.Lock()
	if !r.closing {
		r.closing = true
		close(r.stop)
	}
	j.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	r.releaseLocked()
	return abandoned(r.status.Path, context.Cause(ctx))
}

// Before is where the runs before this one ended: numbers go on from there. It is
// zero if they do not.
func (r *Recorder) Before() recording.ResumePoint { return r.before }

// Done is closed when the recorder has ended: by Close, with the journal, or
// because a stream that it wrote to has failed.
func (r *Recorder) Done() <-chan struct{} { return r.done }

// Status returns the status of the recording.
func (r *Recorder) Status() RecordStatus {
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	st := r.status
	st.Lost = plus(st.Lost, r.journal.barrier.lost)
	return st
}
