package fault

import (
	"slices"
	"time"

	"sockeye"
)

// Bounds of a queue: of one direction of one connection.
const (
	MaxQueued  = 4 << 20 // bytes
	maxParcels = 16384
	maxMerged  = 64 << 10 // bytes that go on as one
)

// DelayQueue holds the parcels of one direction that wait, in the order in which they are passed on.
// The zero DelayQueue is empty. It belongs to one goroutine at a time.
type DelayQueue struct {
	parcels []Parcel
	bytes   int
	stalled int // parcels that wait for the end of a fault
}

// IsFull reports whether nothing more is to be read for now.
func (q *DelayQueue) IsFull() bool {
	return q.bytes >= MaxQueued || len(q.parcels) >= maxParcels || q.stalled > 0
}

// HasRoom reports whether a message of n bytes that cannot wait to be read finds room.
func (q *DelayQueue) HasRoom(n int) bool {
	return q.bytes+n <= MaxQueued && len(q.parcels) < maxParcels
}

// Push adds what a message became. number gives each that is held its number; the events
// of these are returned.
func (q *DelayQueue) Push(parcels []Parcel, now time.Time, number func() uint64) (held []sockeye.FaultEvent) {
	if len(parcels) == 0 {
		return nil
	}
	for n := range parcels {
		if p := &parcels[n]; p.hit != nil {
			p.held = number()
			p.hit.Held = p.held
			held = append(held, *p.hit)
		}
		q.account(&parcels[n], 1)
	}
	at := len(q.parcels)
	for at > 0 && q.parcels[at-1].behind > 0 {
		at--
	}
	late := slices.Clone(q.parcels[at:])
	q.parcels = append(q.parcels[:at], parcels...)
	waiting := late[:0]
	ends := parcels[len(parcels)-1].End != GoesOn
	for _, p := range late { // the message overtakes each of these
		if p.behind--; p.behind > 0 && !ends {
			waiting = append(waiting, p)
			continue
		}
		p.behind, p.Due = 0, now
		q.insert(p, ends)
	}
	q.parcels = append(q.parcels, waiting...)
	return held
}

// insert adds a message that waited long enough for others: before the end of the
// direction, if that is last.
func (q *DelayQueue) insert(p Parcel, ends bool) {
	at := len(q.parcels)
	if ends {
		at--
	}
	q.parcels = slices.Insert(q.parcels, at, p)
}

// account counts a parcel in, or with -1 out.
func (q *DelayQueue) account(p *Parcel, n int) {
	q.bytes += n * len(p.Data)
	if p.stalled {
		q.stalled += n
	}
}

// Due is when Next gives something; false if nothing waits.
func (q *DelayQueue) Due() (time.Time, bool) {
	if len(q.parcels) == 0 {
		return time.Time{}, false
	}
	return q.parcels[0].Due, true
}

// Next removes the parcel that is due and returns it. If none is, it returns false and how long to
// wait; 0 if the queue is empty.
func (q *DelayQueue) Next(now time.Time) (p Parcel, wait time.Duration, ok bool) {
	if len(q.parcels) == 0 {
		return Parcel{}, 0, false
	}
	head := &q.parcels[0]
	if wait := head.Due.Sub(now); wait > 0 {
		return Parcel{}, wait, false
	}
	if head.Piece > 0 && len(head.Data) > head.Piece {
		p = Parcel{Data: head.Data[:head.Piece], Type: head.Type, Due: head.Due, hit: head.timeout()}
		head.Data = head.Data[head.Piece:]
		head.hit, head.held = nil, 0
		if head.Due = head.Due.Add(head.Gap); head.Due.Before(now) { // what came before it took longer
			head.Due = now.Add(head.Gap)
		}
		q.bytes -= len(p.Data)
		return p, 0, true
	}
	p = q.pop()
	p.hit = p.timeout()
	for p.batch > 0 && len(q.parcels) > 0 && p.joins(&q.parcels[0]) {
		p.Data = append(slices.Clip(p.Data), q.pop().Data...)
	}
	return p, 0, true
}

