package udp

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"sockeye/internal/transport"
)

// RawConn is the first socket of a session.
type RawConn struct{ *rawUDPConn }

// RawConnOf is the first socket of a session. It knows one peer then.
func RawConnOf(s *transport.Session) RawConn {
	return RawConn{socketOf(s).conn.(*rawUDPConn)}
}

// RetryUntil waits for events of the socket until f is done.
func (c RawConn) RetryUntil(events int16, f func(fd int) unix.Errno) error {
	return c.retryUntil(events, false, f)
}

// Send sends a datagram.
func (c RawConn) Send(data, control []byte, to netip.AddrPort) (int, error) {
	return c.send(data, control, to)
}
