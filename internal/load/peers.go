package load

import (
	"context"
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
)

// openSession opens the session of all connections, which it is the sink and the responder
// of. Nothing is dialled yet.
func (g *generator) openSession(ctx context.Context) (err error) {
	g.session, err = transport.Open(ctx, g.Endpoint, transport.Config{
		Session: &sockeye.Session{Endpoint: g.Endpoint}, Driver: schemes.Driver(g.Endpoint.Address.Network), OnDemand: true,
		Sink: g, Responder: g, NextPeer: func() uint64 { return g.peers.Add(1) }, Now: time.Now, CADir: g.CADir,
		DialFilter: g.dialFilter(),
	})
	return err
}

func (g *generator) dialFilter() func(netip.AddrPort) error {
	return func(to netip.AddrPort) (err error) {
		if g.Allow != nil {
			err = g.Allow(to.Addr())
		}
		if err == nil && g.RefuseDial != nil {
			err = g.RefuseDial(to)
		}
		return err
	}
}

// connect makes one more connection, which is in use once Joined was told of it. One that
// reconnects is made in the background.
func (g *generator) connect(ctx context.Context) error {
	if g.Endpoint.Options.Reconnect {
		g.session.KeepDialed()
		return nil
	}
	p, err := g.session.Dial(ctx)
	if err == nil {
		err = g.refuses(p)
	}
	if err != nil {
		g.failed.Add(1)
		g.fail(err)
		g.wake()
	}
	return err
}

// refuses is why nothing may be sent to a peer, or nil.
func (g *generator) refuses(p *transport.Peer) error {
	if g.Allow == nil || !p.Remote.IsIP() {
		return nil
	}
	return g.Allow(p.Remote.Addr())
}

// of is the connection that a peer is the other end of; nil: nothing may be sent to it.
func (g *generator) of(id uint64) *connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byPeer[id]
}

// Joined is told of a peer: it takes the place of one that left, or a new one.
func (g *generator) Joined(p *transport.Peer) {
	if g.refuses(p) != nil {
		return
	}
	var c *connection
	g.mu.Lock()
	if last := len(g.vacant) - 1; last >= 0 {
		c, g.vacant = g.vacant[last], g.vacant[:last]
		g.lost.Add(-1)
	} else {
		c = &connection{run: g, reader: pairs.NewReader(g.Pairs)}
		g.all = append(g.all, c)
		g.opened.Add(1)
	}
	g.byPeer[p.ID] = c
	g.mu.Unlock()
	c.mu.Lock()
	c.peer, c.state, c.abandoned, c.leaving = p, idle, 0, batch{}
	c.mu.Unlock()
	g.release(c)
}

// Left is told of a peer that is not there any more.
func (g *generator) Left(*transport.Peer) {}

// Received goes on sending if answers have made room.
func (g *generator) Received(p *transport.Peer, _ []byte) {
	if c := g.of(p.ID); c != nil {
		c.answered(p)
	}
}

// Reply is Received for peers that one loop serves: it returns what is to be sent. What may
// have to wait is sent by others.
func (g *generator) Reply(p *transport.Peer, _ []byte) (reply []byte, now bool) {
	if g.mayBlock {
		return nil, false
	}
	if c := g.of(p.ID); c != nil {
		reply = c.next(p)
	}
	return reply, true
}

// AppendAll takes events of the session.
func (g *generator) AppendAll(events []sockeye.Event) {
	for n := range events {
		g.Append(events[n])
	}
}

// Append takes an event of the session.
func (g *generator) Append(e sockeye.Event) uint64 {
	switch e.Kind {
	case sockeye.Received:
		g.received.Add(1)
		if c := g.of(e.Peer.ID); c != nil && !g.OneWay {
			c.mu.Lock()
			c.reader.Event(&e)
			c.mu.Unlock()
		}
	case sockeye.Sent:
		if c := g.of(e.Peer.ID); c != nil {
			c.mu.Lock()
			c.countSent(len(e.Data))
			c.mu.Unlock()
		}
	case sockeye.Failed:
		if e.Peer != nil {
			g.abandonBatch(e.Peer.ID)
		}
		if e.Detail != nil && e.Detail.Err != nil {
			g.fail(e.Detail.Err)
		}
	case sockeye.Left:
		g.left(&e)
	}
	return 0
}

// abandonBatch forgets what a connection could not send: a datagram that is refused is no end,
// and those after it count.
func (g *generator) abandonBatch(peer uint64) {
	if c := g.of(peer); c != nil {
		c.mu.Lock()
		c.leaving = batch{}
		c.mu.Unlock()
	}
}

// left is told that a connection has ended.
func (g *generator) left(e *sockeye.Event) {
	c := g.of(e.Peer.ID)
	if g.life.Err() != nil || c == nil {
		return
	}
	c.mu.Lock()
	c.reader.Event(e)
	c.state, c.peer = gone, nil
	c.mu.Unlock()
	g.vacate(c, e.Peer.ID)
	if e.Detail != nil && e.Detail.Err != nil {
		g.fail(e.Detail.Err)
	}
	g.wake()
}

// vacate takes a connection that has ended from those that are free.
func (g *generator) vacate(c *connection, peer uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.byPeer, peer)
	g.vacant = append(g.vacant, c)
	g.lost.Add(1)
	for n, free := range g.free {
		if free == c {
			g.free = append(g.free[:n:n], g.free[n+1:]...)
			return
		}
	}
}
