package payload

import (
	"strings"
	"testing"
)

func FuzzCell(f *testing.F) {
	f.Add("=1")
	f.Add("")
	f.Add("plain")
	f.Fuzz(func(t *testing.T, s string) {
		got := EscapeCSV(s)
		if got != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(got[0])) || strings.TrimPrefix(got, "'") != strings.TrimPrefix(s, "'") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
