package sockopt

import (
	"syscall"

	"sockeye"
	"sockeye/internal/netinfo"
)

// TCP asks the system about a TCP connection, as long as it is open.
type TCP struct{ Raw syscall.RawConn }

// Control calls f with the descriptor, while it is open.
func (t TCP) Control(f func(fd uintptr)) error { return t.Raw.Control(f) }

// FillStatus adds what the system knows of the connection.
func (t TCP) FillStatus(st *sockeye.PeerStatus) {
	t.Control(func(fd uintptr) { netinfo.FillTCP(st, int(fd)) })
}

// Unacknowledged counts bytes written but not acknowledged by the peer, -1 if
// the system does not say.
func (t TCP) Unacknowledged() int {
	n := -1
	t.Control(func(fd uintptr) { n = netinfo.OutQueue(int(fd)) })
	return n
}

// Outgoing is what the system tells of the bytes it took; false if it does not.
func (t TCP) Outgoing() (o netinfo.SendState, ok bool) {
	t.Control(func(fd uintptr) { o, ok = netinfo.SendStateOf(int(fd)) })
	return o, ok
}
