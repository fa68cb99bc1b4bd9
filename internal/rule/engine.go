package rule

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Engine runs a program for the peers of one session. All methods may be called
// from any goroutine; a frame that no rule matches costs no allocation.
type Engine struct {
	program *Compiled
	options EngineOptions

	mu      sync.Mutex
	random  *rand.Rand
	peers   map[uint64]*peerState
	seq     uint64 // of replies
	hits    []Hits
	nearest []NearMiss // of each rule the last
	groups  []int
}

// EngineOptions are what an engine needs besides its rules.
type EngineOptions struct {
	// Seed makes chances and ranges of delays repeatable; 0 is a seed like any other.
	Seed uint64
	// Lookup finds the variables of payloads; see payload.Vars.
	Lookup func(name string) (string, bool)
	// Explain has plans tell near misses; they are counted without it, too.
	Explain bool
	// Allow lifts protections that stand in the way of what is really wanted.
	Allow Allowed
}

// peerState is the state of one peer.
type peerState struct {
	peer   *sockeye.Peer
	state  int
	since  time.Time      // it is in the state
	rules  []ruleProgress // of the rules that have something to remember
	guard  feedbackGuard
	budget RateLimit
}

// ruleProgress is what one peer has had of one rule.
type ruleProgress struct {
	rule  int
	count int
	last  time.Time
	next  time.Time // of a timer; zero is not set
	// tooLong: a frame was longer than the pattern takes, and this was told.
	tooLong bool
}

// Hits counts what became of a rule.
type Hits struct {
	// Hits are the times it answered. Skipped are those when it matched, but its
	// cool-down, its count, chance or a guard said no.
	Hits, Skipped uint64
	// Near are the frames that no rule answered and that were nearly this one's; see
	// NearMiss.
	Near uint64
}

// Action is one thing to do, at its time. Steps of one plan are in order.
type Action struct {
	// At is when: the event's time and all delays so far.
	At time.Time
	// Peer is whose rule it is, To who gets Data.
	Peer *sockeye.Peer
	To   To
	// Data is the plan's own.
	Data []byte
	// End, if not "", is done to Peer after the data.
	End End
	// Rule is the number of the rule, from 0.
	Rule int
}

// ReplyPlan is what follows from an event: steps, and what has to be said about it.
type ReplyPlan struct {
	Steps []Action
	// Trouble is why something will not be done: a guard that stepped in, a payload
	// that could not be made. It goes into the record.
	Trouble []*sockeye.Error
	// Hits are the numbers of the rules that answered, from 0, in order.
	Hits []int
	// Near says, of a frame that no rule answered, for which it nearly was; only with
	// EngineOptions.Explain.
	Near []NearMiss
}

// NewEngine makes an engine without peers.
func NewEngine(p *Compiled, o EngineOptions) *Engine {
	return &Engine{program: p, options: o, random: rand.New(rand.NewPCG(o.Seed, 0x50CE7E)), peers: map[uint64]*peerState{}, hits: make([]Hits, len(p.rules)), nearest: make([]NearMiss, len(p.rules))}
}

// Program is what it runs.
func (e *Engine) Program() *Compiled { return e.program }

// Hits are the counters of the rules, in their order.
func (e *Engine) Hits() []Hits {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.hits)
}

// State is the state that a peer is in.
func (e *Engine) State(peer *sockeye.Peer) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.peers[peer.ID]; p != nil {
		return e.program.states[p.state]
	}
	return e.program.states[0]
}

// Joined is a new peer.
func (e *Engine) Joined(peer *sockeye.Peer, now time.Time) (plan ReplyPlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peerState(peer, now)
	for n := range e.program.rules {
		if r := &e.program.rules[n]; r.Join && r.isIn(p.state) && e.answer(&plan, p, n, nil, nil, now) {
			break
		}
	}
	return plan
}

// Present is a peer that was there before the engine: it begins in the start state,
// and no rule for joining answers it.
func (e *Engine) Present(peer *sockeye.Peer, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peerState(peer, now)
}

// Put brings a peer into a state. It says false if no rule has a state of this name.
func (e *Engine) Put(peer *sockeye.Peer, state string, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := slices.Index(e.program.states, state)
	if n < 0 {
		return false
	}
	p := e.peerState(peer, now)
	p.state, p.since = n, now
	e.setTimers(p, now)
	return true
}

// CurrentState is the state that a peer is in, and since when.
type CurrentState struct {
	Peer  *sockeye.Peer
	State string
	Since time.Time
}

// PeerStates are the states of peers by their numbers, most of them at most, and how
// many more there are.
func (e *Engine) PeerStates(most int) (states []CurrentState, more int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.inOrder()
	for _, p := range all[:min(most, len(all))] {
		states = append(states, CurrentState{p.peer, e.program.states[p.state], p.since})
	}
	return states, len(all) - len(states)
}

// Left forgets a peer.
func (e *Engine) Left(peer *sockeye.Peer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.peers, peer.ID)
}

// Input notes what a peer sent, before its frames: what it sends is what UDP replies
// to it may come to.
func (e *Engine) Input(peer *sockeye.Peer, bytes int, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peerState(peer, now).budget.Received(bytes)
}

