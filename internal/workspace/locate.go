package workspace

import (
	"errors"
	"fmt"
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
	found, n := 0, 0
	for line := range strings.Lines(l.text) {
		n++
		line = strings.TrimSpace(line)
		name, isHead := strings.CutPrefix(line, "[[")
		name, _, closed := strings.Cut(name, "]]")
		switch {
		case found > 0 && strings.HasPrefix(line, "["):
			return found
		case found > 0:
			if rest, ok := strings.CutPrefix(line, key); ok && key != "" && strings.HasPrefix(strings.TrimSpace(rest), "=") {
				return n
			}
		case isHead && closed && strings.ReplaceAll(strings.Trim(name, " \t"), "'", `"`) == head.String():
			if index == 0 {
				found = n
			}
			index--
		}
	}
	return found
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
	if p, there := l.top[name]; ok && there {
		return descend(&l.md, p, path[1:])
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
