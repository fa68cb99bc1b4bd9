package sockopt

import (
	"syscall"

	"sockeye"
	"sockeye/internal/netinfo"
)

// TCPSocket asks the system about a TCP connection, as long as it is open.
type TCPSocket struct{ Raw syscall.RawConn }

// Control calls f with the descriptor, while it is open.
func (t TCPSocket) Control(f func(fd uintptr)) error { return t.Raw.Control(f) }

// FillStatus adds what the system knows of the connection.
func (t TCPSocket) FillStatus(st *sockeye.PeerStatus) {
	t.Control(func(fd uintptr) { netinfo.FillTCP(st, int(fd)) })
}

// Unacknowledged counts bytes written but not acknowledged by the peer, -1 if
// the system does not say.
func (t TCPSocket) Unacknowledged() int {
	n := -1
	t.Control(func(fd uintptr) { n = netinfo.OutQueue(int(fd)) })
	return n
}

// Outgoing returns the state of the bytes that the system took; false if it is unknown.
func (t TCPSocket) Outgoing() (o netinfo.SendState, ok bool) {
	t.Control(func(fd uintptr) { o, ok = netinfo.SendStateOf(int(fd)) })
	return o, ok
}
