package recording

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Filter says which events are wanted. Zero fields do not restrict. With Peer,
// Direction, Bytes or Regexp set, only events of peers, of bytes, and of bytes that
// match are wanted.
type Filter struct {
	Session string // "s1"; several with commas between: "s1,s2"
	// Peer is a peer as people name it, see sockeye.Peer.Answers; or several by their
	// numbers, with commas between: "3,4".
	Peer string
	// Direction is Received or Sent; 0 is both.
	Direction     sockeye.EventKind
	After, Before time.Time
	// Bytes is looked for in the stream of each direction, whatever chunks it came
	// in; a datagram stands alone.
	Bytes []byte
	// Regexp is a regular expression of RE2 syntax on bytes. A match of up to 4 KiB
	// is found over the borders of chunks.
	Regexp string
	// Commented wants only events that carry a comment: see ReadOptions.Comments.
	Commented bool
}

// IsZero says whether every event is wanted.
func (f Filter) IsZero() bool {
	return f.Session == "" && f.Peer == "" && f.Direction == 0 && f.After.IsZero() && f.Before.IsZero() && len(f.Bytes) == 0 && f.Regexp == "" && !f.Commented
}

// Hit is a place where wanted bytes were found.
type Hit struct {
	// Seq is the number of the event in which the match begins.
	Seq uint64
	// Offset counts the bytes of that direction before it, as far as they were read.
	Offset uint64
	Length int
}

// EventMatcher applies a Filter to events in their order. It remembers the ends of
// streams, so each goroutine needs its own.
type EventMatcher struct {
	f      Filter
	peers  []uint64 // of a filter that names several
	re     *regexp.Regexp
	window int // bytes before a chunk that a match in it may begin in
	ends   map[flowKey]*flowTail
	last   flowKey
	lastAt *flowTail
	joint  []byte
}

// flowKey is one direction of one peer.
type flowKey struct {
	peer *sockeye.Peer
	kind sockeye.EventKind
}

// flowTail is the latest of a stream.
type flowTail struct {
	total  uint64 // bytes so far
	tail   []byte // the last of them
	starts []chunkStart
}

// chunkStart is where in a stream an event begins.
type chunkStart struct{ offset, seq uint64 }

// regexpWindow is how far a regular expression looks back.
const regexpWindow = 4 << 10

// Matcher compiles the filter. The error is an *sockeye.Error of kind Invalid.
func (f Filter) Matcher() (*EventMatcher, error) {
	m := &EventMatcher{f: f, peers: peerNumbers(f.Peer), ends: map[flowKey]*flowTail{}}
	if len(f.Bytes) > 0 && f.Regexp != "" {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "regexp",
			Message: sockeye.Text{En: "not together with a text or bytes", Zh: "不能与文本或字节同时使用"},
			Hint:    sockeye.Text{En: "a regular expression can hold them", Zh: "可以写进正则表达式"}}
	}
	if f.Regexp != "" {
		re, _, err := payload.CompileRegexp(f.Regexp)
		if err != nil {
			e := *sockeye.ErrorOf(err)
			e.Op, e.Target = "set", "regexp"
			return nil, &e
		}
		m.re, m.window = re, regexpWindow
	} else if n := len(f.Bytes); n > 0 {
		m.window = n - 1
	}
	return m, nil
}

// Wants says whether an event passes. It must see every event, wanted or not.
func (m *EventMatcher) Wants(e *sockeye.Event) bool {
	found := false
	m.Each(e, func(Hit) { found = true })
	return found
}

// Each calls found for every match in an event, in order: once, with no offset,
// if the filter looks for no bytes. It allocates nothing once a stream is known.
func (m *EventMatcher) Each(e *sockeye.Event, found func(Hit)) {
	isData := e.Kind == sockeye.Received || e.Kind == sockeye.Sent
	if !m.concerns(e, isData) {
		return
	}
	inTime := (m.f.After.IsZero() || !e.Time.Before(m.f.After)) && (m.f.Before.IsZero() || e.Time.Before(m.f.Before))
	switch {
	case m.re == nil && len(m.f.Bytes) == 0:
		if inTime {
			found(Hit{Seq: e.Seq})
		}
	case isData:
		s := m.end(e)
		s.begin(e)
		if inTime {
			m.search(s, e, found)
		}
		s.advance(e, m.window)
	}
}

