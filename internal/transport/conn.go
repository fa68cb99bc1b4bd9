package transport

import (
	"context"
	"io"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Two interfaces describe a connection. Conn is its lower side: what the driver of a stream
// opens, which only reads, writes and closes. PeerConn is its upper side: what a Peer calls,
// which also orders sends, records events and ends in good order. A StreamConn makes the
// second from the first.

// Conn is one connection of a stream, as its driver opened it: what a net.Conn has, and how
// to end it. If it is also a syscall.Conn, it is read when the system reports that there is
// something, and holds no buffer until then.
type Conn interface {
	io.ReadWriteCloser
	Local() sockeye.SocketAddr
	Remote() sockeye.SocketAddr
	// CloseWrite ends our sending direction. It is called only where
	// sockeye.Traits.HalfClose is.
	CloseWrite() error
	// Abort makes the next Close reset the connection, where the protocol has resets.
	Abort()
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	// FillStatus adds to st what the system knows of the connection.
	FillStatus(st *sockeye.PeerStatus)
	// Outgoing returns the state of the bytes that the system took; false if it is unknown.
	Outgoing() (netinfo.SendState, bool)
	// Unacknowledged counts the bytes that were written and that the peer's system has not
	// acknowledged; -1 if it is unknown.
	Unacknowledged() int
}

// LineConn is a Conn that has modem lines.
type LineConn interface {
	SetLines(set sockeye.LineSetting) error
}

// PeerConn is the connection of one peer: it sends, and records as events what it sends and
// receives. Stream drivers use a StreamConn; the event loop of TCP and the drivers of
// datagrams have their own.
type PeerConn interface {
	// Send returns how many bytes the kernel took; fewer than all only with an error.
	Send(ctx context.Context, data []byte) (int, error)
	// Finish waits for a send in progress, then ends our sending direction (FIN).
	Finish(ctx context.Context) error
	// Close ends the connection in good order, at the latest when ctx ends.
	Close(ctx context.Context)
	// Stop ends the connection at once; if abort is true, the peer sees a reset.
	Stop(abort bool)
	// FinishIfDone ends the connection of a peer that finished sending, in good order,
	// if nothing keeps it.
	FinishIfDone()
	// Sending reports whether a send is in progress.
	Sending() bool
	// Outgoing returns the state of the bytes that the kernel took; false if it is unknown.
	Outgoing() (netinfo.SendState, bool)
	// FillStatus adds to st what the kernel knows, and to Queued the bytes of a send in progress
	// that the kernel has not taken.
	FillStatus(st *sockeye.PeerStatus)
}
