package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Error is every error of this package except io.EOF: what was called (Op), on
// which address, and why it failed. It unwraps to the cause, which is one of the
// Err… values below, a syscall.Errno, os.ErrDeadlineExceeded, net.ErrClosed, the
// error of a context, or the resolver's *net.DNSError or *net.AddrError.
type Error struct {
	// Op is the call as Berkeley names it: "bind", "connect", "recv", "getaddrinfo".
	Op string
	// Address is the address the caller gave, or else the remote address of the
	// socket, or else its local one; "" if there is none yet.
	Address string
	Err     error
}

// Error is "connect 127.0.0.1:1: connection refused".
func (e *Error) Error() string {
	if e.Address == "" {
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Op, e.Address, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is(err, syscall.ECONNREFUSED) hold on every system.
func (e *Error) Is(target error) bool {
	errno, ok := target.(syscall.Errno)
	return ok && sameErrno(e.Err, errno)
}

// Timeout reports whether a timeout or a deadline ended the call, here or in
// the kernel (ETIMEDOUT).
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// The errors of a call in the wrong order or on the wrong type of socket. Each
// also unwraps to the number that systems give for it.
var (
	ErrNotBound     error = &misuse{"socket has no local address; call Bind first", syscall.EINVAL}
	ErrBound        error = &misuse{"socket is already bound", syscall.EINVAL}
	ErrNotListening error = &misuse{"socket is not listening; call Bind and Listen first", syscall.EINVAL}
	ErrListening    error = &misuse{"socket is listening; only what Accept returns connects", syscall.EISCONN}
	ErrNotConnected error = &misuse{"socket is not connected; call Connect first", syscall.ENOTCONN}
	ErrConnected    error = &misuse{"socket is already connected", syscall.EISCONN}
	ErrNotStream    error = &misuse{"not a stream socket", syscall.EOPNOTSUPP}
	ErrNotDatagram  error = &misuse{"not a datagram socket; use Connect and Send", syscall.EOPNOTSUPP}
)

// misuse is the caller's mistake in words, and the number a system would give.
type misuse struct {
	text  string
	errno syscall.Errno
}

func (m *misuse) Error() string { return m.text }
func (m *misuse) Unwrap() error { return m.errno }

// cause says why a call failed. ctx is the caller's context and limited the
// same under the socket's timeout: only one of the two is the reason to name.
func (s *Socket) cause(ctx, limited context.Context, err error) error {
	select {
	case <-s.closed:
		return net.ErrClosed
	default:
	}
	if ctxErr := ctx.Err(); ctxErr != nil && isContextError(err) {
		return ctxErr
	}
	if limited.Err() != nil && isContextError(err) {
		return os.ErrDeadlineExceeded
	}
	return bare(err)
}

// isContextError reports whether err comes from a context. The resolver reports
// a deadline of the context as a DNSError with only a flag for it.
func isContextError(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &dns) && dns.IsTimeout
}

// bare takes off the name of the system call, which Error.Op already says.
func bare(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}
