package fault

import (
	"bytes"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/framing"
)

// Line plans what becomes of the messages of one direction of one connection. It belongs
// to one goroutine at a time.
type Line struct {
	stages []stage
	since  time.Time // when the faults were set
	begun  time.Time // when the line began: times after which a connection is hit count from here
	whole  bool      // messages are whole, and may be lost; else bytes of a stream
	sliced bool      // what goes on may be cut into pieces anywhere: a stream takes it

	first  uint64    // offset of the first byte that it saw
	offset uint64    // of the next one
	any    bool      // it saw one
	last   time.Time // when what was planned before goes on: nothing may overtake it
	free   time.Time // when what was planned before has gone on at its rate
	batch  batch     // of merge
	dead   string    // the fault after which nothing goes on any more

	connection uint64
	way        Way
}

// stage is one fault of a line.
type stage struct {
	*Fault
	text  string
	draws *draws
	hits  *atomic.Uint64
}

// batch is what merge makes one of.
type batch struct {
	number uint64
	until  time.Time
}

// Direction is what a Line is for.
type Direction struct {
	Way        Way
	Peer       *sockeye.Peer // whose connection it is, at the side that listens
	Connection uint64        // counts the relay's connections, for the seeds
	From, To   sockeye.Traits
}

// Line is a line with those faults of a set that are for a direction, from now on; nil if
// none is.
func (s *Set) Line(d Direction, now time.Time) *Line {
	l := &Line{since: s.Since, begun: now, connection: d.Connection, way: d.Way,
		whole: d.From.Bounded() || s.Frame != (framing.Spec{}), sliced: !d.To.Bounded()}
	for n := range s.Faults {
		f := &s.Faults[n]
		if f.Kind != Refuse && f.covers(d.Way) && f.Peer.Covers(d.Peer) {
			l.stages = append(l.stages, stage{f, f.String(), drawsOf(f, d.Connection, d.Way), &s.hits[n]})
		}
	}
	if l.stages == nil {
		return nil
	}
	return l
}

// Message is what a sender sent: a datagram, a frame, or bytes as they were read.
type Message struct {
	Data   []byte              // lent for the call
	Body   []byte              // what patterns are tried on; nil matches none
	Offset uint64              // of Data in all that the sender has sent
	Type   sockeye.MessageType // "" where messages have none
}

// End is how a direction ends after a parcel.
type End uint8

// The ends.
const (
	GoesOn   End = iota
	Finishes     // the direction is ended
	Resets       // both connections are aborted
	Leaves       // the sender has left
)

// Parcel is bytes that go on together.
type Parcel struct {
	Data  []byte              // owned by the parcel
	Type  sockeye.MessageType // that of the message it comes of
	Due   time.Time
	Piece int           // longest piece in which it goes on; 0: in one
	Gap   time.Duration // between two pieces
	End   End
	Fault string // which fault ends it so

	batch   uint64 // those with one number go on as one; 0: alone
	behind  int    // of messages after it that go on before it
	stalled bool   // it waits for the end of a fault, and nothing is read meanwhile
	held    uint64 // its number, if somebody has to let it go
	hit     *sockeye.FaultEvent
}

// Plan is what becomes of a message.
type Plan struct {
	Parcels []Parcel
	Hits    []sockeye.FaultEvent // what was done, in the order it was done
}

// fate is a message on its way through the stages.
type fate struct {
	Message
	now    time.Time
	left   time.Duration // how long the fault that is looked at still applies; 0: without end
	data   []byte        // what goes on of it
	lost   bool
	copies int
	delay  time.Duration
	parcel Parcel
	end    End
	ender  string
	plan   Plan
}

