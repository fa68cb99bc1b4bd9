package workbench

import (
	"context"

	"sockeye/internal/device"
	"sockeye/internal/wire"
)

// responder is nil when nothing answers.
func (a Answer) responder(rules *responding) wire.Responder {
	switch {
	case rules != nil:
		return rules
	case a.Device != nil:
		return board{a.Device}
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
type board struct{ device *device.Device }

func (b board) Joined(p *wire.Peer) { b.device.Joined(p) }

func (b board) Received(p *wire.Peer, data []byte) { b.device.Received(p, data) }
