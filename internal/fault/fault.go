// Package fault says what goes wrong between the two sides of a relay: it reads faults in
// the words of toxiproxy and netem, plans what becomes of each message, and keeps what
// waits in a bounded queue. Events of time and bytes go in, plans come out: it has no
// socket, no goroutine and no clock of its own.
package fault

import (
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/rule"
)

// Kind is what a fault does: the first word of its text.
type Kind string

// The kinds.
const (
	Latency   Kind = "latency"    // passes it on later, by a time that may vary
	Rate      Kind = "rate"       // passes on so many bytes in a second
	Slice     Kind = "slice"      // passes it on in pieces
	Merge     Kind = "merge"      // passes on what comes within a time as one
	Drop      Kind = "drop"       // loses a message; a stream is only late, as by a retransmission
	Duplicate Kind = "duplicate"  // passes it on more than once
	Reorder   Kind = "reorder"    // passes it on after messages that came later
	Corrupt   Kind = "corrupt"    // flips bits
	Truncate  Kind = "truncate"   // passes on only the beginning
	Blackhole Kind = "blackhole"  // passes nothing on; a stream that lost bytes never goes on
	Stall     Kind = "stall"      // passes nothing on until the fault is over, and then everything
	Reset     Kind = "reset"      // aborts both connections
	Refuse    Kind = "refuse"     // aborts a new peer, and dials no upstream for it
	HalfClose Kind = "half-close" // ends the direction, as if the sender had
	Hold      Kind = "hold"       // keeps it until somebody lets it go
)

// Kinds lists every kind in the order in which help texts show them.
var Kinds = []Kind{Latency, Rate, Slice, Merge, Drop, Duplicate, Reorder, Corrupt, Truncate, Blackhole, Stall, Reset, Refuse, HalfClose, Hold}

// Example is one fault of the kind, for help texts.
func (k Kind) Example() string { return examples[k] }

var examples = map[Kind]string{
	Latency: "latency 100ms jitter 20ms", Rate: "rate 10kb", Slice: "slice 16 delay 5ms", Merge: "merge 50ms", Drop: "drop 5%",
	Duplicate: "duplicate 1%", Reorder: "reorder gap 3 10%", Corrupt: "corrupt bits 2 1%", Truncate: "truncate 8 10%",
	Blackhole: "blackhole from upstream", Stall: "stall from 10s for 2s", Reset: "reset after 64k", Refuse: "refuse 50%",
	HalfClose: "half-close after 5s", Hold: "hold timeout 30s when contains:LED",
}

// Way is a direction of a relay; "" is both.
type Way string

// The directions.
const (
	ToUpstream   Way = "to upstream"
	FromUpstream Way = "from upstream"
)

// Distribution is how the times of a jitter are spread.
type Distribution string

// The distributions. A jitter of 20 ms is the most that uniform deviates, and the
// standard deviation of the others.
const (
	Uniform Distribution = "uniform"
	Normal  Distribution = "normal"
	Pareto  Distribution = "pareto"
)

// Distributions lists them in the order in which help texts show them.
var Distributions = []Distribution{Uniform, Normal, Pareto}

// Fault is one fault, as Parse reads it. Fields that its kind does not know are zero.
type Fault struct {
	Kind Kind

	Time         time.Duration // latency, merge, stall (0: as long as the fault lasts); drop: of a retransmission; reorder: the most; hold: the time-out (0: none)
	Jitter       time.Duration // latency
	Distribution Distribution  // latency, of the jitter; "" is uniform
	Correlation  float64       // latency: how much a jitter follows the one before, in percent
	Rate         int64         // rate: bytes in a second
	Size         int           // slice, truncate: bytes
	Delay        time.Duration // slice: between pieces
	Count        int           // duplicate: copies; reorder: messages; corrupt: bits
	AfterBytes   int64         // reset, half-close
	AfterTime    time.Duration // reset, half-close

	Way     Way
	Peer    PeerSelector
	Percent float64 // how probable it is that a message is hit; 0 is always
	From    time.Duration
	For     time.Duration // 0 is without end
	Every   time.Duration // 0 is once
	Seed    uint64        // 0: drawn when the fault is set
	When    *rule.Pattern // nil: every message
}

// PeerSelector selects the connections that a fault is for: that of one peer number, or all from an
// address. The zero PeerSelector selects all.
type PeerSelector struct {
	ID      uint64
	Address netip.Addr
}

// Covers reports whether a peer is meant.
func (p PeerSelector) Covers(peer *sockeye.Peer) bool {
	switch {
	case p.ID > 0:
		return peer.ID == p.ID
	case p.Address.IsValid():
		return peer.Remote.IsIP() && peer.Remote.Addr().Unmap() == p.Address
	}
	return true
}

// NeedsMessages reports whether a fault of the kind would tear a stream of bytes apart:
// it is for datagrams, WebSocket messages and frames.
func (k Kind) NeedsMessages() bool {
	return k == Duplicate || k == Reorder || k == Truncate
}

// isActive reports whether the schedule of a fault covers a time, counted from when the fault was
// set, and for how long it does from then on; 0: without end.
func (f *Fault) isActive(at time.Duration) (active bool, left time.Duration) {
	at -= f.From
	if at < 0 {
		return false, 0
	}
	if f.Every > 0 {
		at %= f.Every
	}
	if f.For == 0 {
		return true, 0
	}
	return at < f.For, f.For - at
}

// isRandom reports whether what the fault does depends on its seed.
func (f *Fault) isRandom() bool { return f.Percent > 0 || f.Jitter > 0 || f.Kind == Corrupt }

// covers reports whether a fault is for a direction.
func (f *Fault) covers(w Way) bool { return f.Way == "" || f.Way == w }
