package framing

import (
	"maps"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
)

// Splitter cuts the bytes of events into frames, each direction of each peer by
// itself. It belongs to one goroutine. A datagram is a stream of its own: no frame
// reaches over its end.
type Splitter struct {
	spec  Spec
	check checksum.Trailer
	ways  map[sockeye.StreamKey]*directionState
	mine  *byte // marks the streams that no other splitter has; see Clone
	held  int
}

// directionState is what a splitter keeps of a way.
type directionState struct {
	*Framer
	peer *sockeye.Peer
	of   *byte // the splitter that may change it
	out  PeerFrame
}

// PeerFrame is a frame with where it comes from. It is lent for the call that it is
// given to.
type PeerFrame struct {
	Frame
	Session *sockeye.Session
	Peer    *sockeye.Peer
	// Kind is sockeye.Received or sockeye.Sent.
	Kind sockeye.EventKind
}

// NewSplitter makes a splitter without any peer yet; see New.
func NewSplitter(s Spec, check checksum.Trailer) *Splitter {
	return &Splitter{spec: s, check: check, ways: map[sockeye.StreamKey]*directionState{}, mine: new(byte)}
}

// Spec is how it cuts.
func (s *Splitter) Spec() Spec { return s.spec }

// Clone is a splitter that goes on from the same place. What the two know is shared
// until one of them changes it, so a clone costs little but a map of all streams. Two
// clones may be made or used by two goroutines, but not while either is cloned.
func (s *Splitter) Clone() *Splitter {
	s.mine = new(byte)
	return &Splitter{spec: s.spec, check: s.check, ways: maps.Clone(s.ways), mine: new(byte), held: s.held}
}

// Held is about how much memory the splitter needs: what is no frame yet, and some for
// each stream.
func (s *Splitter) Held() int { return s.held + streamSize*len(s.ways) }

// streamSize is about what a stream needs besides its bytes.
const streamSize = 256

// own is the stream of a way, to change; nil if there is none.
func (s *Splitter) own(w sockeye.StreamKey) *directionState {
	f := s.ways[w]
	if f != nil && f.of != s.mine {
		f = &directionState{Framer: f.clone(), peer: f.peer, of: s.mine}
		s.ways[w] = f
	}
	return f
}

// Event takes the next event and calls frame for every frame that ends by it, in
// order. Events without bytes end streams: that of what a peer that left or
// finished sent, and all after a gap in the record.
func (s *Splitter) Event(e *sockeye.Event, frame func(*PeerFrame)) {
	switch e.Kind {
	case sockeye.Received, sockeye.Sent:
		s.data(e, frame)
	case sockeye.Finished:
		kind := sockeye.Received
		if e.Detail != nil && e.Detail.Reason == sockeye.ReasonLocal {
			kind = sockeye.Sent
		}
		s.end(e.Peer.Stream(kind), frame)
	case sockeye.Left:
		for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
			w := e.Peer.Stream(kind)
			s.end(w, frame)
			delete(s.ways, w)
		}
	case sockeye.Gap:
		if e.Session == nil { // the record itself has a hole
			s.End(frame)
		}
	}
}

func (s *Splitter) data(e *sockeye.Event, frame func(*PeerFrame)) {
	w := e.Peer.Stream(e.Kind)
	f := s.own(w)
	if f == nil {
		f = &directionState{Framer: New(s.spec, s.check), of: s.mine}
		s.ways[w] = f
	}
	before := f.Pending()
	f.peer = e.Peer
	f.Feed(Chunk{Data: e.Data, Seq: e.Seq, Time: e.Time})
	if e.Peer != nil && e.Peer.Network.Traits().Bounded() {
		f.End()
	}
	f.drain(e.Kind, frame)
	s.held += f.Pending() - before
}

func (s *Splitter) end(w sockeye.StreamKey, frame func(*PeerFrame)) {
	if f := s.own(w); f != nil {
		s.held -= f.Pending()
		f.End()
		f.drain(w.Kind, frame)
	}
}

// drain gives the frames that there are now.
func (f *directionState) drain(kind sockeye.EventKind, frame func(*PeerFrame)) {
	for {
		fr, ok := f.Next()
		if !ok {
			return
		}
		f.out = PeerFrame{Frame: fr, Peer: f.peer, Kind: kind}
		if f.peer != nil {
			f.out.Session = f.peer.Session
		}
		frame(&f.out)
	}
}

// End ends every stream.
func (s *Splitter) End(frame func(*PeerFrame)) {
	for _, w := range s.pending() {
		s.end(w, frame)
	}
}

// Rest tells that nothing more came until now, and Due when it should be told.
func (s *Splitter) Rest(now time.Time, frame func(*PeerFrame)) {
	for _, w := range s.pending() {
		if due := s.ways[w].Due(); !due.IsZero() && !now.Before(due) {
			s.end(w, frame)
		}
	}
}

// Rests gives what no event has ended yet, as if nothing more came, and leaves it as
// it is: pieces whose pause is over by now are what they are, and all others are
// marked Open. It returns when the next of these pauses is over, or zero.
func (s *Splitter) Rests(now time.Time, frame func(*PeerFrame)) (next time.Time) {
	for _, w := range s.pending() {
		due := s.ways[w].Due()
		over := !due.IsZero() && !now.Before(due)
		if !over && !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
		f := &directionState{Framer: s.ways[w].clone(), peer: s.ways[w].peer}
		f.End()
		f.drain(w.Kind, func(fr *PeerFrame) {
			if !over && (fr.Mark == Whole || fr.Mark == Incomplete) {
				fr.Mark, fr.Check, fr.Body = Open, Unchecked, fr.Data
			}
			frame(fr)
		})
	}
	return next
}

// pending are the streams with bytes that are no frame yet, by their peers' numbers.
func (s *Splitter) pending() []sockeye.StreamKey {
	var list []sockeye.StreamKey
	for w, f := range s.ways {
		if f.Pending() > 0 {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, sockeye.StreamKey.Compare)
	return list
}

// Due is the first moment at which Rest may find a frame, or zero.
func (s *Splitter) Due() (first time.Time) {
	if s.spec.Pause == 0 {
		return first
	}
	for _, f := range s.ways {
		if d := f.Due(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}
