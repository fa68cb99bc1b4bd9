package responder

import (
	"context"
	"maps"
	"slices"
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

// RuleConfig holds the rules of a session.
type RuleConfig struct {
	// Set is the rules as they were written.
	Set      workspace.RuleSet
	Compiled *rule.Compiled
	// Frame is the framing of what peers send, and Check the checksum of the frames; frames
	// with a wrong one are not answered.
	Frame   framing.Spec
	Check   checksum.Trailer
	Options rule.EngineOptions
}

// RulesOf are rules as a set has them, found sound as an opening. The guards that
// they lift are the opening's. seed repeats chances and ranges of delays, and lookup finds
// the variables of payloads.
func RulesOf(set workspace.RuleSet, o workspace.Opening, seed uint64, lookup func(name string) (string, bool)) *RuleConfig {
	options := rule.EngineOptions{Seed: seed, Lookup: lookup, Allow: o.Allow}
	return &RuleConfig{Set: set, Compiled: o.Compiled, Frame: o.Frame, Check: o.Check, Options: options}
}

// Bounds of what waits to be sent to one peer.
const (
	maxPendingReplies = 1024 // replies; what is beyond is dropped, and said
	readingPause      = 256  // replies that make a TCP peer wait with its next request
)

// ruleRunner carries out the plans of an engine for one session, as long as the session has these
// rules. The goroutines that read the peers call it with the bytes. One goroutine waits for the
// times of steps. Each peer that is being answered has one that sends, so that a peer that does
// not read delays no other.
type ruleRunner struct {
	config        RuleConfig
	id            *sockeye.Session
	engine        *rule.Engine
	record        func(sockeye.Event)
	causeContexts []context.Context // for each rule, the context that its answers are sent with: it names the rule
	timed         chan struct{}     // capacity 1: a step was scheduled
	isOver        chan struct{}     // closed when it answers no more
	ended         *sync.WaitGroup   // counts its goroutines, and those of the session's earlier rules

	framers  sync.Pool // of *framing.Framer, for whoever sends next
	memory   *MemoryLimit
	reserved atomic.Int64 // bytes of the memory limit
	full     atomic.Bool  // that they exceed the limit was reported

	mu      sync.Mutex
	peers   map[uint64]*rulePeer
	due     stepQueue
	trimAt  time.Time // when old state of engine and clock is removed; zero: there is none
	stopped bool
}

func newRuleRunner(how RuleConfig, id *sockeye.Session, record func(sockeye.Event), memory *MemoryLimit, ended *sync.WaitGroup) *ruleRunner {
	r := &ruleRunner{config: how, id: id, engine: rule.NewEngine(how.Compiled, how.Options), record: record, causeContexts: ruleContexts(how.Compiled), memory: memory,
		timed: make(chan struct{}, 1), isOver: make(chan struct{}), ended: ended, peers: map[uint64]*rulePeer{}}
	ended.Go(func() {
		defer r.contain()
		r.runClock()
	})
	return r
}

// ruleContexts makes the contexts with which the answers of rules are sent: each names its rule.
func ruleContexts(p *rule.Compiled) []context.Context {
	var all []context.Context
	for _, name := range p.Names() {
		how := &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByRule, Name: name}}
		all = append(all, transport.Because(context.Background(), how))
	}
	return all
}

// stop drops what waits to be sent. A reply that is being sent is finished: cut off,
// it would leave the peer with half a message. Its goroutines end soon.
func (r *ruleRunner) stop() {
	r.mu.Lock()
	if !r.stopped {
		r.stopped = true
		close(r.isOver)
	}
	peers := slices.Collect(maps.Values(r.peers))
	r.mu.Unlock()
	r.releaseReserved()
	for _, q := range peers {
		q.releaseHolds()
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
		q = &rulePeer{peer: p}
		r.peers[p.ID] = q
	}
	return q
}

// Present begins to answer a peer that joined before there were these rules.
func (r *ruleRunner) Present(p *transport.Peer) {
	if r.respondent(p) == nil {
		return
	}
	r.engine.Present(p.Peer, journal.Now())
	r.wake()
	r.forgetGone(p)
}

// join begins to answer a new peer. It returns false if these rules answer no more.
func (r *ruleRunner) join(p *transport.Peer) (ok bool) {
	defer r.contain()
	if r.respondent(p) == nil {
		return false
	}
	r.carryOut(r.engine.Joined(p.Peer, journal.Now()), p.Peer)
	return true
}

// receive cuts what came into frames and answers them. It returns false if these rules
// answer no more. A TCP peer that takes no answers is not to be read from until it does:
// awaitRoom waits for that.
func (r *ruleRunner) receive(p *transport.Peer, data []byte) (ok bool) {
	defer r.contain()
	q := r.respondent(p)
	if q == nil {
		return false
	}
	now := journal.Now()
	if p.Network.Traits().Datagram {
		r.engine.Input(p.Peer, len(data), now)
	}
	r.feed(q, data, now)
	r.forgetGone(p)
	return true
}

// feed gives bytes to a peer's framer and answers the frames that they end.
func (r *ruleRunner) feed(q *rulePeer, data []byte, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock() // whatever a rule does
	f := r.framerLocked(q)
	f.Feed(framing.Chunk{Data: data, Time: now})
	if q.peer.Network.Traits().Bounded() {
		f.End()
	}
	r.answerLocked(q, now)
}

// receiveAndWait is receive for a goroutine that may wait.
func (r *ruleRunner) receiveAndWait(p *transport.Peer, data []byte) bool {
	if !r.receive(p, data) {
		return false
	}
	r.awaitRoom(p)
	return true
}

// forgetGone forgets a peer that may have left before it was known here.
func (r *ruleRunner) forgetGone(p *transport.Peer) {
	if p.State() == sockeye.Gone {
		r.leave(p)
	}
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
	r.settleFramerLocked(q)
}

// carryOut performs the steps of a plan that are due, and schedules the others. peer is the peer
// whose event caused the plan; nil if a timer did.
func (r *ruleRunner) carryOut(p rule.ReplyPlan, peer *sockeye.Peer) {
	for _, e := range p.Trouble {
		r.report(e, peer)
	}
	if r.config.Compiled.Timed() && peer != nil {
		r.wake() // a state may have changed, and with it what runs
	}
	if len(p.Steps) == 0 {
		return
	}
	now := journal.Now()
	r.trimLater(now)
	for _, s := range p.Steps {
		r.mu.Lock()
		q := r.peers[s.Peer.ID]
		r.mu.Unlock()
		if q == nil {
			continue
		}
		if !r.admit(s, q) {
			continue
		}
		if s.At.After(now) {
			r.plan(timedStep{at: s.At, step: s, of: q})
		} else {
			r.do(s, q)
		}
	}
}

// do queues a step that is due for the goroutine that sends to its peer.
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
			if r.admit(s, o) {
				r.enqueue(s, o)
			}
		}
	}
	if s.To == rule.Others {
		r.done(s, q)
	} else {
		r.enqueue(s, q)
	}
}

// admit counts a step that will wait for a peer, and says false if too many do.
func (r *ruleRunner) admit(s rule.Action, q *rulePeer) bool {
	if q.waiting.Add(1) > maxPendingReplies {
		q.waiting.Add(-1)
		r.drop(q)
		return false
	}
	if !r.reserve(sizeOf(s)) {
		q.waiting.Add(-1)
		return false
	}
	q.hold()
	return true
}

// ruleDrain bounds how long a rule's close may wait for the peer's.
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
			q.peer.Answer(r.causeContexts[s.Rule], s.Data) // a failure is recorded by Answer
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
