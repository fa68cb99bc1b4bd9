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
	ready   chan struct{} // closed when dial is known
	dial    Dial
	running sync.WaitGroup
	emptied chan struct{} // capacity 1: the last peer has left

	mu      sync.Mutex
	sharers []*sharer // in the order in which they joined
	up      *transport.Peer
	there   chan struct{} // closed when up is there
	serving bool          // serve runs
	passed  uint64        // bytes that came from the upstream
}

// NewShared makes a relay whose events record takes. Upstream says how to dial.
func NewShared(record func(sockeye.Event), w Writers) *Shared {
	return &Shared{record: record, writers: w, ready: make(chan struct{}), emptied: make(chan struct{}, 1), there: make(chan struct{})}
}

// Upstream says how the other side is dialled.
func (s *Shared) Upstream(dial Dial) {
	s.dial = dial
	close(s.ready)
}

// Wait returns when nothing of the relay runs any more; the peers of both sides have left.
func (s *Shared) Wait() { s.running.Wait() }

// Downstream is the responder of the session whose peers are relayed.
func (s *Shared) Downstream() transport.Responder { return sharedDownstream{s} }

// UpstreamResponder is the responder of the session that the upstream's connection is in.
func (s *Shared) UpstreamResponder() transport.Responder { return sharedUpstream{s} }

// sharer is a peer that shares the connection to the upstream, with what waits for it.
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

// end is never asked for: no fault is between, and who leaves has its path dropped.
func (c *sharer) end(fault.End) {}

func (c *sharer) record(e sockeye.FaultEvent) { c.shared.recordFault(c.peer, e) }

// patience is how long the upstream and the other peers wait for one that takes nothing.
const patience = 5 * time.Second

// pass lets what the upstream sent wait for its turn. While the queue is full nothing more
// is read from the upstream; a peer that takes nothing for too long is reset, since its
// stream would have a hole.
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

// Other is the connection to the upstream that p shares; nil as long as there is none, and
// for that connection itself.
func (s *Shared) Other(p *transport.Peer) *sockeye.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up == nil || s.up == p {
		return nil
	}
	return s.up.Peer
}

// endWithClosing breaks off what is being sent some time after our side began to end the
// connection.
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

// The waits before the upstream is dialled again; each is twice the one before.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// serve keeps the connection to the upstream for as long as a peer is there.
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

// isOver reports whether no peer is there any more; then serve ends.
func (s *Shared) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sharers) > 0 {
		return false
	}
	s.serving = false
	return true
}

// serveOne waits for the end of a connection, and ends it when no peer is there any more.
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

// pause waits, but not without peers; then it says false.
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

type sharedDownstream struct{ *Shared }

// Joined lets a new peer share the connection, which the first one begins.
func (r sharedDownstream) Joined(p *transport.Peer) {
	c := &sharer{shared: r.Shared, peer: p}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.path = newPath(c.ctx, c, false, nil, &r.running)
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

// Received passes on what a peer sent, when the upstream is there.
func (r sharedDownstream) Received(p *transport.Peer, data []byte) {
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
		if data = data[n:]; err == nil || !c.outlives(up) {
			return
		}
		r.forget(up) // the next one gets the rest
	}
}

// outlives waits for the end of a connection to which something could not be sent, and says
// whether it came while the peer is there.
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

// awaitUpstream is the upstream's connection, or nil when p closes before it is there.
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

// Left takes a peer away, and with the last one the connection to the upstream. The next
// one may write now, if only one may.
func (r sharedDownstream) Left(p *transport.Peer) {
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

type sharedUpstream struct{ *Shared }

// Joined pairs the upstream's connection with the peers that wait for it.
func (r sharedUpstream) Joined(p *transport.Peer) {
	r.mu.Lock()
	r.up = p
	close(r.there)
	peers := slices.Clone(r.sharers)
	r.mu.Unlock()
	for _, c := range peers {
		r.pair(c.peer, p)
	}
}

// Received passes on to all peers; what one of them does not read waits in its own queue.
func (r sharedUpstream) Received(p *transport.Peer, data []byte) {
	r.mu.Lock()
	peers := slices.Clone(r.sharers)
	offset := r.passed
	r.passed += uint64(len(data))
	r.mu.Unlock()
	for _, c := range peers {
		c.pass(p, data, offset)
	}
}

// Left has the peers wait for the next connection.
func (r sharedUpstream) Left(p *transport.Peer) { r.forget(p) }

// forget takes a connection that is over away, if the next one is not there yet.
func (s *Shared) forget(up *transport.Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up == up {
		s.up, s.there = nil, make(chan struct{})
	}
}
