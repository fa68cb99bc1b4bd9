// Package relay joins connections in pairs: what one side sends goes to the other as it
// is. Ends of a direction, resets and the pace of who reads slowly cross as well. It opens
// no session; core gives it the peers of one, and a way to dial the other side.
package relay

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/transport"
)

// drain is how long the end of one connection may take because the other has ended.
const drain = 5 * time.Second

// Dedicated relays by pairing each peer of a session with a connection of its own to an upstream.
// All methods may be called from any goroutine.
type Dedicated struct {
	record  func(sockeye.Event)
	chains  *Chains
	probe   loopProbe
	session *sockeye.Session // the session whose peers are relayed
	ready   chan struct{}    // closed when dial is set
	dial    Dial
	routes  []Route // tried before dial, in order; set with it
	byFirst bool    // a route depends on what a peer sends first
	running sync.WaitGroup
	wakeups *wakeups // of its paths

	joined   atomic.Uint64 // pairs so far: the number of the next is one more
	lastHeld atomic.Uint64

	changing sync.Mutex  // held while faults are set
	expiry   *time.Timer // removes the faults; nil: they stay
	ended    bool        // Wait was called: no timer is started any more

	mu     sync.Mutex
	faults *fault.RelayFaults        // nil: none
	pairs  map[*transport.Peer]*pair // by either peer; that of an upstream may not be bound to one yet
}

// NewPairs makes a relay that gives its events to record, and adds its connections to chains.
// Its peers wait until SetDial is called.
func NewPairs(record func(sockeye.Event), chains *Chains) *Dedicated {
	return &Dedicated{record: record, chains: chains, wakeups: newWakeups(), ready: make(chan struct{}), pairs: map[*transport.Peer]*pair{}}
}

// AwaitFirst announces that routes depend on what peers send first. It is called before there
// are peers.
func (r *Dedicated) AwaitFirst() { r.byFirst = true }

// Between sets the session whose peers are relayed. It is called before faults are set.
func (r *Dedicated) Between(s *sockeye.Session) { r.session = s }

// SetDial sets how a peer's upstream is dialled: by the first route that fits the peer, else
// by dial. It is called once.
func (r *Dedicated) SetDial(dial Dial, routes ...Route) {
	r.dial, r.routes = dial, routes
	close(r.ready)
}

// Wait returns when nothing of the relay runs any more; the peers of both sides have left.
// Faults that are set stay as they are from then on.
func (r *Dedicated) Wait() {
	r.changing.Lock()
	r.ended = true
	r.stopExpiry()
	r.changing.Unlock()
	r.running.Wait()
	r.wakeups.close()
}

// DownstreamResponder is the responder of the session whose peers are relayed.
func (r *Dedicated) DownstreamResponder() transport.Responder { return downstreamResponder{r} }

// UpstreamResponder is the responder of the session that dials the upstream.
func (r *Dedicated) UpstreamResponder() transport.Responder { return upstreamResponder{r} }

// downstreamResponder is the responder of the session that listens.
type downstreamResponder struct{ *Dedicated }

// Joined dials the upstream for a new peer.
func (r downstreamResponder) Joined(p *transport.Peer) {
	l := &pair{relay: r.Dedicated, down: p, number: r.joined.Add(1), linked: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if r.byFirst {
		l.opening = &opening{bytes: make(chan []byte, 1)}
	}
	r.mu.Lock()
	r.pairs[p] = l
	r.mu.Unlock()
	r.chains.accept(l)
	r.probe.join(l)
	p.Hold() // the upstream may answer after p finished sending
	if r.byFirst {
		p.Resume()
	}
	r.running.Go(func() { r.link(l) })
}

// noteLoop records the error that the upstream of a pair leads back to this relay.
func (r *Dedicated) noteLoop(l *pair) {
	r.record(sockeye.Event{Kind: sockeye.Failed, Session: l.down.Session, Peer: l.down.Peer, Detail: &sockeye.Detail{Err: OwnUpstream(l.down.Local.String())}})
}

// OwnUpstream is the error of a relay whose upstream, at an address, is itself, or leads back
// to it.
func OwnUpstream(at string) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "relay", Target: at,
		Message: sockeye.Text{En: "the upstream is this relay itself, or leads back to it: everything would go round", Zh: "上游就是这个转发本身，或又回到它：数据会无限循环"},
		Hint:    sockeye.Text{En: "name another upstream", Zh: "请填写另一个上游地址"}}
}

