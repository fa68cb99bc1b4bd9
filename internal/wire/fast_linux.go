package wire

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// fast is the mover of one TCP peer that a loop serves. It has no goroutine: it
// is a descriptor under a lock, and whoever uses the descriptor or ends the
// connection does so under the lock. Whatever would have to wait hands the
// connection over to the portable mover, for good.
type fast struct {
	// order makes the journal's order the kernel's, as stream.order does: it is held
	// over one non-blocking read or write together with the append of its event. It
	// guards what follows, down to loop.
	order    sync.Mutex
	fd       int     // -1 once closed or handed over; changes under peer.mu, too
	finished bool    // the peer's FIN was read
	bulky    bool    // the last read was a large one
	level    bool    // it is told of as long as there is something to read
	rest     *unsent // of a reply; while there is one, nothing is read
	portable *stream // who has taken over, or nil

	loop *loop
	peer Peer // in one allocation, what every message needs in front: thousands are idle
	id   sockeye.Peer
}

// unsent is the end of a reply, which the kernel has not taken yet.
type unsent struct {
	data   []byte
	before int // bytes of the reply that it took
}

// serve moves what the loop was told of, one read at most, so that a peer at full
// speed takes no more of a turn than any other. It says whether there is something
// to reply to (see loop.asked); then the lock is kept until that is done.
func (c *fast) serve(events uint32) (asked bool) {
	c.order.Lock() // no defer on this path: every message pays for it
	switch {
	case c.fd < 0: // ended or handed over since
	case c.finished:
		c.end(socketError(uintptr(c.fd)))
	case c.rest != nil:
		c.sendRest()
	default:
		asked = c.read(events)
	}
	if !asked {
		c.order.Unlock()
	}
	return asked
}

func (c *fast) read(events uint32) (asked bool) {
	p, l := &c.peer, c.loop
	buf := l.room(c.bulky)
	n, errno := readNow(c.fd, buf)
	switch {
	case n > 0:
		now := p.session.cfg.Now()
		l.now = now
		if n == len(buf) || events != unix.EPOLLIN {
			c.readOn()
		}
		c.bulky = n >= bulk
		l.stream = l.stream || c.bulky
		if l.prompt != nil {
			l.asked = append(l.asked, request{from: c, at: now, data: buf[:n]})
			return true
		}
		for piece := range slices.Chunk(buf[:n], p.session.opts.ReadSize) {
			l.events = append(l.events, p.received(now, piece, nil))
		}
		l.record()
	case errno == syscall.EAGAIN: // it will be told of again
	case errno == syscall.EINTR:
		c.readOn()
	case errno != 0:
		c.end(errno)
	case p.finishedByPeer() == halfClosed:
		c.finished = true
		l.heed(c.fd, unix.EPOLL_CTL_MOD, 0) // a reset is told of all the same
	default:
		c.end(nil)
	}
	return false
}

// readOn has the connection told of from now on as long as there is something to
// read, because there may be more than was read: which of a stream is the rule.
func (c *fast) readOn() {
	if !c.level {
		c.level = true
		c.loop.heed(c.fd, unix.EPOLL_CTL_MOD, c.interest())
	}
}

// interest is what the connection is registered for while it is read.
func (c *fast) interest() uint32 {
	if c.level {
		return toRead
	}
	return toRead | toldOnce
}

// replyTo is the answer to data, which it only borrows. If somebody has to wait for
// it, the connection is handed over.
func (c *fast) replyTo(data []byte) []byte {
	p := &c.peer
	reply, now := c.loop.prompt.Reply(p, data)
	if !now {
		data = bytes.Clone(data)
		c.handOver(false, func(*stream) { c.loop.prompt.Received(p, data) })
		return nil
	}
	return reply
}

// goOn sends a reply of which the kernel took only n bytes at once, or nothing.
func (c *fast) goOn(reply []byte, n int, errno syscall.Errno) {
	p := &c.peer
	err := error(errno)
	if errno == 0 || errno == syscall.EINTR {
		var more int
		more, err = c.push(p.session.cfg.Now(), reply[n:])
		n += more
	}
	switch {
	case err == nil:
	case err != syscall.EAGAIN:
		c.replyFailed(err, n, len(reply))
	default:
		c.rest = &unsent{bytes.Clone(reply[n:]), n}
		if p.session.opts.SendTimeout > 0 {
			c.handOverRest() // which knows about time
			return
		}
		c.loop.heed(c.fd, unix.EPOLL_CTL_MOD, unix.EPOLLOUT)
	}
}

// sendRest goes on with a reply.
func (c *fast) sendRest() {
	r := c.rest
	n, err := c.push(c.peer.session.cfg.Now(), r.data)
	r.data, r.before = r.data[n:], r.before+n
	switch {
	case err == nil:
		c.rest = nil
		c.loop.heed(c.fd, unix.EPOLL_CTL_MOD, c.interest())
	case err != syscall.EAGAIN:
		c.replyFailed(err, r.before, r.before+len(r.data))
	}
}

