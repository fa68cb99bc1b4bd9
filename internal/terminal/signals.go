package terminal

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how long the same signal counts as a repetition of the first. One request to end
// may arrive twice: timeout(1) signals its child and then the whole group, a terminal signals every
// process in the foreground, and a shell its children.
const sameSignal = time.Second

// Signals delivers the signals that ask the program to end: SIGINT (Ctrl-C), SIGTERM, and SIGHUP,
// which says that the terminal is gone. A SIGHUP that nohup(1) made the process ignore stays
// ignored.
func Signals() <-chan os.Signal {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	return signals
}

// Interrupt is the cause of a context that a signal ended.
type Interrupt struct{ signal os.Signal }

func (i *Interrupt) Error() string { return i.signal.String() }

// IsInterrupt reports whether an error is that a signal ended the work.
func IsInterrupt(err error) bool {
	_, ok := errors.AsType[*Interrupt](err)
	return ok
}

// IsTermination reports whether a command ends because it was asked to: SIGTERM, or
// SIGHUP.
func IsTermination(err error) bool {
	i, ok := errors.AsType[*Interrupt](err)
	return ok && (i.signal == syscall.SIGTERM || i.signal == syscall.SIGHUP)
}

// awaitSignals calls stop at the first signal and stopNow at the second, until over is
// closed. The same signal within sameSignal after the first is not a second one;
// another signal is.
func awaitSignals(signals, keyboard <-chan os.Signal, over <-chan struct{}, stop, stopNow context.CancelCauseFunc) {
	var first os.Signal
	var since time.Time
	for {
		var s os.Signal
		select {
		case s = <-signals:
		case s = <-keyboard:
		case <-over:
			return
		}
		switch {
		case first == nil:
			first, since = s, time.Now()
			stop(&Interrupt{s})
		case s != first || time.Since(since) >= sameSignal:
			stopNow(&Interrupt{s})
			return
		}
	}
}
