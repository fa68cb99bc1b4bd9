package terminal

import (
	"errors"
	"syscall"

	"sockeye"
)

// Exit codes, after ncat's: 1 is the network's fault, 2 the caller's or anything
// else, 3 an expectation that was not met, 130 an interrupt.
const (
	ExitOK          = 0
	ExitNetwork     = 1
	ExitOther       = 2
	ExitExpectation = 3
	ExitInterrupted = 130
)

// Exit is an error that was shown already or needs no message: the command only exits with the
// code.
type Exit struct{ Code int }

func (e Exit) Error() string { return "exit" }

// ReportError shows the error that a command ended with, where there is something to say, and
// returns the exit code of it. Both programs end with it.
func (x *Terminal) ReportError(err error) int {
	if !needsNoMessage(err) {
		x.ShowError(err)
	}
	return exitCode(err)
}

// needsNoMessage reports whether a command ended well, by a signal, with an error that was shown, or
// because nobody reads its output any more.
func needsNoMessage(err error) bool {
	_, shown := errors.AsType[Exit](err)
	return err == nil || shown || IsInterrupt(err) || outputClosed(err)
}

// outputClosed reports whether who read our output has gone. EPIPE of a socket is an error of
// the kind BrokenPipe.
func outputClosed(err error) bool {
	return errors.Is(err, syscall.EPIPE) && sockeye.ErrorOf(err).Kind != sockeye.BrokenPipe
}

// exitCode is the one table from errors to exit codes.
func exitCode(err error) int {
	if exit, ok := errors.AsType[Exit](err); ok {
		return exit.Code
	}
	switch {
	case err == nil, IsTermination(err): // it ended in good order
		return ExitOK
	case IsInterrupt(err):
		return ExitInterrupted
	case outputClosed(err):
		return ExitOther
	}
	switch e := sockeye.ErrorOf(err); e.Kind {
	case sockeye.NotFound: // a server's path, or a file
		if e.Op == "connect" {
			return ExitNetwork
		}
	case sockeye.Refused, sockeye.TimedOut, sockeye.Reset, sockeye.BrokenPipe, sockeye.HostUnreachable,
		sockeye.NetworkUnreachable, sockeye.NoSuchHost, sockeye.NameServer, sockeye.WrongFamily, sockeye.TooLarge,
		sockeye.SelfConnect, sockeye.AddressInUse, sockeye.AddressNotAvailable, sockeye.PortsExhausted,
		sockeye.AccessDenied, sockeye.NotPermitted, sockeye.LimitReached, sockeye.Closed, sockeye.Unplugged,
		sockeye.Untrusted:
		return ExitNetwork
	case sockeye.Expected:
		return ExitExpectation
	case sockeye.Canceled:
		return ExitInterrupted
	}
	return ExitOther
}
