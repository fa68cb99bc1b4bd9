package payload

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// codeNumber is a byte of a list in a program that is not written in hex: 0, 255, 'A'; or
// the inside of a string that stands for its characters.
type codeNumber struct {
	at, size int32 // in the folded text; in the typed one when pasted is done
	value    byte
	outside  bool // it is a number, but no byte
	text     bool // it is a string
	python   bool // it is b'…', in which \x takes two digits, whatever follows
}

// codeList is a list in a program while it is read: {0x01, 3, 'A'}.
type codeList struct {
	ofCode  bool // it stands behind a type, a function or a declaration
	bracket bool
	commas  int
	hex     bool // an element begins with 0x
	odd     bool // a bare number is no pairs of digits: it cannot be hex
	other   bool // an element is no number: it is hex as people type it
	words   int  // of the element that is being read
	all     int  // words
	numbers []codeNumber
	binary  []codeNumber // the words that begin with 0b, in whatever element
	beside  bool         // a word begins with 0x, in whatever element
}

// decimals are the words of the list that are not hex: all numbers, or, where people type
// hex with blanks, those in binary if that is clear.
func (l *codeList) decimals() []codeNumber {
	switch {
	case l.isNumbers():
		return l.numbers
	case l.beside, l.isBinary():
		return l.binary
	}
	return nil
}

// isBinary reports whether all words of the list begin with 0b, and one has the digits of a
// whole byte. A lone word outside of brackets is hex.
func (l *codeList) isBinary() bool {
	return len(l.binary) == l.all && (l.bracket || l.all > 1) &&
		slices.ContainsFunc(l.binary, func(n codeNumber) bool { return int(n.size) == len("0b00000000") })
}

// isNumbers reports whether bare numbers of the list are decimal, as in a program: where
// an element begins with 0x, or a program stands around. Without brackets, what could be
// hex is.
func (l *codeList) isNumbers() bool {
	switch {
	case l.other || len(l.numbers) == 0:
		return false
	case !l.bracket:
		return l.hex && l.odd && l.commas > 0
	}
	return l.hex || l.ofCode
}

// codeListReader finds the lists of a program in a text.
type codeListReader struct {
	text    []byte
	at      int
	lists   []codeList // the open ones, innermost last; the first is the text itself
	deep    int        // how many brackets are open within lists of which no more are kept
	numbers []codeNumber
}

// maxCodeDepth is how deep lists may be in each other.
const maxCodeDepth = 64

// codeNumbers are the decimal numbers and characters in the lists of a program, and its
// strings, in their order. Blanks are what code found to be no bytes, beside the strings.
func codeNumbers(text []byte, blanks [][2]int, strings []codeNumber) []codeNumber {
	r := &codeListReader{text: text, lists: []codeList{{}}}
	declared := false
	for r.at < len(text) {
		if len(blanks) > 0 && r.at >= blanks[0][0] {
			r.at = max(r.at, blanks[0][1])
			blanks = blanks[1:]
			if last := text[r.at-1]; isOpening(last) {
				r.open(true)
			} else {
				declared = last == '='
			}
			continue
		}
		if len(strings) > 0 && r.at >= int(strings[0].at)-1 { // behind the quote, if b stands before it
			r.numbers = append(r.numbers, strings[0])
			r.at = int(strings[0].at+strings[0].size) + 1
			strings = strings[1:]
			continue
		}
		if r.skip() {
			continue
		}
		r.next(declared)
		declared = false
	}
	for len(r.lists) > 0 {
		r.close()
	}
	slices.SortFunc(r.numbers, func(a, b codeNumber) int { return cmp.Compare(a.at, b.at) })
	return r.numbers
}

func isOpening(c byte) bool { return c == '{' || c == '[' || c == '(' }

// skip passes a blank, a comment, or a field.
func (r *codeListReader) skip() bool {
	rest := r.text[r.at:]
	pass := func(from int, until string) bool {
		n := bytes.Index(rest[from:], []byte(until))
		if n < 0 {
			r.at = len(r.text)
		} else {
			r.at += from + n + len(until)
		}
		return true
	}
	switch {
	case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n':
		r.at++
		return true
	case rest[0] == '#', bytes.HasPrefix(rest, []byte("//")):
		return pass(0, "\n")
	case bytes.HasPrefix(rest, []byte("/*")):
		return pass(2, "*/")
	case bytes.HasPrefix(rest, []byte("{{")):
		return pass(2, "}}")
	}
	return false
}

// next reads a bracket, a comma or a word.
func (r *codeListReader) next(declared bool) {
	l := &r.lists[len(r.lists)-1]
	switch c := r.text[r.at]; {
	case isOpening(c):
		r.at++
		r.open(declared || l.ofCode && l.bracket && l.words == 0)
	case c == '}' || c == ']' || c == ')':
		r.at++
		if r.deep > 0 {
			r.deep--
		} else if len(r.lists) > 1 {
			r.close()
		}
	case c == ',':
		r.at++
		l.commas++
		l.words = 0
	case c == ';':
		r.at++
	default:
		r.word(l)
	}
}

