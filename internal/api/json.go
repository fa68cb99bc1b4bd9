package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

// maxDepth is how deep arrays and objects of a request may be nested.
const maxDepth = 64

// decode reads a request's JSON strictly: one object, every field known, letter by letter,
// and given once, in UTF-8. No body is an empty object. The error is an *sockeye.Error, or
// fieldFaults: then everything else that the request says was read.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if !utf8.Valid(body) {
		return badJSON("", sockeye.Text{En: "not UTF-8", Zh: "不是 UTF-8 编码"})
	}
	twice, err := onceEach(body, reflect.TypeOf(into))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err = d.Decode(into)
	if err == nil {
		return twice.join()
	}
	rest, faults := requestFaults(body, into)
	faults = append(twice, faults...)
	if rest != nil {
		reflect.ValueOf(into).Elem().SetZero()
		err = json.Unmarshal(rest, into)
	}
	switch {
	case faults != nil:
		return faults
	case err != nil:
		return explainJSON(err)
	}
	return nil
}

// namedByPeople are the objects of a workspace whose fields have names that a person
// gave: no two of them are the same for a capital letter.
var namedByPeople = map[string]bool{"variables": true, "payloads": true, "rules": true, "lists": true}

// onceEach refuses what encoding/json would let pass: something that is no object, or
// anything after it. Fields given twice, in whatever case, are faults, and those that it
// would take for others.
func onceEach(body []byte, form reflect.Type) (twice fieldFaults, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var levels []jsonLevel
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return twice, nil
		}
		if err != nil {
			return nil, explainJSON(err)
		}
		if len(levels) == 0 && token != json.Delim('{') {
			return nil, badJSON("", sockeye.Text{En: "one JSON object is wanted", Zh: "需要一个 JSON 对象"})
		}
		if n := len(levels); n > 0 {
			if name, ok := token.(string); ok && levels[n-1].isName() {
				if likely := levels[n-1].misspelled(name); likely != "" {
					levels[n-1].name = name
					twice.note(invalid(pathIn(levels), sockeye.Text{En: "unknown field", Zh: "未知的字段"},
						sockeye.Text{En: "did you mean " + likely + "?", Zh: "是否想写 " + likely + "？"}))
				}
				if levels[n-1].begin(name) {
					twice.note(badJSON(pathIn(levels), sockeye.Text{En: "given twice", Zh: "重复出现"}))
				}
				continue
			}
			levels[n-1].next(token)
		}
		switch token {
		case json.Delim('{'):
			n := len(levels)
			levels = append(levels, jsonLevel{form: formBelow(levels, form), fields: map[string]bool{}, exact: n > 0 && namedByPeople[levels[n-1].name]})
		case json.Delim('['):
			levels = append(levels, jsonLevel{form: formBelow(levels, form), index: -1})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			if len(levels) == 0 {
				if rest, _ := io.ReadAll(io.MultiReader(d.Buffered())); len(bytes.TrimSpace(rest)) > 0 {
					return nil, badJSON("", sockeye.Text{En: "something follows the JSON object", Zh: "JSON 对象之后还有内容"})
				}
				return twice, nil
			}
		}
		if len(levels) > maxDepth {
			return nil, badJSON("", sockeye.Text{En: fmt.Sprintf("nested deeper than %d", maxDepth), Zh: fmt.Sprintf("嵌套超过 %d 层", maxDepth)})
		}
	}
}

// jsonLevel is an object or array that is being read.
type jsonLevel struct {
	fields map[string]bool // nil in an array
	value  bool            // the next token is a field's value
	name   string          // of the latest field
	exact  bool            // capital letters count
	index  int             // of the latest element of an array
	form   reflect.Type    // what it is read into; nil if that reads itself, or takes anything
}

// formBelow is the type that an object or array which begins now is read into.
func formBelow(levels []jsonLevel, whole reflect.Type) reflect.Type {
	t := whole
	if n := len(levels); n > 0 {
		t = levels[n-1].formOf(levels[n-1].name)
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return nil
	}
	return t
}

// formOf is the type of a field or an element; nil if it is not known.
func (l *jsonLevel) formOf(name string) reflect.Type {
	switch {
	case l.form == nil:
	case l.form.Kind() == reflect.Map, l.form.Kind() == reflect.Slice && l.fields == nil:
		return l.form.Elem()
	case l.form.Kind() == reflect.Struct:
		if field, ok := jsonField(l.form, name); ok {
			return field.Type
		}
	}
	return nil
}

// misspelled is the field that encoding/json would take a name for, which is another one;
// "" if there is none.
func (l *jsonLevel) misspelled(name string) string {
	if l.form == nil || l.form.Kind() != reflect.Struct {
		return ""
	}
	field, ok := jsonField(l.form, name)
	word, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if !ok || name == word || name == field.Tag.Get("alias") {
		return ""
	}
	return word
}

// fold is a name as encoding/json compares it: the smallest letter of each that are the same
// but for their case, which are more than two of some.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, name)
}

// isName reports whether a text that comes now is the name of a field.
func (l *jsonLevel) isName() bool { return l.fields != nil && !l.value }

// next takes the value of a field, an element of an array, or the end.
func (l *jsonLevel) next(token json.Token) {
	l.value = false
	if token != json.Delim(']') {
		l.index++
	}
}

// pathIn is where the latest field is: "rules[2].delay".
func pathIn(levels []jsonLevel) string {
	var b strings.Builder
	for _, l := range levels {
		if l.fields == nil {
			fmt.Fprintf(&b, "[%d]", l.index)
		} else {
			b.WriteString("." + l.name)
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// begin notes the name of a field, and reports whether it was there before.
func (l *jsonLevel) begin(name string) (twice bool) {
	same := name
	if !l.exact {
		same = fold(name)
	}
	twice = l.fields[same]
	l.fields[same], l.value, l.name = true, true, name
	return twice
}

// explainJSON says in our words what encoding/json found.
func explainJSON(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return misfit(e.Field, e.Value, e.Type)
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok { // of a field that is a text with a meaning
		return e
	}
	text := err.Error()
	if name, found := strings.CutPrefix(text, "json: unknown field "); found {
		return badJSON(strings.Trim(name, `"`), sockeye.Text{En: "unknown field", Zh: "未知的字段"})
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return badJSON("", sockeye.Text{En: "the JSON ends early", Zh: "JSON 不完整"})
	}
	return badJSON("", sockeye.Text{En: "not JSON: " + text, Zh: "不是有效的 JSON：" + text})
}

func wanted(kind string) sockeye.Text {
	switch {
	case strings.HasPrefix(kind, "int"):
		return sockeye.Text{En: "a whole number in digits, in range", Zh: "范围内只用数字书写的整数"}
	case strings.HasPrefix(kind, "uint"):
		return sockeye.Text{En: "a whole number in digits, in range, not negative", Zh: "范围内只用数字书写的非负整数"}
	case strings.HasPrefix(kind, "float"):
		return sockeye.Text{En: "a number", Zh: "数字"}
	case kind == "bool":
		return sockeye.Text{En: "true or false", Zh: " true 或 false"}
	case kind == "slice":
		return sockeye.Text{En: "a list", Zh: "列表"}
	case kind == "struct":
		return sockeye.Text{En: "an object", Zh: "对象"}
	}
	return sockeye.Text{En: "a text", Zh: "文本"}
}

func badJSON(field string, message sockeye.Text) error {
	return invalid(field, message, sockeye.Text{})
}

// invalid is an error of a request.
func invalid(field string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: field, Message: message, Hint: hint}
}
