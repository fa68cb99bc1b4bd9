package serialport

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A configuration is written in the short form that terminals use.
func TestShortForm(t *testing.T) {
	for want, c := range map[string]Config{
		"115200 8N1":        {},
		"9600 7E2":          {Baud: 9600, DataBits: 7, Parity: sockeye.EvenParity, StopBits: sockeye.TwoStopBits},
		"50 5M1.5 xon/xoff": {Baud: 50, DataBits: 5, Parity: sockeye.MarkParity, StopBits: sockeye.OneHalfStopBits, Flow: sockeye.SoftwareFlowControl},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// A port that cannot be opened is explained, with what to do.
func TestOpenErrors(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		kind sockeye.ErrorKind
		text string
	}{
		"/dev/no-such-port": {sockeye.NotFound, "open /dev/no-such-port: no such serial port"},
		file:                {sockeye.Invalid, "open " + file + ": this is no serial port"},
		"/dev/null":         {sockeye.Invalid, "open /dev/null: this is no serial port"},
	} {
		_, err := Open(name, Config{})
		e, ok := errors.AsType[*sockeye.Error](err)
		if !ok || e.Kind != want.kind || e.Error() != want.text || e.Hint.En == "" || e.Hint.Zh == "" {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
}

// The errors of a line since an earlier look are the differences of the counters.
func TestCountersGrow(t *testing.T) {
	got := LineErrors{5, 4, 3, 2, 1}.Sub(LineErrors{1, 1, 1, 1, 1})
	if diff := cmp.Diff(LineErrors{4, 3, 2, 1, 0}, got); diff != "" {
		t.Error(diff)
	}
}
