package payload

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// charsets are all that payloads may be written in.
var charsets = []Charset{UTF8, GBK, GB18030, Big5, ShiftJIS, Latin1}

var charsetSamples = map[Charset]string{
	UTF8: "你好，world 👍 é", GBK: "你好，world 鼇€", GB18030: "你好，world 👍 é\u3400", Big5: "你好，世界 world 鹽", ShiftJIS: "こんにちは、ｶﾅ world 表ソ能", Latin1: "naïve £5 ÿ",
}

// A text becomes bytes and comes back, however reads cut it.
func TestCharsetsThere(t *testing.T) {
	for _, c := range charsets {
		sample := charsetSamples[c]
		data, f := c.encoder().append(nil, sample)
		if f != nil || sample == "" {
			t.Fatalf("%s: %v", c, f)
		}
		for a := range len(data) + 1 {
			for b := a; b <= len(data); b++ {
				p := Printer{Charset: c}
				got := p.Flush(p.Append(p.Append(p.Append(nil, data[:a]), data[a:b]), data[b:]))
				if diff := cmp.Diff(sample, string(got)); diff != "" {
					t.Fatalf("%s cut at %d and %d (-want +got):\n%s", c, a, b, diff)
				}
			}
		}
	}
}

// Bad bytes stay visible, and nothing drives the terminal.
func TestCharsetsBadBytes(t *testing.T) {
	for _, c := range []struct {
		charset    Charset
		data, want string
	}{
		{GBK, "\xc4\xe3\xff!\x81\x20\xc4", `你\xff!\x81 \xc4`},
		{GBK, "a\x1b[2J\\\r\n", `a\x1b[2J\\\r\n`},
		{GB18030, "\x84\x31\xa4\x37\x81\x30\x81\x20\xe3\x32\x9a\x36\x81\x30", "\uFFFD" + `\x810\x81 \xe32𰦸`},
		{Big5, "\xa7A\x88\x62\xff", "你Ê̄" + `\xff`},
		{ShiftJIS, "\x82\xa0\x82\x20\xfd", "あ" + `\x82 \xfd`},
		{Latin1, "\x9b31m\xe9\xad", `\x9b31mé\u{ad}`},
	} {
		p := Printer{Charset: c.charset}
		got := string(p.Flush(p.Append(nil, []byte(c.data))))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.charset, c.data, diff)
		}
		checkPrintable(t, got)
	}
}

// A charset is named in any case, with or without - and _, and by its usual other names.
func TestParseCharset(t *testing.T) {
	for name, want := range map[string]Charset{"": UTF8, "GBK": GBK, "gb2312": GBK, "UTF_8": UTF8, "Shift-JIS": ShiftJIS, "sjis": ShiftJIS, "ISO-8859-1": Latin1, "Big5": Big5, "gb18030": GB18030} {
		if got, err := ParseCharset(name); err != nil || got != want {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	if _, err := ParseCharset("\x1b[m"); err == nil {
		t.Error("no error")
	}
}

// In every charset bytes are shown alike however they were cut, safely, and as a template that
// makes the same bytes again.
func FuzzCharsets(f *testing.F) {
	for _, s := range hostile {
		f.Add([]byte(s), uint8(1), 3)
	}
	f.Add([]byte("\x84\x31\xa4\x37\x81\x30\x81\x20\xc4\xe3"), uint8(2), 5)
	f.Fuzz(func(t *testing.T, data []byte, which uint8, cut int) {
		c := charsets[int(which)%len(charsets)]
		var p Printer
		p.Charset = c
		whole := p.Flush(p.Append(nil, data))
		cut = max(0, min(cut, len(data)))
		pieces := p.Flush(p.Append(p.Append(nil, data[:cut]), data[cut:]))
		if !bytes.Equal(whole, pieces) {
			t.Errorf("%s %x: whole %q, cut at %d %q", c, data, whole, cut, pieces)
		}
		checkPrintable(t, string(whole))
		// A template shows only what becomes the same bytes again.
		text := string(c.appendText(nil, data))
		tm, err := Parse(text, ParseOptions{Charset: c})
		if err != nil {
			t.Fatalf("%s %x: %q: %v", c, data, text, err)
		}
		if back, err := tm.Append(nil, &Vars{}); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s %x: %q is %x, %v", c, data, text, back, err)
		}
	})
}

// BenchmarkPrinterGBK measures showing bytes in GBK.
func BenchmarkPrinterGBK(b *testing.B) {
	data, _ := GBK.encoder().append(nil, "你好，世界。temp=21.5 ")
	data = bytes.Repeat(data, 40)
	p := Printer{Charset: GBK}
	var dst []byte
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		dst = p.Append(dst[:0], data)
	}
}
