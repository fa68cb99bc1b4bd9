package terminal

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"

	"sockeye"
)

// Each error ends a command with the exit code that the manual says, and is shown unless it
// was already, or a signal or the reader of the output ended the command.
func TestExitCodes(t *testing.T) {
	kind := func(k sockeye.ErrorKind, op string) error {
		return fmt.Errorf("outer: %w", &sockeye.Error{Kind: k, Op: op, Target: "board:9000"})
	}
	signal := func(s os.Signal) error { return fmt.Errorf("outer: %w", &Interrupt{s}) }
	for name, c := range map[string]struct {
		err   error
		code  int
		shown bool
	}{
		"done":                  {nil, ExitOK, false},
		"shown already":         {fmt.Errorf("outer: %w", Exit{ExitNetwork}), ExitNetwork, false},
		"SIGTERM":               {signal(syscall.SIGTERM), ExitOK, false},
		"SIGINT":                {signal(os.Interrupt), ExitInterrupted, false},
		"canceled":              {kind(sockeye.Canceled, "connect"), ExitInterrupted, true},
		"the output is closed":  {&os.PathError{Op: "write", Path: "stdout", Err: syscall.EPIPE}, ExitOther, false},
		"a socket is closed":    {kind(sockeye.BrokenPipe, "send"), ExitNetwork, true},
		"refused":               {kind(sockeye.Refused, "connect"), ExitNetwork, true},
		"no such host":          {kind(sockeye.NoSuchHost, "connect"), ExitNetwork, true},
		"address in use":        {kind(sockeye.AddressInUse, "listen"), ExitNetwork, true},
		"access denied":         {kind(sockeye.AccessDenied, "listen"), ExitNetwork, true},
		"no such path there":    {kind(sockeye.NotFound, "connect"), ExitNetwork, true},
		"no such file":          {kind(sockeye.NotFound, "open"), ExitOther, true},
		"expected something":    {kind(sockeye.Expected, "expect"), ExitExpectation, true},
		"invalid":               {kind(sockeye.Invalid, "read"), ExitOther, true},
		"anything else at all":  {fmt.Errorf("something"), ExitOther, true},
		"the system's, unknown": {kind(sockeye.System, "open"), ExitOther, true},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			x := New(Streams{In: &bytes.Buffer{}, Out: &bytes.Buffer{}, Err: &errs, Env: func(string) string { return "" }})
			defer x.Close()
			if code := x.ReportError(c.err); code != c.code {
				t.Errorf("%v ends with %d, want %d", c.err, code, c.code)
			}
			if shown := errs.Len() > 0; shown != c.shown {
				t.Errorf("%v shows %q", c.err, errs.String())
			}
		})
	}
}
