package epoll

import (
	"bytes"
	"context"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye/internal/transport"
)

// forwardsIn says whether a loop can pass on what the peers of a session send. A send that
// has a time limit needs a goroutine that knows about time.
func forwardsIn(s *transport.DriverSession) bool {
	_, ok := s.Config().Responder.(transport.Forwarder)
	return ok && s.Options().SendTimeout == 0
}

// Resume has the connection read.
func (c *epollConn) Resume() {
	c.order.Lock()
	defer c.order.Unlock()
	c.resume()
}

// resume is Resume, called under the lock.
func (c *epollConn) resume() {
	if c.paused {
		c.paused = false
		if c.fd >= 0 {
			c.listen()
		}
	}
}

// serveForward is serve for a connection whose bytes go to another one. It is read while
// what goes to it waits: the other side may not read until it has written.
func (c *epollConn) serveForward(events uint32) (asked bool) {
	const broken = unix.EPOLLERR | unix.EPOLLHUP
	if c.pending != nil && events&(unix.EPOLLOUT|broken) != 0 {
		c.flushForward()
	}
	switch {
	case c.fd < 0:
	case !c.paused:
		return c.read(events)
	case events&broken != 0:
		c.end(socketError(int(c.fd)))
	}
	return false
}

// forwardAll passes on everything that was received. The locks of those who sent it are
// held; those of the others are taken, which only the loop does, so that two connections
// cannot wait for each other.
func (l *eventLoop) forwardAll() {
	l.findTargets()
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; q.to != nil {
			q.sent, q.errno = rawWrite(int(q.to.fd), q.data)
		}
	}
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; q.sent > 0 {
			l.events = append(l.events, q.to.peer.Sent(q.at, q.data[:q.sent], nil))
		}
	}
	l.record()
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; q.to != nil && q.sent < len(q.data) {
			q.to.continueForward(q)
		}
	}
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		if q.locked != nil {
			q.locked.order.Unlock()
		}
		q.conn.order.Unlock()
	}
}

// findTargets says to whom goes what was received, and locks them. Connections whose bytes
// the loop cannot pass on are handed over.
func (l *eventLoop) findTargets() {
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		if q.to = q.conn.forwardTo(); q.to != nil && !l.holdsLock(q.to) {
			q.to.order.Lock()
			q.locked = q.to
		}
	}
	for range 2 { // the bytes of another may go to one that is handed over
		for i := range l.pendingReplies {
			q := &l.pendingReplies[i]
			if q.conn.fd < 0 || q.to.takes() {
				continue
			}
			q.to = nil
			p, data := q.conn.peer.Public(), bytes.Clone(q.data) // q is another's when this runs
			q.conn.handOffForwarder(func(r transport.Forwarder) { r.Received(p, data) })
		}
	}
}

// forwardTo is where what the connection received goes; nil: not by this loop.
func (c *epollConn) forwardTo() *epollConn {
	to := c.peer.Session().Config().Responder.(transport.Forwarder).Forward(c.peer.Public())
	if to == nil {
		return nil
	}
	other, _ := (*transport.DriverPeer)(to).Mover().(*epollConn)
	if other == nil || other.loop != c.loop {
		return nil
	}
	return other
}

// takes says whether the loop can write to the connection now.
func (c *epollConn) takes() bool { return c != nil && c.fd >= 0 && c.pending == nil }

// holdsLock says whether the lock of a connection is held because something came from it.
func (l *eventLoop) holdsLock(c *epollConn) bool {
	for i := range l.pendingReplies {
		if l.pendingReplies[i].conn == c {
			return true
		}
	}
	return false
}

// continueForward sends the rest of what came for the connection. If the kernel does not
// take it, its sender is not read until it has.
func (c *epollConn) continueForward(q *pendingReply) {
	n, err := q.sent, error(q.errno)
	if q.errno == 0 || q.errno == syscall.EINTR {
		var more int
		more, err = c.writeAll(c.loop.session.Now(), q.data[n:], nil)
		n += more
	}
	switch {
	case err == nil:
	case err != syscall.EAGAIN:
		c.pending = &pendingWrite{data: q.data[n:], written: n, source: q.conn}
		c.replyFailed(err, n, len(q.data))
	default:
		c.pending = &pendingWrite{data: bytes.Clone(q.data[n:]), written: n, source: q.conn}
		c.listen()
		q.conn.paused = true
		q.conn.listen()
	}
}

// flushForward goes on with what waits for the connection.
func (c *epollConn) flushForward() {
	r := c.pending
	n, err := c.writeAll(c.loop.session.Now(), r.data, nil)
	r.data, r.written = r.data[n:], r.written+n
	switch {
	case err == nil:
		c.pending = nil
		c.listen()
		r.source.Resume()
	case err != syscall.EAGAIN:
		c.replyFailed(err, r.written, r.written+len(r.data))
	}
}

// handOffForwarder is handOff for a connection whose bytes go to another one: first is done
// on its goroutine. What waits for it is sent meanwhile, and then its sender is read again.
func (c *epollConn) handOffForwarder(first func(transport.Forwarder)) *transport.StreamMover {
	r := c.pending
	c.pending = nil
	responder := c.peer.Session().Config().Responder.(transport.Forwarder)
	s := c.handOff(r != nil, func(*transport.StreamMover) {
		if first != nil {
			first(responder)
		}
	})
	if r != nil {
		c.peer.Session().Go(func() {
			n, err := s.SendHeld(context.Background(), r.data)
			s.ReleaseSend()
			if err != nil {
				c.peer.SendFailed(err, r.written+n, r.written+len(r.data))
			}
			r.source.Resume()
		})
	}
	return s
}
