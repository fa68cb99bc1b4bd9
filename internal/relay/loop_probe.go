package relay

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"sockeye"
)

// loopProbe detects that a relay's upstream leads back to the relay through other programs, whose
// connections Chains cannot see. In such a loop each connection to the upstream makes another
// one arrive at once, and no byte ever comes back. After that has gone on for a while, the probe
// delays the next dial: in a loop no connection arrives during the delay, and one arrives right
// after it. If that happens four times, with delays of random length, there is a loop. A client
// that opens many connections without getting an answer has one of them delayed until its next
// one arrives. It may be used from any goroutine.
type loopProbe struct {
	mu      sync.Mutex
	pairs   []*pair         // the newest, each of which arrived after the dial for the one before
	gaps    []time.Duration // from that dial to it, for all but the first
	dialled time.Time       // when the upstream was dialled for the newest pair; zero: not yet
	isHeld  bool            // that dial was held, and nothing arrived meanwhile
	proofs  int             // such holds after which another one arrived at once, less those after which it was late
	arrived chan struct{}   // closed when a peer joins while a dial is held; nil: none is
}

const (
	probeAfter  = 8                     // pairs that seem to make each other
	probeProofs = 4                     // holds that prove it
	probeRecent = 4                     // of the newest of those pairs, so many are looked at,
	probeLate   = 1                     // and so many may have arrived late
	probeGap    = 40 * time.Millisecond // what is in time, unless it took longer before
	probeMaxGap = time.Second
)

// join notes a new pair, whose upstream is not dialled yet.
func (b *loopProbe) join(l *pair) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.arrived != nil {
		close(b.arrived)
		b.arrived = nil
	}
	if b.dialled.IsZero() {
		b.resetLocked()
	} else {
		gap := time.Since(b.dialled)
		switch {
		case gap > b.inTimeLocked():
			b.proofs = max(0, b.proofs-1) // the machine may have been busy for a moment
		case b.isHeld:
			b.proofs++
		}
		b.gaps = newest(append(b.gaps, gap), probeAfter)
	}
	b.pairs = newest(append(b.pairs, l), probeAfter+1)
	b.dialled, b.isHeld = time.Time{}, false
}

func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

func (b *loopProbe) resetLocked() { b.pairs, b.gaps, b.proofs = nil, nil, 0 }

// dial is called before the upstream of a pair is dialled, which it may hold up for some
// time. It reports whether the upstream leads back to the relay.
func (b *loopProbe) dial(l *pair) (loops bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pairs) == 0 || b.pairs[len(b.pairs)-1] != l {
		return false // others have arrived meanwhile
	}
	if b.isSuspiciousLocked() {
		if b.proofs >= probeProofs {
			b.resetLocked()
			return true
		}
		if !b.holdLocked(l) {
			return false
		}
		b.isHeld = true
	}
	b.dialled = time.Now()
	return false
}

// holdLocked waits, and reports whether no other peer joined meanwhile. b.mu is not held
// while it waits. A peer that leaves does not end it: in a loop, ends go round as well.
func (b *loopProbe) holdLocked(l *pair) (alone bool) {
	least := b.inTimeLocked() * 5 / 4 // other probes on the way shall see it
	timer := time.NewTimer(least + rand.N(least))
	defer timer.Stop()
	arrived := make(chan struct{})
	b.arrived = arrived
	b.mu.Unlock()
	defer b.mu.Lock()
	select {
	case <-timer.C:
	case <-arrived:
	case <-l.down.Closing():
	}
	return !isClosed(arrived)
}

// inTimeLocked returns how long after a dial a peer joins at most if the dial caused it.
func (b *loopProbe) inTimeLocked() time.Duration {
	if len(b.gaps) == 0 {
		return probeGap
	}
	sorted := slices.Sorted(slices.Values(b.gaps))
	return min(max(probeGap, 8*sorted[len(sorted)/2]), probeMaxGap)
}

// isSuspiciousLocked reports whether the newest pairs look as if each had made the next one.
func (b *loopProbe) isSuspiciousLocked() bool {
	if len(b.gaps) < probeAfter {
		return false
	}
	late := 0
	for _, gap := range newest(b.gaps, probeRecent) {
		if gap > b.inTimeLocked() {
			late++
		}
	}
	return late <= probeLate && !slices.ContainsFunc(b.pairs, (*pair).isAnswered)
}

// isAnswered reports whether the upstream has sent anything, ended its direction or the
// connection, or could not be had: in a loop there is nobody to do so.
func (l *pair) isAnswered() bool {
	if !isClosed(l.linked) {
		return false
	}
	return l.up == nil || l.up.Counters().ReceivedBytes > 0 || l.finished[fromUpstream].Load() || l.up.Reason() == sockeye.ReasonReset
}
