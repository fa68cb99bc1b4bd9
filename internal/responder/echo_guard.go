package responder

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// echoGuard keeps a session that echoes from going round in a circle with another
// echoer, and from being made to answer whom it has never heard of: see
// docs/decisions/0018-echo-storms.md. Of a peer that needs no guard each message
// costs one comparison of a counter.
type echoGuard struct {
	session *sockeye.Session
	record  func(sockeye.Event)
	allow   rule.Allowed

	watched atomic.Int32 // circles in which something is under way
	mu      sync.Mutex
	peers   map[uint64]*echoPeerState
	sweep   int // so many peers are looked through for those that left
}

// echoPeerState is the state of a guard for one peer.
type echoPeerState struct {
	peer   *transport.Peer
	loops  rule.LoopDetector
	budget rule.RateLimit
}

func newEchoGuard(s *sockeye.Session, record func(sockeye.Event), allow rule.Allowed) *echoGuard {
	return &echoGuard{session: s, record: record, allow: allow, peers: map[uint64]*echoPeerState{}, sweep: minSweep}
}

// minSweep is how many peers a guard keeps before it looks for those that have left.
const minSweep = 64

// peerLocked returns the state of a peer; g.mu is held.
func (g *echoGuard) peerLocked(p *transport.Peer) *echoPeerState {
	q := g.peers[p.ID]
	if q != nil {
		return q
	}
	if len(g.peers) >= g.sweep {
		for id, old := range g.peers {
			if old.peer.State() == sockeye.Gone {
				if old.loops.Watching() {
					g.watched.Add(-1)
				}
				delete(g.peers, id)
			}
		}
		g.sweep = max(minSweep, 2*len(g.peers))
	}
	q = &echoPeerState{peer: p}
	g.peers[p.ID] = q
	return q
}

// begun notes a message that is sent and is no echo.
func (g *echoGuard) begun(p *transport.Peer, data []byte) {
	if g.allow.Storm {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.peerLocked(p)
	before := q.loops.Watching()
	q.loops.OnSend(data)
	g.count(before, q.loops.Watching())
}

func (g *echoGuard) count(before, after bool) {
	switch {
	case after && !before:
		g.watched.Add(1)
	case before && !after:
		g.watched.Add(-1)
	}
}

// mayEcho reports whether data that came from a peer may be sent back.
func (g *echoGuard) mayEcho(p *transport.Peer, data []byte) bool {
	suspect := rule.Suspect(p.Peer, g.allow)
	if !suspect && g.watched.Load() == 0 {
		return true
	}
	ok, trouble := g.limit(p, data, suspect)
	if trouble != nil {
		e := *trouble
		e.Target = p.String()
		g.record(sockeye.Event{Kind: sockeye.Failed, Session: g.session, Peer: p.Peer, Time: journal.Now(), Detail: &sockeye.Detail{Err: &e}})
	}
	return ok
}

func (g *echoGuard) limit(p *transport.Peer, data []byte, suspect bool) (ok bool, trouble *sockeye.Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.peers[p.ID]
	if q == nil && !suspect {
		return true, nil
	}
	if q == nil {
		q = g.peerLocked(p)
	}
	before := q.loops.Watching()
	ok, trouble = q.loops.Echo(data)
	g.count(before, q.loops.Watching())
	if ok && suspect {
		q.budget.Received(len(data))
		ok, trouble = q.budget.Permit(p.Peer, len(data), journal.Now(), g.allow)
	}
	return ok, trouble
}
