package responder

import (
	"context"

	"sockeye/internal/payload"
	"sockeye/internal/transport"
)

// deviceResponder lets a device answer transport's peers.
type deviceResponder struct {
	device *Device
	hello  *payload.Template                    // nil: the device's own
	vars   func(*payload.Template) payload.Vars // of the message made of it
	guard  *echoGuard
}

func (b deviceResponder) Joined(p *transport.Peer) {
	if b.hello == nil {
		b.device.Joined(p)
		return
	}
	v := b.vars(b.hello)
	v.Peer = p.Peer
	hello, err := b.hello.Append(nil, &v)
	if err == nil && len(hello) > 0 {
		p.Send(context.Background(), hello) // a failure is recorded by Send
	}
}

func (b deviceResponder) Received(p *transport.Peer, data []byte) {
	if b.guard.mayEcho(p, data) {
		b.device.Received(echoReply{p}, data)
	}
}

// echoReply is a peer to which a device sends its answers.
type echoReply struct{ *transport.Peer }

func (a echoReply) Send(ctx context.Context, data []byte) (int, error) {
	return a.Peer.Answer(ctx, data)
}
