package relay

import (
	"context"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/transport"
)

// Writers says which peers of a Shared may write to the upstream.
type Writers string

// The writers.
const (
	AllWrite  Writers = "all"
	OneWrites Writers = "one" // the peer that is there longest
)

// Shared joins all peers of a session with one connection to an upstream, as a serial port
// has it: what the upstream sends goes to every peer, and what they send goes to it. The
// connection begins with the first peer and ends after the last; one that ends sooner is
// dialled again, and until then nothing is read from the peers. All methods may be called
// from any goroutine.
type Shared struct {
	record  func(sockeye.Event)
	writers Writers
	ready   chan struct{} // closed when dial is set
	dial    Dial
	running sync.WaitGroup
	emptied chan struct{} // capacity 1: the last peer has left

	mu      sync.Mutex
	sharers []*sharer // in the order in which they joined
	up      *transport.Peer
	there   chan struct{} // closed when up is set
	serving bool          // serve runs
	passed  uint64        // bytes received from the upstream
}

// NewShared makes a relay that gives its events to record. Its peers wait until SetDial is
// called.
func NewShared(record func(sockeye.Event), w Writers) *Shared {
	return &Shared{record: record, writers: w, ready: make(chan struct{}), emptied: make(chan struct{}, 1), there: make(chan struct{})}
}

// SetDial sets how the upstream is dialled. It is called once.
func (s *Shared) SetDial(dial Dial) {
	s.dial = dial
	close(s.ready)
}

// Wait returns when nothing of the relay runs any more; the peers of both sides have left.
func (s *Shared) Wait() { s.running.Wait() }

// DownstreamResponder is the responder of the session whose peers are relayed.
func (s *Shared) DownstreamResponder() transport.Responder { return sharedDownstreamResponder{s} }

// UpstreamResponder is the responder of the session that dials the upstream.
func (s *Shared) UpstreamResponder() transport.Responder { return sharedUpstreamResponder{s} }

// sharer is a peer that shares the connection to the upstream, with the queue of what is to
// be sent to it.
type sharer struct {
	shared *Shared
	peer   *transport.Peer
	path   *path
	ctx    context.Context // ends when the peer has left
	cancel context.CancelFunc
}

func (c *sharer) send(data []byte, as sockeye.MessageType) {
	c.peer.Answer(transport.AsMessage(c.ctx, as), data)
}

// end is never called: no fault is set, and the path of a peer that leaves is dropped.
func (c *sharer) end(fault.DirectionEnd) {}

func (c *sharer) record(e sockeye.FaultEvent) { c.shared.recordFault(c.peer, e) }

// patience is how long the upstream and the other peers wait for a peer that reads nothing.
const patience = 5 * time.Second

// pass queues what the upstream sent for the peer. While the queue is full nothing more is
// read from the upstream; a peer that reads nothing for too long is reset, since its stream
// would have a hole.
func (c *sharer) pass(up *transport.Peer, data []byte, offset uint64) {
	for !c.path.hasRoom(len(data)) {
		timer := time.NewTimer(patience)
		select {
		case <-c.path.room:
		case <-c.ctx.Done():
		case <-up.Closing():
		case <-timer.C:
			c.record(sockeye.FaultEvent{Kind: "overflow", Offset: offset, Bytes: len(data)})
			c.cancel()
			c.shared.running.Go(c.peer.Abort)
		}
		timer.Stop()
		if c.ctx.Err() != nil || isClosed(up.Closing()) {
			return
		}
	}
	c.path.take(data, offset, up.MessageType())
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (s *Shared) recordFault(p *transport.Peer, e sockeye.FaultEvent) {
	s.record(sockeye.Event{Kind: sockeye.Faulted, Session: p.Session, Peer: p.Peer, Detail: &sockeye.Detail{Fault: &e}})
}

// pair records that a peer and the upstream belong together.
func (s *Shared) pair(p, up *transport.Peer) {
	s.record(sockeye.Event{Kind: sockeye.Paired, Session: p.Session, Peer: p.Peer,
		Detail: &sockeye.Detail{Pair: &sockeye.PeerRef{ID: up.ID, Session: up.Session.ID, Address: up.Remote.String()}}})
}

// Other returns the connection to the upstream that p shares; nil as long as there is none,
// and for that connection itself.
func (s *Shared) Other(p *transport.Peer) *sockeye.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up == nil || s.up == p {
		return nil
	}
	return s.up.Peer
}

// endWithClosing cancels what is being sent to the peer closeGrace after our side began to end
// its connection.
func (c *sharer) endWithClosing() {
	select {
	case <-c.ctx.Done():
		return
	case <-c.peer.Closing():
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-c.ctx.Done():
	case <-timer.C:
		c.cancel()
	}
}

// The first and the longest wait before the upstream is dialled again. Each wait is twice the
// one before.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// serve dials the upstream, again whenever the connection ends, until no peer is there.
func (s *Shared) serve() {
	for known := false; !known; {
		select {
		case <-s.ready:
			known = true
		case <-s.emptied:
			if s.isOver() {
				return
			}
		}
	}
	for wait := firstRetry; !s.isOver(); {
		begun := time.Now()
		up, err := s.dial(context.Background())
		if err == nil {
			s.serveOne(up)
		}
		if time.Since(begun) > lastRetry {
			wait = firstRetry
		}
		if s.pause(wait) {
			wait = min(2*wait, lastRetry)
		}
	}
}

