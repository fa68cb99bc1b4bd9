package workbench

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// Window says which events to look for in the journal, from where.
type Window struct {
	// From is the number to begin at; with Back, the one to begin before. 0 is the
	// oldest, and with Back the newest.
	From  uint64
	Back  bool
	Limit int // most events; 0 is MostWindow
	// Filter says which are wanted, and Kinds of which kind; none means all.
	Filter recording.Filter
	Kinds  []sockeye.EventKind
	// Cut asks for frames: what Filter and Kinds say of bytes and directions is then
	// asked of them. Data events in which no wanted frame ends are left out.
	Cut *Cut
}

// Seen is a part of the journal that was looked at.
type Seen struct {
	Events []SeenEvent // in the order of their numbers
	// Oldest is the first event that can be read, Next the number to come.
	Oldest, Next uint64
	// ScannedTo is where a further look should begin, the same way. Done says that
	// there is nothing more on that side.
	ScannedTo uint64
	Done      bool
	// Frames is how the frames were found, if they were asked for.
	Frames *SeenCut
}

// SeenEvent is an event with data of its own, which may be cut.
type SeenEvent struct {
	sockeye.Event
	Bytes int // that the event has
	// Frames are those that end by this event, if they were asked for; the event has no
	// data then. LeftOut counts those beyond the bound.
	Frames  []SeenFrame
	LeftOut int
}

// size is what the event takes in an answer, about.
func (e *SeenEvent) size() int {
	n := len(e.Data)
	for i := range e.Frames {
		n += frameSize + len(e.Frames[i].Data) + len(e.Frames[i].Decoded)
	}
	return n
}

// The limits of one look.
const (
	MostWindow    = 1000
	mostPreview   = 64 << 10 // bytes of one event
	mostData      = 1 << 20  // bytes of all together
	mostScan      = 200_000
	mostScanTime  = 100 * time.Millisecond
	lookBehind    = 64   // events before, in which a match may begin
	backStep      = 2000 // events of the first step back
	scanHeartbeat = 256
)

// Look reads a window of the journal: from memory, or the disk where that has
// recorded what memory no longer holds. One look is bounded; Seen says where to go
// on. The error is an *sockeye.Error of kind Invalid.
func (w *Workbench) Look(ctx context.Context, q Window) (*Seen, error) {
	if _, err := q.Filter.Matcher(); err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > MostWindow {
		q.Limit = MostWindow
	}
	l := &look{bench: w, ctx: ctx, q: q, until: time.Now().Add(mostScanTime)}
	if q.Cut != nil {
		l.cut = newCutLook(w.cuttings.of(*q.Cut), q)
		l.seen.Frames = &SeenCut{}
	}
	l.seen.Oldest, l.seen.Next = w.Oldest(), 0
	_, l.seen.Next, _, _ = w.Passed()
	l.seen.Oldest = min(l.seen.Oldest, l.seen.Next)
	if q.Back {
		l.back()
	} else {
		l.forward()
	}
	if l.err != nil {
		return nil, l.err
	}
	return &l.seen, nil
}

// look is one call of Look.
type look struct {
	bench   *Workbench
	ctx     context.Context
	q       Window
	until   time.Time
	scanned int
	seen    Seen
	cut     *cutLook // nil: events are wanted as they are
	stuck   bool     // the streams are not cut up to the window yet
	err     error
}

func (l *look) forward() {
	from := max(l.q.From, l.seen.Oldest)
	data, full := 0, uint64(0)
	reached := l.pass(from, l.seen.Next, func(e SeenEvent) bool {
		data += e.size()
		if data > mostData && len(l.seen.Events) > 0 {
			full = e.Seq
			return false
		}
		l.seen.Events = append(l.seen.Events, e)
		return len(l.seen.Events) < l.q.Limit
	})
	if full > 0 {
		reached = full
	}
	l.seen.ScannedTo = reached
	l.seen.Done = reached >= l.seen.Next
	if l.cut != nil && !l.seen.Done {
		l.seen.Frames.Open, l.seen.Frames.OpenLeftOut, l.seen.Frames.Due = nil, 0, 0
	}
}

// back reads stretches that end where the one before began: the journal is read
// forward only.
func (l *look) back() {
	end := l.seen.Next
	if l.q.From > 0 {
		end = min(end, l.q.From)
	}
	step := uint64(backStep)
	if l.q.Filter.IsZero() && len(l.q.Kinds) == 0 {
		step = uint64(l.q.Limit)
	}
	room := latest{events: l.q.Limit, data: mostData}
	for end > l.seen.Oldest && room.events > 0 && room.data > 0 && !l.over() {
		start := l.seen.Oldest
		if end-start > step {
			start = end - step
		}
		found := latest{events: room.events, data: room.data, first: len(l.seen.Events) == 0}
		l.pass(start, end, found.add)
		if l.stuck || l.err != nil {
			break
		}
		l.seen.Events = slices.Concat(found.list, l.seen.Events)
		room.events -= len(found.list)
		room.data -= found.held
		if end = start; found.from > 0 {
			end, room.events = found.from, 0
		}
		step = min(2*step, mostScan/4)
	}
	l.seen.ScannedTo = max(end, l.seen.Oldest)
	l.seen.Done = end <= l.seen.Oldest
}

