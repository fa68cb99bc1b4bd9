package transport

import (
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// SetHalfOpen changes Options.HalfOpen while the session is open.
func (s *Session) SetHalfOpen(d time.Duration) {
	s.halfOpen.Store(int64(d))
	s.finishIfDone()
}

// SetOptions changes those options that are given in o and may be changed while the
// session is open, for its peers and those who will join. If the system refuses one, it
// says so, and some of the peers may have been changed.
func (s *Session) SetOptions(o *sockeye.Options) error {
	s.setting.Lock()
	defer s.setting.Unlock()
	next := *s.live.Load()
	sockeye.AllOptions.Live().Merge(&next, o)
	s.mu.Lock()
	apply, sockets := s.apply, slices.Clone(s.acceptQueues)
	s.mu.Unlock()
	peers := s.snapshot()
	for _, p := range peers {
		if c, ok := p.conn.(FDController); ok && !p.HasOwnOptions() {
			sockets = append(sockets, c)
		}
	}
	if apply != nil {
		if err := apply(&next, sockets); err != nil {
			return netinfo.Explain("set", s.ep.Address.String(), err)
		}
	}
	s.live.Store(&next)
	return s.setOwn(peers, apply, o)
}

// setOwn changes options for the peers that have some of their own.
func (s *Session) setOwn(peers []*Peer, apply func(*sockeye.Options, []FDController) error, o *sockeye.Options) error {
	for _, p := range peers {
		own := p.own.Load()
		c, ok := p.conn.(FDController)
		if own == nil || !ok {
			continue
		}
		next := *own
		sockeye.AllOptions.Live().Merge(&next, o)
		if err := apply(&next, []FDController{c}); err != nil {
			return netinfo.Explain("set", p.String(), err)
		}
		p.own.Store(&next)
	}
	return nil
}

// LiveOptions are the options now, with every default filled in. They do not change.
func (s *Session) LiveOptions() *sockeye.Options { return s.live.Load() }
