package core

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// dynamicResponder is the responder of a session whose rules may change while it is open.
// As long as there are rules, they alone answer; without them, what the session was
// opened with does.
type dynamicResponder struct {
	id       *sockeye.Session
	record   func(sockeye.Event)
	fallback transport.Responder // nil: nobody
	budget   *ruleBudget         // of the core
	rules    atomic.Pointer[ruleRunner]
	ended    sync.WaitGroup // the goroutines of all rules it had

	mu      sync.Mutex   // guards what follows, and the change of rules
	setOnce *RuleProgram // as they were set, on or off; nil without
	isOver  bool         // the session has ended
}

func (a *dynamicResponder) Joined(p *transport.Peer) {
	byRules := a.rulesApply(func(r *ruleRunner) bool { return r.join(p) })
	if !byRules && a.fallback != nil {
		a.fallback.Joined(p)
	}
}

// Left is told by transport when a peer is gone.
func (a *dynamicResponder) Left(p *transport.Peer) {
	if r := a.rules.Load(); r != nil {
		r.leave(p)
	}
}

func (a *dynamicResponder) Received(p *transport.Peer, data []byte) {
	byRules := a.rulesApply(func(r *ruleRunner) bool { return r.receiveAndWait(p, data) })
	if !byRules && a.fallback != nil {
		a.fallback.Received(p, data)
	}
}

// rulesApply gives something to the rules, and says false if there are none. Rules that
// answer no more refuse it; then those that came after them have it.
func (a *dynamicResponder) rulesApply(give func(r *ruleRunner) bool) bool {
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

// syncFallback is a dynamicResponder whose session is served by transport's event loop.
// Rules plan at once and send from a goroutine of the peer's that lives as long as there
// is something to send; the loop hands over a peer that takes its answers too slowly.
type syncFallback struct {
	*dynamicResponder
	without transport.SyncResponder // nil: nobody
}

func (a syncFallback) Reply(p *transport.Peer, data []byte) ([]byte, bool) {
	if r := a.rules.Load(); r != nil {
		if r.isCongested(p) {
			return nil, false
		}
		if a.rulesApply(func(r *ruleRunner) bool { return r.receive(p, data) }) {
			return nil, true
		}
	}
	if a.without == nil {
		return nil, true
	}
	return a.without.Reply(p, data)
}

// responder is what transport is given.
func (a *dynamicResponder) responder() transport.Responder {
	without, ok := a.fallback.(transport.SyncResponder)
	if a.fallback != nil && !ok {
		return a
	}
	return syncFallback{a, without}
}

// set changes the rules; nil takes them away, and off keeps them without effect.
// present are the peers that are there.
func (a *dynamicResponder) set(how *RuleProgram, off bool, present func() []*transport.Peer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.isOver {
		return &sockeye.Error{Kind: sockeye.Closed, Op: "set", Target: a.id.ID,
			Message: sockeye.Text{En: "the session is closed", Zh: "会话已关闭"},
			Hint:    sockeye.Text{En: "open another one", Zh: "请重新打开一个"}}
	}
	var fresh *ruleRunner
	if how != nil && !off {
		fresh = newResponding(*how, a.id, a.record, a.budget, &a.ended)
	}
	a.setOnce = how
	if old := a.rules.Swap(fresh); old != nil {
		old.stop()
	}
	if fresh != nil {
		for _, p := range present() { // who joins meanwhile is told to fresh by transport
			fresh.Present(p)
		}
	}
	return nil
}

// end waits until nothing of it runs; the session's peers have left.
func (a *dynamicResponder) end() {
	a.mu.Lock()
	a.isOver = true
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

// maxStates bounds the states that are told at once.
const maxStates = 200

// SetRules lets rules answer the session from now on, in place of those it had; nil
// takes them away, and off keeps them without effect. Frames, states, counters and
// limits of all peers begin anew, and replies that wait are dropped; one that is being
// sent is finished. For a peer that is there already no rule about joining is tried.
// Rules go before echo and device, which answer again when there are no rules. The
// error is an *sockeye.Error: of kind Closed for a session that has ended, and Misuse
// for one that was not opened with Answer.Changeable or Answer.Rules.
func (s *Session) SetRules(r *RuleProgram, off bool) error {
	if s.responder == nil {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "set", Target: s.ID(),
			Message: sockeye.Text{En: "this session was opened to answer always the same way", Zh: "该会话打开时已固定了应答方式"},
			Hint:    sockeye.Text{En: "open it in a workbench that sockeye ui runs", Zh: "请在 sockeye ui 运行的工作台中打开"}}
	}
	return s.responder.set(s.core.completed(r), off, s.Peers)
}

// completed are rules whose payloads find the workbench's variables, unless they have
// some of their own.
func (w *Core) completed(r *RuleProgram) *RuleProgram {
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
	if s.responder == nil {
		return st, false
	}
	s.responder.mu.Lock()
	given, r := s.responder.setOnce, s.responder.rules.Load()
	s.responder.mu.Unlock()
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
		st.States, st.More = r.engine.PeerStates(maxStates)
	}
	return st, true
}

// AnsweredBy is how many rules answer the session now.
func (s *Session) AnsweredBy() int {
	if s.responder == nil {
		return 0
	}
	if r := s.responder.rules.Load(); r != nil {
		return len(r.config.Program.Names())
	}
	return 0
}
