package payload

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

type hexParser struct {
	typed   string
	at      int // byte offset of what is read next
	out     []byte
	fields  bool         // {{ begins a field
	repeats []dumpRepeat // in their order
	numbers []codeNumber // the same
	fault   *SyntaxFault // of all of it
}

// peek is the character skipped bytes ahead, with its full-width form made
// plain, and its length in bytes. It is 0, 0 at the end.
func (p *hexParser) peek(skipped int) (r rune, size int) {
	rest := p.typed[p.at+skipped:]
	if rest == "" {
		return 0, 0
	}
	if rest[0] < utf8.RuneSelf {
		return rune(rest[0]), 1
	}
	r, size = utf8.DecodeRuneInString(rest)
	if 0xFF01 <= r && r <= 0xFF5E { // U+FF01–U+FF5E mirror ASCII in full width
		r -= 0xFF01 - '!'
	}
	return r, size
}

// skip passes one separator or comment and reports whether there was one.
func (p *hexParser) skip() bool {
	if p.atNumber() {
		return false
	}
	r, size := p.peek(0)
	switch second, _ := p.peek(size); {
	case r == '/' && second == '*':
		return p.block()
	case r == '/' && second != '/', p.fields && r == '{' && second == '{':
		return false
	case r == '*' && len(p.repeats) > 0 && p.repeats[0].at == p.at:
		return p.repeat()
	}
	switch {
	case r == '#', r == '/':
		size = strings.IndexByte(p.typed[p.at:], '\n') + 1
		if size == 0 {
			size = len(p.typed) - p.at
		}
	case !isSeparator(r):
		return false
	}
	p.at += size
	return true
}

// block passes a comment from /* to */, if it is closed.
func (p *hexParser) block() bool {
	_, slash := p.peek(0)
	_, open := p.peek(slash)
	star := false
	for at := p.at + slash + open; ; {
		r, size := p.peek(at - p.at)
		at += size
		switch {
		case size == 0:
			return false
		case star && r == '/':
			p.at = at
			return true
		}
		star = r == '*'
	}
}

// repeat appends the lines that a hex dump leaves out.
func (p *hexParser) repeat() bool {
	r := p.repeats[0]
	p.repeats = p.repeats[1:]
	if len(p.out) < r.width || len(p.out)+r.bytes > MaxSize {
		return false
	}
	for n := 0; n < r.bytes; n++ {
		p.out = append(p.out, p.out[len(p.out)-r.width])
	}
	_, size := p.peek(0)
	p.at += size
	return true
}

func isSeparator(r rune) bool {
	switch r {
	case '{', '}', '[', ']', '(', ')', '"', '\'',
		',', ':', ';', '-', '、',
		'‐', '‑', '‒', '–', '—', '―', '−', // what input methods and word processors make of a dash
		'\uFEFF': // the mark at the start of a file saved on Windows
		return true
	}
	return unicode.IsSpace(r)
}

// word reads one group of digits with its prefix or suffix.
func (p *hexParser) word() *SyntaxFault {
	if p.atNumber() {
		return p.number()
	}
	start := p.at
	prefix := p.prefix()
	first := p.at
	lead, leadSize := p.peek(0)
	digits := p.digits()
	suffix := false
	if prefix == '0' && digits > 0 {
		p.numberSuffix()
	} else if r, size := p.peek(0); prefix == 0 && digits > 0 && (r == 'h' || r == 'H') {
		suffix = true
		p.at += size
	}
	switch {
	case digits == 0:
		return p.badDigit(start, prefix)
	case prefix == '\\' && digits != 2:
		return p.badEscape(start)
	case digits%2 == 0, digits == 1 && (prefix != 0 || suffix):
		p.pairs(first, digits)
	case digits == 3 && suffix && lead == '0':
		// 0FFh: assemblers want a digit before a letter, so the 0 is no part of it.
		p.pairs(first+leadSize, 2)
	case !p.atBoundary():
		return p.badDigit(start, prefix) // "0g" lacks no digit, it has a wrong one
	default:
		return p.oddDigits(start)
	}
	return nil
}

// atNumber reports whether a number of a list comes, which is not hex.
func (p *hexParser) atNumber() bool { return len(p.numbers) > 0 && int(p.numbers[0].at) == p.at }

// number reads it.
func (p *hexParser) number() *SyntaxFault {
	n := p.numbers[0]
	p.numbers = p.numbers[1:]
	if n.text {
		return p.characters(p.at+int(n.size), n.python)
	}
	p.at += int(n.size)
	if n.outside {
		word := p.typed[n.at:p.at]
		return &SyntaxFault{int(n.at), both("%s is no byte: in a list of a program, numbers without 0x are 0 to 255", "%s 不是一个字节：程序的列表中，不带 0x 的数是 0 到 255", shown(word)),
			sockeye.Text{En: "write 0x before what is hex", Zh: "十六进制请在前面加 0x"}}
	}
	p.out = append(p.out, n.value)
	return nil
}

// characters reads the inside of a string, up to end. In C, \x takes all the digits that
// follow, in Python two: but for Python's own strings, a third one is a fault.
func (p *hexParser) characters(end int, python bool) *SyntaxFault {
	for p.at < end {
		r, size := p.peek(0)
		if r != '\\' {
			switch {
			case r < utf8.RuneSelf:
				p.out = append(p.out, byte(r))
			case r == '\u3000': // the blank of full width
				p.out = append(p.out, ' ')
			default:
				p.out = append(p.out, p.typed[p.at:p.at+size]...)
			}
			p.at += size
			continue
		}
		start := p.at
		ahead := p.ahead(end)
		out, n, f := appendEscaped(p.out, ahead)
		if f != nil {
			f.at += start
			return f
		}
		for range utf8.RuneCountInString(ahead[:n]) {
			_, size := p.peek(0)
			p.at += size
		}
		p.out = out
		if next, _ := p.peek(0); ahead[1] == 'x' && !python && p.at < end {
			if _, ok := hexValue(next); ok {
				return p.badEscape(start)
			}
		}
	}
	return nil
}

