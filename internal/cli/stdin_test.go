package cli

import (
	"context"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/terminal"
)

// A signal ends the wait for the rest of standard input, and leaves no copy behind.
func TestStdinFileInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	signals, code := make(chan os.Signal, 1), make(chan int, 1)
	go func() {
		code <- Run([]string{"log", "ls", "-"}, terminal.Streams{In: r, Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}, signals)
	}()
	signals <- os.Interrupt
	if got := <-code; got != terminal.ExitInterrupted {
		t.Errorf("exit code %d", got)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Lists of peers come from standard input, too, and none is cut off silently.
func TestPrefixesOfStdin(t *testing.T) {
	of := func(text string) ([]netip.Prefix, error) {
		a := &app{Terminal: &terminal.Terminal{Streams: terminal.Streams{In: strings.NewReader(text)}, Ctx: context.Background()}}
		f := endpointFlags{readFile: a.ReadFile}
		return f.prefixesIn("--allowfile", "-")
	}
	got, err := of("127.0.0.1 # here\n10.0.0.0/8\n")
	want := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	if err != nil || !cmp.Equal(got, want, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := of(strings.Repeat("127.0.0.1\n", terminal.MaxSecret/10+1)); err == nil || !strings.Contains(err.Error(), "more than 1 MiB") {
		t.Errorf("a long list: %v", err)
	}
}
