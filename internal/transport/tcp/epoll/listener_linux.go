package epoll

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
)

// epollListener is one listening socket of a loop. Its mutex guards the descriptor, so
// that it is not closed while it is used.
type epollListener struct {
	loop     *eventLoop
	id       int
	local    netip.AddrPort // the address of its connections, unless any is unspecified
	wildcard bool           // each connection must be asked
	gate     *transport.Gate
	queues   *sockopt.SendQueues

	mu sync.Mutex
	fd int // -1 once closed
}

// Serve has a loop accept from the sockets and serve their peers, if this
// session can have one. It returns false if it did nothing.
func Serve(s *transport.DriverSession, bound []*net.TCPListener, queues *sockopt.SendQueues) bool {
	cfg := s.Config()
	prompt, ok := cfg.Responder.(transport.SyncResponder)
	forwards := forwardsIn(s)
	if cfg.PortableOnly || cfg.Backpressure != nil || cfg.Responder != nil && !ok && !forwards {
		return false // something may wait
	}
	l, err := newLoop(s, prompt)
	if err != nil {
		return false
	}
	if l.forwards = forwards; forwards {
		s.Remember(l)
	}
	for _, b := range bound {
		if err := l.addListener(b, queues); err != nil {
			for _, d := range l.listeners {
				unix.Close(d.fd)
			}
			l.close()
			return false
		}
	}
	for i, d := range l.listeners {
		bound[i].Close() // leaves Go's poller, which need not hear of connections
		s.AcceptsFrom(d)
		l.register(d.fd, unix.EPOLLIN, d.id, tagListener)
		d.gate = transport.NewGate(s)
	}
	s.Go(l.run)
	s.OnStop(func() {
		for _, d := range l.listeners {
			d.close()
		}
		l.stop()
	})
	return true
}

// addListener adds a listening socket, by another descriptor of it.
func (l *eventLoop) addListener(b *net.TCPListener, queues *sockopt.SendQueues) error {
	raw, err := b.SyscallConn()
	if err != nil {
		return err
	}
	d := &epollListener{loop: l, id: len(l.listeners), local: netinfo.AddrPort(b.Addr()), queues: queues}
	d.wildcard = d.local.Addr().IsUnspecified()
	var dupErr error
	err = raw.Control(func(fd uintptr) { d.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, dupErr); err == nil {
		l.listeners = append(l.listeners, d)
	}
	return err
}

// acceptBatch is how many connections a listener accepts at once, before the accepted ones are
// served.
const acceptBatch = 64

// acceptReady accepts the connections that wait, acceptBatch of them at most.
func (d *epollListener) acceptReady() {
	s := d.loop.session
	for range acceptBatch {
		if s.Options().OverCap == sockeye.PauseOverCap && s.IsFull() {
			d.pauseAccepting(func() { s.WaitForCapacity() })
			return
		}
		fd, from, errno := d.accept()
		switch {
		case errno == 0:
			d.gate.Accepted()
			d.onAccept(fd, from)
		case errno == syscall.EAGAIN, errno == syscall.EBADF:
			return
		case transport.IsTransientAccept(errno): // the connection died in the queue; the next one may not have
		default:
			if d.gate.Failed(d.local.String(), errno, d.rejectOne) {
				d.pauseAccepting(d.gate.BackOff)
			}
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
	remote := sockeye.IPSocketAddr(from)
	if !d.gate.Admits(remote) {
		resetOnClose(fd)
		unix.Close(fd)
		return
	}
	d.queues.Limit(uintptr(fd))
	c := &epollConn{loop: l, fd: int32(fd), paused: l.forwards}
	local := d.local
	if d.wildcard {
		local = rawGetsockname(fd)
	}
	s.Identify(&c.id, sockeye.IPSocketAddr(local), remote)
	c.peer.Init(s, &c.id)
	c.peer.SetConn(c)
	if !c.join(nil) {
		unix.Close(fd)
		return
	}
	if r := s.Config().Responder; r != nil {
		r.Joined(c.peer.Public())
	}
	c.register()
}

// pauseAccepting accepts nobody until wait returns.
func (d *epollListener) pauseAccepting(wait func()) {
	d.setInterest(0)
	d.loop.session.Go(func() {
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
	d.gate.Close()
}
