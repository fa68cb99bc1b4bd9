package epoll

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// epollConn moves the bytes of one TCP peer that an event loop serves. It has no goroutine: it
// is a descriptor under a lock, and whoever uses the descriptor or ends the
// connection does so under the lock. Whatever would have to wait hands the
// connection over to a transport.StreamMover, for good.
type epollConn struct {
	// order makes the journal's order the kernel's, as stream.order does: it is held
	// over one non-blocking read or write together with the append of its event. It
	// guards what follows, down to loop.
	order          sync.Mutex
	fd             int32                  // -1 once closed or handed over; changes under fdMu, too
	finished       bool                   // the peer's FIN was read
	bulk           bool                   // the last read was a large one
	levelTriggered bool                   // it is told of as long as there is something to read
	paused         bool                   // it is not read: where its bytes go is not known yet, or takes no more
	refused        int                    // bytes of the send that the kernel answered with an error
	pending        *pendingWrite          // of a reply; while there is one, nothing is read
	portable       *transport.StreamMover // who has taken over, or nil

	// fdMu keeps the descriptor open for Control, which does not wait for order.
	fdMu sync.Mutex

	loop *eventLoop
	peer transport.DriverPeer // in one allocation, what every message needs in front: thousands are idle
	id   sockeye.Peer
}

// serve moves what the loop was told of, one read at most, so that a peer at full
// speed takes no more of a turn than any other. It says whether there is something
// to reply to (see loop.asked); then the lock is kept until that is done.
func (c *epollConn) serve(events uint32) (asked bool) {
	if c.loop.forwards && c.bulk { // what waits may be for this connection: its lock must be free
		c.loop.flushReplies()
	}
	c.order.Lock() // no defer on this path: every message pays for it
	switch {
	case c.fd < 0: // ended or handed over since
	case c.loop.forwards:
		asked = c.serveForward(events)
	case c.finished:
		c.end(socketError(int(c.fd)))
	case c.pending != nil:
		c.flushPending()
	default:
		asked = c.read(events)
	}
	if !asked {
		c.order.Unlock()
	}
	return asked
}

// join takes the connection into session and loop, unless the session is closing.
// The lock keeps away who finds the peer before it is complete.
func (c *epollConn) join(how *sockeye.Detail) bool {
	c.order.Lock()
	defer c.order.Unlock()
	if !c.peer.Session().Add(&c.peer) {
		return false
	}
	c.loop.add(c)
	c.peer.RecordJoined(how)
	return true
}

// register has the loop told of the connection from now on.
func (c *epollConn) register() {
	c.order.Lock()
	defer c.order.Unlock()
	if c.fd < 0 {
		return // ended or handed over already
	}
	fd := int(c.fd)
	if err := c.loop.register(fd, c.interest(), fd, tagConn); err != nil {
		c.peer.SetReason(sockeye.ReasonError, netinfo.Explain("accept", c.peer.Remote.String(), err)) // epoll has a limit of its own (epoll(7))
		resetOnClose(fd)
		c.end(nil)
	}
}

func (c *epollConn) read(events uint32) (asked bool) {
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

// readFIN sees to a peer that finished. What it has not acknowledged yet is waited for
// by a transport.StreamMover.
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

// switchToLevel has the connection told of from now on as long as there is something to
// read, because there may be more than was read: which of a stream is the rule.
func (c *epollConn) switchToLevel() {
	if !c.levelTriggered {
		c.levelTriggered = true
		c.listen()
	}
}

// listen has the loop told of what the connection waits for now.
func (c *epollConn) listen() { c.loop.setInterest(int(c.fd), unix.EPOLL_CTL_MOD, c.interest()) }

// interest is what the connection is registered for: to be read, unless it is paused or
// has to take its reply first. One that takes the bytes of another is read meanwhile.
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

// replyTo is the answer to data, which it only borrows. If somebody has to wait for
// it, the connection is handed over.
func (c *epollConn) replyTo(data []byte) []byte {
	p := &c.peer
	reply, now := c.loop.responder.Reply(p.Public(), data)
	if !now {
		data = bytes.Clone(data)
		c.handOff(false, func(*transport.StreamMover) { c.loop.responder.Received(p.Public(), data) })
		return nil
	}
	return reply
}

// replied goes on with what the kernel did not take of a reply, and ends what serve began.
func (c *epollConn) replied(q *pendingReply) {
	if q.sent < len(q.reply) {
		c.continueWrite(q.reply, q.sent, q.errno)
	}
	c.order.Unlock()
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

// removePeers takes the descriptor out of the loop.
func (c *epollConn) detach() int {
	fd := int(c.fd)
	c.loop.drop(c)
	c.fdMu.Lock()
	c.fd = -1
	c.fdMu.Unlock()
	return fd
}

func (c *epollConn) Finish(ctx context.Context) error {
	if s := c.ensureHandedOff(); s != nil {
		return s.Finish(ctx)
	}
	return nil
}

func (c *epollConn) Close(ctx context.Context) {
	if s := c.ensureHandedOff(); s != nil {
		s.Close(ctx)
	}
}

func (c *epollConn) Stop(abort bool) {
	c.order.Lock()
	defer c.order.Unlock()
	switch {
	case c.portable != nil:
		c.portable.Stop(abort)
	case c.fd >= 0:
		if abort {
			resetOnClose(int(c.fd))
		}
		c.end(nil)
	}
}

// Settle waits until what is being recorded is.
func (c *epollConn) Settle() {
	c.order.Lock()
	s := c.portable
	c.order.Unlock()
	if s != nil {
		s.Settle()
	}
}

func (c *epollConn) FinishIfDone() {
	c.order.Lock()
	defer c.order.Unlock()
	switch {
	case c.portable != nil:
		c.portable.FinishIfDone()
	case c.fd >= 0 && c.finished:
		c.handOff(false, nil)
	}
}

// sending is false while the loop serves it: it does not wait.
func (c *epollConn) Sending() bool {
	c.order.Lock()
	s := c.portable
	c.order.Unlock()
	return s != nil && s.Sending()
}

func (c *epollConn) Outgoing() (o netinfo.SendState, ok bool) {
	c.Control(func(fd uintptr) { o, ok = netinfo.SendStateOf(int(fd)) })
	return o, ok
}

func (c *epollConn) FillStatus(st *sockeye.PeerStatus) {
	if c.order.TryLock() { // else it is moving just now
		s := c.portable
		if s == nil && c.pending != nil {
			st.Queued = len(c.pending.data)
		}
		c.order.Unlock()
		if s != nil {
			s.FillStatus(st)
			return
		}
	}
	c.Control(func(fd uintptr) { netinfo.FillTCP(st, int(fd)) })
}

// Control calls f with the descriptor, if there is one.
func (c *epollConn) Control(f func(fd uintptr)) error {
	c.fdMu.Lock()
	fd, s := int(c.fd), (*transport.StreamMover)(nil)
	if fd >= 0 {
		f(uintptr(fd))
	}
	c.fdMu.Unlock()
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

// socketError is the pending error of a socket, SO_ERROR.
func socketError(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = syscall.Errno(n)
	}
	return err
}
