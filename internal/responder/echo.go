package responder

import (
	"context"

	"sockeye/internal/transport"
)

// echo sends back what it receives, if its guard lets it.
type echo struct{ guard *echoGuard }

func (echo) Joined(*transport.Peer) {}

func (e echo) Received(p *transport.Peer, data []byte) {
	if e.guard.mayEcho(p, data) {
		p.Answer(context.Background(), data) // a failure is recorded by Answer
	}
}

// Reply makes it a transport.SyncResponder: it never waits by itself.
func (e echo) Reply(p *transport.Peer, data []byte) ([]byte, bool) {
	if e.guard.mayEcho(p, data) {
		return data, true
	}
	return nil, true
}
