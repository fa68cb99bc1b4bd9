package transport

import "syscall"

// LayeredConn is a Conn of a protocol over a socket, such as TLS: even if the socket is readable,
// the protocol may have nothing to read yet.
type LayeredConn interface {
	Waiter
	OrderedWriter
	// Socket is the socket below; nil if it cannot be waited for.
	Socket() syscall.RawConn
	// ReadReady reads what is there already. Its error is ErrNotReadable if that is nothing.
	ReadReady(b []byte) (int, error)
}

// ErrNotReadable is why a read that would wait did not.
var ErrNotReadable error = notReadable{}

// notReadable is a temporary net.Error: reading may continue after it.
type notReadable struct{}

func (notReadable) Error() string   { return "nothing to read yet" }
func (notReadable) Timeout() bool   { return true }
func (notReadable) Temporary() bool { return true }
