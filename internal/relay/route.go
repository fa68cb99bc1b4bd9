package relay

import (
	"bytes"
	"context"
	"net/netip"
	"time"

	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// Dial makes a connection to an upstream.
type Dial func(context.Context) (*transport.Peer, error)

// Route is an upstream that only some peers have.
type Route struct {
	Peers netip.Prefix  // their addresses; zero: any
	When  *rule.Pattern // what they send first; nil: anything
	Dial  Dial
}

// firstWait is how long a peer is waited for that has to say something first. One that says
// nothing has the upstream of all others: it may be one whose upstream speaks first.
const firstWait = time.Second

// maxFirst is how much of what a peer sends first is compared, in bytes.
const maxFirst = rule.MaxInput

// opening is what a peer sends first, for those who wait for it.
type opening struct {
	bytes chan []byte // capacity 1; nil: it ended, and sent nothing
	said  bool        // it belongs to the goroutine that reads the peer
}

// say tells what came first; what comes later is nobody's concern.
func (o *opening) say(data []byte) {
	if o == nil || o.said {
		return
	}
	o.said = true
	o.bytes <- bytes.Clone(data[:min(len(data), maxFirst)])
}

// route is how the upstream of a pair is dialled: that of the first route that fits.
func (r *Pairs) route(l *pair) Dial {
	var first []byte
	asked := false
	for _, route := range r.routes {
		if route.Peers.IsValid() && !(l.down.Remote.IsIP() && route.Peers.Contains(l.down.Remote.Addr().Unmap().WithZone(""))) {
			continue
		}
		if route.When != nil && !asked {
			first, asked = l.awaitFirst(), true
		}
		if route.When == nil || first != nil && route.When.Match(first, nil) {
			return route.Dial
		}
	}
	return r.dial
}

// awaitFirst is what the peer sends first; nil if that is nothing.
func (l *pair) awaitFirst() []byte {
	timer := time.NewTimer(firstWait)
	defer timer.Stop()
	select {
	case first := <-l.opening.bytes:
		return first
	case <-timer.C:
	case <-l.ctx.Done():
	case <-l.down.Closing():
	}
	return nil
}
