package wire

import (
	"context"
	"errors"
	"os"
	"syscall"

	"sockeye"
)

// failure turns what the system said into an error for people.
func failure(op, target string, err error) *sockeye.Error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	kind := sockeye.System
	for k, numbers := range map[sockeye.ErrorKind][]error{
		sockeye.Refused: {syscall.ECONNREFUSED}, sockeye.Reset: {syscall.ECONNRESET, syscall.ECONNABORTED}, sockeye.BrokenPipe: {syscall.EPIPE},
		sockeye.TimedOut: {os.ErrDeadlineExceeded, context.DeadlineExceeded, syscall.ETIMEDOUT}, sockeye.Canceled: {context.Canceled},
		sockeye.HostUnreachable: {syscall.EHOSTUNREACH}, sockeye.NetworkUnreachable: {syscall.ENETUNREACH},
		sockeye.LimitReached: {syscall.EMFILE, syscall.ENFILE}, sockeye.AddressInUse: {syscall.EADDRINUSE}, sockeye.AddressNotAvailable: {syscall.EADDRNOTAVAIL},
	} {
		for _, n := range numbers {
			if errors.Is(err, n) {
				kind = k
			}
		}
	}
	return &sockeye.Error{Kind: kind, Op: op, Target: target, Err: err}
}
