package load

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
)

// connection is one of the connections of a run: a session with one peer. It is the sink
// of the session's events and its responder.
type connection struct {
	run     *generator
	session *transport.Session
	buf     []byte // only whoever sends, as vars
	vars    payload.Vars

	mu        sync.Mutex
	peer      *transport.Peer
	reader    *pairs.Reader
	state     connectionState
	lastSent  time.Time
	abandoned int // requests that keep nothing from being sent any more
	begun     bool
	refused   error // why nothing may be sent to the target
}

type connectionState int

const (
	full    connectionState = iota // as many requests wait as may
	idle                           // in the list of those that are free
	sending                        // somebody sends on it
	gone
)

// connect opens one more connection.
func (g *generator) connect(ctx context.Context) error {
	c := &connection{run: g, reader: pairs.NewReader(g.Pairs)}
	id := &sockeye.Session{Endpoint: g.Endpoint}
	var err error
	c.session, err = transport.Open(ctx, g.Endpoint, transport.Config{
		Session: id, Driver: schemes.Driver(g.Endpoint.Address.Network),
		Sink: c, Responder: c, NextPeer: func() uint64 { return g.peers.Add(1) }, Now: time.Now, CADir: g.CADir,
		DialFilter: g.dialFilter(),
	})
	if err != nil {
		g.failed.Add(1)
		g.fail(err)
		g.wake()
		return err
	}
	g.mu.Lock()
	g.all = append(g.all, c)
	g.mu.Unlock()
	return c.begin()
}

func (g *generator) dialFilter() func(netip.AddrPort) error {
	if g.Allow == nil {
		return nil
	}
	return func(to netip.AddrPort) error { return g.Allow(to.Addr()) }
}

// begin has the connection send, once it is connected.
func (c *connection) begin() error {
	c.mu.Lock()
	refused := c.refused
	c.begun = true
	ready := c.revive()
	c.mu.Unlock()
	if refused != nil {
		c.run.failed.Add(1)
		c.run.fail(refused)
		return refused
	}
	c.run.opened.Add(1)
	if ready {
		c.run.release(c)
	}
	return nil
}

// revive reports whether the connection may send from now on, which it could not before.
// It needs mu.
func (c *connection) revive() bool {
	ready := c.begun && c.peer != nil && (c.state == full || c.state == gone)
	if ready {
		c.state = idle
	}
	return ready
}

// capacity is how many requests may be sent now. It needs mu.
func (c *connection) capacity() int {
	if c.run.OneWay {
		return max(c.run.InFlight, 1)
	}
	waiting := c.reader.Waiting()
	c.abandoned = min(c.abandoned, waiting)
	return c.run.InFlight - (waiting - c.abandoned)
}

// send sends what is due on a connection that was free.
func (c *connection) send() {
	c.mu.Lock()
	ready := c.state == idle
	if ready {
		c.state = sending
	}
	peer := c.peer
	c.mu.Unlock()
	if ready {
		c.startSending(peer)
	}
}

// startSending sends while messages are due and the connection may send, which only the caller
// does now.
func (c *connection) startSending(peer *transport.Peer) {
	if c.run.mayBlock {
		c.run.sending.Go(func() { c.sendDue(peer) })
		return
	}
	c.sendDue(peer)
}

func (c *connection) sendDue(peer *transport.Peer) {
	for {
		c.mu.Lock()
		room := c.capacity()
		mine := c.state == sending && c.peer == peer
		if mine && room <= 0 {
			c.state = full
		}
		c.mu.Unlock()
		if !mine || room <= 0 {
			return
		}
		switch sent, err := c.sendSome(peer, room); {
		case err != nil:
			c.leaveSending(peer, full) // until the time-out, if the peer is still there then
			return
		case !sent:
			if c.leaveSending(peer, idle) {
				c.run.release(c)
			}
			return
		}
	}
}

// leaveSending ends the state sending; false if the connection has ended meanwhile.
func (c *connection) leaveSending(peer *transport.Peer, to connectionState) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	mine := c.state == sending && c.peer == peer
	if mine {
		c.state = to
	}
	return mine
}

