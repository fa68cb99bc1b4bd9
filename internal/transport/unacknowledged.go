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
// likes. One that answers nothing at all for Endpoint.AnswerTimeout is given up.
// TCP_USER_TIMEOUT would end the former, too. An idle peer, to which nothing is under
// way, is what keepalive is for.

// unacknowledged is what the sweeper knows of a peer that has not acknowledged
// everything it was sent.
type unacknowledged struct {
	asked  time.Time // since when something is under way that the peer is to answer; zero: nothing is
	closed time.Time // since when its window is closed and nothing was acknowledged; zero: it is open
	acked  uint64
}

// ackPause is how often acknowledgements are looked at, at most: at each tick of a second.
const ackPause = 900 * time.Millisecond

// watchesAcks says whether it is time to look at acknowledgements.
func (s *Session) watchesAcks(now time.Time) bool {
	pause := ackPause
	if limit := s.ep.AnswerTimeout(); limit > 0 {
		pause = min(pause, limit/10)
	}
	if now.Sub(s.looked) < pause {
		return false
	}
	s.looked = now
	return s.ep.Address.Network.Transport() == sockeye.TCP
}

// watchAcks looks at what a peer has acknowledged, if it has been sent something lately
// or did not acknowledge everything before, and gives up one that answers nothing. It
// says whether it did. quiet is for how long nothing has crossed.
func (p *Peer) watchAcks(now time.Time, quiet time.Duration) (gaveUp bool) {
	p.mu.Lock()
	u := p.unacked
	p.mu.Unlock()
	if u == nil && quiet > 2*ackPause {
		return false
	}
	o, ok := p.conn.outgoing()
	if !ok || o.Unsent <= 0 {
		if u != nil {
			p.setUnacknowledged(nil)
		}
		return false
	}
	next := unacknowledged{acked: o.Acked}
	if o.InFlight || o.Probes > 0 {
		next.asked = now
	}
	if !o.InFlight {
		next.closed = now
	}
	if u != nil {
		if !u.asked.IsZero() && !next.asked.IsZero() {
			next.asked = u.asked
		}
		if !u.closed.IsZero() && !next.closed.IsZero() && u.acked == o.Acked {
			next.closed = u.closed
		}
	}
	p.setUnacknowledged(&next)
	limit := p.session.ep.AnswerTimeout()
	if limit <= 0 || next.asked.IsZero() || !o.InFlight && o.Probes < 2 || min(now.Sub(next.asked), o.LastAck) < limit {
		return false
	}
	p.setReason(sockeye.ReasonTimeout, netinfo.Explain("receive", p.String(), syscall.ETIMEDOUT))
	p.markClosing()
	p.conn.stop(true)
	return true
}

func (p *Peer) setUnacknowledged(u *unacknowledged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unacked = u
}
