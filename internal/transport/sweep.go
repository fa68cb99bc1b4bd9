package transport

import (
	"time"

	"sockeye"
)

// minQuiet is the shortest time without traffic after which a peer is swept, however short its
// limit: a send that makes progress may move no byte for some time.
const minQuiet = 50 * time.Millisecond

// sweepIdle ends peers on which nothing crossed for too long.
func (s *Session) sweepIdle() {
	every := time.Second
	for _, d := range []time.Duration{s.opts.IdleTimeout, s.opts.HalfOpen, s.opts.AnswerTimeout()} {
		if d > 0 {
			every = min(every, max(d/8, 5*time.Millisecond))
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	stalls := stallDetector{every: every, last: s.cfg.Now()}
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		late, sweep := stalls.tick(s.cfg.Now())
		if late > 0 {
			s.excuseStall(late)
		}
		if sweep {
			s.sweepOnce(s.cfg.Now())
		}
		stalls.last = s.cfg.Now()
	}
}

func (s *Session) sweepOnce(now time.Time) {
	idle, halfOpen := s.opts.IdleTimeout, time.Duration(s.halfOpen.Load())
	look := s.watchesAcks(now)
	for _, p := range s.snapshot() {
		if p.backpressureHeld.Load() > 0 {
			p.lastActive.Store(now.UnixNano())
		}
		quiet := now.Sub(time.Unix(0, p.lastActive.Load()))
		switch {
		case look && p.watchAcks(now, quiet):
		case halfOpen > 0 && quiet >= max(halfOpen, minQuiet) && p.isState(sockeye.PeerFinished) && !p.isNeeded():
			p.stop(sockeye.ReasonEOF)
		case idle > 0 && quiet >= idle:
			p.stop(sockeye.ReasonIdle)
		}
	}
}
