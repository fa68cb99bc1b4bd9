package epoll

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
)

// What the tests of package epoll_test look into.

// PeerSize is the memory that a loop keeps for a peer.
const PeerSize = unsafe.Sizeof(epollConn{})

// IsServed reports whether a loop serves a peer now.
func IsServed(m transport.PeerConn) bool {
	c, ok := m.(*epollConn)
	if !ok {
		return false
	}
	c.order.Lock()
	defer c.order.Unlock()
	return c.portable == nil && c.fd >= 0
}

// IsStuck reports whether a peer on a loop does not read what it is answered.
func IsStuck(m transport.PeerConn) bool {
	c := m.(*epollConn)
	c.order.Lock()
	defer c.order.Unlock()
	return c.pending != nil
}

// Loop is an event loop.
type Loop = *eventLoop

// LoopOf is the loop that serves a peer.
func LoopOf(m transport.PeerConn) Loop { return m.(*epollConn).loop }

// Descriptor is that of a peer's epoll instance.
func Descriptor(m transport.PeerConn) int { return LoopOf(m).epoll }

// Known counts the connections that a loop has.
func Known(l Loop) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c != nil {
			n++
		}
	}
	return n
}

// AcceptWithoutEpoll has a loop whose epoll instance fails take a connection.
func AcceptWithoutEpoll(s *transport.DriverSession, fd int, from netip.AddrPort) error {
	l, err := newLoop(s, nil)
	if err != nil {
		return err
	}
	defer unix.Close(l.wakeFD)
	defer unix.Close(l.epoll) // the descriptor of now
	l.epoll = -1
	d := &epollListener{loop: l, gate: transport.NewGate(s), queues: sockopt.NewSendQueues(s)}
	defer d.gate.Close()
	d.onAccept(fd, from)
	return nil
}