// Frame is a frame that a peer sent. body is lent for the call.
func (e *Engine) Frame(peer *sockeye.Peer, body []byte, now time.Time) (plan ReplyPlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peerState(peer, now)
	for n := range e.program.rules {
		r := &e.program.rules[n]
		if r.pattern == nil || !r.isIn(p.state) {
			continue
		}
		if !r.pattern.Match(body, &e.groups) {
			if len(body) > r.pattern.limit && !p.progress(n).tooLong {
				p.progress(n).tooLong = true
				plan.Trouble = append(plan.Trouble, tooLong(n, r.Rule, len(body), r.pattern.limit))
			}
			continue
		}
		if trouble := p.guard.judge(body, now, e.options.Allow); trouble != nil {
			plan.Trouble = append(plan.Trouble, trouble)
		}
		if p.guard.stopped {
			e.hits[n].Skipped++
			return plan
		}
		if e.answer(&plan, p, n, body, r.pattern, now) {
			return plan
		}
	}
	e.noteNear(&plan, p, body)
	return plan
}

// tooLong says, once for each rule of a peer, that a frame was not compared.
func tooLong(n int, r Rule, length, limit int) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "answer", Target: faultPlace(n, r),
		Message: both("a frame of %d bytes was not compared with the pattern, which takes at most %d; nor will others like it be", "一帧有 %d 字节，超过该匹配方式的上限 %d 字节，未进行匹配；之后同样的帧也不会匹配", length, limit),
		Hint:    both("an expression with fewer repetitions takes longer frames; prefix:, contains: and hex: take 64 KiB", "重复次数少的表达式可匹配更长的帧；prefix:、contains:、hex: 可达 64 KiB"),
	}
}

func (e *Engine) peerState(peer *sockeye.Peer, now time.Time) *peerState {
	p := e.peers[peer.ID]
	if p == nil {
		p = &peerState{peer: peer, since: now}
		e.peers[peer.ID] = p
		e.setTimers(p, now)
	}
	return p
}

// progress is what the peer has had of a rule. It is good until the next call.
func (p *peerState) progress(n int) *ruleProgress {
	for i := range p.rules {
		if p.rules[i].rule == n {
			return &p.rules[i]
		}
	}
	p.rules = append(p.rules, ruleProgress{rule: n})
	return &p.rules[len(p.rules)-1]
}

// Trim forgets the replies to peers that have sent nothing since before, and says
// whether others are remembered.
func (e *Engine) Trim(before time.Time) (more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.peers {
		switch {
		case p.guard.reply == nil:
		case p.guard.last.Before(before):
			p.guard.reply = nil
		default:
			more = true
		}
	}
	return more
}

func (c *compiled) isIn(state int) bool { return c.in == nil || slices.Contains(c.in, state) }

// answer plans what a rule does, and says whether it did.
func (e *Engine) answer(plan *ReplyPlan, p *peerState, n int, body []byte, pattern *Pattern, now time.Time) bool {
	r, had := &e.program.rules[n], p.progress(n)
	rests := had.count > 0 && now.Sub(had.last) < r.Cooldown.Min
	if rests || r.Count > 0 && had.count >= r.Count || r.chance < 1 && e.random.Float64() >= r.chance {
		e.hits[n].Skipped++
		return false
	}
	had.count++
	had.last = now
	e.hits[n].Hits++
	plan.Hits = append(plan.Hits, n)
	at := e.reply(plan, p, n, body, pattern, now)
	if r.End != "" {
		plan.Steps = append(plan.Steps, Action{At: at, Peer: p.peer, End: r.End, Rule: n})
	}
	if r.to >= 0 {
		p.state, p.since = r.to, at
		e.setTimers(p, at)
	}
	return true
}

// reply plans the replies of a rule, and says when the last one is due.
func (e *Engine) reply(plan *ReplyPlan, p *peerState, n int, body []byte, pattern *Pattern, now time.Time) time.Time {
	r := &e.program.rules[n]
	at, made := now, 0
	for i, t := range r.replies {
		at = at.Add(r.Replies[i].Delay.draw(e.random))
		e.seq++
		vars := payload.Vars{Seq: e.seq, Time: at, Random: e.random.Uint64(), Peer: p.peer, Lookup: e.options.Lookup}
		if pattern != nil {
			vars.Match = func(name string) ([]byte, bool) { return group(pattern, body, e.groups, name) }
		}
		data, err := t.Append(nil, &vars)
		if made += len(data); err == nil && made > maxReplied {
			err = invalid("", both("the replies of one rule come to more than %d MiB", "一条规则的应答合计超过 %d MiB", maxReplied>>20), sockeye.Text{})
		}
		if err != nil {
			trouble := *sockeye.ErrorOf(err)
			trouble.Op, trouble.Target = "answer", faultPlace(n, r.Rule)
			plan.Trouble = append(plan.Trouble, &trouble)
			if made > maxReplied {
				break
			}
			continue
		}
		to := r.Replies[i].To
		if to == "" {
			to = Sender
		}
		if to != Others {
			p.guard.replied(data)
		}
		plan.Steps = append(plan.Steps, Action{At: at, Peer: p.peer, To: to, Data: data, Rule: n})
	}
	return at
}

// maxReplied is the most bytes that one hit of a rule makes, as one payload may.
const maxReplied = 16 << 20

// group is what a group took, by its number or name.
func group(pattern *Pattern, body []byte, found []int, name string) ([]byte, bool) {
	n, err := strconv.Atoi(name)
	if err != nil {
		n = slices.Index(pattern.Groups(), name) + 1
		if n == 0 {
			return nil, false
		}
	}
	if n < 0 || 2*n+1 >= len(found) || found[2*n] < 0 {
		return nil, n >= 0 && n <= len(pattern.Groups()) // one that took no part is empty
	}
	return body[found[2*n]:found[2*n+1]], true
}