// link dials the upstream of a pair and joins both sides. If it cannot be dialled, the peer is
// aborted.
func (r *Dedicated) link(l *pair) {
	select {
	case <-r.ready:
	case <-l.ctx.Done():
		close(l.linked)
		return
	}
	up := r.dialFor(l)
	if up == nil {
		close(l.linked)
		l.down.Abort()
		return
	}
	r.join(l, up)
	l.endWithClosing()
}

// dialFor dials the upstream of a pair; nil if that fails. It does not dial an upstream that
// leads back to this relay.
func (r *Dedicated) dialFor(l *pair) *transport.Peer {
	if r.chains.loops(l) {
		r.noteLoop(l)
		return nil
	}
	if r.isRefused(l) {
		return nil
	}
	dial := r.route(l)
	if r.probe.dial(l) {
		r.noteLoop(l)
		return nil
	}
	up, err := dial(context.Background()) // to its end: the upstream shall see how the peer left
	if err != nil {
		return nil
	}
	return up
}

// join makes a pair of a peer and its upstream, and has both read, which they were not before.
func (r *Dedicated) join(l *pair, up *transport.Peer) {
	up.Hold()
	r.record(sockeye.Event{Kind: sockeye.Paired, Session: l.down.Session, Peer: l.down.Peer,
		Detail: &sockeye.Detail{Pair: &sockeye.PeerRef{ID: up.ID, Session: up.Session.ID, Address: up.Remote.String()}}})
	r.bind(up, l)
	r.changing.Lock()
	r.useFaults(l)
	close(l.linked)
	r.changing.Unlock()
	l.down.Resume()
	up.Resume()
	if r.chains.loops(l) {
		r.noteLoop(l)
		l.down.Abort()
	}
	if up.State() == sockeye.Gone { // it left before it was bound
		r.Left(up)
	}
}

// bind notes the pair that a connection to the upstream belongs to.
func (r *Dedicated) bind(up *transport.Peer, l *pair) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiting := r.pairs[up]; waiting != nil {
		close(waiting.linked)
	}
	l.up, l.all, r.pairs[up] = up, up.Dialed(), l
	r.chains.dial(l, up)
}

// of returns the pair of a peer; nil if it has none any more. For a connection to the upstream
// it waits until the pair is bound, or p closes.
func (r *Dedicated) of(p *transport.Peer) *pair {
	l := r.pairOf(p)
	if l == nil || l.down != nil {
		return l
	}
	select {
	case <-l.linked:
		return r.pairOf(p)
	case <-p.Closing():
		return nil
	}
}

// pairOf returns the pair of a peer, without waiting: it has no peers if none is bound yet. Who
// answers for the upstream from another address belongs to its pair.
func (r *Dedicated) pairOf(p *transport.Peer) *pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pairs[p.Origin()]
}

// Other returns the peer that p is paired with; nil as long as there is none.
func (r *Dedicated) Other(p *transport.Peer) *sockeye.Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.pairs[p.Origin()]
	switch {
	case l == nil || l.down == nil || l.up == nil:
		return nil
	case p == l.down:
		return l.up.Peer
	}
	return l.down.Peer
}

// upstreamResponder is the responder of the session that dials the upstream.
type upstreamResponder struct{ *Dedicated }

