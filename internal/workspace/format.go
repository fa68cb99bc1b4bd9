package workspace

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

// tomlNode is a part of a file as it is written: a value, a table, or a list of tables.
type tomlNode struct {
	value string // as TOML, of what is neither a table nor a list of tables
	// A table has keys, in the order they are written, with a node for each.
	isTable bool
	keys    []string
	below   map[string]*tomlNode
	// short is the key of an inline table whose value stands for all of it if it is
	// the only one.
	short string
	// inline tables and lists stand in the line of their key.
	inline bool
	isList bool
	list   []*tomlNode
}

// tree is what is written of a file.
func (f *File) tree() *tomlNode {
	out := *f
	out.Version = Version
	return nodeOf(reflect.ValueOf(out), false)
}

// nodeOf is what is written of a value; whatever is in a list of tables is inline.
func nodeOf(v reflect.Value, inline bool) *tomlNode {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			panic("workspace: a value has no text: " + err.Error()) // ours all have one
		}
		return &tomlNode{value: quoted(string(text))}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return nodeOf(v.Elem(), inline)
	case reflect.Struct:
		return tableOf(v, inline)
	case reflect.Map:
		n := &tomlNode{isTable: true, inline: inline, below: map[string]*tomlNode{}}
		for _, key := range v.MapKeys() {
			n.add(key.String(), nodeOf(v.MapIndex(key), inline))
		}
		slices.Sort(n.keys)
		return n
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			n := &tomlNode{isList: true, inline: inline || v.Len() == 0}
			for i := range v.Len() {
				n.list = append(n.list, nodeOf(v.Index(i), true))
			}
			return n
		}
		var all []string
		for i := range v.Len() {
			all = append(all, nodeOf(v.Index(i), true).value)
		}
		return &tomlNode{value: "[" + strings.Join(all, ", ") + "]"}
	case reflect.String:
		return &tomlNode{value: quoted(v.String())}
	case reflect.Float64:
		text := strconv.FormatFloat(v.Float(), 'g', -1, 64)
		if !strings.ContainsAny(text, ".en") {
			text += ".0"
		}
		return &tomlNode{value: text}
	}
	return &tomlNode{value: fmt.Sprint(v.Interface())} // a whole number, true or false
}

func tableOf(v reflect.Value, inline bool) *tomlNode {
	n := &tomlNode{isTable: true, inline: inline, below: map[string]*tomlNode{}}
	if v.Type() == reflect.TypeFor[Payload]() {
		n.inline, n.short = true, "text"
	}
	for i := range v.NumField() {
		key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
		field := v.Field(i)
		empty := field.IsZero() || (field.Kind() == reflect.Slice || field.Kind() == reflect.Map) && field.Len() == 0
		if key == "" || key == "-" || options != "" && empty {
			continue
		}
		n.add(key, nodeOf(field, n.inline))
	}
	if e, ok := v.Interface().(Endpoint); ok {
		for _, option := range sockeye.AllOptions.Values(&e.Options, sockeye.FileForm) {
			n.add(option.Key, nodeOf(reflect.ValueOf(option.Value), n.inline))
		}
	}
	return n
}

func (n *tomlNode) add(key string, below *tomlNode) {
	n.keys = append(n.keys, key)
	n.below[key] = below
}

// inLine says whether the node stands in the line of its key.
func (n *tomlNode) inLine() bool { return n.inline || !n.isTable && !n.isList }

// at is the node at a path of keys, or nil.
func (n *tomlNode) at(path ...string) *tomlNode {
	for _, key := range path {
		if n == nil {
			return nil
		}
		n = n.below[key]
	}
	return n
}

// String is the node in one line, as a value. Equal nodes have equal ones.
func (n *tomlNode) String() string {
	switch {
	case n == nil:
		return ""
	case n.isList:
		var all []string
		for _, one := range n.list {
			all = append(all, one.String())
		}
		return "[" + strings.Join(all, ", ") + "]"
	case !n.isTable:
		return n.value
	case n.short != "" && len(n.keys) == 0:
		return "''"
	case n.short != "" && len(n.keys) == 1 && n.keys[0] == n.short:
		return n.below[n.short].String()
	case len(n.keys) == 0:
		return "{}"
	}
	var all []string
	for _, key := range n.keys {
		all = append(all, keyText(key)+" = "+n.below[key].String())
	}
	return "{ " + strings.Join(all, ", ") + " }"
}

// lines are the entries of a table that stand in lines of their own.
func (n *tomlNode) lines() string {
	var b strings.Builder
	for _, key := range n.keys {
		if one := n.below[key]; one.inLine() {
			b.WriteString(line(key, one))
		}
	}
	return b.String()
}

func line(key string, n *tomlNode) string { return keyText(key) + " = " + n.String() + "\n" }

// sections are the tables and lists below a table, each with its head.
func (n *tomlNode) sections(path ...string) string {
	var b strings.Builder
	for _, key := range n.keys {
		one, at := n.below[key], append(slices.Clip(path), key)
		switch {
		case one.inLine():
		case one.isList:
			for _, element := range one.list {
				b.WriteString(element.section(true, at))
			}
		default:
			if lines := one.lines(); lines != "" || len(one.keys) == 0 {
				b.WriteString(one.section(false, at))
			}
			b.WriteString(one.sections(at...))
		}
	}
	return b.String()
}

// section is a table with its head, without the tables below it.
func (n *tomlNode) section(inList bool, path []string) string {
	var keys []string
	for _, key := range path {
		keys = append(keys, keyText(key))
	}
	head := "[" + strings.Join(keys, ".") + "]"
	if inList {
		head = "[" + head + "]"
	}
	return "\n" + head + "\n" + n.lines()
}

// Format writes the file as text that Parse reads as the same. What a person wrote
// as comments is not in a File, and so not in its text; Revise keeps it.
func (f *File) Format() []byte {
	n := f.tree()
	return []byte("# A workspace of Sockeye: sockeye run FILE opens what it says.\n" + n.lines() + n.sections())
}

// keyText is a key as TOML has it.
func keyText(key string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if key != "" && !strings.ContainsFunc(key, func(r rune) bool { return !bare(r) }) {
		return key
	}
	return doubleQuoted(key)
}

// quoted is a string as TOML has it: in single quotes, where a backslash stays as it
// is, if there are any and it can be.
func quoted(s string) string {
	literal := func(r rune) bool { return r != '\'' && r >= ' ' && r != 0x7f && r != '\uFFFD' }
	if strings.ContainsAny(s, `\"`) && !strings.ContainsFunc(s, func(r rune) bool { return !literal(r) }) {
		return "'" + s + "'"
	}
	return doubleQuoted(s)
}

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
