package payload

import (
	"strings"
	"unicode/utf8"

	"sockeye"
)

// ParseText reads text with escapes:
//
//	\r \n \t \a \b \f \v    as in C
//	\0 \e                   zero, escape
//	\\ \" \' \{ \}          the character itself
//	\xNN                    one byte, two hex digits
//	\u{4f60}                one character, up to six hex digits, in UTF-8
//
// All else stands for itself, byte by byte, line ends and text that is not UTF-8
// included. A backslash that begins none of these is an error, and so is \0
// before another digit, which C would read as octal. The error is a
// *sockeye.Error of kind Invalid that names the column.
func ParseText(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for at := 0; at < len(s); {
		plain := strings.IndexByte(s[at:], '\\')
		if plain < 0 {
			return append(out, s[at:]...), nil
		}
		out = append(out, s[at:at+plain]...)
		at += plain
		var size int
		var f *SyntaxFault
		if out, size, f = appendEscaped(out, s[at:]); f != nil {
			f.at += at
			return nil, f.In(s)
		}
		at += size
	}
	return out, nil
}

// FormatText writes b as ParseText reads it: ParseText(FormatText(b)) is b,
// whatever b is. It is AppendSafe as a string.
func FormatText(b []byte) string {
	return string(AppendSafe(make([]byte, 0, len(b)+len(b)/4), b))
}

// simpleEscapes are the bytes of the escapes with one letter; 0 is none.
var simpleEscapes = [utf8.RuneSelf]byte{
	'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', 'e': 0x1b,
	'\\': '\\', '"': '"', '\'': '\'', '{': '{', '}': '}',
}

// appendEscaped appends the bytes of the escape that s begins with, and returns
// its length. A fault counts from the beginning of s.
func appendEscaped(out []byte, s string) ([]byte, int, *SyntaxFault) {
	if len(s) == 1 {
		return nil, 0, &SyntaxFault{0, sockeye.Text{
			En: "a backslash at the end begins no escape", Zh: "末尾的反斜杠后面没有转义字符",
		}, backslashHint}
	}
	switch c := s[1]; {
	case c == 'x':
		return appendByteEscape(out, s)
	case c == 'u':
		return appendRuneEscape(out, s)
	case c == '0':
		if len(s) > 2 && '0' <= s[2] && s[2] <= '9' {
			return nil, 0, &SyntaxFault{0,
				both(`\0 before the digit %s could be an octal number`, `\0 后面跟着数字 %s，可能是八进制数`, quoteFirst(s[2:])),
				sockeye.Text{En: `write \x00 for a zero byte before a digit`, Zh: `数字前的零字节请写 \x00`}}
		}
		return append(out, 0), 2, nil
	case c < utf8.RuneSelf && simpleEscapes[c] != 0:
		return append(out, simpleEscapes[c]), 2, nil
	}
	return nil, 0, &SyntaxFault{0,
		both(`a backslash before %s is no escape`, `反斜杠加 %s 不是转义`, quoteFirst(s[1:])), backslashHint}
}

var backslashHint = sockeye.Text{
	En: `write \\ for a backslash; escapes are \r \n \t \0 \a \b \f \v \e \" \' \{ \xNN \u{4f60}`,
	Zh: `反斜杠本身请写 \\；可用的转义：\r \n \t \0 \a \b \f \v \e \" \' \{ \xNN \u{4f60}`,
}

// appendByteEscape reads \xNN.
func appendByteEscape(out []byte, s string) ([]byte, int, *SyntaxFault) {
	var b byte
	for i := 2; i < 4; i++ {
		v, f := hexDigitAt(s, i, byteHint)
		if f != nil {
			return nil, 0, f
		}
		b = b<<4 | v
	}
	return append(out, b), 4, nil
}

var byteHint = sockeye.Text{En: `\x takes two hex digits: \x0a`, Zh: `\x 后面是两位十六进制数字：\x0a`}

// appendRuneEscape reads \u{…}.
func appendRuneEscape(out []byte, s string) ([]byte, int, *SyntaxFault) {
	if len(s) < 3 || s[2] != '{' {
		return nil, 0, &SyntaxFault{0, sockeye.Text{En: `\u without a brace`, Zh: `\u 后面缺少花括号`}, runeHint}
	}
	var r rune
	i := 3
	for ; i == 3 || i < len(s) && s[i] != '}'; i++ {
		v, f := hexDigitAt(s, i, runeHint)
		if f != nil {
			return nil, 0, f
		}
		if i == 3+6 {
			return nil, 0, &SyntaxFault{0, sockeye.Text{En: `\u{…} has more than six digits`, Zh: `\u{…} 超过六位`}, runeHint}
		}
		r = r<<4 | rune(v)
	}
	if i == len(s) {
		return nil, 0, &SyntaxFault{0, sockeye.Text{En: `the brace of \u{ is not closed`, Zh: `\u{ 缺少右花括号`}, runeHint}
	}
	if !utf8.ValidRune(r) {
		return nil, 0, &SyntaxFault{0,
			both(`\u{%x} is not a Unicode character`, `\u{%x} 不是 Unicode 字符`, r),
			sockeye.Text{
				En: `characters go up to \u{10ffff} without d800-dfff; a byte is \xNN`,
				Zh: `字符最大为 \u{10ffff}，且不含 d800-dfff；单个字节请写 \xNN`,
			}}
	}
	return utf8.AppendRune(out, r), i + 1, nil
}

var runeHint = sockeye.Text{
	En: `a character is written with its hex number in braces: \u{4f60}`,
	Zh: `字符用花括号中的十六进制编号表示：\u{4f60}`,
}

// hexDigitAt is the value of the digit at s[i].
func hexDigitAt(s string, i int, hint sockeye.Text) (byte, *SyntaxFault) {
	if i >= len(s) {
		return 0, &SyntaxFault{0, both("the escape %s is cut off", "转义 %s 不完整", `"`+SafeString(s)+`"`), hint}
	}
	v, ok := hexValue(rune(s[i]))
	if !ok {
		return 0, &SyntaxFault{i, both("%s is not a hex digit", "%s 不是十六进制数字", quoteFirst(s[i:])), hint}
	}
	return v, nil
}
