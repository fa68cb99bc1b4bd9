package responder

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// rulePeer is one peer that is answered. While it is quiet it has neither a goroutine
// nor a buffer.
type rulePeer struct {
	peer    *transport.Peer
	waiting atomic.Int32 // steps that were planned and are not done
	dropped atomic.Bool

	mu      sync.Mutex      // guards what follows
	framer  *framing.Framer // nil: nothing of a frame has come
	pending int             // bytes of it, as they count among those of all peers
	resting bool            // its pause is in the schedule

	sendMu  sync.Mutex    // guards what follows
	steps   []rule.Action // to be done now
	sending bool          // a goroutine does them
	room    chan struct{} // a step was done: capacity 1; nil if nobody waits for it

	holdMu sync.Mutex // guards what follows
	holds  int        // of peer: one for each step that waits, and one while it is resting
	over   bool       // there will be none any more
}

// hold keeps our direction open although the peer may finish sending: it will be
// answered yet.
func (q *rulePeer) hold() {
	q.holdMu.Lock()
	defer q.holdMu.Unlock()
	if !q.over {
		q.holds++
		q.peer.Hold()
	}
}

func (q *rulePeer) release() {
	q.holdMu.Lock()
	held := q.holds > 0
	if held {
		q.holds--
	}
	q.holdMu.Unlock()
	if held {
		q.peer.Release()
	}
}

// releaseAll is for when nothing more will be sent.
func (q *rulePeer) releaseAll() {
	q.holdMu.Lock()
	held := q.holds
	q.holds, q.over = 0, true
	q.holdMu.Unlock()
	for range held {
		q.peer.Release()
	}
}

// stepOverhead is about what a step needs besides its bytes.
const stepOverhead = 200

func sizeOf(s rule.Action) int { return stepOverhead + len(s.Data) }

// enqueue gives a step to those who send to a peer. Its memory and its waiting are
// counted already.
func (r *ruleRunner) enqueue(s rule.Action, q *rulePeer) {
	q.sendMu.Lock()
	defer q.sendMu.Unlock()
	q.steps = append(q.steps, s)
	if !q.sending {
		q.sending = r.start(func() { r.sendSteps(q) })
		if !q.sending {
			q.steps = nil // the rules answer no more
		}
	}
}

// start runs a goroutine that the end of the rules waits for, unless they have ended.
func (r *ruleRunner) start(run func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return false
	}
	r.ended.Go(func() {
		defer r.contain()
		run()
	})
	return true
}

// sendSteps does the steps of a peer until none is left.
func (r *ruleRunner) sendSteps(q *rulePeer) {
	for {
		q.sendMu.Lock()
		if len(q.steps) == 0 || r.over() {
			q.steps, q.sending = nil, false
			q.sendMu.Unlock()
			return
		}
		s := q.steps[0]
		q.steps[0] = rule.Action{}
		q.steps = q.steps[1:]
		q.sendMu.Unlock()
		if q.peer.State() != sockeye.Gone {
			r.perform(s, q)
		}
		r.done(s, q)
	}
}

func (r *ruleRunner) over() bool {
	select {
	case <-r.isOver:
		return true
	default:
		return false
	}
}

// done notes that a step needs no more waiting for.
func (r *ruleRunner) done(s rule.Action, q *rulePeer) {
	r.release(sizeOf(s))
	q.waiting.Add(-1)
	q.release()
	q.sendMu.Lock()
	defer q.sendMu.Unlock()
	select {
	case q.room <- struct{}{}:
	default: // nobody waits
	}
}

// isCongested says whether so many steps of a peer of a stream wait that it is not to be read
// from.
func (r *ruleRunner) isCongested(p *transport.Peer) bool {
	if p.Network.Traits().Datagram {
		return false
	}
	r.mu.Lock()
	q := r.peers[p.ID]
	r.mu.Unlock()
	return q != nil && q.waiting.Load() > readingPause
}

// awaitRoom waits while a peer is congested.
func (r *ruleRunner) awaitRoom(p *transport.Peer) {
	r.mu.Lock()
	q := r.peers[p.ID]
	r.mu.Unlock()
	if q == nil || p.Network.Traits().Datagram || q.waiting.Load() <= readingPause {
		return
	}
	room := make(chan struct{}, 1)
	q.sendMu.Lock()
	q.room = room
	q.sendMu.Unlock()
	defer func() {
		q.sendMu.Lock()
		q.room = nil
		q.sendMu.Unlock()
	}()
	for q.waiting.Load() > readingPause {
		select {
		case <-room:
		case <-q.peer.Closing():
			return
		case <-q.peer.Done():
			return
		case <-r.isOver:
			return
		}
	}
}

// framerLocked is the framer of a peer, made when there is something to cut; q.mu is
// held.
func (r *ruleRunner) framerLocked(q *rulePeer) *framing.Framer {
	if q.framer == nil {
		if q.framer, _ = r.framers.Get().(*framing.Framer); q.framer == nil {
			q.framer = framing.New(r.config.Frame, r.config.Check)
		}
	}
	return q.framer
}

// settleFramerLocked counts what a peer's framer keeps, and takes it away if that is
// nothing, or more than may be; q.mu is held.
func (r *ruleRunner) settleFramerLocked(q *rulePeer) {
	now := q.framer.Pending()
	switch {
	case now > q.pending && !r.reserve(now-q.pending):
		r.release(q.pending)
		now = 0
	case now < q.pending:
		r.release(q.pending - now)
	}
	q.pending = now
	if now == 0 {
		q.framer.Reset()
		r.framers.Put(q.framer)
		q.framer = nil
	}
}

// leave forgets a peer that has left.
func (r *ruleRunner) leave(p *transport.Peer) {
	r.mu.Lock()
	q := r.peers[p.ID]
	delete(r.peers, p.ID)
	r.mu.Unlock()
	r.engine.Left(p.Peer)
	if q == nil {
		return
	}
	q.releaseAll()
	q.mu.Lock()
	r.release(q.pending)
	q.pending, q.framer = 0, nil
	q.mu.Unlock()
}
