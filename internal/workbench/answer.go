package workbench

import (
	"context"

	"sockeye"
	"sockeye/internal/device"
	"sockeye/internal/payload"
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
		return board{a.Device, a.Hello, s}
	case a.Echo:
		return echo{}
	}
	return nil
}

// echo sends back what it receives.
type echo struct{}

func (echo) Joined(*wire.Peer) {}

func (echo) Received(p *wire.Peer, data []byte) {
	p.Send(context.Background(), data) // a failure is recorded by Send
}

// Reply makes it a wire.Prompt: it never waits by itself.
func (echo) Reply(_ *wire.Peer, data []byte) ([]byte, bool) { return data, true }

// board lets a device answer wire's peers.
type board struct {
	device  *device.Device
	hello   *payload.Template // nil: the device's own
	session *Session          // which makes a message of it
}

func (b board) Joined(p *wire.Peer) {
	if b.hello == nil {
		b.device.Joined(p)
		return
	}
	v := b.session.vars(b.hello, nil)
	v.Peer = p.Peer
	hello, err := b.hello.Append(nil, &v)
	if err == nil && len(hello) > 0 {
		p.Send(context.Background(), hello) // a failure is recorded by Send
	}
}

func (b board) Received(p *wire.Peer, data []byte) { b.device.Received(p, data) }
