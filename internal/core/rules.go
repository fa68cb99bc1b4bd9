package core

import "sockeye/internal/responder"

// Rules are the rules that answer a session by themselves. All methods may be called from
// any goroutine.
type Rules struct{ session *Session }

// Rules returns the rules that answer the session.
func (s *Session) Rules() Rules { return Rules{s} }

// Set replaces the rules that answer the session; see responder.SessionResponder.SetRules.
func (r Rules) Set(rules *responder.RuleConfig, off bool) error {
	return r.session.responder.SetRules(rules, off, r.session.Peers)
}

// Status returns what the rules have done so far, or had done when the session ended; false if
// there are none.
func (r Rules) Status() (responder.RulesStatus, bool) { return r.session.responder.RulesStatus() }

// Count is how many rules answer the session now.
func (r Rules) Count() int { return r.session.responder.AnsweredBy() }