func (r *codeListReader) open(ofCode bool) {
	if len(r.lists) > maxCodeDepth {
		r.deep++
		return
	}
	r.lists = append(r.lists, codeList{ofCode: ofCode, bracket: true})
}

func (r *codeListReader) close() {
	n := len(r.lists) - 1
	r.numbers = append(r.numbers, r.lists[n].decimals()...)
	r.lists = r.lists[:n]
}

// word reads an element, or a part of one.
func (r *codeListReader) word(l *codeList) {
	from := r.at
	word := r.text[from:]
	if n := charLiteral(word); n > 0 {
		word = word[:n]
	} else if n := bytes.IndexAny(word[1:], " \t\r\n,;{}[]()'\"#/"); n >= 0 {
		word = word[:n+1]
	}
	r.at += len(word)
	value, kind := numberOf(string(word))
	number := codeNumber{at: int32(from), size: int32(len(word)), value: value, outside: kind == noByte}
	l.all++
	l.beside = l.beside || kind == hexNumber
	if kind == byteNumber && len(word) > 2 && word[0] == '0' && (word[1] == 'b' || word[1] == 'B') {
		l.binary = append(l.binary, number)
	}
	if l.words++; l.words > 1 {
		l.other = true
		return
	}
	switch kind {
	case notNumber:
		l.other = true
	case hexNumber:
		l.hex = true
	default:
		l.odd = l.odd || len(word)%2 != 0 || bytes.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
		l.numbers = append(l.numbers, number)
	}
}

// escapedStrings are the insides of the strings that have escapes, which no hex has but \xNN
// alone: "AT\r\n", b'\x01A'. A field keeps its meaning in all of them.
func escapedStrings(text []byte) (found []codeNumber) {
	r := codeListReader{text: text}
	for r.at < len(text) {
		if r.skip() {
			continue
		}
		from := r.at + 1
		size := insideOf(text[r.at:])
		if r.at++; size < 0 {
			continue
		}
		r.at += size + 1
		inside := text[from : from+size]
		if !bytes.Contains(inside, []byte("{{")) && !onlyByteEscapes(inside) {
			found = append(found, codeNumber{at: int32(from), size: int32(size), text: true, python: from > 1 && text[from-2]|0x20 == 'b'})
		}
	}
	return found
}

// insideOf is the length of what stands in the quotes that text begins with; -1 if they are
// none of a string, or are not closed in their line.
func insideOf(text []byte) int {
	quote := text[0]
	if quote != '"' && quote != '\'' {
		return -1
	}
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i - 1
		}
	}
	return -1
}

// onlyByteEscapes reports whether a string is hex as well as text, or has no escapes: \x01\x03.
func onlyByteEscapes(inside []byte) bool {
	escapes := bytes.Count(inside, []byte(`\`))
	return escapes == 0 || len(inside) == 4*escapes && bytes.Count(inside, []byte(`\x`)) == escapes
}

// charLiteral is the length of a character in single quotes, with them; 0 if there is none.
func charLiteral(text []byte) int {
	if text[0] != '\'' {
		return 0
	}
	for _, n := range []int{3, 4, 6} { // 'A' '\n' '\x0d'
		if len(text) >= n && text[n-1] == '\'' && (n == 3) == (text[1] != '\\') && text[1] != 0 {
			return n
		}
	}
	return 0
}

// The kinds of words in a list.
const (
	notNumber  = iota
	hexNumber  // it is read as everywhere
	byteNumber // decimal, binary, or a character
	noByte     // a number, but out of range
)

// numberOf is the number that a word of a program is.
func numberOf(word string) (value byte, kind int) {
	if word[0] == '\'' {
		if len(word) < 3 {
			return 0, notNumber
		}
		return charOf(word[1 : len(word)-1])
	}
	lower := strings.ToLower(word)
	if strings.HasPrefix(lower, "0x") {
		return 0, hexNumber
	}
	for _, suffix := range numberSuffixes {
		if rest, ok := strings.CutSuffix(lower, suffix); ok {
			lower = rest
			break
		}
	}
	digits, base := lower, 10
	if rest, ok := strings.CutPrefix(lower, "0b"); ok && rest != "" && strings.Trim(rest, "01") == "" {
		digits, base = rest, 2
	}
	sign := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, notNumber
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if sign {
		n = -n
	}
	octal := base == 10 && len(digits) > 2 && digits[0] == '0' // in C 010 is 8: nobody can tell
	if err != nil || octal || n < -128 || n > 255 {
		return 0, noByte
	}
	return byte(n), byteNumber
}

// numberSuffixes are what may follow a number in C, C++ and Rust.
var numberSuffixes = []string{"_u8", "_i8", "u8", "i8", "ul", "u", "l"}

// charOf is the byte of a character literal.
func charOf(inside string) (value byte, kind int) {
	if inside[0] != '\\' {
		return inside[0], byteNumber
	}
	var buf [utf8.UTFMax]byte
	out, n, f := appendEscaped(buf[:0], inside)
	if f != nil || n != len(inside) || len(out) != 1 {
		return 0, notNumber
	}
	return out[0], byteNumber
}
