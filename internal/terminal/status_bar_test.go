package terminal

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The bar stays below whole lines, is away while a line has no end, fits the terminal, and
// leaves nothing behind.
func TestStatusBar(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &StatusBar{out: &out, width: func() int { return 10 }, text: "faults are active"}
	said := func(want string) {
		t.Helper()
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
		out.Reset()
	}
	b.Write([]byte("one\n"))
	said("one\nfaults a…")
	b.Write([]byte("half"))
	said("\r\x1b[Khalf")
	b.Write([]byte(" more\ntwo\n"))
	said(" more\ntwo\nfaults a…")
	b.Say("faults")
	said("\r\x1b[Kfaults")
	b.Say("faults")
	said("")
	b.End()
	said("\r\x1b[K")
	b.Write([]byte("after\n"))
	said("after\n")
	b.colour, b.text = true, "故障已启用"
	b.Write(nil)
	said("\x1b[7m故障已启…\x1b[0m")
}
