package rule

import (
	"cmp"
	"slices"
	"time"

	"sockeye"
)

// setTimers starts the timers of a peer that has come into its state.
func (e *Engine) setTimers(p *peerState, now time.Time) {
	if !e.program.timed {
		return
	}
	for n := range e.program.rules {
		r := &e.program.rules[n]
		switch {
		case r.Every.IsZero() && r.After.IsZero():
		case !r.isIn(p.state):
			p.progress(n).next = time.Time{}
		case !r.Every.IsZero() && p.progress(n).next.IsZero():
			p.progress(n).next = now.Add(r.Every.draw(e.random))
		case !r.After.IsZero():
			p.progress(n).next = now.Add(r.After.draw(e.random))
		}
	}
}

// Due is when Tick has something to do next, or zero.
func (e *Engine) Due() (first time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.program.timed {
		return first
	}
	for _, p := range e.peers {
		for n := range p.rules {
			if at := p.rules[n].next; !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// Tick does what timers have come to. A timer that is late is not made up for: its
// next time is counted from its last one that has passed.
func (e *Engine) Tick(now time.Time) (plan ReplyPlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.program.timed {
		return plan
	}
	for _, p := range e.inOrder() {
		for n := range e.program.rules {
			r := &e.program.rules[n]
			if r.Every.IsZero() && r.After.IsZero() {
				continue
			}
			at := p.progress(n).next
			if at.IsZero() || at.After(now) || !r.isIn(p.state) {
				continue
			}
			p.progress(n).next = time.Time{}
			if !r.Every.IsZero() {
				next := at
				for !next.After(now) {
					next = next.Add(max(minimumEvery, r.Every.draw(e.random)))
				}
				p.progress(n).next = next
			}
			e.answer(&plan, p, n, nil, nil, at)
		}
	}
	return plan
}

// inOrder are the peers by their numbers, so that a seed repeats a run.
func (e *Engine) inOrder() []*peerState {
	var all []*peerState
	for _, p := range e.peers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *peerState) int { return cmp.Compare(a.peer.ID, b.peer.ID) })
	return all
}

// Permit says whether data of a certain size may go to a peer now; trouble, if not
// nil, is why not, the first time. What it permits counts as sent.
func (e *Engine) Permit(peer *sockeye.Peer, size int, now time.Time) (ok bool, trouble *sockeye.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peers[peer.ID]
	if p == nil || !peer.Network.Traits().Forgeable() {
		return true, nil
	}
	return p.budget.Permit(peer, size, now, e.options.Allow)
}
