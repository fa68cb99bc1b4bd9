package epoll

import (
	"bytes"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// serveLocked is serve while the lock is held.
func (c *epollConn) serveLocked(events uint32) (received bool) {
	switch {
	case c.fd < 0: // ended or handed over since
	case c.loop.forwards:
		return c.serveForward(events)
	case c.finished:
		c.end(socketError(int(c.fd)))
	case c.pending != nil:
		c.flushPending()
	default:
		return c.read(events)
	}
	return false
}

// read reads once. It returns true if it appended what it read to loop.pendingReplies.
func (c *epollConn) read(events uint32) (received bool) {
	p, l := &c.peer, c.loop
	buf := l.readBuffer(c.bulk)
	n, errno := rawRead(int(c.fd), buf)
	switch {
	case n > 0:
		now := c.loop.session.Now()
		l.now = now
		if c.peer.Public().LiveOptions().QuickAck == sockeye.On {
			transport.AckAtOnce(uintptr(c.fd))
		}
		if n == len(buf) || events != unix.EPOLLIN {
			c.switchToLevel()
		}
		c.bulk = n >= bulkSize
		l.sawBulk = l.sawBulk || c.bulk
		if l.responder != nil || l.forwards {
			l.pendingReplies = append(l.pendingReplies, pendingReply{conn: c, at: now, data: buf[:n]})
			return true
		}
		for piece := range slices.Chunk(buf[:n], c.loop.session.Options().ReadSize) {
			l.events = append(l.events, p.Received(now, piece, nil))
		}
		l.record()
	case errno == syscall.EAGAIN: // it will be told of again
	case errno == syscall.EINTR:
		c.switchToLevel()
	case errno != 0:
		c.end(errno)
	default:
		c.readFIN()
	}
	return false
}

// readFIN handles the FIN of the peer. If the peer has not acknowledged everything, the
// connection is handed over to a transport.StreamConn, which waits for that.
func (c *epollConn) readFIN() {
	c.finished = true
	after := c.peer.OnPeerFinished()
	if c.loop.forwards {
		c.handOffForwarder(func(r transport.Forwarder) { r.Finished(c.peer.Public()) })
		return
	}
	switch after {
	case transport.HalfClosed:
		c.loop.setInterest(int(c.fd), unix.EPOLL_CTL_MOD, 0) // a reset is told of all the same
	case transport.CloseWhenSent:
		if netinfo.OutQueue(int(c.fd)) > 0 {
			c.handOff(false, nil)
			return
		}
		c.end(nil)
	default:
		c.end(nil)
	}
}

// switchToLevel has epoll report the connection from now on as long as there is something to
// read. It is called when more may be left than was read, as is usual for a stream.
func (c *epollConn) switchToLevel() {
	if !c.levelTriggered {
		c.levelTriggered = true
		c.updateInterest()
	}
}

// updateInterest has epoll report the events that the connection waits for now.
func (c *epollConn) updateInterest() { c.loop.setInterest(int(c.fd), unix.EPOLL_CTL_MOD, c.interest()) }

// interest returns the events that the connection waits for. It is not read while it is
// paused, nor while the rest of a reply waits for it; only a connection that gets the bytes
// of another one is read meanwhile.
func (c *epollConn) interest() (events uint32) {
	if c.pending != nil {
		events = unix.EPOLLOUT
	}
	switch {
	case c.paused, c.pending != nil && !c.loop.forwards:
	case c.levelTriggered || c.pending != nil:
		events |= readEvents
	default:
		events |= readEvents | edgeTriggered
	}
	return events
}

// replyTo returns the responder's answer to data, which it does not keep. If the responder
// may have to wait for the answer, the connection is handed over and there is none now.
func (c *epollConn) replyTo(data []byte) []byte {
	p := &c.peer
	reply, now := c.loop.responder.Reply(p.Public(), data)
	if !now {
		data = bytes.Clone(data)
		c.handOff(false, func(*transport.StreamConn) { c.loop.responder.Received(p.Public(), data) })
		return nil
	}
	return reply
}

// end closes the connection and records that the peer left. It is called under
// the lock, by whoever ends it.
func (c *epollConn) end(err error) {
	p := &c.peer
	if err != nil {
		p.SetCause(err)
	}
	o, _ := netinfo.SendStateOf(int(c.fd))
	unsent := c.refused + p.Lost(p.Unsent(o.Unsent), o.Dropped)
	if c.pending != nil {
		unsent += len(c.pending.data)
	}
	unix.Close(c.detach())
	p.RecordLeft(unsent)
	c.loop.release(c)
}

// resetOnClose makes closing a connection reset it (SO_LINGER, socket(7)).
func resetOnClose(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// socketError is the pending error of a socket, SO_ERROR.
func socketError(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = syscall.Errno(n)
	}
	return err
}
