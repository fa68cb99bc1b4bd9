package payload

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// What a peer sends is shown as it is if it is visible and harmless, and as escapes if a
// terminal could obey it or a person be deceived by it (T26).
func TestAppendSafe(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"plain", "Hello 01Studio!", "Hello 01Studio!"},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"Chinese", "你好，世界　！", "你好，世界　！"},
		{"emoji", "👍🏽🇨🇳", "👍🏽🇨🇳"},
		{"other scripts", "é 한국어 ไทย हिन्दी עברית ё", "é 한국어 ไทย हिन्दी עברית ё"},
		{"T26 CSI", "\x1b[2J", `\x1b[2J`},
		{"T26 OSC", "\x1b]52;c;aGk=\x07", `\x1b]52;c;aGk=\x07`},
		{"T26 DCS", "\x1bP1$r\x1b\\", `\x1bP1$r\x1b\\`},
		{"T26 C1 bytes", "\x9b31m\x9d0;t\x9c", `\x9b31m\x9d0;t\x9c`},
		{"T26 C1 in UTF-8", "\u009b31m\u009d", `\u{9b}31m\u{9d}`},
		{"T26 carriage return, backspace, DEL, NUL", "a\rb\bc\x7f\x00", `a\rb\x08c\x7f\x00`},
		{"T26 bidi", "evil\u202egnp.exe\u2066\u200f\u061c", `evil\u{202e}gnp.exe\u{2066}\u{200f}\u{61c}`},
		{"T26 zero width", "a\u200bb\u200d\u2060\ufeff\u00ad", `a\u{200b}b\u{200d}\u{2060}\u{feff}\u{ad}`},
		{"line and paragraph separators", "\u2028\u2029\u0085", `\u{2028}\u{2029}\u{85}`},
		{"tag characters", "\U000e0041\U000e007f", `\u{e0041}\u{e007f}`},
		{"variation selectors", "❤\ufe0f\U000e0100", `❤\u{fe0f}\u{e0100}`},
		{"private use and unassigned", "\ue000\U0010ffff\u0378", `\u{e000}\u{10ffff}\u{378}`},
		{"empty letters", "\u3164\uffa0\u115f\u2800", `\u{3164}\u{ffa0}\u{115f}\u{2800}`},
		{"other spaces", "\u00a0\u2003", `\u{a0}\u{2003}`},
		{"not UTF-8", "\xff\xc0\xaf\xed\xa0\x80", `\xff\xc0\xaf\xed\xa0\x80`},
		{"real replacement character", "\ufffd", "\ufffd"},
		{"cut character", "你\xe4\xbd", `你\xe4\xbd`},
		{"backslash", `C:\x1b`, `C:\\x1b`},
		{"mark on a letter", "e\u0301", "e\u0301"},
		{"mark on nothing", "\u0301e", `\u{301}e`},
		{"mark on an escape", "\x1b\u0301", `\x1b\u{301}`},
		{"T26 pile of marks", "Z" + strings.Repeat("\u0301", 6), "Z" + strings.Repeat("\u0301", 4) + `\u{301}\u{301}`},
		{"T26 Hangul parts", strings.Repeat("\u11a8", 2) + "\u1100\u1161\u11a8", `\u{11a8}\u{11a8}` + "\u1100\u1161\u11a8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(AppendSafe(nil, []byte(c.data)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("AppendSafe(%q) (-want +got):\n%s", c.data, diff)
			}
			checkPrintable(t, got)
		})
	}
}

// Every character that can be assigned, and every byte, after a letter.
func TestAppendSafeEverything(t *testing.T) {
	check := func(data []byte) {
		safe := AppendSafe(nil, data)
		checkPrintable(t, string(safe))
		if back, err := ParseText(string(safe)); err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%q is shown as %q, which reads back as %q, %v", data, safe, back, err)
		}
	}
	for r := range rune(utf8.MaxRune + 1) {
		if plane := r >> 16; plane < 4 || plane > 13 { // nothing is assigned in between
			check(utf8.AppendRune([]byte{'a'}, r))
		}
	}
	for b := range 256 {
		check([]byte{'a', byte(b)})
	}
}

// Names and messages are shown as they are but for what is not visible (T27, T30).
func TestSafeString(t *testing.T) {
	for _, c := range []struct{ name, s, want string }{
		{"plain", "board 1", "board 1"},
		{"Windows path", `C:\Users\01Studio`, `C:\Users\01Studio`},
		{"our own quoted text", `column 3: "\x1b" 错误`, `column 3: "\x1b" 错误`},
		{"hostile path", "\\\x1b[m\\你\xe4\xbd\\", `\\x1b[m\你\xe4\xbd\`},
		{"log injection (T27)", "a\n2026-01-31 forged", `a\n2026-01-31 forged`},
		{"bidi name (T30)", "\u202eresu", `\u{202e}resu`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, SafeString(c.s)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A quoted text is cut at whole characters and escapes, with a mark behind the quote.
func TestQuote(t *testing.T) {
	for _, c := range []struct {
		name, s string
		max     int
		want    string
	}{
		{"empty", "", 5, `""`},
		{"fits", "你好abc", 5, `"你好abc"`},
		{"cut", "你好abcd", 5, `"你好abc"…`},
		{"no limit", "你好abcd", 0, `"你好abcd"`},
		{"an escape is never cut", "ab\x1bcd", 5, `"ab"…`},
		{"an escape that fits", "a\x1b", 5, `"a\x1b"`},
		{"quotes and backslashes", `a"\`, 0, `"a\"\\"`},
		{"mark that would sit on the quote", "\u0301", 0, `"\u{301}"`},
		{"cut character", "\xe4\xbd", 0, `"\xe4\xbd"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Quote(c.s, c.max)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What was made safe is printable and stays as it is when made safe again; a quoted text reads
// back as the same bytes, and a cut one is its beginning.
func FuzzSafeString(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		safe, quoted := SafeString(s), Quote(s, 0)
		checkPrintable(t, safe)
		if again := SafeString(safe); again != safe {
			t.Errorf("%q is %q and then %q", s, safe, again)
		}
		if back, err := ParseText(quoted); err != nil || string(back) != `"`+s+`"` {
			t.Errorf("%q reads back as %q, %v", quoted, back, err)
		}
		short := Quote(s, max)
		checkPrintable(t, short)
		if within, cut := strings.CutSuffix(short, `"…`); cut && !strings.HasPrefix(quoted, within) {
			t.Errorf("%q is not the beginning of %q", short, quoted)
		}
		if n := len([]rune(short)); max > 0 && n > max && n-max > len(`"".`) {
			t.Errorf("%q is longer than %d", short, max)
		}
	})
}

var benchData = map[string][]byte{
	"ascii":  bytes.Repeat([]byte("Hello 01Studio! "), 64),
	"cjk":    bytes.Repeat([]byte("你好，世界。"), 64),
	"korean": bytes.Repeat([]byte("안녕하세요"), 64),
	"binary": bytes.Repeat([]byte{0, 1, 0x80, 0x9b, 0xff, 0xe4, 0xbd, 7}, 128),
}

// BenchmarkAppendSafe measures escaping what must not reach a terminal.
func BenchmarkAppendSafe(b *testing.B) {
	for name, data := range benchData {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendSafe(dst[:0], data)
			}
		})
	}
}
