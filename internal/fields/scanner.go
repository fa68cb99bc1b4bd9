package fields

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockeye"
	"sockeye/internal/payload"
)

// specScanner reads the words of a typed spec.
type specScanner struct {
	text string
	at   int // byte offset of what comes next
}

func (s *specScanner) fault(at int, message, hint sockeye.Text) *payload.SyntaxFault {
	return payload.FaultAt(at, message, hint)
}

func (s *specScanner) skipSpace() {
	s.at += len(s.text[s.at:]) - len(strings.TrimLeft(s.text[s.at:], " \t"))
}

// next is the byte that comes next after spaces; 0 at the end.
func (s *specScanner) next() byte {
	s.skipSpace()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// accept takes what comes next if it is c.
func (s *specScanner) accept(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// isWordRune is true for what a name may hold without quotes.
func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' || r == '$' || r == '%' || r == '°' || r == '#')
}

// word takes the word that comes next, "" if none does. A path may hold indexes in
// brackets.
func (s *specScanner) word(path bool) string {
	s.skipSpace()
	from := s.at
	for s.at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		if !isWordRune(r) && (!path || r != '[' && r != ']') {
			break
		}
		s.at += n
	}
	return s.text[from:s.at]
}

// keyword takes the word that comes next if it is w.
func (s *specScanner) keyword(w string) bool {
	from := s.at
	if s.word(false) == w {
		return true
	}
	s.at = from
	return false
}

// name takes a name: a word, or anything in single quotes.
func (s *specScanner) name(path bool) (string, *payload.SyntaxFault) {
	at := s.at
	if s.next() == '\'' {
		text, f := s.quoted('\'')
		if f == nil {
			f = s.checkName(at, text)
		}
		return text, f
	}
	at = s.at
	w := s.word(path)
	if w == "" {
		return "", s.fault(at, both("a name is missing before %s", "%s 之前缺少名称", s.rest()), nameHint)
	}
	return w, s.checkName(at, w)
}

func (s *specScanner) checkName(at int, name string) *payload.SyntaxFault {
	switch {
	case name == "":
		return s.fault(at, both("the name is empty", "名称为空"), nameHint)
	case len(name) > maxName:
		return s.fault(at, both("a name of %d bytes is longer than %d", "名称有 %d 字节，超过 %d 字节", len(name), maxName), nothing)
	case !isShowable(name):
		return s.fault(at, both("the name holds characters that cannot be shown", "名称中有无法显示的字符"), nothing)
	}
	return nil
}

// isShowable is true for text without control and formatting characters.
func isShowable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// quoted takes a text in quotes; a backslash keeps the character after it.
func (s *specScanner) quoted(quote byte) (string, *payload.SyntaxFault) {
	from := s.at
	s.at++
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == quote:
			return b.String(), nil
		case c == '\\' && s.at < len(s.text):
			c = s.text[s.at]
			s.at++
		}
		b.WriteByte(c)
	}
	return "", s.fault(from, both("the quote is not closed", "引号没有闭合"), nothing)
}

// number takes a number with an optional sign.
func (s *specScanner) number() (float64, *payload.SyntaxFault) {
	s.skipSpace()
	from := s.at
	for s.at < len(s.text) && (strings.IndexByte("+-.", s.text[s.at]) >= 0 && (s.at == from || s.text[s.at] == '.' || s.text[s.at-1]|0x20 == 'e') || isNumberByte(s.text[s.at])) {
		s.at++
	}
	typed := s.text[from:s.at]
	if n, err := strconv.ParseInt(typed, 0, 64); err == nil {
		return float64(n), nil
	}
	n, err := strconv.ParseFloat(typed, 64)
	if err != nil || n-n != 0 {
		if typed == "" {
			typed = s.text[from:]
		}
		return 0, s.fault(from, both("%s is not a number", "%s 不是数字", payload.Quote(typed, 20)), both("write 0.1, -40 or 0x1f", "写成 0.1、-40 或 0x1f"))
	}
	return n, nil
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' || c|0x20 == 'x'
}

// whole takes a whole number within bounds.
func (s *specScanner) whole(least, most int64) (int64, *payload.SyntaxFault) {
	s.skipSpace()
	from := s.at
	n, f := s.number()
	if f == nil && (n != float64(int64(n)) || int64(n) < least || int64(n) > most) {
		f = s.fault(from, both("%s is not a whole number from %d to %d", "%s 不是 %d 到 %d 之间的整数", payload.Quote(s.text[from:s.at], 20), least, most), nothing)
	}
	return int64(n), f
}

// rest shows what comes next.
func (s *specScanner) rest() string {
	s.skipSpace()
	if s.at == len(s.text) {
		return both("the end", "结尾").En
	}
	return payload.Quote(s.text[s.at:], 20)
}

// quoteName writes a name as the spec does, in quotes where it must.
func quoteName(name string) string {
	if name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !isWordRune(r) }) && !reserved[name] {
		return name
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
}

// reserved are the words that a spec gives a meaning where a name can stand.
var reserved = map[string]bool{"as": true, "if": true}

func quoteUnit(unit string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(unit) + `"`
}

// formatNumber writes a number so that it is read as the same again.
func formatNumber(n float64) string {
	if n == float64(int64(n)) && n < 1e15 && n > -1e15 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

var nothing sockeye.Text

var nameHint = both("a name is letters, digits, _ and dots; anything else goes in single quotes: 'my value'", "名称由字母、数字、_ 和点组成；其他字符请用单引号括起：'my value'")

func both(en, zh string, args ...any) sockeye.Text {
	if len(args) == 0 {
		return sockeye.Text{En: en, Zh: zh}
	}
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}
