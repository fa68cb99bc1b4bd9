package socket

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Family is the address family of a socket.
type Family int

// The address families.
const (
	AF_INET  Family = syscall.AF_INET  // IPv4
	AF_INET6 Family = syscall.AF_INET6 // IPv6 alone, never IPv4 in IPv6
)

// String is the name of the constant.
func (f Family) String() string {
	switch f {
	case AF_INET:
		return "AF_INET"
	case AF_INET6:
		return "AF_INET6"
	}
	return fmt.Sprintf("Family(%d)", int(f))
}

// Type is the type of a socket.
type Type int

// The types of socket.
const (
	SOCK_STREAM Type = syscall.SOCK_STREAM // TCP
	SOCK_DGRAM  Type = syscall.SOCK_DGRAM  // UDP
)

// String is the name of the constant.
func (t Type) String() string {
	switch t {
	case SOCK_STREAM:
		return "SOCK_STREAM"
	case SOCK_DGRAM:
		return "SOCK_DGRAM"
	}
	return fmt.Sprintf("Type(%d)", int(t))
}

// How says which direction Shutdown ends.
type How int

// The directions, as in shutdown(2).
const (
	SHUT_RD   How = 0 // receive no more
	SHUT_WR   How = 1 // send no more: the peer reads the end of the stream
	SHUT_RDWR How = 2
)

// Socket is one socket of the operating system: an end of a conversation, or a
// listener. Make one with New or Accept and end it with Close. All methods are
// safe for concurrent use.
type Socket struct {
	family Family
	typ    Type
	sys    *system

	timeout   atomic.Int64 // nanoseconds for one call; 0 waits for ever
	receiving turn
	sending   turn
	closed    chan struct{}
	closeOnce sync.Once
	closeErr  error

	mu    sync.Mutex
	stage socketStage // guarded by mu
}

// socketStage is how far a socket has come, and the addresses it has by then.
type socketStage struct {
	bound, listening, connected bool
	local, remote               netip.AddrPort
}

// New makes a socket, as socket(2) does. It has no address until Bind, Connect
// or the first SendTo. A datagram socket may send to broadcast addresses; all
// other options are as the system has them.
func New(family Family, typ Type) (*Socket, error) {
	if family != AF_INET && family != AF_INET6 {
		return nil, &Error{Op: "socket", Err: syscall.EAFNOSUPPORT}
	}
	if typ != SOCK_STREAM && typ != SOCK_DGRAM {
		return nil, &Error{Op: "socket", Err: syscall.EPROTOTYPE}
	}
	sys, err := openSystem(family, typ)
	if err != nil {
		return nil, &Error{Op: "socket", Err: bare(err)}
	}
	return newSocket(family, typ, sys, socketStage{}), nil
}

func newSocket(family Family, typ Type, sys *system, st socketStage) *Socket {
	return &Socket{
		family:    family,
		typ:       typ,
		sys:       sys,
		receiving: make(turn, 1),
		sending:   make(turn, 1),
		closed:    make(chan struct{}),
		stage:     st,
	}
}

// SetTimeout bounds each call that begins after it, name lookup included; a call
// that takes longer fails with os.ErrDeadlineExceeded and the socket stays good.
// Zero or less waits for ever, as None does in Python, and is how every socket
// starts, also an accepted one. SendAll has one timeout for all it sends.
func (s *Socket) SetTimeout(d time.Duration) { s.timeout.Store(int64(max(d, 0))) }

// Shutdown ends one direction or both for everyone who holds the connection, as
// shutdown(2) does; the descriptor stays open until Close.
func (s *Socket) Shutdown(how How) error {
	const op = "shutdown"
	if st := s.now(); !st.connected && !st.listening {
		return s.fail(op, "", ErrNotConnected)
	}
	if how < SHUT_RD || how > SHUT_RDWR {
		return s.fail(op, "", syscall.EINVAL)
	}
	if err := s.sys.shutdown(how); err != nil {
		return s.fail(op, "", err)
	}
	return nil
}

// Close closes the socket, as close(2) does, and ends every call that waits on
// it with net.ErrClosed. When it returns the descriptor is free. Closing again
// does nothing and returns the same.
func (s *Socket) Close() error {
	s.closeOnce.Do(func() {
		close(s.closed)
		if err := s.sys.close(); err != nil {
			s.closeErr = &Error{Op: "close", Address: s.where(), Err: bare(err)}
		}
	})
	return s.closeErr
}

// LocalAddr is the socket's own address (getsockname(2)), a *net.TCPAddr or
// *net.UDPAddr that belongs to the caller, or nil before the socket has one. It
// stays readable after Close.
func (s *Socket) LocalAddr() net.Addr { return s.netAddr(s.now().local) }

// RemoteAddr is the address of the peer (getpeername(2)), like LocalAddr, or nil
// while the socket is not connected.
func (s *Socket) RemoteAddr() net.Addr { return s.netAddr(s.now().remote) }

// netAddr is nil, not a nil pointer in an interface, for the zero AddrPort.
func (s *Socket) netAddr(a netip.AddrPort) net.Addr {
	switch {
	case !a.IsValid():
		return nil
	case s.typ == SOCK_STREAM:
		return net.TCPAddrFromAddrPort(a)
	default:
		return net.UDPAddrFromAddrPort(a)
	}
}

func (s *Socket) now() socketStage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stage
}

// reached records a step of the socket, and asks the system for the local
// address, which the step may have chosen.
func (s *Socket) reached(step func(*socketStage)) {
	local, err := s.sys.localAddr()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.stage.local = local
	}
	step(&s.stage)
}

// where is the address an error names when the caller gave none.
func (s *Socket) where() string {
	switch st := s.now(); {
	case st.remote.IsValid():
		return st.remote.String()
	case st.local.IsValid():
		return st.local.String()
	}
	return ""
}

// fail is the error of a call that does not wait.
func (s *Socket) fail(op, address string, err error) error {
	if address == "" {
		address = s.where()
	}
	background := context.Background()
	return &Error{Op: op, Address: address, Err: s.cause(background, background, err)}
}
