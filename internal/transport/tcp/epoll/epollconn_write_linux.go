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
		c.updateInterest()
	}
}

// flushPending writes more of the pending reply.
func (c *epollConn) flushPending() {
	r := c.pending
	n, err := c.writeAll(c.loop.session.Now(), r.data, nil)
	r.data, r.written = r.data[n:], r.written+n
	switch {
	case err == nil:
		c.pending = nil
		c.updateInterest()
	case err != syscall.EAGAIN:
		c.replyFailed(err, r.written, r.written+len(r.data))
	}
}

// replyFailed records that only n bytes of a reply of all bytes were sent, and ends the
// connection.
func (c *epollConn) replyFailed(err error, n, all int) {
	c.peer.SetCause(err) // the kernel tells it once: a read would see a clean end
	c.peer.SendFailed(err, n, all)
	c.end(nil)
}

// writeAll writes until the kernel has taken everything, its buffer is full (EAGAIN) or
// the connection fails. Every write that the kernel takes is recorded as one event with the
// detail how; the first has the given time.
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

// handOff makes the connection a transport.StreamConn, whose goroutine begins with
// first, if that is not nil. If sending is true, a message has begun: the caller, or first,
// holds the turn to send and releases it. There must be a descriptor.
func (c *epollConn) handOff(sending bool, first func(*transport.StreamConn)) *transport.StreamConn {
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

// handOffPending hands the connection over. The rest of a reply, if there is one, is sent
// before anything else.
func (c *epollConn) handOffPending() *transport.StreamConn {
	r := c.pending
	if r == nil {
		return c.handOff(false, nil)
	}
	if c.loop.forwards {
		return c.handOffForwarder(nil)
	}
	c.pending = nil
	return c.handOff(true, func(s *transport.StreamConn) {
		defer s.ReleaseSend()
		if n, err := s.SendHeld(context.Background(), r.data); err != nil {
			c.peer.SendFailed(err, r.written+n, r.written+len(r.data))
		}
	})
}

// sendNow writes what the kernel takes of data at once, n bytes. If somebody has to wait, it
// returns the transport.StreamConn that goes on: turn says whether the turn to send is the
// caller's already, who sends the rest with it.
func (c *epollConn) sendNow(ctx context.Context, data []byte) (n int, portable *transport.StreamConn, turn bool, err error) {
	if c.portable == nil && c.pending != nil {
		c.handOffPending()
	}
	switch {
	case c.portable != nil:
		return 0, c.portable, false, nil
	case c.fd < 0:
		return 0, nil, false, net.ErrClosed
	case len(data) == 0:
		return 0, nil, false, nil
	}
	n, err = c.writeAll(c.loop.session.Now(), data, transport.HowSent(ctx))
	switch {
	case err == nil:
	case err == syscall.EAGAIN:
		return n, c.handOff(true, nil), true, nil
	default:
		c.peer.SetCause(err)
		c.refused += len(data) - n
		unix.Shutdown(int(c.fd), unix.SHUT_RDWR) // the loop reads the end
	}
	return n, nil, false, err
}
