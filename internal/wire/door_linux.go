package wire

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// door is one listening socket of a loop. Its mutex guards the descriptor, so
// that it is not closed while it is used.
type door struct {
	loop  *loop
	id    int
	local netip.AddrPort // the address of its connections, unless any is unspecified
	any   bool           // each connection must be asked
	spare *spare
	over  note

	mu sync.Mutex
	fd int // -1 once closed
}

// serveFast has a loop accept from the sockets and serve their peers, if this
// session can have one. It says false if it did nothing.
func (s *Session) serveFast(bound []*net.TCPListener) bool {
	prompt, ok := s.cfg.Responder.(Prompt)
	if s.cfg.portable || s.cfg.Pace != nil || s.cfg.Responder != nil && !ok {
		return false // something may wait
	}
	l, err := newLoop(s, prompt)
	if err != nil {
		return false
	}
	for _, b := range bound {
		if err := l.open(b); err != nil {
			for _, d := range l.doors {
				unix.Close(d.fd)
			}
			l.close()
			return false
		}
	}
	for i, d := range l.doors {
		bound[i].Close() // leaves Go's poller, which need not hear of connections
		s.queues = append(s.queues, d)
		l.register(d.fd, unix.EPOLLIN, d.id, aboutDoor)
		d.spare = newSpare()
	}
	s.owners.Go(l.run)
	s.onStop(func() {
		for _, d := range l.doors {
			d.close()
		}
		l.stop()
	})
	return true
}

// open adds a listening socket, by another descriptor of it.
func (l *loop) open(b *net.TCPListener) error {
	raw, err := b.SyscallConn()
	if err != nil {
		return err
	}
	d := &door{loop: l, id: len(l.doors), local: addrPort(b.Addr()), over: note{session: l.session, every: time.Second}}
	d.any = d.local.Addr().IsUnspecified()
	var dupErr error
	err = raw.Control(func(fd uintptr) { d.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, dupErr); err == nil {
		l.doors = append(l.doors, d)
	}
	return err
}

// accepts is how many connections a door lets in at once; those that are in have
// their turn then.
const accepts = 64

// answer accepts who waits.
func (d *door) answer() {
	s := d.loop.session
	for range accepts {
		if s.opts.OverCap == sockeye.PauseOverCap && s.full() {
			d.rest(func() { s.waitForRoom() })
			return
		}
		fd, from, errno := d.accept()
		switch {
		case errno == 0:
			d.spare.recovered()
			d.accepted(fd, from)
		case errno == syscall.EAGAIN, errno == syscall.EBADF:
			return
		case isLimit(errno):
			d.over.add(failure("accept", d.local.String(), errno))
			if !s.releaseFinished() {
				d.spare.shed(d.turnAway)
				d.rest(func() { d.spare.wait(s.ctx) })
			}
			return
		case isPassing(errno): // the connection died in the queue; the next one may not have
		default:
			d.over.add(failure("accept", d.local.String(), errno))
			d.rest(func() { d.spare.wait(s.ctx) })
			return
		}
	}
}

func (d *door) accept() (int, netip.AddrPort, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return -1, netip.AddrPort{}, syscall.EBADF
	}
	return acceptNow(d.fd)
}

// turnAway resets one connection that waits.
func (d *door) turnAway() {
	if fd, _, errno := d.accept(); errno == 0 {
		resetOnClose(fd)
		unix.Close(fd)
	}
}

// accepted makes a peer of a connection, or resets it when the session is full.
// Its options are the listening socket's (tcp(7)).
func (d *door) accepted(fd int, from netip.AddrPort) {
	l, s := d.loop, d.loop.session
	if s.full() && !s.releaseFinished() {
		d.over.add(s.overCap(from.String()))
		resetOnClose(fd)
		unix.Close(fd)
		return
	}
	c := &fast{loop: l, fd: fd}
	c.id = sockeye.Peer{ID: s.cfg.NextPeer(), Session: s.id, Network: "tcp", Local: d.local, Remote: from}
	if d.any {
		c.id.Local = localNow(fd)
	}
	c.peer.init(s, &c.id)
	c.peer.mover = c
	if !l.join(c) {
		unix.Close(fd)
		return
	}
	if l.prompt != nil {
		l.prompt.Joined(&c.peer)
	}
	c.order.Lock()
	defer c.order.Unlock()
	if c.fd < 0 {
		return // ended or handed over already
	}
	if err := l.register(fd, c.interest(), fd, aboutConn); err != nil {
		c.peer.because(sockeye.ReasonError, failure("accept", from.String(), err)) // epoll has a limit of its own (epoll(7))
		resetOnClose(fd)
		c.end(nil)
	}
}

// join takes a connection into session and loop, unless the session is closing.
// The lock keeps away who finds the peer before it is complete.
func (l *loop) join(c *fast) bool {
	c.order.Lock()
	defer c.order.Unlock()
	if !l.session.admit(&c.peer) {
		return false
	}
	l.add(c)
	c.peer.record(sockeye.Event{Time: c.peer.since, Kind: sockeye.Joined})
	return true
}

// rest accepts nobody until wait returns.
func (d *door) rest(wait func()) {
	d.heed(0)
	d.loop.session.owners.Go(func() {
		wait()
		d.heed(unix.EPOLLIN)
	})
}

func (d *door) heed(events uint32) {
	d.Control(func(fd uintptr) {
		unix.EpollCtl(d.loop.epoll, unix.EPOLL_CTL_MOD, int(fd), &unix.EpollEvent{Events: events, Fd: int32(d.id), Pad: aboutDoor})
	})
}

// Control calls f with the descriptor, if the door is not closed.
func (d *door) Control(f func(fd uintptr)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(d.fd))
	return nil
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

// gone is called when the loop has ended.
func (d *door) gone() {
	d.over.flush()
	d.spare.close()
}
