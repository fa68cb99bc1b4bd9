package epoll

import (
	"bytes"
	"context"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye/internal/transport"
)

// forwardsIn reports whether a loop can forward what the peers of a session send. It cannot
// if sends have a time limit, which the loop does not watch.
func forwardsIn(s *transport.DriverSession) bool {
	_, ok := s.Config().Responder.(transport.Forwarder)
	return ok && s.Options().SendTimeout == 0
}

// serveForward is serveLocked for a connection whose bytes go to another one. The connection
// is read even while bytes wait to be written to it: its peer may not read before it has
// written.
func (c *epollConn) serveForward(events uint32) (received bool) {
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

// forwardAll sends what was received to the targets, after locking them: all that the kernel
// takes at once, then one record of it, then the rest.
func (l *eventLoop) forwardAll() {
	l.findTargets()
	l.handOffUntaken()
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
}

// findTargets finds and locks the connection to which each piece of what was received goes, unless
// the responder keeps it.
func (l *eventLoop) findTargets() {
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		if q.to, q.kept = q.conn.forward(q.data); q.to != nil {
			l.lockTarget(q)
		}
	}
}

// handOffUntaken hands over the connections whose target cannot be written to by the loop now.
// A connection that is handed over is no target any more, so the connections whose bytes go
// to it follow: it repeats until no other does.
func (l *eventLoop) handOffUntaken() {
	for again := true; again; {
		again = false
		for i := range l.pendingReplies {
			q := &l.pendingReplies[i]
			if q.conn.fd < 0 || q.kept || q.to.takes() {
				continue
			}
			again = true
			q.to = nil
			p, data := q.conn.peer.Public(), bytes.Clone(q.data) // q is reused before this runs
			q.conn.handOffForwarder(func(r transport.Forwarder) { r.Received(p, data) })
		}
	}
}

// forward returns the connection to which data of this one goes; nil if the loop does not serve
// it, or if the responder keeps data.
func (c *epollConn) forward(data []byte) (to *epollConn, kept bool) {
	p, kept := c.peer.Session().Config().Responder.(transport.Forwarder).Forward(c.peer.Public(), data)
	if p == nil {
		return nil, kept
	}
	to, _ = (*transport.DriverPeer)(p).Conn().(*epollConn)
	if to == nil || to.loop != c.loop {
		return nil, false
	}
	return to, false
}

// takes reports whether the loop can write to the connection now.
func (c *epollConn) takes() bool { return c != nil && c.fd >= 0 && c.pending == nil }

// continueForward sends the connection the rest of q. If the kernel does not take all of it,
// the sender is not read until the kernel has.
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
		c.updateInterest()
		q.conn.paused = true
		q.conn.updateInterest()
	}
}

// flushForward writes more of the bytes that wait for the connection. When all are written,
// their sender is read again.
func (c *epollConn) flushForward() {
	r := c.pending
	n, err := c.writeAll(c.loop.session.Now(), r.data, nil)
	r.data, r.written = r.data[n:], r.written+n
	switch {
	case err == nil:
		c.pending = nil
		c.updateInterest()
		r.source.Resume()
	case err != syscall.EAGAIN:
		c.replyFailed(err, r.written, r.written+len(r.data))
	}
}

// handOffForwarder is handOff for a connection whose bytes go to another one. The goroutine of
// the StreamConn calls first, if that is not nil. Another goroutine sends the bytes that
// wait for the connection, and has their sender read again.
func (c *epollConn) handOffForwarder(first func(transport.Forwarder)) *transport.StreamConn {
	r := c.pending
	c.pending = nil
	responder := c.peer.Session().Config().Responder.(transport.Forwarder)
	s := c.handOff(r != nil, func(*transport.StreamConn) {
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
