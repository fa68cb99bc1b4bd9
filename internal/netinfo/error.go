package netinfo

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"syscall"

	"sockeye"
)

// Explain turns what the system said into an error for people: its kind, the
// system's name for it, what it most likely means here and what to try next. What
// is an *sockeye.Error already keeps its words and gains op and target if it has
// none. err stays in the chain.
func Explain(op, target string, err error) *sockeye.Error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return completeError(e, op, target)
	}
	e := &sockeye.Error{Op: op, Target: target, Err: err}
	var n syscall.Errno
	if e.Kind, n = kindOf(err); n != 0 {
		e.Errno = errnoName(n)
	}
	switch {
	case explainZone(e, n):
	case e.Kind == sockeye.AddressInUse:
		explainInUse(e, localAddrOf(err))
	case e.Kind == sockeye.AddressNotAvailable:
		explainNotAvailable(e, localAddrOf(err))
	case e.Kind == sockeye.AccessDenied && op == "listen":
		explainPrivilegedPort(e)
	default:
		addHint(e)
	}
	return e
}

func completeError(e *sockeye.Error, op, target string) *sockeye.Error {
	if e.Op != "" && e.Target != "" {
		return e
	}
	out := *e
	if out.Op == "" {
		out.Op = op
	}
	if out.Target == "" {
		out.Target = target
	}
	return &out
}

// kindOf is the kind of what the system said, and its number, or 0 if it was
// package net that spoke.
func kindOf(err error) (sockeye.ErrorKind, syscall.Errno) {
	if n := errnoOf(err); n != 0 {
		if kind, ok := kinds[n]; ok {
			return kind, n
		}
		return sockeye.System, n
	}
	switch {
	case errors.Is(err, context.Canceled):
		return sockeye.Canceled, 0
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return sockeye.TimedOut, 0
	case errors.Is(err, net.ErrClosed):
		return sockeye.Closed, 0
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return sockeye.WrongFamily, 0
	}
	return sockeye.System, 0
}

// kinds are the kinds of the numbers that people meet on sockets (errno(3), and
// the pages of the calls).
var kinds = map[syscall.Errno]sockeye.ErrorKind{
	syscall.ECONNREFUSED:  sockeye.Refused,
	syscall.ETIMEDOUT:     sockeye.TimedOut,
	syscall.ECONNRESET:    sockeye.Reset,
	syscall.ECONNABORTED:  sockeye.Reset,
	syscall.EPIPE:         sockeye.BrokenPipe,
	syscall.EHOSTUNREACH:  sockeye.HostUnreachable,
	syscall.EHOSTDOWN:     sockeye.HostUnreachable,
	syscall.ENETUNREACH:   sockeye.NetworkUnreachable,
	syscall.ENETDOWN:      sockeye.NetworkUnreachable,
	syscall.EACCES:        sockeye.AccessDenied,
	syscall.EPERM:         sockeye.NotPermitted,
	syscall.EADDRINUSE:    sockeye.AddressInUse,
	syscall.EADDRNOTAVAIL: sockeye.AddressNotAvailable,
	syscall.EMFILE:        sockeye.LimitReached,
	syscall.ENFILE:        sockeye.LimitReached,
	syscall.ENOBUFS:       sockeye.LimitReached,
	syscall.ENOMEM:        sockeye.LimitReached,
	syscall.EMSGSIZE:      sockeye.TooLarge,
	syscall.EAFNOSUPPORT:  sockeye.WrongFamily,
	syscall.ENODEV:        sockeye.Invalid,
	syscall.EOPNOTSUPP:    sockeye.Unsupported,
	syscall.ENOPROTOOPT:   sockeye.Unsupported,
}

// errnoOf is the system's number in an error's chain, as Unix has it, or 0.
func errnoOf(err error) syscall.Errno {
	n, _ := errors.AsType[syscall.Errno](err)
	return portableErrno(n)
}

// IsErrno reports whether an error is one of the system's numbers.
func IsErrno(err error, numbers ...syscall.Errno) bool {
	n := errnoOf(err)
	return n != 0 && slices.Contains(numbers, n)
}
