package relay

import (
	"net/netip"
	"sync"

	"sockeye"
	"sockeye/internal/transport"
)

// Chains keeps which connections between the relays of this program follow each other: one relay
// may accept what another one dials, and pass it on. So it finds a relay that is its own
// upstream, directly or through others, in which each connection would make another one until
// there are no more descriptors. The zero Chains is ready. It may be used from any goroutine.
type Chains struct {
	mu                sync.Mutex
	accepted, dialled map[hop]*pair
}

// hop is a connection of IP as both of its ends see it. The address that it goes to is left
// out: the far end may have bound all of its own.
type hop struct {
	from     netip.AddrPort
	to       uint16
	datagram bool
}

// hopOf is a connection from one address to another; the zero hop if it is not one of IP.
func hopOf(p *transport.Peer, from, to sockeye.SocketAddr) hop {
	if !from.IsIP() || !to.IsIP() {
		return hop{}
	}
	return hop{netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), to.Port(), p.Network.Traits().Datagram}
}

func accepts(p *transport.Peer) hop { return hopOf(p, p.Remote, p.Local) }

func dials(p *transport.Peer) hop { return hopOf(p, p.Local, p.Remote) }

// accept notes what a pair begins with.
func (c *Chains) accept(l *pair) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted == nil {
		c.accepted, c.dialled = map[hop]*pair{}, map[hop]*pair{}
	}
	if l.arrives = accepts(l.down); l.arrives != (hop{}) {
		c.accepted[l.arrives] = l
	}
}

// dial notes what a pair goes on with.
func (c *Chains) dial(l *pair, up *transport.Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.departs = dials(up); l.departs != (hop{}) {
		c.dialled[l.departs] = l
	}
}

// forget forgets one of a pair's connections, which has ended.
func (c *Chains) forget(l *pair, p *transport.Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p == l.down {
		if c.accepted[l.arrives] == l {
			delete(c.accepted, l.arrives)
		}
	} else if c.dialled[l.departs] == l {
		delete(c.dialled, l.departs)
	}
}

// loops reports whether a relay is twice on the way that a pair is a part of.
func (c *Chains) loops(l *pair) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	on := map[*Dedicated]bool{l.relay: true}
	for _, next := range []func(*pair) *pair{
		func(l *pair) *pair { return c.dialled[l.arrives] },
		func(l *pair) *pair { return c.accepted[l.departs] },
	} {
		for at := next(l); at != nil; at = next(at) {
			if on[at.relay] {
				return true
			}
			on[at.relay] = true
		}
	}
	return false
}
