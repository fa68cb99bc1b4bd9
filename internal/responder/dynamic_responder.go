package responder

import (
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/transport"
)

// dynamicResponder is the responder of a session whose rules may change while it is open.
// As long as there are rules, they alone answer; without them, what the session was
// opened with does.
type dynamicResponder struct {
	id       *sockeye.Session
	record   func(sockeye.Event)
	fallback transport.Responder // nil: nobody
	memory   *MemoryLimit        // of the core
	rules    atomic.Pointer[ruleRunner]
	ended    sync.WaitGroup // the goroutines of all rules it had

	mu      sync.Mutex  // guards what follows, and the change of rules
	setOnce *RuleConfig // as they were set, on or off; nil without
	isOver  bool        // the session has ended
}

func (a *dynamicResponder) Joined(p *transport.Peer) {
	byRules := a.rulesApply(func(r *ruleRunner) bool { return r.join(p) })
	if !byRules && a.fallback != nil {
		a.fallback.Joined(p)
	}
}

// Left is called by transport when a peer has left.
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

// responder returns the responder for transport.
func (a *dynamicResponder) responder() transport.Responder {
	without, ok := a.fallback.(transport.SyncResponder)
	if a.fallback != nil && !ok {
		return a
	}
	return syncFallback{a, without}
}

// set changes the rules; nil takes them away, and off keeps them without effect.
// present are the peers that are there.
func (a *dynamicResponder) set(how *RuleConfig, off bool, present func() []*transport.Peer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.isOver {
		return &sockeye.Error{Kind: sockeye.Closed, Op: "set", Target: a.id.ID,
			Message: sockeye.Text{En: "the session is closed", Zh: "会话已关闭"},
			Hint:    sockeye.Text{En: "open another one", Zh: "请重新打开一个"}}
	}
	var fresh *ruleRunner
	if how != nil && !off {
		fresh = newRuleRunner(*how, a.id, a.record, a.memory, &a.ended)
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