// concerns is the part of the filter that needs no bytes.
func (m *EventMatcher) concerns(e *sockeye.Event, isData bool) bool {
	f := &m.f
	switch {
	case f.Session != "" && (e.Session == nil || !isListed(f.Session, e.Session.ID)),
		f.Direction != 0 && e.Kind != f.Direction,
		f.Commented && (e.Kind == sockeye.Commented || e.Detail == nil || e.Detail.Comment == nil),
		f.Peer != "" && (e.Peer == nil || !m.isNamed(e.Peer)):
		return false
	}
	if e.Kind == sockeye.Left && e.Peer != nil && m.window > 0 {
		delete(m.ends, flowKey{e.Peer, sockeye.Received})
		delete(m.ends, flowKey{e.Peer, sockeye.Sent})
		m.last = flowKey{}
	}
	return true
}

// isListed reports whether a word is one of a list with commas between.
func isListed(list, word string) bool {
	for list != "" {
		var one string
		if one, list, _ = strings.Cut(list, ","); one == word {
			return true
		}
	}
	return false
}

// peerNumbers are the peers that are named by several numbers; nil if they are not. An
// address of a Unix socket may have commas.
func peerNumbers(list string) (all []uint64) {
	if !strings.Contains(list, ",") {
		return nil
	}
	for one := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseUint(strings.TrimPrefix(one, "#"), 10, 64)
		if err != nil {
			return nil
		}
		all = append(all, id)
	}
	return all
}

func (m *EventMatcher) isNamed(p *sockeye.Peer) bool {
	if m.peers != nil {
		return slices.Contains(m.peers, p.ID)
	}
	return p.Answers(m.f.Peer)
}

func (m *EventMatcher) end(e *sockeye.Event) *flowTail {
	w := flowKey{e.Peer, e.Kind}
	if w == m.last && m.lastAt != nil {
		return m.lastAt
	}
	s := m.ends[w]
	if s == nil {
		s = &flowTail{}
		m.ends[w] = s
	}
	m.last, m.lastAt = w, s
	return s
}

func (m *EventMatcher) search(s *flowTail, e *sockeye.Event, found func(Hit)) {
	if m.re != nil {
		m.searchRegexp(s, e.Data, found)
		return
	}
	needle := m.f.Bytes
	if n := len(s.tail); n > 0 { // over the border
		m.joint = append(append(m.joint[:0], s.tail...), e.Data[:min(len(e.Data), len(needle)-1)]...)
		for at := 0; ; at++ {
			k := bytes.Index(m.joint[at:], needle)
			if k < 0 || at+k >= n {
				break
			}
			at += k
			if at+len(needle) > n { // one that ends in the tail was found before
				found(s.match(s.total-uint64(n)+uint64(at), len(needle)))
			}
		}
	}
	for at := 0; ; {
		k := bytes.Index(e.Data[at:], needle)
		if k < 0 {
			return
		}
		found(s.match(s.total+uint64(at+k), len(needle)))
		at += k + len(needle)
	}
}

func (m *EventMatcher) searchRegexp(s *flowTail, data []byte, found func(Hit)) {
	n := len(s.tail)
	where := data
	if n > 0 {
		m.joint = append(append(m.joint[:0], s.tail...), data...)
		where = m.joint
	}
	for _, at := range m.re.FindAllIndex(where, -1) {
		if at[1] > n && at[1] > at[0] {
			found(s.match(s.total-uint64(n)+uint64(at[0]), at[1]-at[0]))
		}
	}
}

// match names the event in which an offset lies.
func (s *flowTail) match(offset uint64, length int) Hit {
	out := Hit{Offset: offset, Length: length}
	for _, b := range s.starts {
		if b.offset > offset {
			break
		}
		out.Seq = b.seq
	}
	return out
}

func (s *flowTail) begin(e *sockeye.Event) { s.starts = append(s.starts, chunkStart{s.total, e.Seq}) }

// advance keeps the last window bytes of the stream with their events.
func (s *flowTail) advance(e *sockeye.Event, window int) {
	s.total += uint64(len(e.Data))
	if e.Peer == nil || e.Peer.Network.Traits().Bounded() {
		window = 0
	}
	if len(e.Data) >= window {
		s.tail = append(s.tail[:0], e.Data[len(e.Data)-window:]...)
	} else {
		if over := len(s.tail) + len(e.Data) - window; over > 0 {
			s.tail = s.tail[:copy(s.tail, s.tail[over:])]
		}
		s.tail = append(s.tail, e.Data...)
	}
	first := 0
	for first+1 < len(s.starts) && s.starts[first+1].offset <= s.total-uint64(len(s.tail)) {
		first++
	}
	s.starts = s.starts[:copy(s.starts, s.starts[first:])]
}
