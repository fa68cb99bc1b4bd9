package responder

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// rulePeer is what a ruleRunner keeps for one peer that it answers. While the peer sends
// nothing, it has neither a goroutine nor a buffer.
type rulePeer struct {
	peer    *transport.Peer
	waiting atomic.Int32 // steps that were planned and are not done
	dropped atomic.Bool

	mu      sync.Mutex      // guards what follows
	framer  *framing.Framer // nil: no unfinished frame
	pending int             // bytes of the unfinished frame that are reserved
	resting bool            // the end of its pause is scheduled

	sendMu  sync.Mutex    // guards what follows
	steps   []rule.Action // to be carried out now
	sending bool          // sendSteps runs
	room    chan struct{} // a step was done: capacity 1; nil if nobody waits for it

	holdMu    sync.Mutex // guards what follows
	holdCount int        // calls of peer.Hold not released yet: one for each step that waits, and one while it is resting
	noHolds   bool       // hold does nothing any more; see releaseHolds
}

// hold keeps our direction open, even if the peer finishes sending, because an answer to it
// follows. release ends that.
func (q *rulePeer) hold() {
	q.holdMu.Lock()
	defer q.holdMu.Unlock()
	if !q.noHolds {
		q.holdCount++
		q.peer.Hold()
	}
}

// release ends one hold, if releaseHolds has not ended it.
func (q *rulePeer) release() {
	q.holdMu.Lock()
	held := q.holdCount > 0
	if held {
		q.holdCount--
	}
	q.holdMu.Unlock()
	if held {
		q.peer.Release()
	}
}

// releaseHolds ends all holds, and those to come, because nothing more will be sent.
func (q *rulePeer) releaseHolds() {
	q.holdMu.Lock()
	held := q.holdCount
	q.holdCount, q.noHolds = 0, true
	q.holdMu.Unlock()
	for range held {
		q.peer.Release()
	}
}

// stepOverhead is about how many bytes of memory a step needs besides its data.
const stepOverhead = 200

func sizeOf(s rule.Action) int { return stepOverhead + len(s.Data) }

// enqueue queues a step of a peer and starts sendSteps if it does not run. The caller has
// reserved the memory of the step and counted it in q.waiting.
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

// start runs a goroutine, unless the rules have ended; false then. The end of the session
// waits for it.
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

// sendSteps carries out the queued steps of a peer until none is left.
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

// isCongested reports whether so many steps of a peer of a stream wait that it is not to be read
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
	q.releaseHolds()
	q.mu.Lock()
	r.release(q.pending)
	q.pending, q.framer = 0, nil
	q.mu.Unlock()
}
