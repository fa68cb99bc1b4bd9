package payload

import (
	"strings"
	"testing"
)

// A cell that a spreadsheet would take for a formula is guarded, also behind its own separators,
// and no other is changed.
func TestEscapeCSV(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "plain": "plain", "a=b": "a=b", "=1": "'=1", "\tx": "'\tx", "'": "'",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x",
		" =1": "' =1", "\u3000＝1": "'\u3000＝1", "a;  =1": "a;'  =1", "﹢1": "'﹢1", "\u00a0\ufeff@x": "'\u00a0\ufeff@x", "  a=1": "  a=1",
		"a;=1": "a;'=1", "a;＝1;b;-2": "a;'＝1;b;'-2", "=1;=2": "'=1;'=2", ";;": ";;", "a; b": "a; b",
		"a\t=1": "a\t'=1", "a\t-2;+3": "a\t'-2;'+3", "a\tb": "a\tb",
	} {
		if got := EscapeCSV(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

// No cell that was escaped begins with the sign of a formula, and a guarded text comes back as
// it was.
func FuzzEscapeCSV(f *testing.F) {
	for _, s := range []string{"=1", "", "plain", "a;=1", "＝1;'＋", "'';''-", ";'", "a\t=1", " =1", "' '=1", " '"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := EscapeCSV(s)
		for _, cell := range strings.FieldsFunc(got, func(r rune) bool { return r == ';' || r == '\t' }) {
			for _, sign := range formulaSigns {
				if strings.HasPrefix(strings.TrimLeft(cell, blanks), string(sign)) {
					t.Errorf("%q became %q", s, got)
				}
			}
		}
		if strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(s, "'", "") {
			t.Errorf("%q became %q", s, got)
		}
		if back := UnguardCSV(GuardCSV(s)); back != s {
			t.Errorf("%q came back as %q", s, back)
		}
	})
}
