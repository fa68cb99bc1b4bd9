package core

import (
	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// responder is nil when nothing answers. A session whose rules cannot change is
// answered without a look at whether there are any.
func (a Answer) responder(s *Session) transport.Responder {
	without := a.staticResponder(s)
	if a.Rules == nil && !a.Changeable {
		return without
	}
	s.responder = &dynamicResponder{id: s.id, budget: &s.core.ruleBudget, record: func(e sockeye.Event) { s.core.journal.Append(e) }, fallback: without}
	s.responder.set(s.core.completed(a.Rules), false, func() []*transport.Peer { return nil })
	return s.responder.responder()
}

func (a Answer) staticResponder(s *Session) transport.Responder {
	switch {
	case a.Program != nil:
		r := newPrograms(a.Program, s)
		s.helpers = r
		return r
	case a.Broker != nil:
		b := newBroker(*a.Broker)
		s.helpers = b
		return b
	case a.Device != nil:
		return board{a.Device, a.Hello, s, s.echoGuard(a.Allow)}
	case a.Echo:
		return echo{s.echoGuard(a.Allow)}
	}
	return nil
}

// echoGuard is the guard of a session that echoes.
func (s *Session) echoGuard(allow rule.Allowed) *echoGuard {
	s.echo = newEchoGuard(s, allow)
	return s.echo
}

// onSend is what transport tells of messages that are no echo; nil if nothing echoes.
func (s *Session) onSend() func(*transport.Peer, []byte) {
	if s.echo == nil {
		return nil
	}
	return s.echo.begun
}
