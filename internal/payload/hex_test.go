package payload

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// Every way in which people write hex is understood: separators, prefixes, suffixes, escapes,
// comments and full-width characters.
func TestParseHex(t *testing.T) {
	for _, c := range []struct{ name, typed, want string }{
		{"nothing", "", ""},
		{"only a comment", " // read", ""},
		{"spaced", "01 03 0a", "01 03 0a"},
		{"together", "01030A", "01 03 0a"},
		{"commas, colons, dashes, semicolons", "01,03:0a-ff;00", "01 03 0a ff 00"},
		{"runs of separators", ", 01 ,; 03 --\t0a,\r\n", "01 03 0a"},
		{"0x", "0x01, 0X03 0x0aFF", "01 03 0a ff"},
		{"0x with one digit", "0x1, 0xF", "01 0f"},
		{"0x without separators", "0x010x030x0a", "01 03 0a"},
		{"0x after digits", "010x03", "01 03"},
		{"escapes", `\x01\x03 \xFF`, "01 03 ff"},
		{"digits after an escape and a space", `\x01 0203`, "01 02 03"},
		{"h", "01h 3h,0FFH 0103h", "01 03 ff 01 03"},
		{"h without separators", "01h03h", "01 03"},
		{"line comments", "01 // a b\n03 # c d\r\n0a#e\n// f", "01 03 0a"},
		{"full-width signs and digits", "０１，０３　：０Ａ；ｆＦ－００、００", "01 03 0a ff 00 00"},
		{"full-width 0x and comment", "０ｘ０１ ／／ 注释\n＃注释\n02", "01 02"},
		{"typographic dashes", "01—02–03−04", "01 02 03 04"},
		{"byte order mark of a file", "\ufeff01 02", "01 02"},
		{"no-break space", "01\u00a002", "01 02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseHex(c.typed)
			if err != nil {
				t.Fatal(err)
			}
			if got == nil {
				t.Error("got nil bytes")
			}
			if diff := cmp.Diff(c.want, FormatHex(got)); diff != "" {
				t.Errorf("ParseHex(%q) (-want +got):\n%s", c.typed, diff)
			}
		})
	}
}