// sendSome sends messages that are due, up to most of them; false if none was.
func (c *connection) sendSome(peer *transport.Peer, most int) (bool, error) {
	if peer.Network.Traits().Bounded() {
		most = 1 // each message by itself keeps its boundaries
	}
	first, count := c.run.take(most)
	if count == 0 {
		return false, nil
	}
	c.buf = c.buf[:0]
	for n := range uint64(count) {
		from := len(c.buf)
		if err := c.message(peer.Peer, first+n); err != nil {
			c.run.fail(err)
			return false, err
		}
		c.expect(peer.Peer, c.run.start.Add(c.run.Rate.At(first+n)), c.buf[from:])
	}
	n, err := peer.Answer(c.run.life, c.buf)
	c.run.sentBytes.Add(uint64(n))
	if err != nil {
		c.run.fail(err)
		return false, err
	}
	c.run.sent.Add(uint64(count))
	return true, nil
}

// expect notes a request before it is sent: its answer may be sooner than the send's end.
func (c *connection) expect(id *sockeye.Peer, due time.Time, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastSent = time.Now()
	if !c.run.OneWay {
		c.reader.Event(&sockeye.Event{Kind: sockeye.Sent, Peer: id, Session: id.Session, Time: due, Data: data})
	}
}

// message appends the message with a number to buf.
func (c *connection) message(id *sockeye.Peer, number uint64) (err error) {
	g := c.run
	t := g.Messages[number%uint64(len(g.Messages))]
	c.vars = payload.Vars{Seq: number + 1, Time: time.Now(), Random: number + 1, Peer: id, Lookup: g.Lookup}
	c.buf, err = t.Append(c.buf, &c.vars)
	return err
}

// giveUp lets a connection go on whose requests were not answered within the time-out.
func (c *connection) giveUp(now time.Time) {
	c.mu.Lock()
	over := c.state == full && c.begun && c.peer != nil && now.Sub(c.lastSent) > c.run.Pairs.Timeout
	if over {
		if c.peer.Network.Traits().Datagram {
			c.reader.GiveUp() // an answer that comes now must not be taken for the next one's
		}
		c.abandoned = c.reader.Waiting()
		c.state = idle
	}
	c.mu.Unlock()
	if over {
		c.run.release(c)
	}
}

// isWaiting reports that answers are outstanding that may still come.
func (c *connection) isWaiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == sending || c.state != gone && !c.run.OneWay && c.reader.Waiting() > c.abandoned
}

// Append takes an event of the session.
func (c *connection) Append(e sockeye.Event) uint64 {
	switch e.Kind {
	case sockeye.Received:
		c.run.received.Add(1)
		if !c.run.OneWay {
			c.mu.Lock()
			c.reader.Event(&e)
			c.mu.Unlock()
		}
	case sockeye.Failed:
		if e.Detail != nil && e.Detail.Err != nil {
			c.run.fail(e.Detail.Err)
		}
	case sockeye.Left:
		c.left(&e)
	}
	return 0
}

// AppendAll takes events of the session.
func (c *connection) AppendAll(events []sockeye.Event) {
	for n := range events {
		c.Append(events[n])
	}
}

// left is told that the connection has ended.
func (c *connection) left(e *sockeye.Event) {
	if c.run.life.Err() != nil {
		return
	}
	c.mu.Lock()
	c.reader.Event(e)
	c.state, c.peer = gone, nil
	c.mu.Unlock()
	c.run.lost.Add(1)
	c.run.drop(c)
	if e.Detail != nil && e.Detail.Err != nil {
		c.run.fail(e.Detail.Err)
	}
	c.run.wake()
}

// drop takes a connection from those that are free.
func (g *generator) drop(c *connection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n, free := range g.free {
		if free == c {
			g.free = append(g.free[:n:n], g.free[n+1:]...)
			return
		}
	}
}

// Joined is told of the peer; again if the session connects anew.
func (c *connection) Joined(p *transport.Peer) {
	var refused error
	if c.run.Allow != nil && p.Remote.IsIP() {
		refused = c.run.Allow(p.Remote.Addr())
	}
	c.mu.Lock()
	again := c.state == gone
	if c.refused = refused; refused == nil {
		c.peer, c.abandoned = p, 0
	}
	ready := c.revive()
	c.mu.Unlock()
	if again {
		c.run.lost.Add(-1)
	}
	if ready {
		c.run.release(c)
	}
}

// Received goes on sending if answers have made room.
func (c *connection) Received(p *transport.Peer, _ []byte) {
	c.mu.Lock()
	ready := c.state == full && c.peer == p && c.capacity() > 0
	if ready {
		c.state = sending
	}
	c.mu.Unlock()
	if ready {
		c.startSending(p)
	}
}
