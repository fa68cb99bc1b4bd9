package payload

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// The escapes of text mean the bytes that they mean in C and Go, and everything else stays as it
// is.
func TestParseText(t *testing.T) {
	for _, c := range []struct{ name, typed, want string }{
		{"nothing", "", ""},
		{"plain", "Hello 01Studio!", "Hello 01Studio!"},
		{"letters", `\a\b\t\n\v\f\r\e`, "\a\b\t\n\v\f\r\x1b"},
		{"quotes and backslash", `\\ \" \'`, `\ " '`},
		{"bytes", `\x00\x1B\xff`, "\x00\x1b\xff"},
		{"a byte takes two digits", `\x123`, "\x123"},
		{"zero", `\0a\0\0`, "\x00a\x00\x00"},
		{"characters", `\u{a}\u{4f60}\u{01F44D}\u{10ffff}`, "\n你👍\U0010ffff"},
		{"Chinese between", `你\r\n好`, "你\r\n好"},
		{"real line ends", "a\r\nb", "a\r\nb"},
		{"not UTF-8", "\xff\\n\xfe", "\xff\n\xfe"},
		{"full-width backslash is text", `＼n`, "＼n"},
		{"escaped backslash before a letter", `\\n`, `\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseText(c.typed)
			if err != nil {
				t.Fatal(err)
			}
			if got == nil {
				t.Error("got nil bytes")
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("ParseText(%q) (-want +got):\n%s", c.typed, diff)
			}
		})
	}
}

// An escape that is none is refused where it is, in both languages.
func TestParseTextFaults(t *testing.T) {
	for _, c := range []struct{ name, typed, en, zh string }{
		{"unknown", `a\q`, `column 2: a backslash before "q" is no escape`, `第 2 列：反斜杠加 "q" 不是转义`},
		{"Windows path", `C:\Temp`, `column 3: a backslash before "T" is no escape`, `第 3 列：反斜杠加 "T" 不是转义`},
		{"Chinese", `你好\，`, `column 3: a backslash before "，" is no escape`, `第 3 列：反斜杠加 "，" 不是转义`},
		{"control", "\\\x1b", `column 1: a backslash before "\x1b" is no escape`, `第 1 列：反斜杠加 "\x1b" 不是转义`},
		{"not UTF-8", "\\\xff", `column 1: a backslash before "\xff" is no escape`, `第 1 列：反斜杠加 "\xff" 不是转义`},
		{"at the end", `abc\`, `column 4: a backslash at the end begins no escape`, `第 4 列：末尾的反斜杠后面没有转义字符`},
		{"second line", "a\nb\\c", `line 2, column 2: a backslash before "c" is no escape`, `第 2 行第 2 列：反斜杠加 "c" 不是转义`},
		{"octal", `\012`, `column 1: \0 before the digit "1" could be an octal number`, `第 1 列：\0 后面跟着数字 "1"，可能是八进制数`},
		{"bad byte", `a\x0g`, `column 5: "g" is not a hex digit`, `第 5 列："g" 不是十六进制数字`},
		{"short byte", `a\x0`, `column 2: the escape "\x0" is cut off`, `第 2 列：转义 "\x0" 不完整`},
		{"no brace", `\u4f60`, `column 1: \u without a brace`, `第 1 列：\u 后面缺少花括号`},
		{"open brace", `\u{4f60`, `column 1: the brace of \u{ is not closed`, `第 1 列：\u{ 缺少右花括号`},
		{"brace at the end", `\u{`, `column 1: the escape "\u{" is cut off`, `第 1 列：转义 "\u{" 不完整`},
		{"empty brace", `\u{}`, `column 4: "}" is not a hex digit`, `第 4 列："}" 不是十六进制数字`},
		{"seven digits", `\u{0000041}`, `column 1: \u{…} has more than six digits`, `第 1 列：\u{…} 超过六位`},
		{"surrogate", `\u{d800}`, `column 1: \u{d800} is not a Unicode character`, `第 1 列：\u{d800} 不是 Unicode 字符`},
		{"too large", `\u{110000}`, `column 1: \u{110000} is not a Unicode character`, `第 1 列：\u{110000} 不是 Unicode 字符`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseText(c.typed)
			if err == nil {
				t.Fatalf("ParseText(%q) = %q, want an error", c.typed, got)
			}
			if diff := cmp.Diff(sockeye.Text{En: c.en, Zh: c.zh}, checkFault(t, c.typed, err).Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Text that was parsed and written out is read back as the same bytes, Go reads its escapes
// alike, and any bytes survive being shown and read.
func FuzzParseText(f *testing.F) {
	for _, s := range append(hostile, `\r\n\t\0\\\a\b\f\v\e\xff\u{4f60}\"\'`, `\q`, `\x4`, `\u{`, `\u{}`, `\u{d800}`, `\01`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := ParseText(typed)
		if err != nil {
			checkFault(t, typed, err)
		} else if again, err := ParseText(FormatText(got)); err != nil || !bytes.Equal(got, again) {
			t.Errorf("%q: %q reads back as %q, %v", typed, got, again, err)
		}
		if !strings.Contains(typed, `\`) && string(got) != typed {
			t.Errorf("plain %q became %q", typed, got)
		}
		// Go's own escapes mean the same here; octal, \u and \U are not ours.
		want, goErr := strconv.Unquote(`"` + typed + `"`)
		if goErr == nil && err == nil && utf8.ValidString(typed) && !strings.Contains(typed, `\0`) && want != string(got) {
			t.Errorf("%q is %q, Go reads %q", typed, got, want)
		}
		// The other way round: any bytes at all survive being shown and read.
		if again, err := ParseText(FormatText([]byte(typed))); err != nil || string(again) != typed {
			t.Errorf("%q: shown and read it is %q, %v", typed, again, err)
		}
	})
}

// BenchmarkParseText measures reading text with escapes.
func BenchmarkParseText(b *testing.B) {
	typed := strings.Repeat(`Hello 01Studio!\r\n`, 64)
	b.SetBytes(int64(len(typed)))
	b.ReportAllocs()
	for b.Loop() {
		ParseText(typed)
	}
}
