package transport

import (
	"context"
	"math/rand/v2"
	"time"

	"sockeye"
)

// connect starts a connecting session: connected when it returns, or, when it
// reconnects, on its way.
func (s *Session) connect(ctx context.Context) error {
	if s.cfg.OnDemand {
		(*DriverSession)(s).Opened()
		s.goroutines.Add(1)
		(*DriverSession)(s).OnStop(func() {
			s.mu.Lock()
			s.noDials = true
			s.mu.Unlock()
			s.goroutines.Done()
		})
		return nil
	}
	if s.opts.Reconnect {
		(*DriverSession)(s).Opened()
		s.goroutines.Go(func() { s.keepConnected(nil) })
		return nil
	}
	p, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.goroutines.Go(func() {
		<-p.Done()
		s.endAfter(p)
	})
	return nil
}

// dial makes one connection a peer of the session.
func (s *Session) dial(ctx context.Context) (*Peer, error) {
	p, err := s.cfg.Driver.Dial(ctx, (*DriverSession)(s))
	if err != nil {
		return nil, err
	}
	return p.Public(), nil
}

// Dial makes one more connection of a session that was opened with Config.OnDemand. Its
// error is also an event.
func (s *Session) Dial(ctx context.Context) (*Peer, error) {
	s.mu.Lock()
	if s.noDials {
		s.mu.Unlock()
		return nil, ErrClosing
	}
	s.goroutines.Add(1)
	s.mu.Unlock()
	defer s.goroutines.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(ErrClosing) })()
	p, err := s.dial(ctx)
	if err != nil {
		d := detailOf("connect", s.ep.Address.String(), err)
		d.Err = s.inAddress(d.Err)
		s.record(sockeye.Event{Kind: sockeye.Failed, Detail: d})
		return nil, d.Err
	}
	return p, nil
}

// inAddress returns an error of an upstream, whose options stand in its address, with a hint that
// says so. Any other error is returned as it is, nil too.
func (s *Session) inAddress(e *sockeye.Error) *sockeye.Error {
	if e == nil || s.cfg.LoopOf == nil {
		return e
	}
	explained := *e
	explained.Hint = s.ep.Address.Network.HintOfAddress(explained.Hint)
	return &explained
}

// KeepDialed keeps a connection: it returns at once, and dials again whenever dialling failed or
// the connection has ended, with the waits of Options.Reconnect in between.
func (s *Session) KeepDialed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.noDials {
		s.goroutines.Go(func() { s.keepConnected(nil) })
	}
}

// endAfter ends the session for the reason its peer left.
func (s *Session) endAfter(p *Peer) {
	p.mu.Lock()
	reason, cause := p.reason, p.cause
	p.mu.Unlock()
	s.mu.Lock()
	s.reason, s.err = reason, cause
	s.mu.Unlock()
	s.StopAccepting()
}

// The waits between attempts to connect again.
const (
	minRetryDelay = 500 * time.Millisecond
	maxRetryDelay = 30 * time.Second
)

// retryDelay is the wait before attempt n (counted from 0) to connect again: full
// jitter between the shortest wait and a ceiling that doubles, so that many
// clients of one restarted server do not come back together.
func retryDelay(n int, rnd func() float64) time.Duration {
	ceiling := maxRetryDelay
	if n < 6 {
		ceiling = min(ceiling, minRetryDelay<<(n+1))
	}
	return minRetryDelay + time.Duration(rnd()*float64(ceiling-minRetryDelay))
}

// keepConnected dials for ever until the session stops. The first connection may be
// there already.
func (s *Session) keepConnected(p *Peer) {
	tries := 0
	for s.ctx.Err() == nil {
		var err error
		if p == nil {
			p, err = s.dial(s.ctx)
		}
		begun := time.Now()
		if err == nil {
			<-p.Done()
			left := p.reasonSoFar()
			p = nil
			if time.Since(begun) > 10*minRetryDelay {
				tries = 0
			}
			if tries == 0 && (left == sockeye.ReasonEOF || left == sockeye.ReasonUnplugged) {
				tries++ // the server is there: come back at once, but not again and again
				continue
			}
			s.retryAfter(&tries, errEnded)
			continue
		}
		if s.ctx.Err() != nil {
			return
		}
		s.retryAfter(&tries, err)
	}
}

var errEnded = &sockeye.Error{
	Kind: sockeye.Closed, Op: "connect",
	Message: sockeye.Text{En: "the connection ended", Zh: "连接已断开"},
}

// retryAfter records why and when the session will try again, and waits.
func (s *Session) retryAfter(tries *int, cause error) {
	if s.ctx.Err() != nil {
		return
	}
	wait := retryDelay(*tries, rand.Float64)
	*tries++
	d := detailOf("connect", s.ep.Address.String(), cause)
	d.Retry = wait
	s.record(sockeye.Event{Kind: sockeye.Failed, Detail: d})
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}
