package workspace

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// locator finds where in a text a key is. The library tells it only with an error,
// so the locator decodes just that key into something that refuses it.
type locator struct {
	text string
	// top are the keys at the top.
	top map[string]toml.Primitive
	md  toml.MetaData
	// What was looked for once: a file may have many problems and be large.
	statements []statementPlace
	tables     map[string]map[string]toml.Primitive
	lists      map[string][]toml.Primitive
}

// statementPlace is where a statement begins, and whether it is the head of a table.
type statementPlace struct {
	at   int
	head bool
}

// maxProbed is the longest text of which the library is asked where something is: it
// copies the text each time. In a longer one it is the line of the statement.
const maxProbed = 256 << 10

// statementOf is the position of the first statement that has a path of names, or a value
// in which it must be.
func (l *locator) statementOf(wanted []string) toml.Position {
	var table []string
	for _, s := range l.allStatements() {
		path := namesAt(l.text, s.at)
		if s.head {
			table = path
		} else {
			path = append(table[:len(table):len(table)], path...)
		}
		n := min(len(path), len(wanted))
		if s.head && n < len(wanted) || !s.head && n <= len(table) || !slices.Equal(path[:n], wanted[:n]) {
			continue
		}
		return toml.Position{Line: 1 + strings.Count(l.text[:s.at], "\n"), Col: s.at - strings.LastIndexByte(l.text[:s.at], '\n')}
	}
	return toml.Position{}
}

// namesAt are the names of the key or head at a place, whose bounds hold. Escapes in them
// stay.
func namesAt(text string, at int) (names []string) {
	for at < len(text) {
		switch c := text[at]; c {
		case ' ', '\t', '.', '[':
			at++
		case '=', ']', '\n':
			return names
		case '"', '\'':
			end := stringEnd(text, at)
			names, at = append(names, strings.Trim(text[at:end], string(c))), end
		default:
			n := strings.IndexAny(text[at:], " \t.=]\"'\n")
			if n < 0 {
				return names
			}
			names, at = append(names, text[at:at+n]), at+n
		}
	}
	return names
}

// allStatements are the places of the statements, in the order of the text.
func (l *locator) allStatements() []statementPlace {
	if l.statements == nil {
		s := boundsScanner{text: l.text, begins: func(at int, head bool) {
			l.statements = append(l.statements, statementPlace{at, head})
		}}
		s.all()
	}
	return l.statements
}

// line is "line 12" for a path of keys and indexes, or for the nearest part of it
// that is there, or "".
func (l *locator) line(path ...any) string {
	if n := l.inTables(path); n > 0 {
		return fmt.Sprintf("line %d", n)
	}
	for ; len(path) > 0; path = path[:len(path)-1] {
		if p := l.find(path); p.Line > 0 {
			return fmt.Sprintf("line %d", p.Line)
		}
	}
	return ""
}

// inTables is the line of a path with an index in an array of tables: the library
// knows only the last of them. It is that of the key after the index, or of the
// table's head; 0 where there is none.
func (l *locator) inTables(path []any) int {
	var head toml.Key
	index, key := -1, ""
	for n, p := range path {
		if i, ok := p.(int); ok {
			index = i
			if n+1 < len(path) {
				key, _ = path[n+1].(string)
			}
			break
		}
		head = append(head, fmt.Sprint(p))
	}
	if index < 0 {
		return 0
	}
	found := -1
	lineOf := func(at int) int { return 1 + strings.Count(l.text[:at], "\n") }
	wanted := head.String()
	for _, s := range l.allStatements() {
		line, _, _ := strings.Cut(l.text[s.at:min(len(l.text), s.at+2*maxKeyBytes)], "\n")
		name, isHead := strings.CutPrefix(line, "[[")
		name, _, closed := strings.Cut(name, "]]")
		switch {
		case found >= 0 && s.head:
			return lineOf(found)
		case found >= 0:
			if rest, ok := strings.CutPrefix(line, key); ok && key != "" && strings.HasPrefix(strings.TrimSpace(rest), "=") {
				return lineOf(s.at)
			}
		case isHead && closed && strings.ReplaceAll(strings.Trim(name, " \t"), "'", `"`) == wanted:
			if index == 0 {
				found = s.at
			}
			index--
		}
	}
	if found < 0 {
		return 0
	}
	return lineOf(found)
}

// key is "line 12, column 3" for the first key with this path, in whichever tables
// of arrays it is.
func (l *locator) key(key toml.Key) string {
	path := make([]any, len(key))
	for i, k := range key {
		path[i] = k
	}
	p := l.find(path)
	if p.Line == 0 {
		return l.line(path...)
	}
	if len(l.text) > maxProbed {
		return position(p)
	}
	// what is found is the value: the key stands before it
	line := strings.SplitN(l.text, "\n", p.Line+1)[p.Line-1]
	if at := strings.LastIndex(line[:min(len(line), max(0, p.Col-1))], key[len(key)-1]); at >= 0 {
		p.Col = at + 1
	}
	return position(p)
}

// positionProbe refuses whatever it is decoded from.
type positionProbe struct{}

var errHere = errors.New("here")

func (*positionProbe) UnmarshalTOML(any) error { return errHere }

func (l *locator) find(path []any) toml.Position {
	name, ok := path[0].(string)
	if len(l.text) > maxProbed {
		var names []string
		for _, p := range path {
			if s, isName := p.(string); isName {
				names = append(names, s)
			}
		}
		return l.statementOf(names)
	}
	if p, there := l.top[name]; ok && there {
		return l.descend(name, p, path[1:])
	}
	return toml.Position{}
}

// descend is the function descend for a value at the top, which is taken apart only once.
func (l *locator) descend(name string, p toml.Primitive, path []any) toml.Position {
	if len(path) == 0 {
		return descend(&l.md, p, path)
	}
	list, isList := l.lists[name]
	table, isTable := l.tables[name]
	if !isList && !isTable {
		if l.lists == nil {
			l.lists, l.tables = map[string][]toml.Primitive{}, map[string]map[string]toml.Primitive{}
		}
		if l.md.PrimitiveDecode(p, &list) == nil {
			l.lists[name] = list
		} else if l.md.PrimitiveDecode(p, &table) == nil {
			l.tables[name] = table
		}
	}
	switch want := path[0].(type) {
	case int:
		if want < len(list) {
			return descend(&l.md, list[want], path[1:])
		}
	case string:
		if inner, there := table[want]; there {
			return descend(&l.md, inner, path[1:])
		}
		for _, one := range list {
			if at := descend(&l.md, one, path); at.Line > 0 {
				return at
			}
		}
	}
	return toml.Position{}
}

// descend looks for the rest of a path in a value; a key in an array of tables is
// looked for in each.
func descend(md *toml.MetaData, p toml.Primitive, path []any) toml.Position {
	if len(path) == 0 {
		var at toml.ParseError
		if errors.As(md.PrimitiveDecode(p, &positionProbe{}), &at) {
			return at.Position
		}
		return toml.Position{}
	}
	var list []toml.Primitive
	isList := md.PrimitiveDecode(p, &list) == nil
	switch want := path[0].(type) {
	case int:
		if isList && want < len(list) {
			return descend(md, list[want], path[1:])
		}
	case string:
		if !isList {
			list = []toml.Primitive{p}
		}
		for _, one := range list {
			var table map[string]toml.Primitive
			if md.PrimitiveDecode(one, &table) != nil {
				continue
			}
			if inner, there := table[want]; there {
				if at := descend(md, inner, path[1:]); at.Line > 0 {
					return at
				}
			}
		}
	}
	return toml.Position{}
}
