package core

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// RuleProgram is how a session answers by rules.
type RuleProgram struct {
	// Set is the rules as they were written.
	Set     workspace.RuleSet
	Program *rule.Program
	// Frame is how frames are found in what peers send, and Check the checksum they
	// must have; frames in which it is wrong are not answered.
	Frame   framing.Spec
	Check   checksum.Trailer
	Options rule.EngineOptions
}

// Bounds of what waits to be sent to one peer.
const (
	maxPendingReplies = 1024 // replies; what is beyond is dropped, and said
	readingPause      = 256  // replies that make a TCP peer wait with its next request
)

// ruleRunner carries out the plans of an engine for one session, as long as these
// are its rules. Peers' readers give it bytes; one goroutine keeps the times, and one
// for each peer sends, so that a peer that does not read delays nobody.
type ruleRunner struct {
	config RuleProgram
	id     *sockeye.Session
	engine *rule.Engine
	record func(sockeye.Event)
	timed  chan struct{}   // something has got a time: capacity 1
	isOver chan struct{}   // closed when it answers no more
	ended  *sync.WaitGroup // its goroutines, with those of the session's earlier rules

	mu      sync.Mutex
	peers   map[uint64]*rulePeer
	due     stepQueue
	stopped bool
}

// rulePeer is one peer that is answered.
type rulePeer struct {
	peer    *transport.Peer
	steps   chan rule.Action // to be done now
	waiting atomic.Int32     // steps that were planned and are not done
	room    chan struct{}    // one was done: capacity 1
	dropped atomic.Bool

	mu      sync.Mutex // guards what follows
	framer  *framing.Framer
	resting bool // its pause is in the schedule

	holding sync.Mutex // guards what follows
	holds   int        // of peer: one for each step that waits, and one while it is resting
	over    bool       // there will be none any more
}

// hold keeps our direction open although the peer may finish sending: it will be
// answered yet.
func (q *rulePeer) hold() {
	q.holding.Lock()
	defer q.holding.Unlock()
	if !q.over {
		q.holds++
		q.peer.Hold()
	}
}

func (q *rulePeer) release() {
	q.holding.Lock()
	defer q.holding.Unlock()
	if q.holds > 0 {
		q.holds--
		q.peer.Release()
	}
}

// releaseAll is for when nothing more will be sent.
func (q *rulePeer) releaseAll() {
	q.holding.Lock()
	defer q.holding.Unlock()
	q.over = true
	for ; q.holds > 0; q.holds-- {
		q.peer.Release()
	}
}

func newResponding(how RuleProgram, id *sockeye.Session, record func(sockeye.Event), ended *sync.WaitGroup) *ruleRunner {
	r := &ruleRunner{config: how, id: id, engine: rule.NewEngine(how.Program, how.Options), record: record,
		timed: make(chan struct{}, 1), isOver: make(chan struct{}), ended: ended, peers: map[uint64]*rulePeer{}}
	ended.Go(r.runClock)
	return r
}

// stop drops what waits to be sent. A reply that is being sent is finished: cut off,
// it would leave the peer with half a message. Its goroutines end soon.
func (r *ruleRunner) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.stopped = true
		close(r.isOver)
	}
}

// respondent is a peer that is answered, from now on if it was not; nil when these
// rules answer no more.
func (r *ruleRunner) respondent(p *transport.Peer) *rulePeer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil
	}
	q := r.peers[p.ID]
	if q == nil {
		q = &rulePeer{peer: p, steps: make(chan rule.Action, maxPendingReplies), room: make(chan struct{}, 1), framer: framing.New(r.config.Frame, r.config.Check)}
		r.peers[p.ID] = q
		r.ended.Go(func() { r.serve(q) })
	}
	return q
}

// Present begins to answer a peer that joined before there were these rules.
func (r *ruleRunner) Present(p *transport.Peer) {
	if r.respondent(p) != nil {
		r.engine.Present(p.Peer, journal.Now())
		r.wake()
	}
}

// join begins to answer a new peer. It says false if these rules answer no more.
func (r *ruleRunner) join(p *transport.Peer) bool {
	if r.respondent(p) == nil {
		return false
	}
	r.carryOut(r.engine.Joined(p.Peer, journal.Now()), p.Peer)
	return true
}

// receive cuts what came into frames and answers them. A TCP peer that takes no
// answers is not read from until it does. It says false if these rules answer no more.
func (r *ruleRunner) receive(p *transport.Peer, data []byte) bool {
	q := r.respondent(p)
	if q == nil {
		return false
	}
	now := journal.Now()
	if p.Network == "udp" {
		r.engine.Input(p.Peer, len(data), now)
	}
	q.mu.Lock()
	q.framer.Feed(framing.Chunk{Data: data, Time: now})
	if p.Network == "udp" {
		q.framer.End()
	}
	r.answerLocked(q, now)
	q.mu.Unlock()
	for p.Network == "tcp" && q.waiting.Load() > readingPause {
		select {
		case <-q.room:
		case <-p.Closing():
			return true
		case <-p.Done():
			return true
		case <-r.isOver:
			return true
		}
	}
	return true
}

