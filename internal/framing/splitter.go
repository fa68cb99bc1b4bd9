package framing

import (
	"cmp"
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
	ways  map[way]*Framer
}

// way is one direction of one peer.
type way struct {
	peer *sockeye.Peer
	kind sockeye.EventKind
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
	return &Splitter{spec: s, check: check, ways: map[way]*Framer{}}
}

// Spec is how it cuts.
func (s *Splitter) Spec() Spec { return s.spec }

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
		s.end(way{e.Peer, kind}, frame)
	case sockeye.Left:
		for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
			w := way{e.Peer, kind}
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
	w := way{e.Peer, e.Kind}
	f := s.ways[w]
	if f == nil {
		f = New(s.spec, s.check)
		s.ways[w] = f
	}
	f.Feed(Chunk{Data: e.Data, Seq: e.Seq, Time: e.Time})
	if e.Peer != nil && e.Peer.Network == "udp" {
		f.End()
	}
	s.drain(f, w, frame)
}

func (s *Splitter) end(w way, frame func(*PeerFrame)) {
	if f := s.ways[w]; f != nil {
		f.End()
		s.drain(f, w, frame)
	}
}

func (s *Splitter) drain(f *Framer, w way, frame func(*PeerFrame)) {
	for {
		fr, ok := f.Next()
		if !ok {
			return
		}
		out := PeerFrame{Frame: fr, Peer: w.peer, Kind: w.kind}
		if w.peer != nil {
			out.Session = w.peer.Session
		}
		frame(&out)
	}
}

// End ends every stream.
func (s *Splitter) End(frame func(*PeerFrame)) {
	for _, w := range s.inOrder() {
		s.end(w, frame)
	}
}

// Rest tells that nothing more came until now, and Due when it should be told.
func (s *Splitter) Rest(now time.Time, frame func(*PeerFrame)) {
	for _, w := range s.inOrder() {
		s.ways[w].Rest(now)
		s.drain(s.ways[w], w, frame)
	}
}

// inOrder are the streams by their peers' numbers.
func (s *Splitter) inOrder() []way {
	number := func(w way) uint64 {
		if w.peer == nil {
			return 0
		}
		return w.peer.ID
	}
	return slices.SortedFunc(maps.Keys(s.ways), func(a, b way) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a.kind, b.kind))
	})
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