func (c *fast) replyFailed(err error, n, all int) {
	c.peer.explain(err) // the kernel tells it once: a read would see a clean end
	c.peer.sendFailed(err, n, all)
	c.end(nil)
}

// push writes until everything is taken, the kernel's buffer is full (EAGAIN) or
// the connection fails. Every write the kernel takes is one event, the first of
// the given time.
func (c *fast) push(at time.Time, data []byte) (n int, err error) {
	p := &c.peer
	for {
		took, errno := writeNow(c.fd, data[n:min(len(data), n+writePiece)])
		switch errno {
		case 0:
			p.record(p.sent(at, data[n:n+took]))
			n += took
		case syscall.EINTR:
		default:
			return n, errno
		}
		if n == len(data) {
			return n, nil
		}
		at = p.session.cfg.Now()
	}
}

// end closes the connection and records that the peer left. It is called under
// the lock, by whoever ends it.
func (c *fast) end(err error) {
	p := &c.peer
	if err != nil {
		p.explain(err)
	}
	unsent := 0
	if p.isCut() {
		unsent = max(0, outQueue(c.fd))
	}
	unix.Close(c.letGo())
	p.leave(unsent)
	c.loop.release()
}

// letGo takes the descriptor out of the loop.
func (c *fast) letGo() int {
	fd := c.fd
	c.loop.drop(c)
	c.peer.mu.Lock()
	c.fd = -1
	c.peer.mu.Unlock()
	return fd
}

// handOver makes the connection the portable mover's, whose owner begins with
// first, if that is not nil. sending says that a message has begun: the turn to
// send is the caller's, or first's. It is called under the lock, while there is a
// descriptor.
func (c *fast) handOver(sending bool, first func(*stream)) *stream {
	c.loop.heed(c.fd, unix.EPOLL_CTL_DEL, 0)
	c.portable = adopt(&c.peer, c.letGo())
	if sending {
		c.portable.turn <- struct{}{}
	}
	c.peer.session.owners.Go(func() {
		if first != nil {
			first(c.portable)
		}
		c.portable.own(c.finished)
	})
	c.loop.release()
	return c.portable
}

// handOverRest hands the connection over with what is left of a reply, if
// anything is, which goes out first.
func (c *fast) handOverRest() *stream {
	r := c.rest
	if r == nil {
		return c.handOver(false, nil)
	}
	c.rest = nil
	return c.handOver(true, func(s *stream) {
		defer s.giveTurn()
		if n, err := s.sendInTurn(context.Background(), r.data); err != nil {
			c.peer.sendFailed(err, r.before+n, r.before+len(r.data))
		}
	})
}

// taken hands the connection over if nobody did. It is nil when the connection
// has ended.
func (c *fast) taken() *stream {
	c.order.Lock()
	defer c.order.Unlock()
	if c.portable == nil && c.fd >= 0 {
		c.handOverRest()
	}
	return c.portable
}

func (c *fast) send(ctx context.Context, data []byte) (int, error) {
	c.order.Lock()
	s := c.portable
	if s == nil && c.rest != nil {
		s = c.handOverRest()
	}
	switch {
	case s != nil:
		c.order.Unlock()
		return s.send(ctx, data)
	case c.fd < 0:
		c.order.Unlock()
		return 0, net.ErrClosed
	case len(data) == 0:
		c.order.Unlock()
		return 0, nil
	}
	n, err := c.push(c.peer.session.cfg.Now(), data)
	switch {
	case err == nil:
	case err == syscall.EAGAIN:
		s = c.handOver(true, nil)
	default:
		c.peer.explain(err)
		unix.Shutdown(c.fd, unix.SHUT_RDWR) // tells the loop
	}
	c.order.Unlock()
	if s != nil {
		defer s.giveTurn()
		var m int
		m, err = s.sendInTurn(ctx, data[n:])
		n += m
	}
	return n, err
}

func (c *fast) finish(ctx context.Context) error {
	if s := c.taken(); s != nil {
		return s.finish(ctx)
	}
	return nil
}

func (c *fast) close(ctx context.Context) {
	if s := c.taken(); s != nil {
		s.close(ctx)
	}
}

func (c *fast) stop(abort bool) {
	c.order.Lock()
	defer c.order.Unlock()
	switch {
	case c.portable != nil:
		c.portable.stop(abort)
	case c.fd >= 0:
		if abort {
			resetOnClose(c.fd)
		}
		c.end(nil)
	}
}

func (c *fast) fill(st *sockeye.PeerStatus) {
	c.Control(func(fd uintptr) { fillTCP(st, int(fd)) })
}

// Control calls f with the descriptor, if there is one.
func (c *fast) Control(f func(fd uintptr)) error {
	c.peer.mu.Lock()
	fd, s := c.fd, (*stream)(nil)
	if fd >= 0 {
		f(uintptr(fd))
	}
	c.peer.mu.Unlock()
	if fd < 0 {
		c.order.Lock()
		s = c.portable
		c.order.Unlock()
	}
	if s != nil {
		return s.Control(f)
	}
	return nil
}

// resetOnClose makes closing a connection reset it (SO_LINGER, socket(7)).
func resetOnClose(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}