// isOver reports whether no peer is there any more. Then serve ends, and the next peer starts
// it again.
func (s *Shared) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sharers) > 0 {
		return false
	}
	s.serving = false
	return true
}

// serveOne waits until a connection to the upstream ends, and closes it when no peer is there
// any more.
func (s *Shared) serveOne(up *transport.Peer) {
	for {
		select {
		case <-up.Done():
			return
		case <-s.emptied:
		}
		s.mu.Lock()
		empty := len(s.sharers) == 0
		s.mu.Unlock()
		if empty {
			closeInOrder(up)
			return
		}
	}
}

// pause waits for d. It returns false, at once, when no peer is there.
func (s *Shared) pause(d time.Duration) bool {
	s.mu.Lock()
	empty := len(s.sharers) == 0
	s.mu.Unlock()
	if empty {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.emptied:
		return false
	}
}

// sharedDownstreamResponder is the responder of the session that listens.
type sharedDownstreamResponder struct{ *Shared }

// Joined adds a peer. The first one has the upstream dialled.
func (r sharedDownstreamResponder) Joined(p *transport.Peer) {
	c := &sharer{shared: r.Shared, peer: p}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.path = newPath(c.ctx, c, false, nil, &r.running, newWakeups()) // without faults, nothing of it has to wait for a time
	r.mu.Lock()
	r.sharers = append(r.sharers, c)
	begins, up := !r.serving, r.up
	r.serving = true
	r.mu.Unlock()
	if up != nil {
		r.pair(p, up)
	}
	r.running.Go(c.endWithClosing)
	if begins {
		r.running.Go(r.serve)
	}
}

// Received sends what a peer sent to the upstream. It waits until that is connected.
func (r sharedDownstreamResponder) Received(p *transport.Peer, data []byte) {
	c, mayWrite := r.sharerOf(p)
	if c == nil {
		return
	}
	if !mayWrite {
		r.recordFault(p, sockeye.FaultEvent{Kind: "read-only", Bytes: len(data)})
		return
	}
	ctx := transport.AsMessage(c.ctx, p.MessageType())
	for len(data) > 0 {
		up := r.awaitUpstream(p)
		if up == nil {
			return
		}
		n, err := up.Answer(ctx, data)
		for _, other := range up.Dialed()[1:] {
			other.Answer(ctx, data)
		}
		if data = data[n:]; err == nil || !c.outlives(up) {
			return
		}
		r.forget(up) // the next one gets the rest
	}
}

// outlives waits for the end of a connection to the upstream to which a send failed. It reports
// whether the connection ended while the peer is there.
func (c *sharer) outlives(up *transport.Peer) bool {
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-up.Done():
		return c.ctx.Err() == nil
	case <-c.ctx.Done():
	case <-timer.C: // it goes on, and has a hole
	}
	return false
}

func (s *Shared) sharerOf(p *transport.Peer) (c *sharer, mayWrite bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.sharers, func(c *sharer) bool { return c.peer == p })
	if at < 0 {
		return nil, false
	}
	return s.sharers[at], at == 0 || s.writers == AllWrite
}

// awaitUpstream waits for the connection to the upstream; nil if p closes before.
func (s *Shared) awaitUpstream(p *transport.Peer) *transport.Peer {
	for {
		s.mu.Lock()
		up, there := s.up, s.there
		s.mu.Unlock()
		if up != nil {
			return up
		}
		select {
		case <-there:
		case <-p.Closing():
			return nil
		}
	}
}

// Left removes a peer, and after the last one the connection to the upstream. If only one peer
// may write and it was this one, the next may.
func (r sharedDownstreamResponder) Left(p *transport.Peer) {
	r.mu.Lock()
	at := slices.IndexFunc(r.sharers, func(c *sharer) bool { return c.peer == p })
	if at < 0 {
		r.mu.Unlock()
		return
	}
	r.sharers[at].cancel()
	r.sharers = slices.Delete(r.sharers, at, at+1)
	var next *transport.Peer
	if at == 0 && len(r.sharers) > 0 && r.writers == OneWrites {
		next = r.sharers[0].peer
	}
	empty := len(r.sharers) == 0
	r.mu.Unlock()
	if next != nil {
		r.recordFault(next, sockeye.FaultEvent{Kind: "may-write"})
	}
	if empty {
		signal(r.emptied)
	}
}

// sharedUpstreamResponder is the responder of the session that dials the upstream.
type sharedUpstreamResponder struct{ *Shared }

// Joined records for each peer that it shares the new connection, and lets them send. A group of
// several interfaces, or whose members answer, is one connection.
func (r sharedUpstreamResponder) Joined(p *transport.Peer) {
	r.mu.Lock()
	if r.up != nil {
		r.mu.Unlock()
		return
	}
	r.up = p
	close(r.there)
	peers := slices.Clone(r.sharers)
	r.mu.Unlock()
	for _, c := range peers {
		r.pair(c.peer, p)
	}
}

// Received queues what the upstream sent for each peer.
func (r sharedUpstreamResponder) Received(p *transport.Peer, data []byte) {
	r.mu.Lock()
	peers := slices.Clone(r.sharers)
	offset := r.passed
	r.passed += uint64(len(data))
	r.mu.Unlock()
	for _, c := range peers {
		c.pass(p, data, offset)
	}
}

// Left makes the peers wait for the next connection.
func (r sharedUpstreamResponder) Left(p *transport.Peer) { r.forget(p) }

// forget clears up, if it is still this connection.
func (s *Shared) forget(up *transport.Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up == up {
		s.up, s.there = nil, make(chan struct{})
	}
}
