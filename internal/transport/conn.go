package transport

import (
	"context"
	"io"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Conn is one connection of a stream, as a StreamMover moves its bytes: what a
// net.Conn has, and how to end it. One that is also a syscall.Conn is read when the
// system says that there is something, and holds no buffer until then.
type Conn interface {
	io.ReadWriteCloser
	Local() sockeye.SocketAddr
	Remote() sockeye.SocketAddr
	// CloseWrite ends our sending direction. It is called only where
	// sockeye.Traits.HalfClose is.
	CloseWrite() error
	// Abort has Close end the connection so that the peer sees a reset, where there is
	// such a thing.
	Abort()
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	// FillStatus adds what the system tells of the connection.
	FillStatus(st *sockeye.PeerStatus)
	// Outgoing is what the system tells of the bytes it took; false if it does not.
	Outgoing() (netinfo.SendState, bool)
	// Unacknowledged counts bytes that were written and the peer's system does not have
	// yet, -1 if nobody knows.
	Unacknowledged() int
}

// LineConn is a Conn that has modem lines.
type LineConn interface {
	SetLines(set sockeye.LineSetting) error
}

// Mover moves the bytes of one peer. A stream driver leaves that to a StreamMover; one
// that knows something faster has its own.
type Mover interface {
	// Send returns how many bytes the kernel took; fewer than all only with an error.
	Send(ctx context.Context, data []byte) (int, error)
	// Finish ends our sending direction after what is being sent.
	Finish(ctx context.Context) error
	// Close ends the connection in good order, at the latest when ctx ends.
	Close(ctx context.Context)
	// Stop ends it at once; abort says whether the peer shall see a reset.
	Stop(abort bool)
	// FinishIfDone ends the connection of a peer that finished sending, in good order,
	// if nothing keeps it.
	FinishIfDone()
	// Sending says whether a send is in progress.
	Sending() bool
	// Outgoing is what the kernel tells of the bytes it took; false if it does not.
	Outgoing() (netinfo.SendState, bool)
	// FillStatus adds what the kernel tells, and to Queued the bytes of a send in progress that
	// it has not taken.
	FillStatus(st *sockeye.PeerStatus)
}