// joins reports whether another parcel goes on as one with p.
func (p *Parcel) joins(other *Parcel) bool {
	return other.batch == p.batch && other.Type == p.Type && other.Piece+p.Piece == 0 && other.End == GoesOn && other.held+p.held == 0 && len(p.Data)+len(other.Data) <= maxMerged
}

// timeout is the event of a message that was held until it went on by itself; nil for
// another one.
func (p *Parcel) timeout() *sockeye.FaultEvent {
	if p.held == 0 {
		return nil
	}
	e := *p.hit
	e.Kind = "timeout"
	return &e
}

// TimedOut returns the event of a held message that nobody released in time; nil for any other.
func (p *Parcel) TimedOut() *sockeye.FaultEvent { return p.hit }

func (q *DelayQueue) pop() Parcel {
	p := q.parcels[0]
	q.parcels[0] = Parcel{}
	q.parcels = q.parcels[1:]
	q.account(&p, -1)
	return p
}

// Flush makes everything due now, because the faults that delayed it are over. Messages that a
// fault in next holds as well stay held, and what is behind them waits with them; next may be
// nil. Flush returns the events of the messages that are not held any more.
func (q *DelayQueue) Flush(next *RelayFaults, now time.Time) (released []sockeye.FaultEvent) {
	texts := next.Texts()
	for n := range q.parcels {
		p := &q.parcels[n]
		if p.held > 0 && slices.Contains(texts, p.hit.Fault) {
			p.Gap, p.behind, p.batch, p.stalled = 0, 0, 0, false
			continue
		}
		if p.held > 0 {
			e := *p.hit
			e.Kind = "release"
			released = append(released, e)
		}
		p.Due, p.Gap, p.behind, p.batch, p.stalled, p.held, p.hit = now, 0, 0, 0, false, 0, nil
	}
	q.stalled = 0
	return released
}

// Clear drops everything, and says how many bytes that were.
func (q *DelayQueue) Clear() int {
	n := q.bytes
	*q = DelayQueue{}
	return n
}

// Held is a message that waits until somebody lets it go.
type Held struct {
	Number uint64
	Fault  string
	Offset uint64
	Data   []byte
	Until  time.Time // when it goes on by itself; zero: never
}

// Held are the messages that are held. Their data is not to be changed.
func (q *DelayQueue) Held(now time.Time) []Held {
	var out []Held
	for _, p := range q.parcels {
		if p.held > 0 {
			h := Held{Number: p.held, Fault: p.hit.Fault, Offset: p.hit.Offset, Data: p.Data}
			if p.Due.Sub(now) < never/2 {
				h.Until = p.Due
			}
			out = append(out, h)
		}
	}
	return out
}

// HeldCount returns the number of parcels that are held.
func (q *DelayQueue) HeldCount() (n int) {
	for i := range q.parcels {
		if q.parcels[i].held > 0 {
			n++
		}
	}
	return n
}

// Decision says what to do with a held message.
type Decision string

// The decisions.
const (
	Release Decision = "release" // as it is
	Edit    Decision = "edit"    // with other bytes
	Discard Decision = "discard" // not at all
)

// Decide does something with the message of a number: data is what it becomes, for Edit,
// and owned by the queue from then on. It returns false if no such message is held.
func (q *DelayQueue) Decide(number uint64, d Decision, data []byte, now time.Time) (sockeye.FaultEvent, bool) {
	at := slices.IndexFunc(q.parcels, func(p Parcel) bool { return p.held == number && number > 0 })
	if at < 0 {
		return sockeye.FaultEvent{}, false
	}
	p := &q.parcels[at]
	e := *p.hit
	e.Kind = string(d)
	q.account(p, -1)
	switch d {
	case Discard:
		q.parcels = slices.Delete(q.parcels, at, at+1)
		return e, true
	case Edit:
		p.Data, e.Kept = data, len(data)
	}
	p.Due, p.held, p.hit = now, 0, nil
	q.account(p, 1)
	return e, true
}
