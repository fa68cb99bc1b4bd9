package load

import (
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
	"sockeye/internal/transport"
)

// connection is one of the connections of a run, and whoever takes its place when it is made
// again.
type connection struct {
	run        *generator
	buf, reply []byte // of messages: only who has the state sending, and, for reply, answers
	vars       payload.Vars

	mu        sync.Mutex
	peer      *transport.Peer
	reader    *pairs.Reader
	state     connectionState
	lastSent  time.Time
	abandoned int // requests that keep nothing from being sent any more
	leaving   batch
}

// batch is messages on their way to the kernel.
type batch struct {
	bytes    int
	messages uint64
}

type connectionState int

const (
	full    connectionState = iota // as many requests wait as may
	idle                           // in the list of those that are free
	sending                        // somebody makes messages for it
	gone
)

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
		b, some, err := c.makeDue(c.buf[:0], peer, room)
		c.buf = b
		if err == nil && !some {
			c.stopSending(peer, idle)
			return
		}
		if err == nil {
			_, err = peer.Answer(c.run.life, c.buf)
		}
		if err != nil {
			c.run.fail(err)
			c.stopSending(peer, full) // until the time-out, if the peer is still there then
			return
		}
	}
}

// stopSending ends the state sending, unless the connection has ended meanwhile.
func (c *connection) stopSending(peer *transport.Peer, to connectionState) {
	c.mu.Lock()
	mine := c.state == sending && c.peer == peer
	if mine {
		c.state = to
	}
	c.mu.Unlock()
	if mine && to == idle {
		c.run.release(c)
	}
}

// makeDue appends the messages that are due to b, up to most of them, and notes that they
// are sent; some says whether any is due.
func (c *connection) makeDue(b []byte, peer *transport.Peer, most int) (_ []byte, some bool, _ error) {
	traits := peer.Network.Traits()
	if traits.Bounded() {
		most = 1 // each message by itself keeps its boundaries
	}
	now := time.Now()
	first, count := c.run.take(most, now)
	if count == 0 {
		return b, false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastSent = now
	for n := range uint64(count) {
		from := len(b)
		var err error
		if b, err = c.appendMessage(b, peer.Peer, first+n, now); err != nil {
			return b, false, err
		}
		if !c.run.OneWay { // its answer may be sooner than the send's end
			due := c.run.start.Add(c.run.Rate.At(first + n))
			c.reader.Event(&sockeye.Event{Kind: sockeye.Sent, Peer: peer.Peer, Session: peer.Peer.Session, Time: due, Data: b[from:]})
		}
	}
	c.leaving.bytes += len(b)
	c.leaving.messages += uint64(count)
	if len(b) == 0 && !traits.Datagram {
		c.countSent(0) // a stream does not tell of nothing
	}
	return b, true, nil
}

// appendMessage appends the message with a number to b.
func (c *connection) appendMessage(b []byte, id *sockeye.Peer, number uint64, now time.Time) ([]byte, error) {
	g := c.run
	c.vars = payload.Vars{Seq: number + 1, Time: now, Random: number + 1, Peer: id, Lookup: g.Lookup}
	return g.Messages[number%uint64(len(g.Messages))].Append(b, &c.vars)
}

// countSent counts what the kernel took. It needs mu.
func (c *connection) countSent(n int) {
	c.run.sentBytes.Add(uint64(n))
	if c.leaving.bytes -= n; c.leaving.bytes <= 0 {
		c.run.sent.Add(c.leaving.messages)
		c.leaving = batch{}
	}
}

// giveUp lets a connection go on whose requests were not answered within the time-out.
func (c *connection) giveUp(now time.Time) {
	c.mu.Lock()
	over := c.state == full && c.peer != nil && now.Sub(c.lastSent) > c.run.Pairs.Timeout
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

// answered goes on sending if answers have made room.
func (c *connection) answered(p *transport.Peer) {
	if c.claim(p) > 0 {
		c.startSending(p)
	}
}

// claim returns how many requests the caller may send now that answers have made room, and
// gives it the state sending; 0 if it may send none.
func (c *connection) claim(p *transport.Peer) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != full || c.peer != p {
		return 0
	}
	room := max(0, c.capacity())
	if room > 0 {
		c.state = sending
	}
	return room
}

// next returns what is due now that answers have made room, nil for nothing. The bytes stay
// until it is called again.
func (c *connection) next(p *transport.Peer) []byte {
	room := c.claim(p)
	if room == 0 {
		return nil
	}
	b, some, err := c.makeDue(c.reply[:0], p, room)
	c.reply = b
	switch {
	case err != nil:
		c.run.fail(err)
		c.stopSending(p, full)
		return nil
	case !some:
		c.stopSending(p, idle)
		return nil
	}
	c.mu.Lock()
	to := full
	if c.capacity() > 0 {
		to = idle
	}
	c.mu.Unlock()
	c.stopSending(p, to)
	return b
}
