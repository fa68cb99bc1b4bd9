package pairs

import (
	"math"
	"time"

	"sockeye"
)

// Sequence says what a number that counts the messages of a peer tells: which were lost,
// doubled or overtaken, and how unevenly they came. It belongs to one goroutine.
type Sequence struct {
	bits    int // of the number; 64 never wraps
	streams map[sequenceKey]*sequenceState
	order   []*sequenceState
}

type sequenceKey struct {
	peerKey
	kind sockeye.EventKind
}

// SequenceReport is what was found in one direction of a peer.
type SequenceReport struct {
	Peer *sockeye.Peer     `json:"-"`
	Kind sockeye.EventKind `json:"-"`
	// Messages had a number. Of the numbers from the first to the highest, Lost never
	// came.
	Messages   int `json:"messages"`
	Lost       int `json:"lost"`
	Duplicates int `json:"duplicates"`
	Reordered  int `json:"reordered"` // came after a higher number
	// Restarts counts jumps too far to be loss: the sender began anew.
	Restarts int `json:"restarts"`
	// Jitter is the mean deviation of the distances in time from those before, smoothed
	// as RFC 3550 section 6.4.1 does, in microseconds.
	Jitter float64 `json:"jitter_us"`
}

// sequenceState follows one direction, with the numbers of late as a window of bits.
type sequenceState struct {
	SequenceReport
	begun    bool
	high     uint64 // the highest number, without wrapping
	first    uint64
	unique   uint64
	seen     [window / 64]uint64
	before   time.Time
	distance time.Duration
	lost     int // of what was before a restart
}

// window is how far back a number may come late, and maxJump how far ahead one is loss.
const (
	window  = 1024
	maxJump = 1 << 15
)

// NewSequence follows numbers of so many bits, after which they begin with 0 again; 64 is
// never.
func NewSequence(bits int) *Sequence {
	return &Sequence{bits: bits, streams: map[sequenceKey]*sequenceState{}}
}

// Message takes the number of the next message.
func (s *Sequence) Message(peer *sockeye.Peer, kind sockeye.EventKind, at time.Time, number uint64) {
	key := sequenceKey{kind: kind}
	if peer != nil {
		key.peerKey = peerKey{peer.ID, peer.Remote}
	}
	one := s.streams[key]
	if one == nil {
		if len(s.streams) >= 2*maxPeers { // both directions of each
			return
		}
		one = &sequenceState{SequenceReport: SequenceReport{Peer: peer, Kind: kind}}
		s.streams[key] = one
		s.order = append(s.order, one)
	}
	one.spacing(at)
	one.Messages++
	if !one.begun {
		one.begin(number)
		return
	}
	one.number(number, s.bits)
}

// Reports are those of all directions that had numbers, in the order in which they began.
func (s *Sequence) Reports() (out []SequenceReport) {
	for _, one := range s.order {
		r := one.SequenceReport
		r.Lost = one.lost + int(one.high-one.first+1-one.unique)
		out = append(out, r)
	}
	return out
}

func (s *sequenceState) begin(number uint64) {
	s.begun, s.first, s.high, s.unique = true, number, number, 1
	s.seen = [window / 64]uint64{}
	s.mark(number)
}

func (s *sequenceState) mark(n uint64) { s.seen[n%window/64] |= 1 << (n % 64) }

func (s *sequenceState) marked(n uint64) bool { return s.seen[n%window/64]>>(n%64)&1 != 0 }

// number takes a number after the first.
func (s *sequenceState) number(number uint64, bits int) {
	ahead := int64(number - s.high)
	if bits < 64 { // the shortest way around
		shift := 64 - bits
		ahead = int64((number-s.high)<<shift) >> shift
	}
	switch {
	case ahead > maxJump || ahead <= -window || ahead < 0 && uint64(-ahead) > s.high:
		s.Restarts++
		s.lost += int(s.high - s.first + 1 - s.unique)
		s.begin(number)
	case ahead > 0:
		for n := s.high + 1; n <= s.high+uint64(min(ahead, window)); n++ {
			s.seen[n%window/64] &^= 1 << (n % 64)
		}
		if ahead > window {
			s.seen = [window / 64]uint64{}
		}
		s.high += uint64(ahead)
		s.unique++
		s.mark(s.high)
	default:
		s.late(s.high - uint64(-ahead))
	}
}

// late takes a number that is not higher than one before.
func (s *sequenceState) late(n uint64) {
	if s.marked(n) {
		s.Duplicates++
		return
	}
	s.Reordered++
	s.mark(n)
	if n < s.first {
		s.first = n
	}
	s.unique++
}

// spacing follows how unevenly messages come.
func (s *sequenceState) spacing(at time.Time) {
	if !s.before.IsZero() {
		distance := at.Sub(s.before)
		if s.Messages > 1 {
			s.Jitter += (math.Abs(float64((distance - s.distance).Microseconds())) - s.Jitter) / 16
		}
		s.distance = distance
	}
	s.before = at
}
