package payload

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"

	"sockeye"
)

// Charset is how characters become bytes, by its registered name. The zero value
// is UTF-8.
type Charset string

// The charsets. All of them have ASCII where ASCII is.
const (
	UTF8     Charset = "utf-8"
	GBK      Charset = "gbk"
	GB18030  Charset = "gb18030"
	Big5     Charset = "big5"
	ShiftJIS Charset = "shift-jis"
	Latin1   Charset = "latin-1"
)

// charsetNames are the spellings, without case, - and _.
var charsetNames = map[string]Charset{
	"": UTF8, "utf8": UTF8, "unicode": UTF8, "gbk": GBK, "gb2312": GBK, "cp936": GBK, "ansi": GBK, "gb18030": GB18030,
	"big5": Big5, "cp950": Big5, "shiftjis": ShiftJIS, "sjis": ShiftJIS, "cp932": ShiftJIS, "latin1": Latin1, "iso88591": Latin1, "ascii": UTF8,
}

// charsetSigns are left out of names; making it takes longer than using it.
var charsetSigns = strings.NewReplacer("-", "", "_", "")

// ParseCharset finds a charset by its name; "" is UTF-8. The error is a
// *sockeye.Error of kind Invalid.
func ParseCharset(name string) (Charset, error) {
	if c, ok := charsetNames[charsetSigns.Replace(strings.ToLower(strings.TrimSpace(name)))]; ok {
		return c, nil
	}
	return "", &sockeye.Error{
		Kind: sockeye.Invalid, Op: "parse", Target: Quote(name, shownTarget),
		Message: sockeye.Text{En: "is not a charset", Zh: "不是可用的编码"},
		Hint:    sockeye.Text{En: "choose utf-8, gbk, gb18030, big5, shift-jis or latin-1", Zh: "可选 utf-8、gbk、gb18030、big5、shift-jis、latin-1"},
	}
}

// encoding is nil for UTF-8.
func (c Charset) encoding() encoding.Encoding {
	switch c {
	case GBK:
		return simplifiedchinese.GBK
	case GB18030:
		return simplifiedchinese.GB18030
	case Big5:
		return traditionalchinese.Big5
	case ShiftJIS:
		return japanese.ShiftJIS
	case Latin1:
		return charmap.ISO8859_1
	}
	return nil
}

// charsetEncoder turns text into the bytes of a charset.
type charsetEncoder struct {
	charset Charset
	t       transform.Transformer // nil for UTF-8
}

// encoder returns a new encoder for one goroutine. The encoder for UTF-8 keeps no state and
// is shared by all.
func (c Charset) encoder() *charsetEncoder {
	if enc := c.encoding(); enc != nil {
		return &charsetEncoder{charset: c, t: enc.NewEncoder()}
	}
	return &utf8Encoder
}

var utf8Encoder charsetEncoder

// append appends the bytes of s. Bytes in s that are not UTF-8 stay as they are. A
// character that the charset lacks is a fault, which counts from the start of s.
func (e *charsetEncoder) append(dst []byte, s string) ([]byte, *SyntaxFault) {
	if e.t == nil {
		return append(dst, s...), nil
	}
	for at := 0; at < len(s); {
		if s[at] < utf8.RuneSelf {
			dst = append(dst, s[at])
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[at])
			at++
			continue
		}
		var ok bool
		if dst, ok = e.appendRune(dst, s[at:at+size]); !ok {
			return nil, lacking(at, s[at:at+size], e.charset)
		}
		at += size
	}
	return dst, nil
}

// appendRune appends the bytes of one character; ok is false if there are none.
func (e *charsetEncoder) appendRune(dst []byte, char string) (_ []byte, ok bool) {
	var out [8]byte
	e.t.Reset()
	n, _, err := e.t.Transform(out[:], []byte(char), true)
	if err != nil {
		return dst, false
	}
	return append(dst, out[:n]...), true
}

func lacking(at int, char string, c Charset) *SyntaxFault {
	return &SyntaxFault{at, both("%s has no %s", "%s 中没有字符 %s", strings.ToUpper(string(c)), Quote(char, 0)),
		sockeye.Text{En: "choose another charset (utf-8 and gb18030 have every character), or write its bytes as \\xNN", Zh: "请换一种编码（utf-8 和 gb18030 包含全部字符），或用 \\xNN 写出字节"}}
}

// charsetDecoder takes the characters of a charset out of bytes.
type charsetDecoder struct {
	t   transform.Transformer
	out [16]byte
}

func newDecoder(c Charset) *charsetDecoder {
	if enc := c.encoding(); enc != nil {
		return &charsetDecoder{t: enc.NewDecoder()}
	}
	return nil
}

// next is the text of the character that data begins with, as UTF-8, and how many
// bytes it takes. A byte that begins none is no text and one byte. The size is 0
// while the character is not complete.
func (d *charsetDecoder) next(data []byte) (text []byte, size int) {
	for n := 1; n <= min(4, len(data)); n++ {
		d.t.Reset()
		nDst, nSrc, err := d.t.Transform(d.out[:], data[:n], false)
		if err == transform.ErrShortSrc && nSrc == 0 {
			if n == 3 && (data[2] < 0x81 || data[2] == 0xFF) { // x/text looks at GB18030's third byte with the fourth
				return nil, 1
			}
			continue
		}
		text = d.out[:nDst]
		replaced := bytes.HasPrefix(text, []byte("\uFFFD")) && string(data[:n]) != gb18030Replacement
		if nSrc != n || nDst == 0 || replaced || isC1(text) {
			return nil, 1
		}
		return text, n
	}
	if len(data) >= 4 {
		return nil, 1
	}
	return nil, 0
}

// gb18030Replacement is a real U+FFFD in GB18030; every other one is x/text's word
// for bytes that are wrong.
const gb18030Replacement = "\x84\x31\xa4\x37"

// isC1 reports whether a text is a C1 control, which is shown as the byte it came
// as.
func isC1(text []byte) bool { return len(text) == 2 && text[0] == 0xc2 && text[1] < 0xa0 }