// ahead is what comes up to end, as plain characters, and as far as an escape may reach.
func (p *hexParser) ahead(end int) string {
	var b strings.Builder
	for size := 0; p.at+size < end && b.Len() < len(`\u{10ffff0}`); {
		r, n := p.peek(size)
		if b.WriteRune(r); r == utf8.RuneError {
			return b.String()
		}
		size += n
	}
	return b.String()
}

// numberSuffix passes what programs write after a number: 0x01U.
func (p *hexParser) numberSuffix() {
	for _, suffix := range numberSuffixes {
		if size := p.comes(suffix); size > 0 {
			p.at += size
			return
		}
	}
}

// comes is the length in bytes of a lower-case word that comes next, in whatever case; 0 if
// it does not.
func (p *hexParser) comes(word string) (size int) {
	for _, want := range word {
		r, n := p.peek(size)
		if unicode.ToLower(r) != want {
			return 0
		}
		size += n
	}
	return size
}

// atBoundary reports whether a group of digits may end here.
func (p *hexParser) atBoundary() bool {
	r, size := p.peek(0)
	return size == 0 || r == '#' || r == '/' || r == '\\' || isSeparator(r)
}

// prefix passes 0x or \x and returns its first character, or 0 if there is none.
func (p *hexParser) prefix() rune {
	r, size := p.peek(0)
	if r != '0' && r != '\\' {
		return 0
	}
	if x, more := p.peek(size); x == 'x' || x == 'X' && r == '0' {
		p.at += size + more
		return r
	}
	return 0
}

// digits passes the digits that stand together and counts them. A 0x after whole
// bytes ends them: 0x010x03.
func (p *hexParser) digits() int {
	for n := 0; ; n++ {
		r, size := p.peek(0)
		if _, ok := hexValue(r); !ok {
			return n
		}
		if x, _ := p.peek(size); n > 0 && n%2 == 0 && r == '0' && (x == 'x' || x == 'X') {
			return n
		}
		p.at += size
	}
}

// pairs appends the bytes of the n digits from offset first; n may be 1.
func (p *hexParser) pairs(first, n int) {
	end := p.at
	p.at = first
	var b byte
	for ; n > 0; n-- {
		r, size := p.peek(0)
		p.at += size
		v, _ := hexValue(r)
		b = b<<4 | v
		if n%2 == 1 {
			p.out = append(p.out, b)
			b = 0
		}
	}
	p.at = end
}

func hexValue(r rune) (byte, bool) {
	switch {
	case '0' <= r && r <= '9':
		return byte(r - '0'), true
	case 'a' <= r && r <= 'f':
		return byte(r-'a') + 10, true
	case 'A' <= r && r <= 'F':
		return byte(r-'A') + 10, true
	}
	return 0, false
}

var hexHint = sockeye.Text{
	En: "write bytes as pairs of 0-9 and a-f: 01 03 0a",
	Zh: "每个字节写两位 0-9、a-f：01 03 0a",
}

// badDigit is the fault of a character that begins no byte.
func (p *hexParser) badDigit(start int, prefix rune) *SyntaxFault {
	if p.at == len(p.typed) {
		q := Quote(p.typed[start:], 0)
		return &SyntaxFault{start, both("no hex digits after %s", "%s 后面没有十六进制数字", q), hexHint}
	}
	q := quoteFirst(p.typed[p.at:])
	f := &SyntaxFault{p.at, both("%s is not a hex digit", "%s 不是十六进制数字", q), hexHint}
	switch r, _ := p.peek(0); {
	case r == 'o' || r == 'O':
		f.hint = sockeye.Text{En: "if you mean zero, write the digit 0", Zh: "如果要写零，请用数字 0"}
	case r == 'l' || r == 'I' || r == 'i':
		f.hint = sockeye.Text{En: "if you mean one, write the digit 1", Zh: "如果要写一，请用数字 1"}
	case r == '\\' && prefix == 0:
		f.hint = sockeye.Text{
			En: `hex knows no escape but \x0d; \r\n is 0d 0a`,
			Zh: `十六进制中只能写 \x0d 这样的转义；\r\n 请写成 0d 0a`,
		}
	}
	return f
}

// badEscape is the fault of a \x without exactly two digits: in text the third
// would be a character.
func (p *hexParser) badEscape(start int) *SyntaxFault {
	q := shown(p.typed[start:p.at])
	return &SyntaxFault{start, both(`%s: \x takes exactly two digits`, `%s：\x 后面必须正好是两位数字`, q), hexHint}
}

func (p *hexParser) oddDigits(start int) *SyntaxFault {
	typed := p.typed[start:p.at]
	if q := shown(typed); p.at-start == 1 {
		return &SyntaxFault{start,
			both("single digit %s: a byte is two hex digits", "%s 只有一位：一个字节是两位十六进制数字", q),
			both("write 0%[1]s for one byte; if %[1]s belongs to its neighbour, join them",
				"一个字节请写 0%[1]s；如果 %[1]s 属于相邻的数字，请连在一起", typed)}
	}
	return &SyntaxFault{start,
		both("%s has an odd number of hex digits: a byte is two", "%s 的位数是奇数：一个字节是两位", shown(typed)),
		sockeye.Text{
			En: "a digit is missing or too many; separate the bytes to find it: 01 23",
			Zh: "少了或多了一位；把字节分开写可以找到它：01 23",
		}}
}

// shown quotes a group of digits, which can be long.
func shown(digits string) string { return Quote(digits, 20) }