// What is no hex is refused where it is, counted in characters and lines, in both languages.
func TestParseHexFaults(t *testing.T) {
	for _, c := range []struct{ name, typed, en, zh string }{
		{"bad digit", "01 0g 02", `column 5: "g" is not a hex digit`, `第 5 列："g" 不是十六进制数字`},
		{"letter alone", "x", `column 1: "x" is not a hex digit`, `第 1 列："x" 不是十六进制数字`},
		{"columns are characters", "０１，啊", `column 4: "啊" is not a hex digit`, `第 4 列："啊" 不是十六进制数字`},
		{"second line", "01\r\n 02 zz", `line 2, column 5: "z" is not a hex digit`, `第 2 行第 5 列："z" 不是十六进制数字`},
		{"control", "01\x1b[2J", `column 3: "\x1b" is not a hex digit`, `第 3 列："\x1b" 不是十六进制数字`},
		{"not UTF-8", "01\xff", `column 3: "\xff" is not a hex digit`, `第 3 列："\xff" 不是十六进制数字`},
		{"invisible", "01\u200b02", `column 3: "\u{200b}" is not a hex digit`, `第 3 列："\u{200b}" 不是十六进制数字`},
		{"odd", "01 123", `column 4: "123" has an odd number of hex digits: a byte is two`, `第 4 列："123" 的位数是奇数：一个字节是两位`},
		{"odd 0x", "0x123", `column 1: "0x123" has an odd number of hex digits: a byte is two`, `第 1 列："0x123" 的位数是奇数：一个字节是两位`},
		{"odd 0x without separator", "0x10x03", `column 5: "x" is not a hex digit`, `第 5 列："x" 不是十六进制数字`},
		{"odd h", "123h", `column 1: "123h" has an odd number of hex digits: a byte is two`, `第 1 列："123h" 的位数是奇数：一个字节是两位`},
		{"odd and long", strings.Repeat("ab", 20) + "c", `column 1: "abababababababababab"… has an odd number of hex digits: a byte is two`, `第 1 列："abababababababababab"… 的位数是奇数：一个字节是两位`},
		{"single digits", "1 2 3", `column 1: single digit "1": a byte is two hex digits`, `第 1 列："1" 只有一位：一个字节是两位十六进制数字`},
		{"0x alone", "01 0x", `column 4: no hex digits after "0x"`, `第 4 列："0x" 后面没有十六进制数字`},
		{"0x and space", "0x 01", `column 3: " " is not a hex digit`, `第 3 列：" " 不是十六进制数字`},
		{"0x and h", "0x01h", `column 5: "h" is not a hex digit`, `第 5 列："h" 不是十六进制数字`},
		{"long escape", `\x0103`, `column 1: "\\x0103": \x takes exactly two digits`, `第 1 列："\\x0103"：\x 后面必须正好是两位数字`},
		{"short escape", `01 \x1`, `column 4: "\\x1": \x takes exactly two digits`, `第 4 列："\\x1"：\x 后面必须正好是两位数字`},
		{"text escape", `01\r`, `column 3: "\\" is not a hex digit`, `第 3 列："\\" 不是十六进制数字`},
		{"one slash", "01/02", `column 3: "/" is not a hex digit`, `第 3 列："/" 不是十六进制数字`},
		{"minus one digit", "-1", `column 2: single digit "1": a byte is two hex digits`, `第 2 列："1" 只有一位：一个字节是两位十六进制数字`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseHex(c.typed)
			if err == nil {
				t.Fatalf("ParseHex(%q) = % x, want an error", c.typed, got)
			}
			if diff := cmp.Diff(sockeye.Text{En: c.en, Zh: c.zh}, checkFault(t, c.typed, err).Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The hint of a fault in hex guesses what was meant: a letter for a digit, an escape of text, a
// digit too few.
func TestParseHexHints(t *testing.T) {
	for typed, want := range map[string]string{
		"1O":        "if you mean zero, write the digit 0",
		"o1":        "if you mean zero, write the digit 0",
		"0l":        "if you mean one, write the digit 1",
		`01\r\n`:    `hex knows no escape but \x0d; \r\n is 0d 0a`,
		"01 5":      "write 05 for one byte; if 5 belongs to its neighbour, join them",
		"012":       "a digit is missing or too many; separate the bytes to find it: 01 23",
		"01 ff, zz": "write bytes as pairs of 0-9 and a-f: 01 03 0a",
	} {
		_, err := ParseHex(typed)
		if got := sockeye.ErrorOf(err).Hint.En; got != want {
			t.Errorf("hint for %q: %q, want %q", typed, got, want)
		}
	}
}

// TestParseHexStyles writes random bytes in every style, mixed at random.
func TestParseHexStyles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	styles := []string{"%02x", "%02X", "0x%02x", "0X%X", "0x%x", `\x%02x`, "%02xh", "%xH", "0%02XH"}
	between := []string{" ", ",", ", ", ":", "-", ";", "\n", "\r\n\t", "，", "　", " // 01 zz\n", "# 02\n", " — "}
	for range 2000 {
		want := make([]byte, random.IntN(20))
		var typed strings.Builder
		for i := range want {
			want[i] = byte(random.Uint32() >> random.IntN(8))
			fmt.Fprintf(&typed, styles[random.IntN(len(styles))], want[i])
			typed.WriteString(between[random.IntN(len(between))])
		}
		for _, s := range []string{typed.String(), fullWidth(typed.String())} {
			got, err := ParseHex(s)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("ParseHex(%q) = % x, %v; want % x", s, got, err, want)
			}
		}
	}
}

// fullWidth writes s as a Chinese input method in its wide mode does. Bytes that are not UTF-8
// stay as they are.
func fullWidth(s string) string {
	var wide strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		switch r, size = utf8.DecodeRuneInString(s[i:]); {
		case r == ' ':
			wide.WriteRune('\u3000')
		case '!' <= r && r <= '~':
			wide.WriteRune(r - '!' + '！')
		default:
			wide.WriteString(s[i : i+size])
		}
	}
	return wide.String()
}

var onlyDigits = regexp.MustCompile(`^[0-9a-fA-F \n]*$`)

// Hex that was parsed and written out is read back as the same bytes, comments and full-width
// characters change nothing, and plain digits agree with a slow parser.
func FuzzParseHex(f *testing.F) {
	for _, s := range append(hostile, "01 03 0a", "0x01,0x3", `\x01\x03`, "0FFh 3h", "01//a\n#b\n02", "０１，ＦＦ", "123", "1 2", "0x", "0x10x03") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := ParseHex(typed)
		if err != nil {
			checkFault(t, typed, err)
		} else if again, err := ParseHex(FormatHex(got)); err != nil || !bytes.Equal(got, again) {
			t.Errorf("%q: % x reads back as % x, %v", typed, got, again, err)
		}
		for _, same := range []string{fullWidth(typed), " " + typed + "\n# 1", "//1\n" + typed} {
			if again, err2 := ParseHex(same); (err == nil) != (err2 == nil) || !bytes.Equal(got, again) {
				t.Errorf("%q is % x, %v, but %q is % x, %v", typed, got, err, same, again, err2)
			}
		}
		if _, isDump := fold(typed).dump(); onlyDigits.MatchString(typed) && !isDump {
			want, wantErr := slowHex(typed)
			if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
				t.Errorf("%q is % x, %v; want % x, %v", typed, got, err, want, wantErr)
			}
		}
	})
}

// slowHex reads groups of digits with the standard library.
func slowHex(s string) ([]byte, error) {
	var out []byte
	for _, group := range strings.Fields(s) {
		b, err := hex.DecodeString(group)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

// BenchmarkParseHex measures reading hex digits as people type them.
func BenchmarkParseHex(b *testing.B) {
	typed := FormatHex(bytes.Repeat([]byte("Hello 01Studio!\n"), 64))
	b.SetBytes(int64(len(typed)))
	b.ReportAllocs()
	for b.Loop() {
		ParseHex(typed)
	}
}
