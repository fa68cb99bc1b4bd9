package epoll

import (
	"bytes"
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
)

// pendingWrite is the end of a reply, which the kernel has not taken yet.
type pendingWrite struct {
	data    []byte
	written int        // bytes of the reply that it took
	source  *epollConn // whose bytes these are, which is paused meanwhile; nil: the connection's own
}

// continueWrite sends a reply of which the kernel took only n bytes at once, or nothing.
func (c *epollConn) continueWrite(reply []byte, n int, errno syscall.Errno) {
	err := error(errno)
	if errno == 0 || errno == syscall.EINTR {
		var more int
		more, err = c.writeAll(c.loop.session.Now(), reply[n:], nil)
		n += more
	}
	switch {
	case err == nil:
	case err != syscall.EAGAIN:
		c.pending = &pendingWrite{data: reply[n:], written: n}
		c.replyFailed(err, n, len(reply))
	default:
		c.pending = &pendingWrite{data: bytes.Clone(reply[n:]), written: n}
		if c.loop.session.Options().SendTimeout > 0 {
			c.handOffPending() // which knows about time
			return
		}
		c.listen()
	}
}

// flushPending goes on with a reply.
func (c *epollConn) flushPending() {
	r := c.pending
	n, err := c.writeAll(c.loop.session.Now(), r.data, nil)
	r.data, r.written = r.data[n:], r.written+n
	switch {
	case err == nil:
		c.pending = nil
		c.listen()
	case err != syscall.EAGAIN:
		c.replyFailed(err, r.written, r.written+len(r.data))
	}
}

func (c *epollConn) replyFailed(err error, n, all int) {
	c.peer.SetCause(err) // the kernel tells it once: a read would see a clean end
	c.peer.SendFailed(err, n, all)
	c.end(nil)
}

// push writes until everything is taken, the kernel's buffer is full (EAGAIN) or
// the connection fails. Every write the kernel takes is one event, the first of
// the given time, and all sent as how says.
func (c *epollConn) writeAll(at time.Time, data []byte, how *sockeye.Detail) (n int, err error) {
	p := &c.peer
	for {
		took, errno := rawWrite(int(c.fd), data[n:min(len(data), n+transport.WritePiece)])
		switch errno {
		case 0:
			p.Record(p.Sent(at, data[n:n+took], how))
			n += took
		case syscall.EINTR:
		default:
			return n, errno
		}
		if n == len(data) {
			return n, nil
		}
		at = c.loop.session.Now()
	}
}

// handOff makes the connection a transport.StreamMover, whose goroutine begins with
// first, if that is not nil. sending says that a message has begun: the turn to
// send is the caller's, or first's. It is called under the lock, while there is a
// descriptor.
func (c *epollConn) handOff(sending bool, first func(*transport.StreamMover)) *transport.StreamMover {
	c.loop.setInterest(int(c.fd), unix.EPOLL_CTL_DEL, 0)
	c.portable = adoptFD(&c.peer, c.detach())
	if sending {
		c.portable.HoldSend()
	}
	c.peer.Session().Go(func() {
		if first != nil {
			first(c.portable)
		}
		c.portable.Serve(c.finished)
	})
	c.loop.release(c)
	return c.portable
}

// handOffPending hands the connection over with what is left of a reply, if
// anything is, which goes out first.
func (c *epollConn) handOffPending() *transport.StreamMover {
	r := c.pending
	if r == nil {
		return c.handOff(false, nil)
	}
	if c.loop.forwards {
		return c.handOffForwarder(nil)
	}
	c.pending = nil
	return c.handOff(true, func(s *transport.StreamMover) {
		defer s.ReleaseSend()
		if n, err := s.SendHeld(context.Background(), r.data); err != nil {
			c.peer.SendFailed(err, r.written+n, r.written+len(r.data))
		}
	})
}

// ensureHandedOff hands the connection over if nobody did. It is nil when the connection
// has ended.
func (c *epollConn) ensureHandedOff() *transport.StreamMover {
	c.order.Lock()
	defer c.order.Unlock()
	if c.portable == nil && c.fd >= 0 {
		c.handOffPending()
	}
	return c.portable
}

func (c *epollConn) Send(ctx context.Context, data []byte) (int, error) {
	c.order.Lock()
	s := c.portable
	if s == nil && c.pending != nil {
		s = c.handOffPending()
	}
	switch {
	case s != nil:
		c.order.Unlock()
		return s.Send(ctx, data)
	case c.fd < 0:
		c.order.Unlock()
		return 0, net.ErrClosed
	case len(data) == 0:
		c.order.Unlock()
		return 0, nil
	}
	n, err := c.writeAll(c.loop.session.Now(), data, transport.HowSent(ctx))
	switch {
	case err == nil:
	case err == syscall.EAGAIN:
		s = c.handOff(true, nil)
	default:
		c.peer.SetCause(err)
		c.refused += len(data) - n
		unix.Shutdown(int(c.fd), unix.SHUT_RDWR) // tells the loop
	}
	c.order.Unlock()
	if s != nil {
		defer s.ReleaseSend()
		var m int
		m, err = s.SendHeld(ctx, data[n:])
		n += m
	}
	return n, err
}
