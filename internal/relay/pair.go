package relay

import (
	"context"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// pair is a peer and its own connection to the upstream.
type pair struct {
	relay *Dedicated
	down  *transport.Peer
	up    *transport.Peer // known when linked is closed; nil: it could not be dialled

	number   uint64                  // counts the relay's pairs
	to       [2]atomic.Pointer[path] // to the upstream and from it; nil: no faults so far
	passed   [2]atomic.Uint64        // bytes of datagrams that were received each way
	finished [2]atomic.Bool          // that a direction has ended was passed on

	arrives, departs hop // its connections; the chains'

	opening *opening           // what down sends first; nil: nobody asks
	all     []*transport.Peer  // up, and who came of the same dial
	linked  chan struct{}      // closed when up is known
	ctx     context.Context    // ends when one of both has left
	cancel  context.CancelFunc // ends ctx
}

// other is the peer at the other side, or nil if there is none. It waits until that is
// known, or p closes.
func (l *pair) other(p *transport.Peer) *transport.Peer {
	if p != l.down {
		return l.down
	}
	select {
	case <-l.linked:
		return l.up
	case <-p.Closing():
		return nil
	}
}

// send passes a message on. A failure is an event of who was to get it.
func (l *pair) send(to *transport.Peer, data []byte, as sockeye.MessageType) {
	ctx := transport.AsMessage(l.ctx, as)
	if to != l.up {
		to.Answer(ctx, data)
		return
	}
	for _, one := range l.all {
		one.Answer(ctx, data)
	}
}

// wayOf returns the direction of what a peer sends: an index of to and passed.
func (l *pair) wayOf(p *transport.Peer) int {
	if p == l.down {
		return toUpstream
	}
	return fromUpstream
}

// offsetOf returns the offset of data, which was received just now, in all that a peer sent.
// Datagrams are counted here, because several may arrive before the first is handled.
func (l *pair) offsetOf(p *transport.Peer, data []byte) uint64 {
	n := uint64(len(data))
	if p.Network.Traits().Datagram {
		return l.passed[l.wayOf(p)].Add(n) - n
	}
	return p.Counters().ReceivedBytes - n
}

// The directions of a pair.
const (
	toUpstream   = 0
	fromUpstream = 1
)

// closeGrace is how long bytes may still be passed on after our side began to close a connection.
const closeGrace = time.Second

// endWithClosing ends ctx, and with it a send that the other side does not read, some time
// after our side began to end one of both.
func (l *pair) endWithClosing() {
	select {
	case <-l.ctx.Done():
		return
	case <-l.down.Closing():
	case <-l.up.Closing():
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-l.ctx.Done():
	case <-timer.C:
		l.cancel()
	}
}