// Plan decides what becomes of the next message.
func (l *Line) Plan(m Message, now time.Time) Plan {
	t := &fate{Message: m, now: now, data: bytes.Clone(m.Data), copies: 1}
	if !l.any {
		l.first, l.any = m.Offset, true
	}
	l.offset = m.Offset + uint64(len(m.Data))
	if l.dead != "" {
		t.plan.Hits = append(t.plan.Hits, sockeye.FaultEvent{Kind: string(Blackhole), Fault: l.dead, Offset: t.Offset, Bytes: len(m.Data)})
	}
	for n := range l.stages {
		s := &l.stages[n]
		d := s.draws.next()
		active, left := s.isActive(now.Sub(l.since))
		if active && l.dead == "" && !t.lost && t.end == GoesOn && s.isHit(d) && (s.When == nil || m.Body != nil && s.When.Match(m.Body, nil)) {
			t.left = left
			l.apply(s, d, t)
		}
	}
	l.deliver(t)
	return t.plan
}

// hit notes what a fault did to the message.
func (t *fate) hit(s *stage, e sockeye.FaultEvent) {
	e.Fault, e.Offset, e.Bytes = s.text, t.Offset, len(t.Data)
	if e.Kind == "" {
		e.Kind = string(s.Kind)
	}
	s.hits.Add(1)
	t.plan.Hits = append(t.plan.Hits, e)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// apply does to a message what a fault does to one that is hit.
func (l *Line) apply(s *stage, d draw, t *fate) {
	switch s.Kind {
	case Latency:
		delay := s.draws.latency(s.Fault, d.spread)
		t.delay += delay
		t.hit(s, sockeye.FaultEvent{DelayMS: milliseconds(delay)})
	case Rate, Slice, Merge:
		l.pace(s, t)
	case Drop, Blackhole, Truncate, Corrupt:
		l.damage(s, d, t)
	case Duplicate:
		t.copies += s.Count
		t.hit(s, sockeye.FaultEvent{Count: t.copies})
	case Reorder:
		t.parcel.behind = s.Count
		t.hit(s, sockeye.FaultEvent{Count: s.Count, DelayMS: milliseconds(s.Time)})
		t.delay += s.Time
	case Stall:
		t.parcel.stalled = true
		wait := never
		if t.left > 0 {
			wait = t.left
		}
		t.delay += wait
		t.hit(s, sockeye.FaultEvent{})
	case Hold:
		l.hold(s, t)
	case Reset, HalfClose:
		l.end(s, t)
	}
}

// never is longer than anybody waits.
const never = 100 * 365 * 24 * time.Hour

// pace sets at which pace a message goes on.
func (l *Line) pace(s *stage, t *fate) {
	switch s.Kind {
	case Rate:
		takes := time.Duration(float64(len(t.data)) / float64(s.Rate) * float64(time.Second))
		start := l.free
		if at := t.now.Add(t.delay); start.Before(at) {
			start = at
		}
		l.free = start.Add(takes)
		t.delay = l.free.Sub(t.now)
		if l.sliced && t.parcel.Piece == 0 {
			t.parcel.Piece = max(1, int(s.Rate/20), len(t.data)/64)
			t.parcel.Gap = time.Duration(float64(t.parcel.Piece) / float64(s.Rate) * float64(time.Second))
			t.delay = start.Sub(t.now) + min(t.parcel.Gap, takes)
		}
		t.hit(s, sockeye.FaultEvent{DelayMS: milliseconds(takes)})
	case Slice:
		if s.Size < len(t.data) {
			t.parcel.Piece, t.parcel.Gap = s.Size, max(s.Delay, t.parcel.Gap)
			t.hit(s, sockeye.FaultEvent{Piece: s.Size, DelayMS: milliseconds(s.Delay)})
		}
	case Merge:
		if at := t.now.Add(t.delay); !at.Before(l.batch.until) {
			l.batch = batch{l.batch.number + 1, at.Add(s.Time)}
		}
		t.parcel.batch = l.batch.number
		t.delay = l.batch.until.Sub(t.now)
		t.hit(s, sockeye.FaultEvent{DelayMS: milliseconds(s.Time)})
	}
}

// damage loses or changes bytes.
func (l *Line) damage(s *stage, d draw, t *fate) {
	switch s.Kind {
	case Drop:
		if l.whole {
			t.lost = true
			t.hit(s, sockeye.FaultEvent{})
			return
		}
		t.delay += s.Time
		t.hit(s, sockeye.FaultEvent{Kind: "loss", DelayMS: milliseconds(s.Time)})
	case Blackhole:
		t.lost = true
		if !l.whole {
			l.dead = s.text // a stream that went on without these bytes would be wrong
		}
		t.hit(s, sockeye.FaultEvent{})
	case Truncate:
		if s.Size < len(t.data) {
			t.data = t.data[:s.Size]
			t.hit(s, sockeye.FaultEvent{Kept: s.Size})
		}
	case Corrupt:
		if len(t.data) > 0 {
			bits := flip(t.data, s.Count, d.bits)
			t.hit(s, sockeye.FaultEvent{Count: len(bits), Bits: bits[:min(16, len(bits))]})
		}
	}
}

// hold keeps a message until somebody lets it go; the queue gives it its number.
func (l *Line) hold(s *stage, t *fate) {
	if t.parcel.hit != nil {
		return // by one fault already
	}
	wait := never
	if s.Time > 0 {
		wait = s.Time
	}
	t.delay += wait
	s.hits.Add(1) // its event follows when it has a number
	t.parcel.hit = &sockeye.FaultEvent{Kind: string(Hold), Fault: s.text, Offset: t.Offset, Bytes: len(t.Data)}
}

// end ends the direction or the connection within a message, or before it.
func (l *Line) end(s *stage, t *fate) {
	if s.AfterTime > 0 {
		return // Alarm does that
	}
	kept := 0
	if s.AfterBytes > 0 {
		left := s.AfterBytes - int64(t.Offset-l.first)
		if int64(len(t.Data)) < left {
			return
		}
		kept = min(len(t.data), int(max(0, left)))
	}
	t.data, t.end, t.ender = t.data[:kept], s.ends(), s.text
	t.hit(s, sockeye.FaultEvent{Kept: kept})
}

func (f *Fault) ends() End {
	if f.Kind == Reset {
		return Resets
	}
	return Finishes
}

// deliver makes the parcels of a message, none of which overtakes one before.
func (l *Line) deliver(t *fate) {
	if l.dead != "" || t.lost {
		return
	}
	p := t.parcel
	p.Due = t.now.Add(t.delay)
	if p.behind == 0 {
		if p.Due.Before(l.last) {
			p.Due = l.last
		}
		if !p.stalled && p.hit == nil {
			l.last = p.Due
		}
	}
	if t.end == GoesOn || len(t.data) > 0 {
		for n := range t.copies {
			p.Data, p.Type = t.data, t.Type
			if n > 0 {
				p.hit = nil
			}
			t.plan.Parcels = append(t.plan.Parcels, p)
		}
	}
	if t.end != GoesOn {
		t.plan.Parcels = append(t.plan.Parcels, Parcel{Due: p.Due, End: t.end, Fault: t.ender})
		l.dead = t.ender
	}
}

// Alarm is when a fault ends the connection or the direction after a time, and which;
// false if none does, or this connection is spared.
func (l *Line) Alarm() (at time.Time, by Fault, hit bool) {
	for _, s := range l.stages {
		if s.AfterTime == 0 || s.Kind == Reset && s.Way == "" && l.way == FromUpstream {
			continue // both directions end by the alarm of one
		}
		due := l.begun.Add(s.AfterTime)
		if s.isHit(drawsOf(s.Fault, l.connection, l.way).next()) && (!hit || due.Before(at)) {
			at, by, hit = due, *s.Fault, true
		}
	}
	return at, by, hit
}

// IsOver reports whether nothing goes on any more, whatever faults come: the stream has lost
// bytes, or its direction was ended.
func (l *Line) IsOver() bool { return l.dead != "" }

// Ring ends the line by the fault of its alarm: what is planned from now on disappears.
func (l *Line) Ring(by Fault, now time.Time) Plan {
	text := by.String()
	if l.dead != "" {
		return Plan{}
	}
	l.dead = text
	for _, s := range l.stages {
		if s.text == text {
			s.hits.Add(1)
		}
	}
	return Plan{Parcels: []Parcel{{Due: now, End: by.ends(), Fault: text}},
		Hits: []sockeye.FaultEvent{{Kind: string(by.Kind), Fault: text, Offset: l.offset}}}
}
