// Package terminal connects a command with the person or pipe that runs it: the streams, language
// and signals of one run, the view that prints events, the console with its input line, the sending
// of what is typed or piped in, and errors in words. It reads the journal and drives sessions of
// the core. It knows no command and owns no socket.
package terminal

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"

	"sockeye"
	"sockeye/internal/userdir"
)

// Streams are the standard streams of a command.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Env looks up an environment variable.
	Env func(string) string
	// LookupEnv looks up an environment variable and reports whether it is set. If it is nil, an
	// empty variable counts as not set.
	LookupEnv func(string) (string, bool)
}

// Terminal is what one run of the program is connected to: its streams, its language,
// and the signals that end it.
type Terminal struct {
	Streams
	Lang sockeye.Lang
	// Ctx ends, with an *Interrupt as its cause, at the first signal; ForceStop ends at
	// the second.
	Ctx       context.Context
	ForceStop context.Context
	// interrupt is called for each Ctrl-C that a console reads as a key.
	interrupt func()
	// ReadRegisters reads the names of registers in a workspace file, for --registers.
	ReadRegisters func(path string) (map[string]string, error)
	// ReadSchema reads a descriptor file of Protocol Buffers, for --schema.
	ReadSchema func(path string) ([]byte, error)
	// ReadFields reads the field specs that a workspace file has under a name, for --fields.
	ReadFields func(path, name string) ([]string, error)
	stdin      stdinFile
	fromHub    stdinFile // the recording that was read from a hub

	stop, stopNow context.CancelCauseFunc
	keyboard      chan os.Signal // interrupts that come as keys
	over          chan struct{}  // closed by close
}

// New returns a terminal in English. Close it when the command has ended.
func New(std Streams) *Terminal {
	x := &Terminal{Streams: std, keyboard: make(chan os.Signal, 2), over: make(chan struct{})}
	x.Ctx, x.stop = context.WithCancelCause(context.Background())
	x.ForceStop, x.stopNow = context.WithCancelCause(context.Background())
	x.interrupt = func() {
		select {
		case x.keyboard <- os.Interrupt:
		default: // two presses are waiting already, and more mean nothing
		}
	}
	return x
}

// AwaitSignals asks the command to end in good order at the first signal, and to end at
// once at the second, until the terminal is closed.
func (x *Terminal) AwaitSignals(signals <-chan os.Signal) {
	awaitSignals(signals, x.keyboard, x.over, x.stop, x.stopNow)
}

// Close removes the temporary copies of standard input and of a hub's stream.
func (x *Terminal) Close() {
	close(x.over)
	x.stdin.remove()
	x.fromHub.remove()
}

// T is a text in the language of this run.
//
// Like Text.In it is called everywhere, and not inlined.
//
//go:noinline
func (x *Terminal) T(en, zh string) string { return sockeye.Text{En: en, Zh: zh}.In(x.Lang) }

// StateDir is the directory in which this user's running workbench is found. DataDir holds
// recordings and the workspace, and ConfigDir the configuration. Each is "" for a user without a
// home directory.
func (x *Terminal) StateDir() string { return userdir.State(x.Env) }

// DataDir is explained at StateDir.
func (x *Terminal) DataDir() string { return userdir.Data(x.Env) }

// CADir is the directory of this user's certificate authority, or "".
func (x *Terminal) CADir() string { return userdir.CA(x.Env) }

// ConfigDir is explained at StateDir.
func (x *Terminal) ConfigDir() string { return userdir.Config(x.Env) }

// Interrupted returns the error of a command that a signal ends.
func (a *Terminal) Interrupted() error { return context.Cause(a.Ctx) }

// IsTerminal reports whether a stream is a person's terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns how many characters a line of the terminal holds; 80 if it is no terminal.
func Width(stream any) int {
	if f, ok := stream.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
