package pairs

import (
	"strconv"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/decode"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
)

// PairSpec says how traffic is paired: how frames are found, and what makes an answer one.
type PairSpec struct {
	MatchRule
	Frame framing.Spec
	Check checksum.Trailer
	// Decode is the protocol whose decoder says what messages are; "" is none.
	Decode string
	Known  framing.Knowledge
	// Fields read values in frames. Field is the one that a request and its answer have
	// in common, Sequence the one that counts the messages; "" is none.
	Fields          fields.SpecSet
	Field, Sequence string
	Bits            int // of the sequence number; 0 is 64
}

// Reader pairs the messages in events. It belongs to one goroutine.
type Reader struct {
	spec     PairSpec
	split    *framing.Splitter
	decoding *framing.Decoding
	values   *fields.SetReader
	matcher  *Matcher
	sequence *Sequence
	found    []fields.Value
	last     time.Time
}

// NewReader makes one that has seen no event.
func NewReader(s PairSpec) *Reader {
	r := &Reader{spec: s, split: framing.NewSplitter(s.Frame, s.Check), matcher: New(s.MatchRule)}
	if s.Decode != "" {
		r.decoding = framing.NewDecoding(s.Decode, s.Known)
	}
	if len(s.Fields) > 0 {
		r.values = s.Fields.NewReader()
	}
	if s.Sequence != "" {
		bits := s.Bits
		if bits == 0 {
			bits = 64
		}
		r.sequence = NewSequence(bits)
	}
	return r
}

// Event takes the next event.
func (r *Reader) Event(e *sockeye.Event) {
	if e.Time.After(r.last) {
		r.last = e.Time
	}
	r.split.Event(e, r.frame)
	if e.Kind == sockeye.Left {
		r.matcher.Left(e.Peer)
	}
}

// Held is about how much memory the reader needs for what is no frame yet.
func (r *Reader) Held() int { return r.split.Held() }

// Waiting is how many requests have no answer yet.
func (r *Reader) Waiting() int { return r.matcher.Waiting() }

// GiveUp takes every request that waits for missing: what comes later answers none of them.
func (r *Reader) GiveUp() { r.matcher.GiveUp() }

// Merge adds what another reader of other peers found, which is not used any more.
func (r *Reader) Merge(o *Reader) {
	r.matcher.merge(o.matcher)
	if r.sequence != nil && o.sequence != nil {
		r.sequence.order = append(r.sequence.order, o.sequence.order...)
	}
}

// End ends all streams: what still waits is missing.
func (r *Reader) End() (PairReport, []SequenceReport) {
	r.split.End(r.frame)
	return r.report(time.Time{})
}

// Report is what was found so far, at the time of the last event.
func (r *Reader) Report() (PairReport, []SequenceReport) { return r.report(r.last) }

func (r *Reader) report(now time.Time) (PairReport, []SequenceReport) {
	if r.sequence == nil {
		return r.matcher.Report(now), nil
	}
	return r.matcher.Report(now), r.sequence.Reports()
}

// frame takes a frame. What is none is neither a request nor an answer.
func (r *Reader) frame(f *framing.PeerFrame) {
	if !fields.Complete(f.Mark == framing.Whole, f.Mark == framing.Incomplete, f.Peer) {
		return
	}
	msg := MessageInfo{Peer: f.Peer, Kind: f.Kind, Time: f.End, Seq: f.Seq, Role: r.direction(f)}
	if msg.Role == decode.Response {
		msg.Time = f.Time
	}
	if r.values != nil {
		r.found, _ = r.values.Read(r.found[:0], f.Peer, f.Kind, f.Body)
		r.number(f)
		if r.spec.Field != "" && !r.key(&msg) {
			msg.Role = decode.OneWay
		}
	}
	if r.decoding != nil {
		m, _, _, ok := r.decoding.Message(f)
		switch {
		case !ok:
			msg.Role = decode.OneWay
		case m.Role != "":
			msg.Role, msg.Key, msg.Part = m.Role, m.Key, m.Part
			if msg.Time = f.End; m.Role == decode.Response {
				msg.Time = f.Time
			}
		default:
			msg.Key, msg.Part = m.Key, m.Part
		}
	}
	r.matcher.Message(msg)
}

// direction is what a message is by its direction: as the spec says, or else clients ask.
func (r *Reader) direction(f *framing.PeerFrame) decode.Role {
	requests := r.spec.Requests
	if requests == 0 {
		requests = sockeye.Sent
		if f.Session != nil && f.Session.Endpoint.Mode == sockeye.Listen {
			requests = sockeye.Received
		}
	}
	if f.Kind == requests {
		return decode.Request
	}
	return decode.Response
}

// key sets the key of a message to the value of its field; false if it has none.
func (r *Reader) key(msg *MessageInfo) bool {
	for n := range r.found {
		if v := &r.found[n]; v.Name == r.spec.Field {
			msg.Key = v.String()
			return true
		}
	}
	return false
}

// number takes the sequence number of a frame.
func (r *Reader) number(f *framing.PeerFrame) {
	for n := range r.found {
		v := &r.found[n]
		if r.sequence == nil || v.Name != r.spec.Sequence || !v.Numeric {
			continue
		}
		if number, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			r.sequence.Message(f.Peer, f.Kind, f.Time, number)
		}
	}
}
