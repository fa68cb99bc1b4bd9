package payload

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// pasted is hex as it stands in other programs, made plain: what is not bytes is
// blanks, and all else is where it was, so that a fault still has its column.
// Numbers are bytes that are not written in hex.
func pasted(typed string) hexParser {
	isList := strings.Contains(typed, ",") && (strings.Contains(typed, "0x") || strings.Contains(typed, "0X"))
	if !(isList && hasBareNumber().MatchString(typed)) && !hasBinary(typed) && !needsPlain().MatchString(typed) || len(typed) > math.MaxInt32 {
		return hexParser{typed: typed}
	}
	text := fold(typed)
	d, ok := text.dump()
	blanks, repeats := d.blanks, d.repeats
	var numbers []codeNumber
	if !ok {
		strings := escapedStrings(text.text)
		blanks, repeats = text.code(strings), nil
		numbers = codeNumbers(text.text, blanks, strings)
	}
	for i, n := range numbers {
		at := text.at(int(n.at))
		numbers[i].at, numbers[i].size = int32(at), int32(text.at(int(n.at+n.size))-at)
	}
	if len(blanks) == 0 {
		return hexParser{typed: typed, numbers: numbers}
	}
	out := []byte(typed)
	for _, b := range blanks {
		for i := text.at(b[0]); i < text.at(b[1]); i++ {
			out[i] = ' '
		}
	}
	for i := range repeats {
		repeats[i].at = text.at(repeats[i].at)
	}
	for _, group := range d.turned {
		text.turn(out, group)
	}
	plain := hexParser{typed: string(out), repeats: repeats, numbers: numbers}
	if d.unclear {
		plain.fault = unclearOrder(text.at(d.first))
	}
	return plain
}

// needsPlain is true for all texts that may be code or a hex dump: they have a sign
// that plain hex has not, or at the beginning of a line four digits and more.
var needsPlain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[=({\['"|*]|[^\x00-\x7f]|(?m:^\s*(?:0x)?[0-9a-fA-F]{4,16}:?[ \t])`)
})

// hasBareNumber is true where an element between commas is a number that is no pair of hex
// digits.
var hasBareNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[,\s])(?:\d|\d{3})\s*(?:,|$)`)
})

// hasBinary reports whether a word may be a number in binary. The search for its beginning is
// cheap, and long hex seldom has it.
func hasBinary(typed string) bool {
	for _, begins := range []string{"0b0", "0b1", "0B0", "0B1"} {
		if strings.Contains(typed, begins) {
			return binaryWord().MatchString(typed)
		}
	}
	return false
}

var binaryWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[,;\s])0[bB][01]+(?:[,;\s]|$)`)
})

// folded is a text in which every character is one byte: the full-width forms are
// plain, and what is not ASCII is 0.
type folded struct {
	text    []byte
	offsets []int // of each character in the original; nil if they are the same
}

func fold(typed string) folded {
	f := folded{text: make([]byte, 0, len(typed))}
	p := hexParser{typed: typed}
	for p.at < len(typed) {
		r, size := p.peek(0)
		switch {
		case r != '\n' && r != '\r' && unicode.IsSpace(r), r == '\uFEFF':
			r = ' '
		case r >= utf8.RuneSelf:
			r = 0
		}
		f.text = append(f.text, byte(r))
		f.offsets = append(f.offsets, p.at)
		p.at += size
	}
	f.offsets = append(f.offsets, len(typed))
	return f
}

func (f folded) at(i int) int { return f.offsets[i] }

// codeAround matches what stands around bytes in programs: a declaration up to its =, a word before a
// bracket or quote, a type in parentheses. Each has a letter that is no hex digit.
var codeAround = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*[A-Za-z_][\w \t*.,:<>&]*(?:\[[^\]\n]*\][ \t]*)*(?:[A-Za-z_]\w*[ \t]*)?:?=` +
		`|(?:\[(?:\d+|\.\.\.)\])?(?:[A-Za-z_][\w.]*!?[ \t]*)+(?:\[\][ \t]*)?[\[({]` +
		`|&[ \t]*\[` +
		`|\b[bB]['"]` +
		`|\([ \t]*[A-Za-z_][\w \t]*\)`)
})

// besideBytes matches what stands beside bytes and may look like some: the address that gdb prints
// before them, the type of Python's array, a \ that joins lines. Its groups are that.
var besideBytes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?mi)^[ \t]*(0x[\da-f]{4,16}(?:[ \t]*<[^>\n]*>)?:)[ \t]+0x` +
		`|\b(array\([ \t]*['"]b['"][ \t]*,[ \t]*[\[(])` +
		`|['"][ \t]*(\\)[ \t]*\r?$`)
})

// lengthOfList is the declaration of a number beside a list: xxd -i writes the length of
// its list so.
var lengthOfList = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^|;)[ \t]*[A-Za-z_][\w \t*]*[ \t]=[ \t]*(?:\d\w*|sizeof[^;\n]*)[ \t]*;`)
})

var noHexLetter = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[g-zG-Z_&]|[bB]['"]|\[[^\]]*\][ \t]*:?=`)
})

// code finds what is not bytes in a piece of a program. Nothing is found inside of strings.
func (f folded) code(strings []codeNumber) (blanks [][2]int) {
	if bytes.IndexByte(f.text, '{') >= 0 {
		for _, m := range lengthOfList().FindAllIndex(f.text, -1) {
			blanks = append(blanks, [2]int(m))
		}
	}
	lengths := blanks
	for _, m := range besideBytes().FindAllSubmatchIndex(f.text, -1) {
		for group := 2; group < len(m); group += 2 {
			if m[group] >= 0 {
				blanks = append(blanks, [2]int(m[group:group+2]))
			}
		}
	}
	for _, m := range codeAround().FindAllIndex(f.text, -1) {
		field := f.text[m[1]-1] == '{' && m[1] < len(f.text) && f.text[m[1]] == '{'
		for len(strings) > 0 && int(strings[0].at+strings[0].size) <= m[0] {
			strings = strings[1:]
		}
		inString := len(strings) > 0 && int(strings[0].at) < m[1]
		inLength := slices.ContainsFunc(lengths, func(l [2]int) bool { return l[0] < m[1] && m[0] < l[1] })
		if !field && !inLength && !inString && noHexLetter().Match(f.text[m[0]:m[1]]) {
			blanks = append(blanks, [2]int{m[0], m[1]})
		}
	}
	slices.SortFunc(blanks, func(a, b [2]int) int { return a[0] - b[0] })
	return blanks
}
