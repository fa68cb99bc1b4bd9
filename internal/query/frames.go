package query

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// FrameQuery says how streams are cut into frames, which checksum these end with (the zero
// Trailer is none), which values are read in them, and of which protocol they are messages
// ("" is none).
type FrameQuery struct {
	Spec   framing.Spec
	Check  checksum.Trailer
	Fields fields.SpecSet
	Decode string
	Known  framing.Knowledge // of the protocol
}

// FramePage says how the frames of a Page were found.
type FramePage struct {
	// From is the event that the splitter began with: a stream that was there before is cut
	// from its middle. To is how far the streams are cut: while that is before the
	// window, nothing is known of it.
	From, To uint64
	// Open is what no event has ended yet, if the scan reached the end of the journal:
	// for each stream its last event so far, with what will be, or is, a frame; the
	// latest ones, OpenLeftOut more were left out. Due is when the next of them is a
	// frame, since nothing came; 0 is never.
	Open        []PageEvent
	OpenLeftOut int
	Due         time.Duration
}

// PageFrame is a frame with memory of its own. Data and Cuts may be cut short; Body
// is nil.
type PageFrame struct {
	framing.PeerFrame
	Bytes, Chunks int // that the frame has
	// The body is a part of the frame, from BodyFrom up to BodyTo, or it is Decoded.
	BodyFrom, BodyTo int
	Decoded          []byte
	Values           []fields.Value // if they were asked for
	Message          *Decoded       // nil if it was not asked for, or the frame is none
}

// The bounds of the frames of one query.
const (
	maxFrames    = 1000      // of one event
	maxFrameData = 256 << 10 // bytes of the frames of one event
	maxFrameCuts = 64
	maxOpen      = 64
	valueSize    = 96  // what a value needs in an answer, about
	frameSize    = 192 // what a frame needs in an answer besides its bytes, about
)

// FramesOf divides a filter: what it asks of bytes and times is asked of frames, and
// the rest of events; what it asks of comments is left out. Frames are wanted if wants is nil.
func FramesOf(f recording.Filter) (events recording.Filter, wants func(*framing.PeerFrame) bool, err error) {
	events = recording.Filter{Session: f.Session, Peer: f.Peer, Direction: f.Direction}
	content := recording.Filter{After: f.After, Before: f.Before, Bytes: f.Bytes, Regexp: f.Regexp}
	if content.IsZero() {
		return events, nil, nil
	}
	m, err := content.Matcher()
	return events, func(fr *framing.PeerFrame) bool {
		// of no peer, so that nothing is found over the borders of frames
		return m.Wants(&sockeye.Event{Kind: fr.Kind, Time: fr.Time, Data: fr.Data})
	}, err
}

// frameQuery is what a scan for frames needs besides.
type frameQuery struct {
	cache *frameCache
	kinds []sockeye.EventKind
	// commented wants the frames that end by events with comments.
	commented bool
	events    *recording.EventMatcher // of events without bytes
	who       *recording.EventMatcher // of frames
	content   func(*framing.PeerFrame) bool
	values    *fields.SetReader // nil: none are asked for
	decoded   *framing.Decoding // nil: nobody asked for messages

	frames  []PageFrame // of the event that is looked at
	held    int
	leftOut int
	begun   bool // the window is reached
}

// newFrameQuery is for a window whose filter is right.
func newFrameQuery(c *frameCache, q Query) *frameQuery {
	who, content, _ := FramesOf(q.Filter)
	l := &frameQuery{cache: c, kinds: q.Kinds, commented: q.Filter.Commented, content: content}
	l.events, _ = q.Filter.Matcher()
	l.who, _ = who.Matcher()
	if len(q.Cut.Fields) > 0 {
		l.values = q.Cut.Fields.NewReader()
	}
	if q.Cut.Decode != "" {
		l.decoded = framing.NewDecoding(q.Cut.Decode, q.Cut.Known)
	}
	return l
}

// contextOf is where to begin for a window: messages answer some that came before it.
func (l *frameQuery) contextOf(from uint64) uint64 {
	if l.decoded == nil {
		return from
	}
	return from - min(from, contextBehind)
}

func (l *frameQuery) wantsKind(k sockeye.EventKind) bool {
	return wantsKind(l.kinds, k)
}

func (l *frameQuery) wantsFrame(f *framing.PeerFrame) bool {
	return l.wantsKind(f.Kind) && l.who.Wants(&sockeye.Event{Kind: f.Kind, Time: f.Time, Session: f.Session, Peer: f.Peer}) &&
		(l.content == nil || l.content(f))
}

