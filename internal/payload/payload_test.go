package payload

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

// hostile is what peers send to harm a terminal or its reader (T26, T27, T30), and
// honest text that must survive beside it. All of it seeds the fuzz tests.
var hostile = []string{
	"", "Hello 01Studio!\r\n", "你好，世界", "é e\u0301 한국어 ไทย हिन्दी עברית", "👍🏽🇨🇳", "❤\ufe0f 👨\u200d👩",
	"\x1b[2J\x1b[31m", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x1b\\", "\x1b]8;;http://x\x07", "\x1bP1$r\x1b\\", "\x1b[6n\x1b[5i",
	"\x9b31m", "\x9d0;t\x9c", "\u009b31m\u009d0;t\u009c", "a\rb\bc\x7f\x00\x07", "\x0e\x0f",
	"evil\u202egnp.exe", "\u2066a\u2069\u200e\u200f\u061c", "zero\u200bwidth\u2060\ufeff\u00ad", "\u2028\u2029\u0085",
	"tag\U000e0041\U000e007f", "\U000e0100\ufe00", "\ue000\U000f0000\U0010ffff\u0378", "\u3164\uffa0\u115f\u2800",
	"\u0301first", "Z" + strings.Repeat("\u0301", 20), `C:\temp\x1b`, `\\\`, "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
	"\xe4\xbd", "\xe4\xbd\x1b[m", "\xf0\x9f\x91", "\xe4\xe4\xbd\xa0", "\u3000　\u00a0\u2003",
	"2026-01-31 fake\n09:30:15 ← #2 forged",
}

// checkFault demands of an error what every error of a parser here promises.
func checkFault(t *testing.T, typed string, err error) *sockeye.Error {
	t.Helper()
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok {
		t.Fatalf("%q: error %T, want *sockeye.Error", typed, err)
	}
	if e.Kind != sockeye.Invalid || e.Op != "parse" || e.Target != Quote(typed, shownTarget) {
		t.Errorf("%q: kind %q, op %q, target %q", typed, e.Kind, e.Op, e.Target)
	}
	for _, text := range []string{e.Message.En, e.Message.Zh, e.Hint.En, e.Hint.Zh, e.Error(), e.In(sockeye.Chinese)} {
		if text == "" || SafeString(text) != text {
			t.Errorf("%q: a text of the error is empty or not safe to show: %q", typed, text)
		}
		if strings.Contains(text, "%!") && !strings.Contains(typed, "%") {
			t.Errorf("%q: malformed text: %q", typed, text)
		}
	}
	return e
}

// checkPrintable demands that text can drive no terminal, by a rule that is
// written down here a second time.
func checkPrintable(t *testing.T, text string) {
	t.Helper()
	marks := maxMarks
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			t.Fatalf("invalid UTF-8 at %d of %q", i, text)
		}
		if !unicode.IsPrint(r) && r != '\u3000' || unicode.Is(unicode.Variation_Selector, r) ||
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Fatalf("%U at %d of %q", r, i, text)
		}
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > maxMarks {
			t.Fatalf("combining mark %U without room at %d of %q", r, i, text)
		}
	}
}

// ceiling demands that f allocates at most n times.
func ceiling(t *testing.T, name string, n float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(100, f); got > n {
		t.Errorf("%s: %v allocations, want at most %v", name, got, n)
	}
}

// Showing bytes allocates nothing, and parsing them little more than the result.
func TestAllocations(t *testing.T) {
	data := []byte(strings.Repeat(strings.Join(hostile, ""), 4))
	dst := make([]byte, 0, 16*len(data))
	var p Printer
	ceiling(t, "AppendSafe", 0, func() { AppendSafe(dst, data) })
	ceiling(t, "Printer", 0, func() { p.Flush(p.Append(p.Append(dst, data[:11]), data[11:])) })
	ceiling(t, "AppendHex", 0, func() { AppendHex(dst, data) })
	ceiling(t, "AppendHexdump", 0, func() { AppendHexdump(dst, data, 1<<40, "    ") })
	ceiling(t, "SafeString of plain text", 0, func() { SafeString(`C:\Users\sockeye`) })
	ceiling(t, "ParseText", 1, func() { ParseText(`Hello 01Studio!\r\n\x00\u{4f60}`) })
	// Its result, and the lists of a program, which only a build without the race detector
	// keeps on the stack.
	ceiling(t, "ParseHex", 2, func() { ParseHex("0x01, 03 00:0a // read\n") })
}

func Example() {
	message, _ := ParseText(`Hello 01Studio!\r\n`)
	frame, _ := ParseHex("0x01, 0x03, 00 0A // read holding registers")
	fmt.Println(FormatHex(message))
	fmt.Println(FormatText(frame))
	// Output:
	// 48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0d 0a
	// \x01\x03\x00\n
}

func ExampleParseHex_error() {
	_, err := ParseHex("01 0G")
	e := sockeye.ErrorOf(err)
	fmt.Println(e.In(sockeye.English))
	fmt.Println(e.In(sockeye.Chinese))
	// Output:
	// parse "01 0G": column 5: "G" is not a hex digit
	// 解析 "01 0G"：第 5 列："G" 不是十六进制数字
}

func ExamplePrinter() {
	var p Printer // a Chinese character is cut in two, and a title is set
	fmt.Printf("%s\n", p.Append(nil, []byte("你\xe5")))
	fmt.Printf("%s\n", p.Append(nil, []byte("\xa5\xbd\x1b]0;mine\a")))
	// Output:
	// 你
	// 好\x1b]0;mine\x07
}
