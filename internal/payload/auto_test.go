package payload

import (
	"bytes"
	"testing"
)

// The charset of a stream is UTF-8 or GBK as soon as its bytes decide, and changes only for
// bytes that just the other has.
func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name   string
		before Charset
		data   string
		want   Charset
	}{
		{"ASCII chooses nothing", "", "hello\x00", ""},
		{"UTF-8", "", "温度", UTF8},
		{"GBK", "", "\xce\xc2\xb6\xc8=25\r\n", GBK},
		{"GBK cut at its end", "", "\xce\xc2\xb6", GBK},
		{"UTF-8 cut at its end", "", "温\xe5\xba", UTF8},
		{"half a character", "", "\xce", ""},
		{"neither", "", "\xff\xfe\x80", ""},
		{"neither changes nothing", GBK, "\xff\x81\x20", GBK},
		{"a pair that both have stays GBK", GBK, "\xd2\xbb", GBK},
		{"a pair that both have is UTF-8 at first", "", "\xd2\xbb", UTF8},
		{"UTF-8 of a stream that was GBK", GBK, "温度", UTF8},
		{"GBK of a stream that was UTF-8", UTF8, "\xb2\xbb", GBK},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Choose(c.before, []byte(c.data)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Each stream has its own charset; the choice is told before the row, and every byte is
// in the row that it came with, also when the choice changes within a character.
func TestAutoRows(t *testing.T) {
	var out bytes.Buffer
	r := Rows[string]{Out: &out, Charset: Auto}
	r.Chose = func(key string, c Charset) { r.Line([]byte("(" + key + " " + string(c) + ")\n")) }
	piece := func(key, data string) { r.Piece(key, []byte(key+" "), []byte(data), nil, false) }
	piece("a", "ok")
	piece("a", "\xce")              // half of 温
	piece("b", "温度")                // another stream
	piece("a", "\xc2\xb6\xc8")      // the rest, and 度
	piece("a", "again \xce\xc2")    // said once
	piece("b", "\xe6\xb8")          // two bytes of 温, which are a pair of GBK
	piece("b", "x\xce\xc2\xb6\xc8") // that do not go on
	r.SettleAll()
	want := "a ok\na \n(b utf-8)\nb 温度\n(a gbk)\na 温度\na again 温\nb \\xe6\\xb8\n(b gbk)\nb x温度\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
