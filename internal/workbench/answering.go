package workbench

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/wire"
	"sockeye/internal/workspace"
)

// answering is the responder of a session whose rules may change while it is open.
// As long as there are rules, they alone answer; without them, what the session was
// opened with does.
type answering struct {
	id      *sockeye.Session
	record  func(sockeye.Event)
	without wire.Responder // nil: nobody
	rules   atomic.Pointer[responding]
	ended   sync.WaitGroup // the goroutines of all rules it had

	mu    sync.Mutex // guards what follows, and the change of rules
	given *Rules     // as they were set, on or off; nil without
	over  bool       // the session has ended
}

func (a *answering) Joined(p *wire.Peer) {
	byRules := a.byRules(func(r *responding) bool { return r.join(p) })
	if !byRules && a.without != nil {
		a.without.Joined(p)
	}
}

func (a *answering) Received(p *wire.Peer, data []byte) {
	byRules := a.byRules(func(r *responding) bool { return r.receive(p, data) })
	if !byRules && a.without != nil {
		a.without.Received(p, data)
	}
}

// byRules gives something to the rules, and says false if there are none. Rules that
// answer no more refuse it; then those that came after them have it.
func (a *answering) byRules(give func(r *responding) bool) bool {
	for r := a.rules.Load(); r != nil; {
		if give(r) {
			return true
		}
		next := a.rules.Load()
		if next == r {
			return true // the session is ending
		}
		r = next
	}
	return false
}

// prompt is an answering whose session is served by wire's loop: without rules it
// answers at once. The loop hands a peer over with its first bytes for a rule.
type prompt struct {
	*answering
	without wire.Prompt // nil: nobody
}

func (a prompt) Reply(p *wire.Peer, data []byte) ([]byte, bool) {
	switch {
	case a.rules.Load() != nil:
		return nil, false
	case a.without == nil:
		return nil, true
	}
	return a.without.Reply(p, data)
}

// responder is what wire is given. Rules from the beginning keep their peers off the
// loop: each would be handed over anyway.
func (a *answering) responder() wire.Responder {
	without, ok := a.without.(wire.Prompt)
	if a.rules.Load() != nil || a.without != nil && !ok {
		return a
	}
	return prompt{a, without}
}

// set changes the rules; nil takes them away, and off keeps them without effect.
// present are the peers that are there.
func (a *answering) set(how *Rules, off bool, present func() []*wire.Peer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return &sockeye.Error{Kind: sockeye.Closed, Op: "set", Target: a.id.ID,
			Message: sockeye.Text{En: "the session is closed", Zh: "会话已关闭"},
			Hint:    sockeye.Text{En: "open another one", Zh: "请重新打开一个"}}
	}
	var fresh *responding
	if how != nil && !off {
		fresh = newResponding(*how, a.id, a.record, &a.ended)
	}
	a.given = how
	if old := a.rules.Swap(fresh); old != nil {
		old.stop()
	}
	if fresh != nil {
		for _, p := range present() { // who joins meanwhile is told to fresh by wire
			fresh.Present(p)
		}
	}
	return nil
}

// end waits until nothing of it runs; the session's peers have left.
func (a *answering) end() {
	a.mu.Lock()
	a.over = true
	if r := a.rules.Load(); r != nil {
		r.stop()
	}
	a.mu.Unlock()
	a.ended.Wait()
}

// RuleStatus is what became of one rule.
type RuleStatus struct {
	Name string
	rule.Hits
}

// RulesStatus is how a session answers by rules.
type RulesStatus struct {
	// Set is the rules as they were written, and Off says that they do not answer.
	Set workspace.RuleSet
	Off bool
	// Rules are those that answer with their counters, in order.
	Rules []RuleStatus
	// States are those of the peers, if the rules have more than one. More counts
	// the peers that are left out.
	States []rule.PeerState
	More   int
}

// mostStates bounds the states that are told at once.
const mostStates = 200

// SetRules lets rules answer the session from now on, in place of those it had; nil
// takes them away, and off keeps them without effect. Frames, states, counters and
// limits of all peers begin anew, and replies that wait are dropped; one that is being
// sent is finished. For a peer that is there already no rule about joining is tried.
// Rules go before echo and device, which answer again when there are no rules. The
// error is an *sockeye.Error: of kind Closed for a session that has ended, and Misuse
// for one that was not opened with Answer.Changeable or Answer.Rules.
func (s *Session) SetRules(r *Rules, off bool) error {
	if s.answering == nil {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "set", Target: s.ID(),
			Message: sockeye.Text{En: "this session was opened to answer always the same way", Zh: "该会话打开时已固定了应答方式"},
			Hint:    sockeye.Text{En: "open it in a workbench that sockeye ui runs", Zh: "请在 sockeye ui 运行的工作台中打开"}}
	}
	return s.answering.set(s.bench.completed(r), off, s.Peers)
}

// completed are rules whose payloads find the workbench's variables, unless they have
// some of their own.
func (w *Workbench) completed(r *Rules) *Rules {
	if r == nil || r.Options.Lookup != nil {
		return r
	}
	out := *r
	out.Options.Lookup = w.Lookup
	return &out
}

// RulesStatus is how the session answers by rules now, or did in the end; false
// without rules.
func (s *Session) RulesStatus() (st RulesStatus, ok bool) {
	if s.answering == nil {
		return st, false
	}
	s.answering.mu.Lock()
	given, r := s.answering.given, s.answering.rules.Load()
	s.answering.mu.Unlock()
	if given == nil {
		return st, false
	}
	st.Set, st.Off = given.Set, r == nil
	if r == nil {
		return st, true
	}
	hits := r.engine.Hits()
	for n, name := range given.Program.Names() {
		st.Rules = append(st.Rules, RuleStatus{name, hits[n]})
	}
	if len(given.Program.States()) > 1 {
		st.States, st.More = r.engine.PeerStates(mostStates)
	}
	return st, true
}

// AnsweredBy is how many rules answer the session now.
func (s *Session) AnsweredBy() int {
	if s.answering == nil {
		return 0
	}
	if r := s.answering.rules.Load(); r != nil {
		return len(r.how.Program.Names())
	}
	return 0
}
