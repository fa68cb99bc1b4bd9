package query

import (
	"bytes"
	"context"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// Query says which events to look for in the journal, from where.
type Query struct {
	// From is the number to begin at; with Back, the one to begin before. 0 is the
	// oldest, and with Back the newest.
	From     uint64
	Backward bool
	Limit    int // most events; 0 is MaxQueryLimit
	// Filter says which are wanted, and Kinds of which kind; none means all but samples, of
	// which there is one a second for each peer that is looked at, and comments, which the
	// events that they are on carry.
	Filter recording.Filter
	Kinds  []sockeye.EventKind
	// Cut asks for frames: what Filter and Kinds say of bytes and directions is then
	// asked of them. Data events in which no wanted frame ends are left out.
	Cut *FrameQuery
}

// Page is a part of the journal that was looked at.
type Page struct {
	Events []PageEvent // in the order of their numbers
	// Oldest is the first event that can be read, Next the number to come.
	Oldest, Next uint64
	// ScannedTo is where the next query in the same direction should begin. Done says that
	// there is nothing more on that side.
	ScannedTo uint64
	Done      bool
	// Frames is how the frames were found, if they were asked for.
	Frames *FramePage
}

// PageEvent is an event with data of its own, which may be cut.
type PageEvent struct {
	sockeye.Event
	Bytes int // that the event has
	// Frames are those that end by this event, if they were asked for; the event has no
	// data then. LeftOut counts those beyond the bound.
	Frames  []PageFrame
	LeftOut int
}

// size is what the event takes in an answer, about.
func (e *PageEvent) size() int {
	n := len(e.Data)
	for i := range e.Frames {
		n += frameSize + len(e.Frames[i].Data) + len(e.Frames[i].Decoded) + valueSize*len(e.Frames[i].Values) + e.Frames[i].Message.size()
	}
	return n
}

// The limits of one query.
const (
	MaxQueryLimit = 1000
	maxPreview    = 64 << 10 // bytes of one event
	maxPageData   = 1 << 20  // bytes of all together
	maxScan       = 200_000
	maxScanTime   = 100 * time.Millisecond
	contextBehind = 64   // events before, in which a match may begin
	backStep      = 2000 // events of the first step back
	scanHeartbeat = 256
)

// Query reads a window of the journal: from memory, or the disk where that has
// recorded what memory no longer holds. A query is bounded; the Page says where to go
// on. The error is an *sockeye.Error of kind Invalid.
func (r *Reader) Query(ctx context.Context, q Query) (*Page, error) {
	if _, err := q.Filter.Matcher(); err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > MaxQueryLimit {
		q.Limit = MaxQueryLimit
	}
	l := &scan{reader: r, ctx: ctx, q: q, until: time.Now().Add(maxScanTime)}
	if q.Cut != nil {
		l.frames = newFrameQuery(r.caches.cacheFor(*q.Cut), q)
		l.page.Frames = &FramePage{}
	}
	l.page.Oldest, l.page.Next = r.Oldest(), 0
	_, l.page.Next, _, _ = r.VisibleSpan()
	l.page.Oldest = min(l.page.Oldest, l.page.Next)
	if q.Cut != nil && q.Cut.Fields.Headers() {
		reader, release, done, err := r.headersOf(ctx, q.Cut)
		defer release()
		if l.frames.values = reader; !done || err != nil {
			l.page.ScannedTo = l.begin()
			return &l.page, err
		}
	}
	if q.Backward {
		l.back()
	} else {
		l.forward()
	}
	if l.err != nil {
		return nil, l.err
	}
	return &l.page, nil
}

// begin is where the scan begins: at this event, and backward before it.
func (l *scan) begin() uint64 {
	switch {
	case !l.q.Backward:
		return max(l.q.From, l.page.Oldest)
	case l.q.From > 0:
		return min(l.q.From, l.page.Next)
	}
	return l.page.Next
}

// scan is one call of Query.
type scan struct {
	reader  *Reader
	ctx     context.Context
	q       Query
	until   time.Time
	scanned int
	page    Page
	frames  *frameQuery // nil: events are wanted as they are
	stuck   bool        // the streams are not cut up to the window yet
	err     error
}

func (l *scan) forward() {
	from := l.begin()
	data, full := 0, uint64(0)
	reached := l.next(from, l.page.Next, func(e PageEvent) bool {
		data += e.size()
		if data > maxPageData && len(l.page.Events) > 0 {
			full = e.Seq
			return false
		}
		l.page.Events = append(l.page.Events, e)
		return len(l.page.Events) < l.q.Limit
	})
	if full > 0 {
		reached = full
	}
	l.page.ScannedTo = reached
	l.page.Done = reached >= l.page.Next
	if l.frames != nil && !l.page.Done {
		l.page.Frames.Open, l.page.Frames.OpenLeftOut, l.page.Frames.Due = nil, 0, 0
	}
}

// back reads stretches that end where the one before began: the journal is read
// forward only.
func (l *scan) back() {
	end := l.begin()
	step := uint64(backStep)
	if l.q.Filter.IsZero() && len(l.q.Kinds) == 0 {
		step = uint64(l.q.Limit)
	}
	room := ringPage{events: l.q.Limit, data: maxPageData}
	for end > l.page.Oldest && room.events > 0 && room.data > 0 && !l.isFull() {
		start := l.page.Oldest
		if end-start > step {
			start = end - step
		}
		found := ringPage{events: room.events, data: room.data, first: len(l.page.Events) == 0}
		l.next(start, end, found.add)
		if l.stuck || l.err != nil {
			break
		}
		l.page.Events = slices.Concat(found.list, l.page.Events)
		room.events -= len(found.list)
		room.data -= found.held
		if end = start; found.from > 0 {
			end, room.events = found.from, 0
		}
		step = min(2*step, maxScan/4)
	}
	l.page.ScannedTo = max(end, l.page.Oldest)
	l.page.Done = end <= l.page.Oldest
}

// ringPage keeps the last events of those that are added, within bounds.
type ringPage struct {
	events, data int
	first        bool // one is kept however long it is
	list         []PageEvent
	held         int    // bytes in list
	from         uint64 // list has everything from this number on; 0 if nothing was left out
}

func (k *ringPage) add(e PageEvent) bool {
	k.list = append(k.list, e)
	k.held += e.size()
	for len(k.list) > k.events || k.held > k.data && (len(k.list) > 1 || !k.first) {
		k.held -= k.list[0].size()
		k.from = k.list[0].NextSeq()
		k.list = k.list[1:]
	}
	return true
}

func (l *scan) isFull() bool {
	return l.scanned >= maxScan || time.Now().After(l.until) || l.ctx.Err() != nil
}

// wantsKind says whether events of a kind are wanted.
func wantsKind(kinds []sockeye.EventKind, k sockeye.EventKind) bool {
	if len(kinds) == 0 {
		return k != sockeye.Sampled && k != sockeye.Commented
	}
	return slices.Contains(kinds, k)
}

// next gives the wanted events from a number up to another, exclusive, to take,
// until that says false. It returns how far it came.
func (l *scan) next(from, to uint64, take func(e PageEvent) bool) (reached uint64) {
	if l.frames != nil {
		return l.scanFrames(from, to, take)
	}
	m, _ := l.q.Filter.Matcher() // it was tried before
	begin := from
	if len(l.q.Filter.Bytes) > 0 || l.q.Filter.Regexp != "" {
		begin = max(l.page.Oldest, from-min(from, contextBehind))
	}
	c := l.reader.View(begin)
	defer c.Close()
	for reached = from; reached < to; {
		e, ok := c.Try()
		if !ok || e.Seq >= to {
			return to
		}
		l.reader.comments.annotate(&e)
		wanted := m.Wants(&e) && wantsKind(l.q.Kinds, e.Kind)
		if next := e.NextSeq(); next > from {
			reached = next
			if wanted && !take(keep(&e)) {
				return reached
			}
		}
		if l.ctx.Err() != nil {
			return reached
		}
		if l.scanned++; l.scanned%scanHeartbeat == 0 && !l.q.Backward && l.isFull() {
			return reached
		}
	}
	return reached
}

func keep(e *sockeye.Event) PageEvent {
	s := PageEvent{Event: *e, Bytes: len(e.Data)}
	s.Data = bytes.Clone(e.Data[:min(len(e.Data), maxPreview)])
	return s
}
