package payload

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A printer keeps a character that is cut until its end comes, shows what never ends as escapes,
// and is empty after Flush; no control sequence passes, not even in pieces (T26).
func TestPrinter(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string // one for each piece, and one for Flush
	}{
		{"nothing", nil, []string{""}},
		{"whole characters", []string{"你", "好"}, []string{"你", "好", ""}},
		{"split in two", []string{"你\xe5", "\xa5\xbd!"}, []string{"你", "好!", ""}},
		{"byte by byte", []string{"\xf0", "\x9f", "\x91", "\x8d"}, []string{"", "", "", "👍", ""}},
		{"empty pieces between", []string{"\xe5", "", "\xa5\xbd"}, []string{"", "", "好", ""}},
		{"never finished", []string{"a\xe5\xa5"}, []string{"a", `\xe5\xa5`}},
		{"not continued", []string{"\xe5\xa5", "\x1b[m"}, []string{"", `\xe5\xa5\x1b[m`, ""}},
		{"begun again", []string{"\xe5\xa5", "\xe5", "\xa5\xbd"}, []string{"", `\xe5\xa5`, "好", ""}},
		{"split control (T26)", []string{"\xc2", "\x9b31m"}, []string{"", `\u{9b}31m`, ""}},
		{"split invisible character (T26)", []string{"\xe2\x80", "\xae"}, []string{"", `\u{202e}`, ""}},
		{"marks are counted over pieces", []string{"Z\u0301\u0301", "\u0301\u0301\u0301"}, []string{"Z\u0301\u0301", "\u0301\u0301" + `\u{301}`, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Printer
			var got []string
			for _, piece := range c.pieces {
				got = append(got, string(p.Append(nil, []byte(piece))))
			}
			got = append(got, string(p.Flush(nil)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if p != (Printer{}) {
				t.Errorf("after Flush: %+v, want the zero value", p)
			}
		})
	}
}

// Every hostile text, cut at every point, prints as it does whole.
func TestPrinterSplitAnywhere(t *testing.T) {
	for _, s := range append(hostile, strings.Join(hostile, "")) {
		want := string(AppendSafe(nil, []byte(s)))
		for cut := range len(s) + 1 {
			var p Printer
			got := string(p.Flush(p.Append(p.Append(nil, []byte(s[:cut])), []byte(s[cut:]))))
			if got != want {
				t.Fatalf("%q cut at %d: %q, whole %q", s, cut, got, want)
			}
		}
	}
}

// A printer of ASCII escapes every other character, and still does so after Flush.
func TestPrinterASCII(t *testing.T) {
	p := Printer{ASCII: true}
	got := string(p.Flush(p.Append(nil, []byte("好 a\u0301\n\xff\xe5"))))
	if want := `\u{597d} a\u{301}\n\xff\xe5`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !p.ASCII {
		t.Error("Flush forgot ASCII")
	}
}

// What a printer shows is safe, reads back as the same bytes, and does not depend on where they
// were cut; at most three bytes wait.
func FuzzPrinter(f *testing.F) {
	for _, s := range hostile {
		f.Add([]byte(s), uint(1), uint(2))
	}
	f.Fuzz(func(t *testing.T, data []byte, first, second uint) {
		whole := string(AppendSafe(nil, data))
		checkPrintable(t, whole)
		if back, err := ParseText(whole); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%q reads back as %q, %v; want %q", whole, back, err, data)
		}
		a := int(first % uint(len(data)+1))
		b := a + int(second%uint(len(data)-a+1))
		for _, ascii := range []bool{false, true} {
			p := Printer{ASCII: ascii}
			want := string(p.Flush(p.Append(nil, data)))
			got := p.Append(p.Append(p.Append(nil, data[:a]), data[a:b]), data[b:])
			waiting := int(p.held)
			if got = p.Flush(got); string(got) != want {
				t.Errorf("%q cut at %d and %d: %q, whole %q", data, a, b, got, want)
			}
			if ascii && utf8.RuneCountInString(want) != len(want) {
				t.Errorf("not ASCII: %q", want)
			}
			if waiting > 3 || waiting > len(data) {
				t.Errorf("%q: %d bytes wait", data, waiting)
			}
		}
	})
}
