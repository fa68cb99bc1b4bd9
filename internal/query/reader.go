// Package query reads windows of the journal: events by filter and page, the frames in
// them, and single events, from memory or from the disk that recorded them. It shows
// nothing and changes nothing.
package query

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// Reader reads one journal. All methods may be called from any goroutine.
type Reader struct {
	journal *journal.Journal
	onDisk  firstOnDisk
	caches  frameCaches
	series  valueStores // over time
	shapes  valueStores // histograms, x–y, triggers
	headers valueStores // the names of columns, for windows

	comments commentTable
}

// NewReader makes a reader of a journal.
func NewReader(j *journal.Journal) *Reader { return &Reader{journal: j} }

// View is a new cursor on the journal, from event number from on; 0 is the oldest
// kept. Close it when done.
func (r *Reader) View(from uint64) *journal.Cursor { return r.journal.Cursor(from) }

// Span returns the range of events a view can still read from memory: the number of
// the oldest, and the number the next event will get.
func (r *Reader) Span() (oldest, next uint64) { return r.journal.Span() }

// VisibleSpan is Span as far as views may see, with the data bytes of all events before
// the oldest and before the next one.
func (r *Reader) VisibleSpan() (oldest, next, before, total uint64) { return r.journal.VisibleSpan() }

// Event is the event with a number, with data of its own. The error is an
// *sockeye.Error of kind NotFound.
func (r *Reader) Event(seq uint64) (sockeye.Event, error) {
	c := r.View(seq)
	defer c.Close()
	e, ok := c.Try()
	if !ok || e.Seq != seq || seq == 0 || e.Kind == sockeye.Gap && e.Session == nil {
		return e, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: "event",
			Message: sockeye.Text{En: "no event with this number can be read", Zh: "没有可读取的该编号事件"},
			Hint:    sockeye.Text{En: "it may have left the memory; record to keep everything", Zh: "可能已移出内存；开启记录可保留全部内容"}}
	}
	e.Data = bytes.Clone(e.Data)
	r.comments.annotate(&e)
	return e, nil
}

// Oldest is the number of the first event that can be read: in memory, or on the
// disk. The disk is looked at once a second at most.
func (r *Reader) Oldest() uint64 {
	oldest, _ := r.Span()
	if place := r.journal.Place(); place != "" {
		if first := r.onDisk.first(place); first > 0 {
			return min(oldest, first)
		}
	}
	return oldest
}

// EventSpan is the events of the journal up to a number, a source of events: what came later is
// not in it. Events carry their comments, which are no events of it.
type EventSpan struct {
	reader *Reader
	cursor *journal.Cursor
	to     uint64
}

// Range is everything that can be read now, from the oldest event on, or from a later
// one, and up to without the event to, if that is not 0. Close it when done.
func (r *Reader) Range(from, to uint64) *EventSpan {
	_, next, _, _ := r.VisibleSpan()
	if to > 0 {
		next = min(next, to)
	}
	return &EventSpan{r, r.View(max(r.Oldest(), min(from, next))), next}
}

// Next is the next event, and io.EOF after the last.
func (s *EventSpan) Next(ctx context.Context) (sockeye.Event, error) {
	if ctx.Err() != nil {
		return sockeye.Event{}, context.Cause(ctx)
	}
	for {
		e, ok := s.cursor.Try()
		if !ok || e.Seq >= s.to {
			return sockeye.Event{}, io.EOF
		}
		if e.Kind != sockeye.Commented {
			s.reader.comments.annotate(&e)
			return e, nil
		}
	}
}

// Close lets go of the journal's memory.
func (s *EventSpan) Close() { s.cursor.Close() }

// firstOnDisk remembers for a moment with which event a recording begins.
type firstOnDisk struct {
	mu       sync.Mutex
	place    string
	checked  time.Time
	firstSeq uint64
}

// first is the number of the first event at a place, as it was a moment ago.
func (r *firstOnDisk) first(place string) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if place == r.place && time.Since(r.checked) < time.Second {
		return r.firstSeq
	}
	r.place, r.checked, r.firstSeq = place, time.Now(), 0
	if found, err := recording.Open(place); err == nil {
		r.firstSeq = found.First()
	}
	return r.firstSeq
}
