package epoll

import (
	"context"
	"sync"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// epollConn moves the bytes of one TCP peer that an event loop serves. It has no goroutine: it
// is a descriptor under a lock, and whoever uses the descriptor or ends the
// connection does so under the lock. Whatever would have to wait hands the
// connection over to a transport.StreamConn, for good.
type epollConn struct {
	// order makes the journal's order the kernel's, as StreamConn.order does: it is held
	// over one non-blocking read or write together with the append of its event. It
	// guards the fields down to fdMu. Only this file takes and releases it; the methods
	// of epollConn in other files are called while it is held.
	order          sync.Mutex
	fd             int32                 // -1 once closed or handed over; changes under fdMu, too
	finished       bool                  // the peer's FIN was read
	bulk           bool                  // the last read was a large one
	levelTriggered bool                  // epoll reports it as long as there is something to read
	paused         bool                  // it is not read: its target is not known yet, or takes no more bytes
	refused        int                   // bytes of a send that the kernel answered with an error
	pending        *pendingWrite         // the rest of a reply; while there is one, nothing is read
	portable       *transport.StreamConn // moves the bytes after the handover; nil before

	// fdMu keeps the descriptor open for Control, which does not wait for order.
	fdMu sync.Mutex

	loop *eventLoop
	peer transport.DriverPeer // in one allocation, what every message needs in front: thousands are idle
	id   sockeye.Peer
}

// serve handles the events that epoll reported for the connection. It reads at most once, so
// that a peer at full speed takes no more of a turn than any other. If it appended to
// loop.pendingReplies what it read, it returns true and keeps the lock; unlockBatch
// releases it once that is answered.
func (c *epollConn) serve(events uint32) (keepsLock bool) {
	if c.loop.forwards && c.bulk {
		// To read into the recorder's memory, readBuffer flushes the batch, which locks the
		// targets of what it holds: this connection may be one of them.
		c.loop.flushReplies()
	}
	c.order.Lock() // no defer on this path: every message pays for it
	if keepsLock = c.serveLocked(events); !keepsLock {
		c.order.Unlock()
	}
	return keepsLock
}

// lockTarget locks the connection to which the bytes of q go, unless this batch holds its
// lock already. Only the loop's goroutine holds two of these locks at once, so no two
// goroutines can wait for each other.
func (l *eventLoop) lockTarget(q *pendingReply) {
	for i := range l.pendingReplies {
		if other := &l.pendingReplies[i]; other.conn == q.to || other.locked == q.to {
			return
		}
	}
	q.to.order.Lock()
	q.locked = q.to
}

// unlockBatch releases the locks that serve and lockTarget took for the pending replies. It is
// the only place that releases them: flushReplies calls it once everything is answered.
func (l *eventLoop) unlockBatch() {
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		if q.locked != nil {
			q.locked.order.Unlock()
		}
		q.conn.order.Unlock()
	}
}

// join adds the connection to its session and loop, unless the session is closing.
// Whoever finds the peer before it is complete waits for the lock.
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

// register registers the connection with epoll. If that fails, the connection is reset.
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

// Send writes at once what the kernel takes. If that is not everything, the connection is
// handed over and Send waits.
func (c *epollConn) Send(ctx context.Context, data []byte) (int, error) {
	c.order.Lock()
	n, portable, turn, err := c.sendNow(ctx, data)
	c.order.Unlock()
	switch {
	case portable == nil:
		return n, err
	case !turn:
		return portable.Send(ctx, data)
	}
	defer portable.ReleaseSend()
	more, err := portable.SendHeld(ctx, data[n:])
	return n + more, err
}

// ensureHandedOff hands the connection over if nobody did. It is nil when the connection
// has ended.
func (c *epollConn) ensureHandedOff() *transport.StreamConn {
	c.order.Lock()
	defer c.order.Unlock()
	if c.portable == nil && c.fd >= 0 {
		c.handOffPending()
	}
	return c.portable
}

// takenOverBy returns the StreamConn that moves the bytes after the handover; nil before. It
// waits until what is being recorded is.
func (c *epollConn) takenOverBy() *transport.StreamConn {
	c.order.Lock()
	defer c.order.Unlock()
	return c.portable
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
	if s := c.takenOverBy(); s != nil {
		s.Settle()
	}
}

// Pause has the loop not read the connection before Resume. The lock is held: it is called while
// what was read of the connection is forwarded.
func (c *epollConn) Pause() {
	c.paused = true
	c.updateInterest()
}

// Resume has the loop read the connection, which is paused until its target is known and can
// take more.
func (c *epollConn) Resume() {
	c.order.Lock()
	defer c.order.Unlock()
	if c.paused {
		c.paused = false
		if c.fd >= 0 {
			c.updateInterest()
		}
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

// Sending reports whether a send is in progress: none is while the loop serves the
// connection, because no send waits then.
func (c *epollConn) Sending() bool {
	s := c.takenOverBy()
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
	fd, s := int(c.fd), (*transport.StreamConn)(nil)
	if fd >= 0 {
		f(uintptr(fd))
	}
	c.fdMu.Unlock()
	if fd < 0 {
		s = c.takenOverBy()
	}
	if s != nil {
		return s.Control(f)
	}
	return nil
}

// detach takes the descriptor out of the loop and returns it.
func (c *epollConn) detach() int {
	fd := int(c.fd)
	c.loop.drop(c)
	c.fdMu.Lock()
	c.fd = -1
	c.fdMu.Unlock()
	return fd
}
