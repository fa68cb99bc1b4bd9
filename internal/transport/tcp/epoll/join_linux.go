package epoll

import (
	"net"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// Join gives a dialled connection to an event loop: that of the session for which it was dialled,
// or the own one of a session that dials on demand and answers by itself. It returns false if
// there is no such loop. The connection leaves Go's poller.
func Join(s *transport.DriverSession, c *net.TCPConn, how *sockeye.Detail) (*transport.DriverPeer, bool) {
	cfg := s.Config()
	if cfg.PortableOnly || cfg.Backpressure != nil {
		return nil, false
	}
	l := guestLoop(s)
	if l == nil {
		l = ownLoop(s)
	}
	if l == nil || !l.reserve() {
		return nil, false
	}
	fd, err := duplicate(c)
	if err != nil {
		l.uncount()
		return nil, false
	}
	conn := &epollConn{loop: l, fd: int32(fd), paused: l.forwards}
	s.Identify(&conn.id, sockeye.IPSocketAddr(netinfo.AddrPort(c.LocalAddr())), sockeye.IPSocketAddr(netinfo.AddrPort(c.RemoteAddr())))
	c.Close()
	conn.peer.Init(s, &conn.id)
	conn.peer.SetConn(conn)
	p := conn.peer.Public()
	defer l.uncount()
	if !conn.join(how) {
		unix.Close(fd)
		return nil, true
	}
	if !conn.isOwn() {
		s.Go(func() { <-p.Done() }) // the session ends after its peers; the loop is another's
	}
	cfg.Responder.Joined(p)
	conn.register()
	return &conn.peer, true
}

// guestLoop returns the loop of the session for which a Forwarder dials, or nil.
func guestLoop(s *transport.DriverSession) *eventLoop {
	of := s.Config().LoopOf
	if of == nil || !forwardsIn(s) {
		return nil
	}
	l, _ := (*transport.DriverSession)(of).Remembered().(*eventLoop)
	if l == nil || l.session.Options().ReadSize < s.Options().ReadSize {
		return nil
	}
	return l
}

// starting is held while a session gets a loop of its own.
var starting sync.Mutex

// ownLoop returns the loop of a session that dials on demand, and starts it for the first
// connection. It returns nil if the responder may have to wait.
func ownLoop(s *transport.DriverSession) *eventLoop {
	prompt, ok := s.Config().Responder.(transport.SyncResponder)
	if !ok || !s.Config().OnDemand {
		return nil
	}
	starting.Lock()
	defer starting.Unlock()
	if l, ok := s.Remembered().(*eventLoop); ok {
		return l
	}
	l, err := newLoop(s, prompt)
	if err != nil {
		return nil
	}
	s.Remember(l)
	s.Go(l.run)
	s.OnStop(l.stop)
	return l
}

// isOwn reports whether the connection belongs to the session of the loop. A guest belongs to
// a session that dials for that one.
func (c *epollConn) isOwn() bool { return c.peer.Session() == c.loop.session }

// handOffGuests hands over the connections of other sessions, which go on after the loop has
// ended.
func (l *eventLoop) handOffGuests() {
	l.mu.Lock()
	conns := slices.Clone(l.conns)
	l.mu.Unlock()
	for _, c := range conns {
		if c != nil {
			c.ensureHandedOff()
		}
	}
}

// duplicate makes another descriptor of a connection.
func duplicate(c *net.TCPConn) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dupErr error
	if err := raw.Control(func(of uintptr) { fd, dupErr = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return -1, err
	}
	return fd, dupErr
}

// reserve counts a connection that is about to join, so that the loop does not end before. It
// returns false if the loop has ended.
func (l *eventLoop) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.stopping {
		return false
	}
	l.count++
	return true
}