// take keeps a frame of the event that is looked at, if it is wanted.
func (l *frameQuery) take(f *framing.PeerFrame) {
	message := decodedOf(l.decoded, f) // also before the window: a later one may answer it
	switch {
	case !l.begun || !l.wantsFrame(f):
	case len(l.frames) == maxFrames || l.held+min(len(f.Data), maxPreview) > maxFrameData && len(l.frames) > 0:
		l.leftOut++
	default:
		kept := keepFrame(f)
		kept.Values, kept.Message = valuesOf(l.values, nil, f), message
		l.frames = append(l.frames, kept)
		l.held += min(len(f.Data), maxPreview)
	}
}

// event is what is kept of an event, after its frames were taken; false if it is not
// wanted.
func (l *frameQuery) event(e *sockeye.Event) (PageEvent, bool) {
	out := PageEvent{Event: *e, Bytes: len(e.Data), Frames: l.frames, LeftOut: l.leftOut}
	l.frames, l.held, l.leftOut = nil, 0, 0
	out.Data = nil
	if len(out.Frames) > 0 || len(e.Data) > 0 {
		return out, len(out.Frames) > 0 && (!l.commented || e.Detail != nil && e.Detail.Comment != nil)
	}
	return out, l.wantsKind(e.Kind) && l.events.Wants(e)
}

func keepFrame(f *framing.PeerFrame) PageFrame {
	s := PageFrame{PeerFrame: *f, Bytes: len(f.Data), Chunks: len(f.Reads) + 1}
	var within bool
	if s.BodyFrom, s.BodyTo, within = f.BodyAt(); !within {
		s.Decoded = bytes.Clone(f.Body[:min(len(f.Body), maxPreview)])
	}
	s.Data = bytes.Clone(f.Data[:min(len(f.Data), maxPreview)])
	s.Reads, s.Body = slices.Clone(f.Reads[:min(len(f.Reads), maxFrameCuts)]), nil
	return s
}

// scanFrames is next for frames: it cuts the streams into frames, from the nearest resume
// point before the window on. A backward query reads the window to its end once it has
// been reached.
func (l *scan) scanFrames(from, to uint64, take func(e PageEvent) bool) (reached uint64) {
	run := l.frames.cache.start(min(l.frames.contextOf(from), to), l.page.Oldest)
	c := l.reader.View(run.at)
	defer c.Close()
	defer func() {
		l.page.Frames.To = max(l.page.Frames.To, run.at)
		if !l.frames.begun {
			l.page.Frames.From = max(l.page.Frames.From, run.from)
		}
		if reached >= l.page.Next && !l.stuck {
			l.openFrames(run)
		}
		run.end()
	}()
	l.frames.begun = false
	for spent := 0; ; {
		e, ok := c.Try()
		if !ok || e.Seq >= to {
			return max(from, to)
		}
		if next := e.NextSeq(); next > from && !l.frames.begun {
			l.frames.begun = true
			l.page.Frames.From = max(l.page.Frames.From, run.from)
		}
		if l.err = run.event(&e, l.frames.take); l.err != nil {
			return from
		}
		if l.frames.begun {
			l.scanned++
			l.reader.comments.annotate(&e)
			if seen, wanted := l.frames.event(&e); wanted && !take(seen) {
				return run.at
			}
		}
		if spent += eventWork(&e); spent < workPerCheck {
			continue
		}
		if spent = 0; (!l.frames.begun || !l.q.Backward) && l.isFull() {
			l.stuck = !l.frames.begun
			return max(from, run.at)
		}
	}
}

// openFrames keeps what no event has ended yet.
func (l *scan) openFrames(run *frameScan) {
	now, cut := journal.Now(), l.page.Frames
	due := run.split.Rests(now, func(f *framing.PeerFrame) {
		if !l.frames.wantsFrame(f) {
			return
		}
		kept := keepFrame(f)
		if n := len(cut.Open) - 1; n >= 0 && cut.Open[n].Peer == f.Peer && cut.Open[n].Kind == f.Kind {
			o := &cut.Open[n]
			o.Seq, o.Time, o.Frames = f.LastSeq, f.End, append(o.Frames, kept)
			return
		}
		cut.Open = append(cut.Open, PageEvent{Event: sockeye.Event{Seq: f.LastSeq, Time: f.End, Kind: f.Kind, Session: f.Session, Peer: f.Peer}, Frames: []PageFrame{kept}})
	})
	if !due.IsZero() {
		cut.Due = max(time.Millisecond, due.Sub(now))
	}
	slices.SortStableFunc(cut.Open, func(a, b PageEvent) int { return cmp.Compare(a.Seq, b.Seq) })
	held := 0
	for n := len(cut.Open) - 1; n >= 0; n-- {
		held += cut.Open[n].size()
		if len(cut.Open)-n > maxOpen || held > maxPageData && n < len(cut.Open)-1 {
			cut.OpenLeftOut = n + 1
			cut.Open = cut.Open[n+1:]
			break
		}
	}
}
