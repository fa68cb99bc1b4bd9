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

// Relay pairs the peers of a session with connections to an upstream. All methods may be
// called from any goroutine.
type Relay struct {
	record  func(sockeye.Event)
	chains  *Chains
	probe   loopProbe
	session *sockeye.Session // whose peers are relayed
	ready   chan struct{}    // closed when dial is known
	dial    Dial
	routes  []Route // tried before dial, in order; known with it
	byFirst bool    // some of them ask what a peer sends first
	running sync.WaitGroup

	joined   atomic.Uint64 // pairs so far: the number of the next is one more
	lastHeld atomic.Uint64

	changing sync.Mutex  // of who sets faults
	expiry   *time.Timer // takes them away; nil: they stay
	ended    bool        // Wait was called: no timer is started any more

	mu     sync.Mutex
	faults *fault.Set                // nil: none
	pairs  map[*transport.Peer]*pair // by either peer; an upstream's may only be bound yet
}

// New makes a relay whose events record takes, and whose connections chains knows together
// with those of others. Upstream says how to dial, and until it does, peers wait.
func New(record func(sockeye.Event), chains *Chains) *Relay {
	return &Relay{record: record, chains: chains, ready: make(chan struct{}), pairs: map[*transport.Peer]*pair{}}
}

// AwaitFirst says, before there are peers, that routes will ask what these send first.
func (r *Relay) AwaitFirst() { r.byFirst = true }

// Between says whose peers are relayed, before faults are set.
func (r *Relay) Between(s *sockeye.Session) { r.session = s }

// Upstream says how the other side is dialled: by the first of the routes that fits a peer,
// else by dial.
func (r *Relay) Upstream(dial Dial, routes ...Route) {
	r.dial, r.routes = dial, routes
	close(r.ready)
}

// Wait returns when nothing of the relay runs any more; the peers of both sides have left.
// Faults that are set stay as they are from then on.
func (r *Relay) Wait() {
	r.changing.Lock()
	r.ended = true
	r.stopExpiry()
	r.changing.Unlock()
	r.running.Wait()
}

// Downstream is the responder of the session whose peers are relayed.
func (r *Relay) Downstream() transport.Responder { return downstream{r} }

// UpstreamResponder is the responder of the session that the upstream's connections are in.
func (r *Relay) UpstreamResponder() transport.Responder { return upstream{r} }

type downstream struct{ *Relay }

// Joined dials the upstream for a new peer.
func (r downstream) Joined(p *transport.Peer) {
	l := &pair{relay: r.Relay, down: p, number: r.joined.Add(1), linked: make(chan struct{})}
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

// noteLoop says that a relay is twice on the way of a pair.
func (r *Relay) noteLoop(l *pair) {
	r.record(sockeye.Event{Kind: sockeye.Failed, Session: l.down.Session, Peer: l.down.Peer, Detail: &sockeye.Detail{Err: OwnUpstream(l.down.Local.String())}})
}

// OwnUpstream is the error of a relay whose upstream, at an address, is itself, or leads back
// to it.
func OwnUpstream(at string) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "relay", Target: at,
		Message: sockeye.Text{En: "the upstream is this relay itself, or leads back to it: everything would go round", Zh: "上游就是这个转发本身，或又回到它：数据会无限循环"},
		Hint:    sockeye.Text{En: "name another upstream", Zh: "请填写另一个上游地址"}}
}

// link dials, and joins both sides. A peer whose upstream cannot be had is aborted.
func (r *Relay) link(l *pair) {
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

// dialFor is the upstream of a pair, or nil if it cannot be had: a relay whose upstream leads
// back to it says so.
func (r *Relay) dialFor(l *pair) *transport.Peer {
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

// join lets both sides of a pair, which wait, go on.
func (r *Relay) join(l *pair, up *transport.Peer) {
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

// bind says whose an upstream's connection is.
func (r *Relay) bind(up *transport.Peer, l *pair) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiting := r.pairs[up]; waiting != nil {
		close(waiting.linked)
	}
	l.up, l.all, r.pairs[up] = up, up.Dialed(), l
	r.chains.dial(l, up)
}

// of is the pair of a peer; nil if it has none any more. Whose one that was dialled is, it
// waits to know, until p closes.
func (r *Relay) of(p *transport.Peer) *pair {
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

// pairOf is the pair of a peer as it is known now: it has no peers if that is not.
func (r *Relay) pairOf(p *transport.Peer) *pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pairs[p]
}

// Other is the peer that p is paired with; nil as long as there is none.
func (r *Relay) Other(p *transport.Peer) *sockeye.Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.pairs[p]
	switch {
	case l == nil || l.down == nil || l.up == nil:
		return nil
	case p == l.down:
		return l.up.Peer
	}
	return l.down.Peer
}

type upstream struct{ *Relay }

// Joined notes that it will be known whose connection this is. Datagrams only come after
// some were sent, and their sockets have a reader of their own.
func (r upstream) Joined(p *transport.Peer) {
	if p.Network.Traits().Datagram {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pairs[p] == nil {
		r.pairs[p] = &pair{linked: make(chan struct{})}
	}
}

// Forward is the peer at the other side; nil if that is not known yet, or if there are
// faults between them.
func (r *Relay) Forward(p *transport.Peer) *transport.Peer {
	l := r.pairOf(p)
	if l == nil || l.down == nil || l.opening != nil {
		return nil
	}
	select {
	case <-l.linked:
	default:
		return nil
	}
	to, way := l.up, toUpstream
	if p == l.up {
		to, way = l.down, fromUpstream
	}
	if w := l.to[way].Load(); to == nil || w != nil && w.isEngaged.Load() {
		return nil
	}
	return to
}

// Received passes on what came, and returns when the other side's system has taken it, or
// a queue of bounded length if there are faults: so who sends is read no faster than the
// other one reads.
func (r *Relay) Received(p *transport.Peer, data []byte) {
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
func (r *Relay) Finished(p *transport.Peer) {
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

// finish ends the direction to a peer, once.
func (r *Relay) finish(l *pair, to *transport.Peer) {
	if l.finished[1-l.wayOf(to)].Swap(true) {
		return
	}
	to.Release()
	if err := to.Finish(l.ctx); err != nil {
		r.running.Go(func() { closeInOrder(to) }) // it cannot end one direction alone
	}
}

// Left ends the connection at the other side as this one ended: in good order after what
// waits to be passed on.
func (r *Relay) Left(p *transport.Peer) {
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

// isBreak reports whether a connection that ended so did not end in good order.
func isBreak(why sockeye.Reason) bool {
	switch why {
	case sockeye.ReasonReset, sockeye.ReasonAborted, sockeye.ReasonTimeout, sockeye.ReasonError:
		return true
	}
	return false
}

// endPair ends the other side of a peer that has left.
func (r *Relay) endPair(l *pair, p *transport.Peer, abort bool) {
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
