package workspace

import (
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// statement is a key and its value, as they stand in a text.
type statement struct {
	lead  string // blank lines and comments before
	path  []string
	head  string // up to the value
	value string
	rest  string // behind the value, up to the end of the line
}

func (s *statement) text() string { return s.lead + s.head + s.value + s.rest }

// tomlBlock is a table of a text: its head and the statements below. The first block is
// what stands before any head. The parts of all blocks in their order are the text.
type tomlBlock struct {
	lead       string // blank lines and comments before the head that belong to it
	head       string // the line
	path       []string
	inList     bool // the head is [[path]]
	statements []statement
	tail       string // blank lines and comments after the last statement
	// nested are the tables below an element of a list, as they stand in the text.
	nested string
}

func (b *tomlBlock) text() string {
	var s strings.Builder
	b.writeTo(&s)
	return s.String()
}

func (b *tomlBlock) writeTo(out *strings.Builder) {
	out.WriteString(b.lead)
	out.WriteString(b.head)
	for i := range b.statements {
		s := &b.statements[i]
		out.WriteString(s.lead)
		out.WriteString(s.head)
		out.WriteString(s.value)
		out.WriteString(s.rest)
	}
	out.WriteString(b.tail)
	out.WriteString(b.nested)
}

// takeEnd takes what stands at the end after a blank line: comments on all of the text,
// which stay where they are.
func (b *tomlBlock) takeEnd() string {
	from := &b.tail
	if b.nested != "" {
		from = &b.nested
	}
	lines := strings.SplitAfter(*from, "\n")
	n := len(lines)
	for n > 0 && (strings.TrimSpace(lines[n-1]) == "" || strings.HasPrefix(strings.TrimSpace(lines[n-1]), "#")) {
		n--
	}
	for n < len(lines) && strings.TrimSpace(lines[n]) != "" {
		n++
	}
	*from = strings.Join(lines[:n], "")
	return strings.Join(lines[n:], "")
}

// blocksOf finds the blocks of a text that is sound TOML; ok is false where it is not.
func blocksOf(text string) (blocks []*tomlBlock, ok bool) {
	now := &tomlBlock{}
	blocks = append(blocks, now)
	seen := 0 // up to here all is in blocks
	for at := 0; at < len(text); {
		start := at
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
		switch {
		case at == len(text):
		case text[at] == '\n' || text[at] == '#' || text[at] == '\r':
			at = lineEnd(text, at)
			continue
		case text[at] == '[':
			b := &tomlBlock{inList: strings.HasPrefix(text[at:], "[[")}
			now.tail, b.lead = divide(text[seen:start])
			skip := 1
			if b.inList {
				skip = 2
			}
			if b.path, at = readKey(text, at+skip); at >= len(text) || text[at] != ']' {
				return nil, false
			}
			at = lineEnd(text, at)
			b.head, seen = text[start:at], at
			blocks = append(blocks, b)
			now = b
		default:
			s := statement{lead: text[seen:start]}
			if s.path, at = readKey(text, at); at >= len(text) || text[at] != '=' {
				return nil, false
			}
			for at++; at < len(text) && (text[at] == ' ' || text[at] == '\t'); at++ {
			}
			end := valueEnd(text, at)
			s.head, s.value = text[start:at], text[at:end]
			at = lineEnd(text, end)
			s.rest, seen = text[end:at], at
			now.statements = append(now.statements, s)
		}
	}
	now.tail = text[seen:]
	return gather(blocks), true
}

// gather puts the tables below an element of a list into its block.
func gather(blocks []*tomlBlock) []*tomlBlock {
	var out []*tomlBlock
	var nested strings.Builder
	take := func() {
		if nested.Len() > 0 {
			out[len(out)-1].nested += nested.String()
			nested.Reset()
		}
	}
	for _, b := range blocks {
		if n := len(out); n > 0 && out[n-1].inList {
			if over := out[n-1].path; len(b.path) > len(over) && slices.Equal(b.path[:len(over)], over) {
				nested.WriteString(b.text())
				continue
			}
		}
		take()
		out = append(out, b)
	}
	take()
	return out
}

// divide says what of the lines before a head belongs to it: the comment that stands
// directly above, and the blank lines above that.
func divide(text string) (before, lead string) {
	lines := strings.SplitAfter(text, "\n")
	n := len(lines)
	if n > 0 && lines[n-1] == "" {
		n--
	}
	for n > 0 && strings.HasPrefix(strings.TrimSpace(lines[n-1]), "#") {
		n--
	}
	for n > 0 && strings.TrimSpace(lines[n-1]) == "" {
		n--
	}
	return strings.Join(lines[:n], ""), strings.Join(lines[n:], "")
}

func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// readKey reads a key with dots, and says where what follows it is.
func readKey(text string, at int) (path []string, end int) {
	for at < len(text) {
		switch c := text[at]; {
		case c == ' ' || c == '\t' || c == '.':
			at++
		case c == '"' || c == '\'':
			end := stringEnd(text, at)
			key, ok := unquoted(text[at:end])
			if !ok {
				return nil, len(text)
			}
			path, at = append(path, key), end
		case c == '=' || c == ']':
			return path, at
		default:
			n := strings.IndexAny(text[at:], " \t.=]\"'\n")
			if n <= 0 {
				return nil, len(text)
			}
			path, at = append(path, text[at:at+n]), at+n
		}
	}
	return nil, at
}

// unquoted is what a quoted key says; ok is false where it is not sound. The library is
// asked last: it takes kilobytes for each.
func unquoted(quoted string) (key string, ok bool) {
	n := len(quoted)
	if n < 2 || quoted[n-1] != quoted[0] {
		return "", false
	}
	if key = quoted[1 : n-1]; !strings.ContainsAny(key, "\\\"'\n\r") {
		return key, true
	}
	// Go knows the same escapes, but for \e and \x.
	if key, err := strconv.Unquote(quoted); quoted[0] == '"' && err == nil && !strings.Contains(quoted, `\x`) {
		return key, true
	}
	var decoded struct{ K string }
	_, err := toml.Decode("K = "+quoted, &decoded)
	return decoded.K, err == nil
}

// stringEnd is where a string that begins at a place has ended.
func stringEnd(text string, at int) int {
	quote, escapes := text[at:at+1], text[at] == '"'
	if long := strings.Repeat(quote, 3); strings.HasPrefix(text[at:], long) {
		quote = long
	}
	for at += len(quote); at < len(text); at++ {
		if escapes && text[at] == '\\' {
			at++
		} else if strings.HasPrefix(text[at:], quote) {
			at += len(quote)
			for more := 0; len(quote) == 3 && more < 2 && strings.HasPrefix(text[at:], quote[:1]); more++ {
				at++ // quotes may stand directly before the three that end it
			}
			return at
		}
	}
	return len(text)
}

// valueEnd is where a value has ended, without the blanks and the comment after it.
func valueEnd(text string, at int) int {
	depth, end := 0, at
	for at < len(text) {
		switch c := text[at]; c {
		case '"', '\'':
			at = stringEnd(text, at)
			end = at
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#':
			if depth == 0 {
				return end
			}
			at = lineEnd(text, at)
			continue
		case '\n':
			if depth == 0 {
				return end
			}
		}
		if !strings.ContainsRune(" \t\r\n", rune(text[at])) {
			end = at + 1
		}
		at++
	}
	return end
}
