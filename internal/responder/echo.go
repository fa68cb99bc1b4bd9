package responder

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
)

// What the events of echoes and of a board's messages say of why they were sent.
var (
	howEchoed    = &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByEcho}}
	becauseEcho  = transport.Because(context.Background(), howEchoed)
	becauseBoard = transport.Because(context.Background(), &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByBoard}})
)

// echo sends back what it receives, if its guard lets it.
type echo struct{ guard *echoGuard }

func (echo) Joined(*transport.Peer) {}

func (e echo) Received(p *transport.Peer, data []byte) {
	if e.guard.mayEcho(p, data) {
		p.Answer(becauseEcho, data) // a failure is recorded by Answer
	}
}

// Reply makes it a transport.SyncResponder: it never waits by itself.
func (e echo) Reply(p *transport.Peer, data []byte) ([]byte, bool) {
	if e.guard.mayEcho(p, data) {
		return data, true
	}
	return nil, true
}

// HowReplied is the detail of the events of what Reply sends back.
func (echo) HowReplied() *sockeye.Detail { return howEchoed }
