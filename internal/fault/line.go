package fault

import (
	"bytes"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/framing"
)

// Line applies faults to the messages of one direction of one connection: it plans when which
// of their bytes are passed on. It belongs to one goroutine at a time.
type Line struct {
	stages []stage
	since  time.Time // when the faults were set
	begun  time.Time // when the line began: times after which a connection is hit count from here
	whole  bool      // messages are whole, and may be lost; else bytes of a stream
	sliced bool      // what goes on may be cut into pieces anywhere: a stream takes it

	first  uint64     // offset of the first byte that it saw
	offset uint64     // offset of the next byte
	any    bool       // it saw a byte
	last   time.Time  // when the last planned parcel is due: nothing may overtake it
	free   time.Time  // when a rate has passed on all that was planned
	batch  mergeBatch // the current one of merge
	dead   string     // the fault that ended the direction; "": none

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

// mergeBatch is the messages that merge makes one of.
type mergeBatch struct {
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

// Line makes a line with those faults of the set that apply to a direction; nil if none
// does.
func (s *RelayFaults) Line(d Direction, now time.Time) *Line {
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

// SentMessage is what a sender sent: a datagram, a frame, or bytes as they were read.
type SentMessage struct {
	Data   []byte              // lent for the call
	Body   []byte              // what patterns are tried on; nil matches none
	Offset uint64              // of Data in all that the sender has sent
	Type   sockeye.MessageType // "" where messages have none
}

// DirectionEnd is how a direction ends after a parcel.
type DirectionEnd uint8

// The ends.
const (
	GoesOn   DirectionEnd = iota
	Finishes              // the direction is ended
	Resets                // both connections are aborted
	Leaves                // the sender has left
)

// Parcel is bytes that are passed on together.
type Parcel struct {
	Data  []byte              // owned by the parcel
	Type  sockeye.MessageType // that of the message it comes of
	Due   time.Time
	Piece int           // the longest piece in which it is passed on; 0: in one
	Gap   time.Duration // between two pieces
	End   DirectionEnd
	Fault string // which fault ends it so

	batch   uint64 // parcels with the same number are passed on as one; 0: alone
	behind  int    // how many later messages overtake it
	stalled bool   // it waits for the end of a fault, and nothing is read meanwhile
	held    uint64 // the number by which it is released; 0: it is not held
	hit     *sockeye.FaultEvent
}

// Plan is what the faults made of a message.
type Plan struct {
	Parcels []Parcel
	Hits    []sockeye.FaultEvent // one for each fault that was applied, in order
}

// messagePlan is a message while the faults of a line are applied to it, one after the other.
type messagePlan struct {
	SentMessage
	now    time.Time
	left   time.Duration // how long the fault that is applied is active yet; 0: without end
	data   []byte        // the bytes that are passed on
	lost   bool          // nothing of it is passed on
	copies int           // how often it is passed on
	delay  time.Duration // after now
	parcel Parcel        // what every copy has besides data
	end    DirectionEnd  // how the direction ends after it
	ender  string        // the fault that ends it
	plan   Plan          // the result
}

// Plan applies the faults of the line to the next message.
func (l *Line) Plan(m SentMessage, now time.Time) Plan {
	p := &messagePlan{SentMessage: m, now: now, data: bytes.Clone(m.Data), copies: 1}
	if !l.any {
		l.first, l.any = m.Offset, true
	}
	l.offset = m.Offset + uint64(len(m.Data))
	if l.dead != "" {
		p.plan.Hits = append(p.plan.Hits, sockeye.FaultEvent{Kind: string(Blackhole), Fault: l.dead, Offset: p.Offset, Bytes: len(m.Data)})
	}
	for n := range l.stages {
		by := &l.stages[n]
		random := by.draws.next()
		active, left := by.isActive(now.Sub(l.since))
		if active && l.dead == "" && !p.lost && p.end == GoesOn && by.isHit(random) && (by.When == nil || m.Body != nil && by.When.Match(m.Body, nil)) {
			p.left = left
			l.apply(by, random, p)
		}
	}
	l.deliver(p)
	return p.plan
}

// hit counts that a fault was applied, and adds to the plan the event that says so.
func (p *messagePlan) hit(by *stage, e sockeye.FaultEvent) {
	e.Fault, e.Offset, e.Bytes = by.text, p.Offset, len(p.Data)
	if e.Kind == "" {
		e.Kind = string(by.Kind)
	}
	by.hits.Add(1)
	p.plan.Hits = append(p.plan.Hits, e)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// apply applies one fault to a message.
func (l *Line) apply(by *stage, random draw, p *messagePlan) {
	switch by.Kind {
	case Latency:
		delay := by.draws.latency(by.Fault, random.spread)
		p.delay += delay
		p.hit(by, sockeye.FaultEvent{DelayMS: milliseconds(delay)})
	case Rate, Slice, Merge:
		l.limitRate(by, p)
	case Drop, Blackhole, Truncate, Corrupt:
		l.damage(by, random, p)
	case Duplicate:
		p.copies += by.Count
		p.hit(by, sockeye.FaultEvent{Count: p.copies})
	case Reorder:
		p.parcel.behind = by.Count
		p.hit(by, sockeye.FaultEvent{Count: by.Count, DelayMS: milliseconds(by.Time)})
		p.delay += by.Time
	case Stall:
		p.parcel.stalled = true
		wait := never
		if p.left > 0 {
			wait = p.left
		}
		p.delay += wait
		p.hit(by, sockeye.FaultEvent{})
	case Hold:
		l.hold(by, p)
	case Reset, HalfClose:
		l.end(by, p)
	}
}

// never is longer than anybody waits.
const never = 100 * 365 * 24 * time.Hour

// limitRate applies the faults that spread a message over time or merge it with others.
func (l *Line) limitRate(by *stage, p *messagePlan) {
	switch by.Kind {
	case Rate:
		takes := time.Duration(float64(len(p.data)) / float64(by.Rate) * float64(time.Second))
		start := l.free
		if at := p.now.Add(p.delay); start.Before(at) {
			start = at
		}
		l.free = start.Add(takes)
		p.delay = l.free.Sub(p.now)
		if l.sliced && p.parcel.Piece == 0 {
			p.parcel.Piece = max(1, int(by.Rate/20), len(p.data)/64)
			p.parcel.Gap = time.Duration(float64(p.parcel.Piece) / float64(by.Rate) * float64(time.Second))
			p.delay = start.Sub(p.now) + min(p.parcel.Gap, takes)
		}
		p.hit(by, sockeye.FaultEvent{DelayMS: milliseconds(takes)})
	case Slice:
		if by.Size < len(p.data) {
			p.parcel.Piece, p.parcel.Gap = by.Size, max(by.Delay, p.parcel.Gap)
			p.hit(by, sockeye.FaultEvent{Piece: by.Size, DelayMS: milliseconds(by.Delay)})
		}
	case Merge:
		if at := p.now.Add(p.delay); !at.Before(l.batch.until) {
			l.batch = mergeBatch{l.batch.number + 1, at.Add(by.Time)}
		}
		p.parcel.batch = l.batch.number
		p.delay = l.batch.until.Sub(p.now)
		p.hit(by, sockeye.FaultEvent{DelayMS: milliseconds(by.Time)})
	}
}

// damage applies the faults that lose or change bytes.
func (l *Line) damage(by *stage, random draw, p *messagePlan) {
	switch by.Kind {
	case Drop:
		if l.whole {
			p.lost = true
			p.hit(by, sockeye.FaultEvent{})
			return
		}
		p.delay += by.Time
		p.hit(by, sockeye.FaultEvent{Kind: "loss", DelayMS: milliseconds(by.Time)})
	case Blackhole:
		p.lost = true
		if !l.whole {
			l.dead = by.text // a stream that went on without these bytes would be wrong
		}
		p.hit(by, sockeye.FaultEvent{})
	case Truncate:
		if by.Size < len(p.data) {
			p.data = p.data[:by.Size]
			p.hit(by, sockeye.FaultEvent{Kept: by.Size})
		}
	case Corrupt:
		if len(p.data) > 0 {
			bits := flip(p.data, by.Count, random.bits)
			p.hit(by, sockeye.FaultEvent{Count: len(bits), Bits: bits[:min(16, len(bits))]})
		}
	}
}

// hold delays a message until somebody releases it, or for the time of the fault. The queue
// gives it the number by which it is released, and completes the event of the hit.
func (l *Line) hold(by *stage, p *messagePlan) {
	if p.parcel.hit != nil {
		return // another fault holds it already
	}
	wait := never
	if by.Time > 0 {
		wait = by.Time
	}
	p.delay += wait
	by.hits.Add(1) // its event follows when it has a number
	p.parcel.hit = &sockeye.FaultEvent{Kind: string(Hold), Fault: by.text, Offset: p.Offset, Bytes: len(p.Data)}
}

// end applies a fault that ends the direction or the connection after a number of bytes, which
// may be within this message or before it.
func (l *Line) end(by *stage, p *messagePlan) {
	if by.AfterTime > 0 {
		return // it ends after a time instead; see Alarm
	}
	kept := 0
	if by.AfterBytes > 0 {
		left := by.AfterBytes - int64(p.Offset-l.first)
		if int64(len(p.Data)) < left {
			return
		}
		kept = min(len(p.data), int(max(0, left)))
	}
	p.data, p.end, p.ender = p.data[:kept], by.ends(), by.text
	p.hit(by, sockeye.FaultEvent{Kept: kept})
}

// ends is how the fault ends a direction.
func (f *Fault) ends() DirectionEnd {
	if f.Kind == Reset {
		return Resets
	}
	return Finishes
}

// deliver adds the parcels of a message to its plan. None is due before those of earlier
// messages.
func (l *Line) deliver(p *messagePlan) {
	if l.dead != "" || p.lost {
		return
	}
	parcel := p.parcel
	parcel.Due = p.now.Add(p.delay)
	if parcel.behind == 0 {
		if parcel.Due.Before(l.last) {
			parcel.Due = l.last
		}
		if !parcel.stalled && parcel.hit == nil {
			l.last = parcel.Due
		}
	}
	if p.end == GoesOn || len(p.data) > 0 {
		for n := range p.copies {
			parcel.Data, parcel.Type = p.data, p.Type
			if n > 0 {
				parcel.hit = nil
			}
			p.plan.Parcels = append(p.plan.Parcels, parcel)
		}
	}
	if p.end != GoesOn {
		p.plan.Parcels = append(p.plan.Parcels, Parcel{Due: parcel.Due, End: p.end, Fault: p.ender})
		l.dead = p.ender
	}
}

// Alarm returns when a fault ends the connection or the direction because of its time, and
// which fault; false if none does.
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

// IsOver reports whether nothing is passed on any more, whatever faults come: the stream has
// lost bytes, or its direction was ended.
func (l *Line) IsOver() bool { return l.dead != "" }

// EndBy ends the direction by a fault that Alarm returned: later messages are lost.
func (l *Line) EndBy(by Fault, now time.Time) Plan {
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
