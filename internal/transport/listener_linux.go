package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
)

// epollListener is one listening socket of a loop. Its mutex guards the descriptor, so
// that it is not closed while it is used.
type epollListener struct {
	loop      *eventLoop
	id        int
	local     netip.AddrPort // the address of its connections, unless any is unspecified
	wildcard  bool           // each connection must be asked
	reserved  *reservedFD
	overLimit errorLimiter
	admission admission

	mu sync.Mutex
	fd int // -1 once closed
}

// serveEpoll has a loop accept from the sockets and serve their peers, if this
// session can have one. It says false if it did nothing.
func (s *Session) serveEpoll(bound []*net.TCPListener) bool {
	prompt, ok := s.cfg.Responder.(SyncResponder)
	if s.cfg.portableOnly || s.cfg.Backpressure != nil || s.cfg.Responder != nil && !ok {
		return false // something may wait
	}
	l, err := newLoop(s, prompt)
	if err != nil {
		return false
	}
	for _, b := range bound {
		if err := l.addListener(b); err != nil {
			for _, d := range l.listeners {
				unix.Close(d.fd)
			}
			l.close()
			return false
		}
	}
	for i, d := range l.listeners {
		bound[i].Close() // leaves Go's poller, which need not hear of connections
		s.acceptQueues = append(s.acceptQueues, d)
		l.register(d.fd, unix.EPOLLIN, d.id, tagListener)
		d.reserved = newReservedFD()
	}
	s.goroutines.Go(l.run)
	s.onStop(func() {
		for _, d := range l.listeners {
			d.close()
		}
		l.stop()
	})
	return true
}

// addListener adds a listening socket, by another descriptor of it.
func (l *eventLoop) addListener(b *net.TCPListener) error {
	raw, err := b.SyscallConn()
	if err != nil {
		return err
	}
	d := &epollListener{loop: l, id: len(l.listeners), local: netinfo.AddrPort(b.Addr()), overLimit: errorLimiter{session: l.session, every: time.Second}, admission: newAdmission(l.session)}
	d.wildcard = d.local.Addr().IsUnspecified()
	var dupErr error
	err = raw.Control(func(fd uintptr) { d.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, dupErr); err == nil {
		l.listeners = append(l.listeners, d)
	}
	return err
}

// acceptBatch is how many connections a listener accepts at once; those that are in have
// their turn then.
const acceptBatch = 64

// answer accepts who waits.
func (d *epollListener) acceptReady() {
	s := d.loop.session
	for range acceptBatch {
		if s.opts.OverCap == sockeye.PauseOverCap && s.isFull() {
			d.pauseAccepting(func() { s.waitForCapacity() })
			return
		}
		fd, from, errno := d.accept()
		switch {
		case errno == 0:
			d.reserved.reset()
			d.onAccept(fd, from)
		case errno == syscall.EAGAIN, errno == syscall.EBADF:
			return
		case isResourceLimit(errno):
			d.overLimit.add(netinfo.Explain("accept", d.local.String(), errno))
			if !s.evictFinished() {
				d.reserved.rejectOne(d.rejectOne)
				d.pauseAccepting(func() { d.reserved.backOff(s.ctx) })
			}
			return
		case isTransientAccept(errno): // the connection died in the queue; the next one may not have
		default:
			d.overLimit.add(netinfo.Explain("accept", d.local.String(), errno))
			d.pauseAccepting(func() { d.reserved.backOff(s.ctx) })
			return
		}
	}
}

func (d *epollListener) accept() (int, netip.AddrPort, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return -1, netip.AddrPort{}, syscall.EBADF
	}
	return rawAccept(d.fd)
}

// rejectOne resets one connection that waits.
func (d *epollListener) rejectOne() {
	if fd, _, errno := d.accept(); errno == 0 {
		resetOnClose(fd)
		unix.Close(fd)
	}
}

// onAccept makes a peer of a connection, or resets it when the session is full.
// Its options are the listening socket's (tcp(7)).
func (d *epollListener) onAccept(fd int, from netip.AddrPort) {
	l, s := d.loop, d.loop.session
	if d.admission.refuses(from, refusedWithRST) {
		resetOnClose(fd)
		unix.Close(fd)
		return
	}
	if s.isFull() && !s.evictFinished() {
		d.overLimit.add(s.overCapError(from.String()))
		resetOnClose(fd)
		unix.Close(fd)
		return
	}
	s.limitSendQueue(fd)
	c := &epollConn{loop: l, fd: fd}
	c.id = sockeye.Peer{ID: s.cfg.NextPeer(), Session: s.id, Network: "tcp", Local: d.local, Remote: from}
	if d.wildcard {
		c.id.Local = rawGetsockname(fd)
	}
	c.peer.init(s, &c.id)
	c.peer.conn = c
	if !l.join(c) {
		unix.Close(fd)
		return
	}
	if l.responder != nil {
		l.responder.Joined(&c.peer)
	}
	c.order.Lock()
	defer c.order.Unlock()
	if c.fd < 0 {
		return // ended or handed over already
	}
	if err := l.register(fd, c.readInterest(), fd, tagConn); err != nil {
		c.peer.setReason(sockeye.ReasonError, netinfo.Explain("accept", from.String(), err)) // epoll has a limit of its own (epoll(7))
		resetOnClose(fd)
		c.end(nil)
	}
}

// join takes a connection into session and loop, unless the session is closing.
// The lock keeps away who finds the peer before it is complete.
func (l *eventLoop) join(c *epollConn) bool {
	c.order.Lock()
	defer c.order.Unlock()
	if !l.session.addPeer(&c.peer) {
		return false
	}
	l.add(c)
	c.peer.record(sockeye.Event{Time: c.peer.since, Kind: sockeye.Joined})
	return true
}

// rest accepts nobody until wait returns.
func (d *epollListener) pauseAccepting(wait func()) {
	d.setInterest(0)
	d.loop.session.goroutines.Go(func() {
		wait()
		d.setInterest(unix.EPOLLIN)
	})
}

func (d *epollListener) setInterest(events uint32) {
	d.Control(func(fd uintptr) {
		unix.EpollCtl(d.loop.epoll, unix.EPOLL_CTL_MOD, int(fd), &unix.EpollEvent{Events: events, Fd: int32(d.id), Pad: tagListener})
	})
}

// Control calls f with the descriptor, if the listener is not closed.
func (d *epollListener) Control(f func(fd uintptr)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(d.fd))
	return nil
}

func (d *epollListener) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

// finish is called when the loop has ended.
func (d *epollListener) finish() {
	d.overLimit.flush()
	d.admission.flush()
	d.reserved.close()
}
