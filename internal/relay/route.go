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

// firstWait is how long a route waits for the first bytes of a peer. A peer that sends none gets the
// default upstream: in its protocol the upstream may speak first.
const firstWait = time.Second

// maxFirst is how many of the first bytes of a peer are compared.
const maxFirst = rule.MaxInput

// opening hands the first bytes of a peer to the goroutine that chooses its route.
type opening struct {
	bytes chan []byte // capacity 1; nil: it ended, and sent nothing
	said  bool        // it belongs to the goroutine that reads the peer
}

// say hands over the first bytes. Later calls do nothing.
func (o *opening) say(data []byte) {
	if o == nil || o.said {
		return
	}
	o.said = true
	o.bytes <- bytes.Clone(data[:min(len(data), maxFirst)])
}

// route returns the dial of the first route that fits a pair.
func (r *Dedicated) route(l *pair) Dial {
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

// awaitFirst waits for the first bytes of the peer; nil if it sends none.
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
