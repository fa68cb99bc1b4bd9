package transport

import (
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Whether a peer lives is for its kernel to say: it acknowledges what it is sent, and
// while its window is closed, because its program does not read, it answers the probes
// of our kernel (RFC 9293 section 3.8.6.1). Such a peer may stay for as long as it
// likes, and is shown as not reading, also if it takes a byte now and then. One that
// answers nothing at all for Endpoint.AnswerTimeout is given up. TCP_USER_TIMEOUT would
// end the former, too. An idle peer, to which nothing is under way, is what keepalive is
// for.

// unacknowledged is the state that the sweeper keeps of a peer that has not acknowledged
// everything.
type unacknowledged struct {
	asked  time.Time // since when something is under way that the peer has not answered; zero: nothing is
	narrow time.Time // since when its window has been too narrow for a segment and it took less than one; zero: it reads
	acked  uint64    // what it had acknowledged then; while it reads, at the last look
}

// ackPause is the shortest time between two looks at the acknowledgements of a peer.
const ackPause = 900 * time.Millisecond

// watchesAcks reports whether it is time to look at acknowledgements.
func (s *Session) watchesAcks(now time.Time) bool {
	pause := ackPause
	if limit := s.opts.AnswerTimeout(); limit > 0 {
		pause = min(pause, limit/10)
	}
	if now.Sub(s.looked) < pause {
		return false
	}
	s.looked = now
	return s.ep.Address.Network.Traits().Acknowledges
}

// watchAcks checks what a peer has acknowledged, if something was sent to it lately or it had not
// acknowledged everything before. It aborts a peer that answers nothing for too long, and
// reports whether it did. quiet is for how long no bytes have crossed.
func (p *Peer) watchAcks(now time.Time, quiet time.Duration) (gaveUp bool) {
	p.mu.Lock()
	u := p.unacked
	p.mu.Unlock()
	if u == nil && quiet > 2*ackPause {
		return false
	}
	o, ok := p.conn.Outgoing()
	if !ok || o.Unsent <= 0 {
		if u != nil {
			p.setUnacknowledged(nil)
		}
		return false
	}
	next := u.update(o, now)
	p.setUnacknowledged(&next)
	if limit := p.session.opts.AnswerTimeout(); limit <= 0 || next.silence(o, now) < limit {
		return false
	}
	p.setReason(sockeye.ReasonTimeout, netinfo.Explain("receive", p.String(), syscall.ETIMEDOUT))
	p.markClosing()
	p.conn.Stop(true)
	return true
}

// update returns the state after another look at the connection; u may be nil. A peer that takes
// a single byte now and then counts as not reading; one that takes a segment as reading.
func (u *unacknowledged) update(o netinfo.SendState, now time.Time) unacknowledged {
	var next unacknowledged
	if o.Unanswered() {
		next.asked = now
		if u != nil && !u.asked.IsZero() {
			next.asked = u.asked
		}
	}
	next.acked = o.Acked
	switch {
	case !o.Narrow(), u != nil && o.Acked-u.acked >= uint64(max(1, o.Segment)):
	case u == nil || u.narrow.IsZero():
		next.narrow = now
	default:
		next.narrow, next.acked = u.narrow, u.acked
	}
	return next
}

// silence is for how long the peer has answered nothing although it should have. One probe
// may be lost without counting.
func (u *unacknowledged) silence(o netinfo.SendState, now time.Time) time.Duration {
	if u.asked.IsZero() || !o.InFlight && o.Probes < 2 {
		return 0
	}
	return min(now.Sub(u.asked), o.LastAck)
}

func (p *Peer) setUnacknowledged(u *unacknowledged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unacked = u
}