// Joined adds a pair without peers for a new connection, which bind completes. Sockets of
// datagrams need none: they receive only after they have sent, when they are bound.
func (r upstreamResponder) Joined(p *transport.Peer) {
	if p.Network.Traits().Datagram {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pairs[p] == nil {
		r.pairs[p] = &pair{linked: make(chan struct{})}
	}
}

// Forward returns the peer at the other side; nil if it is not known yet. If faults are set for this
// direction, it keeps what came for its time.
func (r *Dedicated) Forward(p *transport.Peer, data []byte) (to *transport.Peer, kept bool) {
	l := r.pairOf(p)
	if l == nil || l.down == nil || l.opening != nil {
		return nil, false
	}
	select {
	case <-l.linked:
	default:
		return nil, false
	}
	to, way := l.up, toUpstream
	if p == l.up {
		to, way = l.down, fromUpstream
	}
	if w := l.to[way].Load(); to != nil && w != nil && w.isEngaged.Load() {
		w.keep(data, l.offsetOf(p, data))
		return nil, true
	}
	return to, false
}

// Received passes on what came. It returns when the system of the other side has taken it, or,
// if faults are set, a bounded queue has. So a peer is read no faster than the other reads.
func (r *Dedicated) Received(p *transport.Peer, data []byte) {
	l := r.of(p)
	if l == nil {
		return
	}
	if p == l.down {
		l.opening.say(data)
	}
	to := l.other(p)
	if to == nil {
		return
	}
	way := l.wayOf(p)
	offset := l.offsetOf(p, data)
	if w := l.to[way].Load(); w != nil && w.isEngaged.Load() {
		w.take(data, offset, p.MessageType())
		return
	}
	l.send(to, data, p.MessageType())
}

// Finished passes on that a peer finished sending, and why if it said.
func (r *Dedicated) Finished(p *transport.Peer) {
	l := r.of(p)
	if l == nil {
		return
	}
	if p == l.down {
		l.opening.say(nil)
	}
	to := l.other(p)
	if to == nil {
		return
	}
	if why := p.ClosedWith(); why != nil {
		to.CloseWith(*why)
	}
	if w := l.to[l.wayOf(p)].Load(); w != nil && w.isEngaged.Load() {
		w.finish(fault.Finishes)
		return
	}
	r.finish(l, to)
}

// finish ends the direction to a peer. Only the first call for a direction does.
func (r *Dedicated) finish(l *pair, to *transport.Peer) {
	if l.finished[1-l.wayOf(to)].Swap(true) {
		return
	}
	to.Release()
	if err := to.Finish(l.ctx); err != nil {
		r.running.Go(func() { closeInOrder(to) }) // it cannot end one direction alone
	}
}

// Left ends the connection at the other side as this one ended: with a reset, or in good order
// after what waits to be passed on.
func (r *Dedicated) Left(p *transport.Peer) {
	r.mu.Lock()
	l := r.pairs[p]
	delete(r.pairs, p)
	r.mu.Unlock()
	if l == nil || l.cancel == nil {
		return
	}
	r.chains.forget(l, p)
	abort := isBreak(p.Reason())
	if w := l.to[l.wayOf(p)].Load(); w != nil && w.isEngaged.Load() && !abort {
		if other := l.to[1-l.wayOf(p)].Load(); other != nil {
			other.drop() // nobody is there for it
		}
		w.finish(fault.Leaves)
		return
	}
	r.endPair(l, p, abort)
}

// isBreak reports whether a reason is not one of a good end.
func isBreak(why sockeye.Reason) bool {
	switch why {
	case sockeye.ReasonReset, sockeye.ReasonAborted, sockeye.ReasonTimeout, sockeye.ReasonError:
		return true
	}
	return false
}

// endPair ends the other side of a peer that has left.
func (r *Dedicated) endPair(l *pair, p *transport.Peer, abort bool) {
	l.cancel()
	r.running.Go(func() {
		<-l.linked
		to := l.up
		if p == to {
			to = l.down
		}
		switch {
		case to == nil:
		case abort:
			to.Abort()
		default:
			closeInOrder(to)
		}
	})
}

func closeInOrder(p *transport.Peer) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	p.Close(ctx)
}
