package recording

import (
	"context"
	"errors"
	"io"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
)

// ReadOptions say what a Reader gives. The zero value reads everything there is.
type ReadOptions struct {
	// From is the number of the first event wanted, 0 for the oldest. Where several
	// runs in one directory have numbers of their own, it is meant in each.
	From uint64
	// After skips what can be skipped without reading it because it is before this
	// time; events before it may still come. Zero skips nothing.
	After time.Time
	// Follow waits at the end for what is recorded next, in the last segment and in
	// new ones. A capture of another program is not followed.
	Follow bool
	// Damaged is told of everything that is not as it was written; may be nil. In a
	// foreign capture that is what could not be made an event. What is still being
	// written is no damage.
	Damaged func(file string, d pcapng.Damage)
	// Comments are given to the events that have them, instead of events of their own
	// (sockeye.Commented), which are left out then; nil leaves all as it was recorded.
	Comments *Comments
	// Progress is told, now and then, how many bytes of how many are read; may be nil.
	Progress func(done, total int64)
}

// CountDamage is a ReadOptions.Damaged that counts and tells nobody.
func CountDamage(n *int) func(file string, d pcapng.Damage) {
	return func(string, pcapng.Damage) { *n++ }
}

// Reader gives the events of a recording in order, over all its segments. It
// belongs to one goroutine. Close it when done.
type Reader struct {
	recording *Files
	o         ReadOptions

	waiting []segmentFile  // still to be read, without the open one
	open    *segmentReader // nil between files
	left    segmentFile    // the last one that was not waiting any more
	path    string         // of the last one opened
	done    int64          // bytes of the files that are read
	total   int64          // bytes of all that there were at the start
	calls   int            // of Next

	run  uint64 // of the last event
	next uint64 // the number that is due; 0: any
	at   time.Time
	held sockeye.Event // comes after the gap that was returned; kind 0 is none
}

// Read begins to read. The error is an *sockeye.Error.
func (r *Files) Read(o ReadOptions) (*Reader, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	if o.Damaged == nil {
		o.Damaged = func(string, pcapng.Damage) {}
	}
	d := &Reader{recording: r, o: o}
	d.seek(files)
	return d, nil
}

// Next is the next event. Its Data is lent until the next call; what else it
// points to may be kept, and the same session or peer is the same pointer in all
// events of a recording. An event that two segments have comes once; missing ones
// appear as an event of kind Gap. At the end it is io.EOF, after which Next may be
// called again in case more was written, or, when following, it waits until ctx
// ends, with the cause of ctx. Any other error is an *sockeye.Error for a file
// that cannot be read, after which Next goes on with the following file.
func (d *Reader) Next(ctx context.Context) (sockeye.Event, error) {
	for {
		e, err := d.recorded(ctx)
		if err != nil || d.o.Comments == nil {
			return e, err
		}
		if e.Kind != sockeye.Commented {
			d.o.Comments.Annotate(d.run, &e)
			return e, nil
		}
	}
}

// recorded is Next as it was recorded.
func (d *Reader) recorded(ctx context.Context) (sockeye.Event, error) {
	if d.held.Kind != 0 {
		e := d.held
		d.held = sockeye.Event{}
		return e, nil
	}
	if d.calls++; d.calls&1023 == 1 {
		if ctx.Err() != nil {
			return sockeye.Event{}, context.Cause(ctx)
		}
		d.reportProgress()
	}
	for {
		if d.open == nil {
			if err := d.advance(ctx); err != nil {
				return sockeye.Event{}, err
			}
		}
		e, err := d.open.next()
		if len(d.open.found) > 0 {
			d.pushGap(d.open.isSettled())
		}
		switch {
		case err == nil:
			if d.reorder(&e) {
				return e, nil
			}
			continue
		case errors.Is(err, io.EOF):
			err = d.atEnd(ctx)
		case errors.Is(err, pcapng.ErrForeign):
			d.pushGap([]pcapng.Damage{noSegment(d.open.file)})
			err = nil
			d.leave()
		default:
			err = unreadable(d.path, err)
			d.leave()
		}
		if err != nil {
			return sockeye.Event{}, err
		}
	}
}

// reorder puts an event into the order of the recording. It says false if the
// event is not to be given.
func (d *Reader) reorder(e *sockeye.Event) bool {
	if !d.open.reachedSegment() {
		return false
	}
	s, numbered := d.open.segment()
	if !numbered {
		return e.Seq >= d.o.From
	}
	if s.Run != d.run {
		d.begin(s.Run)
	}
	if e.Seq == 0 {
		return true
	}
	end := lastOf(e)
	if end < d.next || end < d.o.From {
		return false
	}
	if e.Seq < d.next { // a gap, part of which was there after all
		detail := *e.Detail
		detail.Lost.Events = end - d.next + 1
		e.Detail, e.Seq = &detail, d.next
	}
	due, at := d.next, d.at
	d.next, d.at = end+1, e.Time
	if due == 0 || e.Seq == due {
		return true
	}
	if at.IsZero() {
		at = e.Time
	}
	d.held = *e
	*e = sockeye.Event{Seq: due, Time: at, Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: e.Seq - due}}}
	return true
}

// begin goes on with another run, which may have numbers of its own.
func (d *Reader) begin(run uint64) {
	d.next = 0
	if d.run == 0 && d.o.From > 1 {
		d.next = d.o.From
	}
	d.run = run
}

// lastOf is the number of an event, or of the last one that a gap stands for.
// One that belongs to a session tells of what never was an event: datagrams that
// the system dropped.
func lastOf(e *sockeye.Event) uint64 {
	if e.Kind == sockeye.Gap && e.Session == nil && e.Detail != nil {
		return e.Seq + max(e.Detail.Lost.Events, 1) - 1
	}
	return e.Seq
}

// missed says that the last event is a gap that no file tells of: numbers are
// missing.
func (d *Reader) missed() bool { return d.held.Kind != 0 }

func (d *Reader) pushGap(found []pcapng.Damage) {
	for _, what := range found {
		d.o.Damaged(d.path, what)
	}
}

func (d *Reader) reportProgress() {
	if d.o.Progress != nil && d.open != nil {
		d.o.Progress(min(d.total, d.done+d.open.position), d.total)
	}
}

// At is where in the recording the last event is from; of a capture of another program, whose
// events have no numbers of their own, of no run.
func (d *Reader) At(e *sockeye.Event) EventRef { return EventRef{d.run, e.Seq} }

// Close lets go of the file.
func (d *Reader) Close() {
	d.leave()
	d.waiting = nil
}