// latest keeps the last events of those that are added, within bounds.
type latest struct {
	events, data int
	first        bool // one is kept however long it is
	list         []SeenEvent
	held         int    // bytes in list
	from         uint64 // list has everything from this number on; 0 if nothing was left out
}

func (k *latest) add(e SeenEvent) bool {
	k.list = append(k.list, e)
	k.held += e.size()
	for len(k.list) > k.events || k.held > k.data && (len(k.list) > 1 || !k.first) {
		k.held -= k.list[0].size()
		k.from = after(k.list[0].Event)
		k.list = k.list[1:]
	}
	return true
}

func (l *look) over() bool {
	return l.scanned >= mostScan || time.Now().After(l.until) || l.ctx.Err() != nil
}

// pass gives the wanted events from a number up to another, exclusive, to take,
// until that says false. It returns how far it came.
func (l *look) pass(from, to uint64, take func(e SeenEvent) bool) (reached uint64) {
	if l.cut != nil {
		return l.passFrames(from, to, take)
	}
	m, _ := l.q.Filter.Matcher() // it was tried before
	begin := from
	if len(l.q.Filter.Bytes) > 0 || l.q.Filter.Regexp != "" {
		begin = max(l.seen.Oldest, from-min(from, lookBehind))
	}
	c := l.bench.View(begin)
	defer c.Close()
	for reached = from; reached < to; {
		e, ok := c.Try()
		if !ok || e.Seq >= to {
			return to
		}
		wanted := m.Wants(&e) && (len(l.q.Kinds) == 0 || slices.Contains(l.q.Kinds, e.Kind))
		if next := after(e); next > from {
			reached = next
			if wanted && !take(keep(&e)) {
				return reached
			}
		}
		if l.ctx.Err() != nil {
			return reached
		}
		if l.scanned++; l.scanned%scanHeartbeat == 0 && !l.q.Back && l.over() {
			return reached
		}
	}
	return reached
}

// after is the number of the event after e, which may be a gap of many.
func after(e sockeye.Event) uint64 {
	if e.Kind == sockeye.Gap && e.Session == nil && e.Detail != nil {
		return e.Seq + max(1, e.Detail.Lost.Events)
	}
	return e.Seq + 1
}

func keep(e *sockeye.Event) SeenEvent {
	s := SeenEvent{Event: *e, Bytes: len(e.Data)}
	s.Data = bytes.Clone(e.Data[:min(len(e.Data), mostPreview)])
	return s
}

// Event is the event with a number, with data of its own. The error is an
// *sockeye.Error of kind NotFound.
func (w *Workbench) Event(seq uint64) (sockeye.Event, error) {
	c := w.View(seq)
	defer c.Close()
	e, ok := c.Try()
	if !ok || e.Seq != seq || seq == 0 || e.Kind == sockeye.Gap && e.Session == nil {
		return e, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: "event",
			Message: sockeye.Text{En: "no event with this number can be read", Zh: "没有可读取的该编号事件"},
			Hint:    sockeye.Text{En: "it may have left the memory; record to keep everything", Zh: "可能已移出内存；开启记录可保留全部内容"}}
	}
	e.Data = bytes.Clone(e.Data)
	return e, nil
}

// Oldest is the number of the first event that can be read: in memory, or on the
// disk. The disk is looked at once a second at most.
func (w *Workbench) Oldest() uint64 {
	oldest, _ := w.Span()
	if place := w.journal.Place(); place != "" {
		if first := w.recordings.first(place); first > 0 {
			return min(oldest, first)
		}
	}
	return oldest
}

// first is the number of the first event at a place, as it was a moment ago.
func (r *recordings) first(place string) uint64 {
	r.looking.Lock()
	defer r.looking.Unlock()
	if place == r.place && time.Since(r.looked) < time.Second {
		return r.firstSeq
	}
	r.place, r.looked, r.firstSeq = place, time.Now(), 0
	if found, err := recording.Open(place); err == nil {
		r.firstSeq = found.First()
	}
	return r.firstSeq
}

// Stretch is the journal as it was at one moment, a source of events: it ends before what came
// later.
type Stretch struct {
	cursor *journal.Cursor
	to     uint64
}

// Stretch is everything that can be read now, from the oldest event on. Close it
// when done.
func (w *Workbench) Stretch() *Stretch {
	_, next, _, _ := w.Passed()
	return &Stretch{w.View(w.Oldest()), next}
}

// Next is the next event, and io.EOF after the last.
func (s *Stretch) Next(ctx context.Context) (sockeye.Event, error) {
	if ctx.Err() != nil {
		return sockeye.Event{}, context.Cause(ctx)
	}
	if e, ok := s.cursor.Try(); ok && e.Seq < s.to {
		return e, nil
	}
	return sockeye.Event{}, io.EOF
}

// Close lets go of the journal's memory.
func (s *Stretch) Close() { s.cursor.Close() }
