package workspace

import (
	"strings"

	"sockeye"
)

// The bounds of a text, which hold before the TOML decoder sees it: the decoder takes
// memory and stack for whatever is nested, and time for each part of a key. The format
// itself needs 4 parts and 5 levels. Of a key, the parts beyond the third count as values:
// each may make a table.
const (
	maxKeyParts  = 4
	freeKeyParts = 3
	maxBareBytes = 256 // of a number, a time or a word
	maxKeyBytes  = 1024
	maxNesting   = 16
	maxLines     = 250_000
	maxValues    = 40_000 // keys, tables and elements of arrays together
	maxEntries   = 10_000 // of one table, or one array
	maxHeads     = 12_500 // of tables: a row, a rule and an endpoint has one each
)

// checkBounds refuses a text that is nested too deeply or has too much in it. It reads
// the text once and keeps nothing of it. A text that is no TOML passes up to the place
// where the decoder, too, will stop.
func checkBounds(text string) error {
	s := boundsScanner{text: text}
	return s.all()
}

func (s *boundsScanner) all() error {
	for s.err == nil && !s.done {
		s.statement()
	}
	if s.err == nil && strings.Count(s.text, "\n") > maxLines {
		return problem("more than %d lines", "超过 %d 行", "split the file", "请拆成多个文件", maxLines)
	}
	return s.err
}

// boundsScanner walks over the keys and brackets of a text.
type boundsScanner struct {
	text   string
	at     int
	values int
	heads  int
	keys   int                     // below the last head
	open   []openBracket           // those of the value that are not closed
	done   bool                    // at the end, or where no TOML is
	begins func(at int, head bool) // is told where each statement begins; may be nil
	err    error
}

// openBracket is a bracket that is not closed, with the entries behind it.
type openBracket struct {
	kind    byte
	entries int
}

// statement passes a head of a table, or a key and its value.
func (s *boundsScanner) statement() {
	s.skip(" \t\r\n")
	if s.done {
		return
	}
	s.count()
	if s.begins != nil {
		s.begins(s.at, s.text[s.at] == '[')
	}
	if s.text[s.at] == '[' {
		s.keys = 0
		if s.heads++; s.heads > maxHeads && s.err == nil {
			s.refuse(s.at, problem("more than %d tables", "表超过 %d 个", "split the file", "请拆成多个文件", maxHeads))
		}
		s.at++
		if strings.HasPrefix(s.text[s.at:], "[") {
			s.at++
		}
		s.key(']')
		for !s.done && s.at < len(s.text) && s.text[s.at] == ']' {
			s.at++
		}
		return
	}
	s.entry(&s.keys)
	s.key('=')
	if s.err == nil && !s.done {
		s.at++
		s.value()
	}
}

// skip passes blanks and comments.
func (s *boundsScanner) skip(blanks string) {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '#':
			s.comment()
		case strings.IndexByte(blanks, c) >= 0:
			s.at++
		default:
			return
		}
	}
	s.done = true
}

// comment passes a comment. The decoder ends one at a carriage return, too.
func (s *boundsScanner) comment() {
	line, _, _ := strings.Cut(s.text[s.at:], "\n")
	line, _, _ = strings.Cut(line, "\r")
	s.at += len(line)
}

// key passes a key up to the byte that ends it.
func (s *boundsScanner) key(end byte) {
	start, parts := s.at, 0
	for s.at < len(s.text) && s.text[s.at] != end {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '.':
			s.at++
			continue
		case '"', '\'':
			s.at = stringEnd(s.text, s.at)
		default:
			n := strings.IndexAny(s.text[s.at:], " \t.=]\"'\n")
			if n == 0 {
				s.done = true
				return
			}
			if n < 0 {
				n = len(s.text) - s.at
			}
			s.at += n
		}
		if parts++; parts > maxKeyParts {
			s.refuse(start, problem("a key of more than %d parts", "键超过 %d 段", "no key has so many", "没有这样的键", maxKeyParts))
			return
		}
		if parts > freeKeyParts {
			s.count()
		}
		if s.at-start > maxKeyBytes {
			s.refuse(start, problem("a key longer than %d bytes", "键超过 %d 字节", "choose a shorter name", "请用更短的名称", maxKeyBytes))
			return
		}
	}
	s.done = s.at >= len(s.text)
}

// value passes a value up to the end of its line.
func (s *boundsScanner) value() {
	s.open = s.open[:0]
	for s.at < len(s.text) && s.err == nil && !s.done {
		switch c := s.text[s.at]; c {
		case '"', '\'':
			start := s.at
			if s.at = stringEnd(s.text, s.at); s.at == len(s.text) && s.text[s.at-1] != c {
				s.refuse(start, problem("a string that does not end", "字符串没有结束", "close it with the quotes that it began with", "请用开头的引号结束"))
			}
			continue
		case '#':
			s.comment()
			continue
		case ' ', '\t', '\r':
		case '\n':
			if len(s.open) == 0 {
				return
			}
		case '[', '{':
			s.enter(c)
			continue
		case ']', '}':
			if len(s.open) == 0 {
				s.done = true
				return
			}
			s.open = s.open[:len(s.open)-1]
		case ',':
			s.count()
			if n := len(s.open); n > 0 {
				s.entry(&s.open[n-1].entries)
			}
			s.keyInside()
			continue
		default:
			if s.bare(); s.at < len(s.text) {
				continue
			}
			return
		}
		s.at++
	}
}

// bare passes what is no string and has no brackets.
func (s *boundsScanner) bare() {
	n := strings.IndexAny(s.text[s.at:], "\"'#\n[]{}, \t\r")
	if n < 0 {
		n = len(s.text) - s.at
	}
	if n > maxBareBytes {
		s.refuse(s.at, problem("a value longer than %d bytes that is no string", "不是字符串的值超过 %d 字节", "put texts into quotes", "文本请加引号", maxBareBytes))
	}
	s.at += n
}

// enter goes into an array or an inline table.
func (s *boundsScanner) enter(bracket byte) {
	s.count()
	if s.open = append(s.open, openBracket{kind: bracket, entries: 1}); len(s.open) > maxNesting {
		s.refuse(s.at, problem("nested deeper than %d", "嵌套超过 %d 层", "values are nested at most 5 deep", "值最多嵌套 5 层", maxNesting))
		return
	}
	s.keyInside()
}

// keyInside passes a comma or a bracket, and the key behind it if there must be one.
func (s *boundsScanner) keyInside() {
	s.at++
	if len(s.open) == 0 || s.open[len(s.open)-1].kind != '{' {
		return
	}
	if s.skip(" \t\r\n"); !s.done && s.text[s.at] != '}' {
		s.count()
		s.key('=')
	}
}

func (s *boundsScanner) count() {
	if s.values++; s.values > maxValues && s.err == nil {
		s.refuse(s.at, problem("more than %d keys, tables and values", "键、表和值超过 %d 个", "split the file", "请拆成多个文件", maxValues))
	}
}

// entry counts one of a table or an array.
func (s *boundsScanner) entry(n *int) {
	if *n++; *n > maxEntries && s.err == nil {
		s.refuse(s.at, problem("more than %d entries in one table or array", "一个表或数组的条目超过 %d 个", "split the file", "请拆成多个文件", maxEntries))
	}
}

// refuse notes what is wrong at a place.
func (s *boundsScanner) refuse(at int, err error) {
	e := *sockeye.ErrorOf(err)
	line := 1 + strings.Count(s.text[:at], "\n")
	e.Target = positionText(line, at-strings.LastIndexByte(s.text[:at], '\n'))
	s.err = &e
}
