package responder

import (
	"sockeye/internal/rule"
	"sockeye/internal/workspace"
)

// RuleStatus counts what one rule has done.
type RuleStatus struct {
	Name string
	rule.Hits
	// Nearest is its last near miss; zero: none.
	Nearest rule.NearMiss
}

// RulesStatus is the state of the rules of a session.
type RulesStatus struct {
	// Set is the rules as they were written, and Off says that they do not answer.
	Set workspace.RuleSet
	Off bool
	// Rules are those that answer with their counters, in order.
	Rules []RuleStatus
	// States are those of the peers, if the rules have more than one. More counts
	// the peers that are left out.
	States []rule.CurrentState
	More   int
}

// maxStates bounds the states that are told at once.
const maxStates = 200

// RulesStatus returns the state of the rules, or their last one if the session has ended; false
// without rules.
func (r *SessionResponder) RulesStatus() (st RulesStatus, ok bool) {
	if r.dynamic == nil {
		return st, false
	}
	r.dynamic.mu.Lock()
	given, runner := r.dynamic.setOnce, r.dynamic.rules.Load()
	r.dynamic.mu.Unlock()
	if given == nil {
		return st, false
	}
	st.Set, st.Off = given.Set, runner == nil
	if runner == nil {
		return st, true
	}
	hits, nearest := runner.engine.Hits(), runner.engine.Nearest()
	for n, name := range given.Compiled.Names() {
		st.Rules = append(st.Rules, RuleStatus{name, hits[n], nearest[n]})
	}
	if len(given.Compiled.States()) > 1 {
		st.States, st.More = runner.engine.PeerStates(maxStates)
	}
	return st, true
}

// AnsweredBy returns the number of rules that answer the session now.
func (r *SessionResponder) AnsweredBy() int {
	if r.dynamic == nil {
		return 0
	}
	if runner := r.dynamic.rules.Load(); runner != nil {
		return len(runner.config.Compiled.Names())
	}
	return 0
}
