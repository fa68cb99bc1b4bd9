// Package responder answers peers by itself: echo, the board, rules, a program for each
// peer, and the broker that passes on what they send. It opens no session; core gives it
// the peers of one.
package responder

import (
	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// Answer says how a session answers its peers automatically.
type Answer struct {
	// Echo sends back whatever comes in.
	Echo bool
	// Device plays a board; Echo is ignored then.
	Device *Device
	// Rules answer frames; Echo and Device wait until there are no rules any more.
	Rules *RuleConfig
	// Changeable lets rules be set while the session is open. Every message then
	// costs a check whether there are any.
	Changeable bool
	// Allow lifts the guards of Echo and Device; Rules have their own.
	Allow rule.Allowed
	// Program runs for each peer, and Broker passes on what peers send; nil: neither.
	// They go before all others, and are never part of a workspace or a rule.
	Program *ExecProgram
	Broker  *BrokerMode
	// Hello replaces the greeting of a board; nil: its own.
	Hello *payload.Template
}

// Config is the session that a SessionResponder answers for, and what it shares with others.
type Config struct {
	Session *sockeye.Session
	// Journal gets what went wrong, and tells when a peer has finished sending.
	Journal *journal.Journal
	// Memory bounds the memory that the rules of all sessions share.
	Memory *MemoryLimit
	// Vars are the values of the session's next message.
	Vars func(*payload.Template) payload.Vars
	// Lookup finds variables in the payloads of rules that have no Lookup of their own.
	Lookup func(name string) (string, bool)
}

// SessionResponder answers the peers of one session. All methods may be called from any
// goroutine.
type SessionResponder struct {
	config  Config
	static  transport.Responder // how it answers without rules; nil: not at all
	dynamic *dynamicResponder   // nil: how it answers cannot change
	echo    *echoGuard          // nil: it never echoes
	waiting interface{ end() }  // an ExecProgram's or BrokerMode's goroutines; nil without
}

// New makes the responder of a session that is about to open. Close it when the session
// has ended.
func New(a Answer, c Config) *SessionResponder {
	r := &SessionResponder{config: c}
	switch {
	case a.Program != nil:
		p := newPrograms(a.Program, c.Session, c.Journal)
		r.static, r.waiting = p, p
	case a.Broker != nil:
		b := newBroker(*a.Broker)
		r.static, r.waiting = b, b
	case a.Device != nil:
		r.echo = newEchoGuard(c.Session, r.record, a.Allow)
		r.static = deviceResponder{a.Device, a.Hello, c.Vars, r.echo}
	case a.Echo:
		r.echo = newEchoGuard(c.Session, r.record, a.Allow)
		r.static = echo{r.echo}
	}
	if a.Rules != nil || a.Changeable {
		r.dynamic = &dynamicResponder{id: c.Session, memory: c.Memory, record: r.record, fallback: r.static}
		r.dynamic.set(r.completed(a.Rules), false, func() []*transport.Peer { return nil })
	}
	return r
}

func (r *SessionResponder) record(e sockeye.Event) { r.config.Journal.Append(e) }

// Transport returns the responder for transport; nil if nothing answers. If the rules of the
// session cannot change, it does not check for rules at each message.
func (r *SessionResponder) Transport() transport.Responder {
	if r.dynamic != nil {
		return r.dynamic.responder()
	}
	return r.static
}

// OnSend returns the function that transport calls for messages that are no echo; nil if nothing
// echoes.
func (r *SessionResponder) OnSend() func(*transport.Peer, []byte) {
	if r.echo == nil {
		return nil
	}
	return r.echo.begun
}

// Close waits until nothing of it runs; the session's peers have left.
func (r *SessionResponder) Close() {
	if r.dynamic != nil {
		r.dynamic.end()
	}
	if r.waiting != nil {
		r.waiting.end()
	}
}

// SetRules replaces the rules; nil removes them, and off keeps them without effect. Frames, states, counters and limits of all
// peers begin anew, and replies that wait are dropped; one that is being sent is finished.
// For a peer of present, who are there already, no rule about joining is tried. Rules go
// before echo and device, which answer again when there are no rules. The error is an
// *sockeye.Error: of kind Closed for a session that has ended, and Misuse for one that
// was not opened with Answer.Changeable or Answer.Rules.
func (r *SessionResponder) SetRules(rules *RuleConfig, off bool, present func() []*transport.Peer) error {
	if r.dynamic == nil {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "set", Target: r.config.Session.ID,
			Message: sockeye.Text{En: "this session was opened to answer always the same way", Zh: "该会话打开时已固定了应答方式"},
			Hint:    sockeye.Text{En: "open it in a workbench that sockeye ui runs", Zh: "请在 sockeye ui 运行的工作台中打开"}}
	}
	return r.dynamic.set(r.completed(rules), off, present)
}

// completed returns rules whose payloads use the variables of the session, unless they have their
// own.
func (r *SessionResponder) completed(rules *RuleConfig) *RuleConfig {
	if rules == nil || rules.Options.Lookup != nil {
		return rules
	}
	out := *rules
	out.Options.Lookup = r.config.Lookup
	return &out
}
