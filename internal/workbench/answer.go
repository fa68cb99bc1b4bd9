package workbench

import (
	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/wire"
)

// responder is nil when nothing answers. A session whose rules cannot change is
// answered without a look at whether there are any.
func (a Answer) responder(s *Session) wire.Responder {
	without := a.withoutRules(s)
	if a.Rules == nil && !a.Changeable {
		return without
	}
	s.answering = &answering{id: s.id, record: func(e sockeye.Event) { s.bench.journal.Append(e) }, without: without}
	s.answering.set(s.bench.completed(a.Rules), false, func() []*wire.Peer { return nil })
	return s.answering.responder()
}

func (a Answer) withoutRules(s *Session) wire.Responder {
	switch {
	case a.Device != nil:
		return board{a.Device, a.Hello, s, s.guard(a.Allow)}
	case a.Echo:
		return echo{s.guard(a.Allow)}
	}
	return nil
}

// guard is the guard of a session that echoes.
func (s *Session) guard(allow rule.Allowed) *echoGuard {
	s.echoes = newEchoGuard(s, allow)
	return s.echoes
}

// begun is what wire tells of messages that are no echo; nil if nothing echoes.
func (s *Session) begun() func(*wire.Peer, []byte) {
	if s.echoes == nil {
		return nil
	}
	return s.echoes.begun
}