// answerLocked answers the frames that are there; q.mu is held.
func (r *ruleRunner) answerLocked(q *rulePeer, now time.Time) {
	for {
		f, ok := q.framer.Next()
		if !ok {
			break
		}
		if f.Mark == framing.Whole && f.Check != framing.Wrong {
			r.carryOut(r.engine.Frame(q.peer.Peer, f.Body, now), q.peer.Peer)
		}
	}
	if due := q.framer.Due(); !due.IsZero() && !q.resting {
		q.resting = true
		q.hold()
		r.plan(timedStep{at: due, pause: q})
	}
}

// carryOut does what a plan says now, and keeps the rest for its time. peer is whose
// event it follows from; nil for the time's.
func (r *ruleRunner) carryOut(p rule.Plan, peer *sockeye.Peer) {
	for _, e := range p.Trouble {
		r.report(e, peer)
	}
	if r.config.Program.Timed() && peer != nil {
		r.wake() // a state may have changed, and with it what runs
	}
	if len(p.Steps) == 0 {
		return
	}
	now := journal.Now()
	for _, s := range p.Steps {
		r.mu.Lock()
		q := r.peers[s.Peer.ID]
		r.mu.Unlock()
		if q == nil {
			continue
		}
		if q.waiting.Load() >= maxPendingReplies {
			r.drop(q)
			continue
		}
		q.waiting.Add(1)
		q.hold()
		if s.At.After(now) {
			r.plan(timedStep{at: s.At, step: s, of: q})
		} else {
			r.do(s, q)
		}
	}
}

// do gives a step whose time has come to those who send.
func (r *ruleRunner) do(s rule.Action, q *rulePeer) {
	if s.To == rule.Others || s.To == rule.All {
		r.mu.Lock()
		var all []*rulePeer
		for _, o := range r.peers {
			if o != q {
				all = append(all, o)
			}
		}
		r.mu.Unlock()
		for _, o := range all {
			o.hold()
			if o.waiting.Add(1) > maxPendingReplies || !o.offer(s) {
				o.done()
				r.drop(o)
			}
		}
	}
	if s.To == rule.Others {
		q.done()
	} else if !q.offer(s) {
		q.done()
		r.drop(q)
	}
}

func (q *rulePeer) offer(s rule.Action) bool {
	select {
	case q.steps <- s:
		return true
	default:
		return false
	}
}

// done notes that a step needs no more waiting for.
func (q *rulePeer) done() {
	q.waiting.Add(-1)
	q.release()
	select {
	case q.room <- struct{}{}:
	default:
	}
}

// serve sends to one peer until it leaves.
func (r *ruleRunner) serve(q *rulePeer) {
	defer q.releaseAll()
	for {
		select {
		case s := <-q.steps:
			select {
			case <-r.isOver:
				return
			default:
			}
			r.perform(s, q)
			q.done()
		case <-r.isOver:
			return
		case <-q.peer.Done():
			r.mu.Lock()
			delete(r.peers, q.peer.ID)
			r.mu.Unlock()
			r.engine.Left(q.peer.Peer)
			return
		}
	}
}

// drain bounds how long a rule's close may wait for the peer's.
const ruleDrain = 5 * time.Second

func (r *ruleRunner) perform(s rule.Action, q *rulePeer) {
	switch {
	case s.End == rule.Abort:
		q.peer.Abort()
	case s.End == rule.Close:
		ctx, cancel := context.WithTimeout(context.Background(), ruleDrain)
		defer cancel()
		q.peer.Close(ctx)
	default:
		ok, trouble := r.engine.Permit(q.peer.Peer, len(s.Data), journal.Now())
		if trouble != nil {
			r.report(trouble, q.peer.Peer)
		}
		if ok {
			q.peer.Answer(context.Background(), s.Data) // a failure is recorded by Answer
		}
	}
}

// drop says, once for each peer, that it takes replies too slowly.
func (r *ruleRunner) drop(q *rulePeer) {
	if q.dropped.Swap(true) {
		return
	}
	r.report(&sockeye.Error{Kind: sockeye.LimitReached, Op: "answer",
		Message: sockeye.Text{En: "more replies wait than may; the newest are dropped", Zh: "等待发送的应答过多，最新的应答被丢弃"},
		Hint:    sockeye.Text{En: "the peer does not read, or the rules answer more often than replies can be sent", Zh: "对方没有接收，或规则应答得比能发送的更快"}}, q.peer.Peer)
}

func (r *ruleRunner) report(e *sockeye.Error, p *sockeye.Peer) {
	out := *e
	if out.Target == "" && p != nil {
		out.Target = p.String()
	}
	r.record(sockeye.Event{Kind: sockeye.Failed, Session: r.id, Peer: p, Time: journal.Now(), Detail: &sockeye.Detail{Err: &out}})
}
