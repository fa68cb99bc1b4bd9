package server

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"sockeye/internal/terminal"
)

// The program of the hub ends with the exit codes of sockeye: 1 where a port is taken, 2 for
// what is wrong with the command line.
func TestHubExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"a port is taken": {[]string{"serve", "--dir", t.TempDir(), "--page", taken.Addr().String()}, terminal.ExitNetwork, "in use"},
		"an unknown flag": {[]string{"serve", "--no-such-flag"}, terminal.ExitOther, "no-such-flag"},
		"help":            {[]string{"--help"}, terminal.ExitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			std := terminal.Streams{In: &bytes.Buffer{}, Out: &bytes.Buffer{}, Err: &errs, Env: func(string) string { return "" }}
			if code := Run(c.args, std, nil); code != c.code || !strings.Contains(errs.String(), c.says) {
				t.Errorf("%q ends with %d and %q, want %d and %q", c.args, code, errs.String(), c.code, c.says)
			}
		})
	}
}
