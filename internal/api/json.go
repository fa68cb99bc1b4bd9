package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"sockeye"
)

// maxDepth is how deep arrays and objects of a request may be nested.
const maxDepth = 64

// decode reads a request's JSON strictly: one object, every field known and given
// once, in UTF-8. No body is an empty object. The error is an *sockeye.Error, or
// fieldFaults: then everything else that the request says was read.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if !utf8.Valid(body) {
		return badJSON("", sockeye.Text{En: "not UTF-8", Zh: "不是 UTF-8 编码"})
	}
	if err := onceEach(body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	rest, faults := requestFaults(body, into)
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

// onceEach refuses what encoding/json would let pass: a field given twice, in
// whatever case, something that is no object, or anything after it.
func onceEach(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type level struct {
		fields map[string]bool // nil in an array
		value  bool            // the next token is a field's value
		name   string          // of the latest field
		exact  bool            // capital letters count
	}
	var levels []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return explainJSON(err)
		}
		if len(levels) == 0 && (token != json.Delim('{') || d.InputOffset() == 0) {
			return badJSON("", sockeye.Text{En: "one JSON object is wanted", Zh: "需要一个 JSON 对象"})
		}
		if n := len(levels); n > 0 && levels[n-1].fields != nil {
			top := &levels[n-1]
			if name, ok := token.(string); ok && !top.value {
				if !top.exact {
					name = strings.ToLower(name)
				}
				if top.fields[name] {
					return badJSON(name, sockeye.Text{En: "given twice", Zh: "重复出现"})
				}
				top.fields[name], top.value, top.name = true, true, name
				continue
			}
			top.value = false
		}
		switch token {
		case json.Delim('{'):
			n := len(levels)
			levels = append(levels, level{fields: map[string]bool{}, exact: n > 0 && namedByPeople[levels[n-1].name]})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			if len(levels) == 0 {
				if rest, _ := io.ReadAll(io.MultiReader(d.Buffered())); len(bytes.TrimSpace(rest)) > 0 {
					return badJSON("", sockeye.Text{En: "something follows the JSON object", Zh: "JSON 对象之后还有内容"})
				}
				return nil
			}
		}
		if len(levels) > maxDepth {
			return badJSON("", sockeye.Text{En: fmt.Sprintf("nested deeper than %d", maxDepth), Zh: fmt.Sprintf("嵌套超过 %d 层", maxDepth)})
		}
	}
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
		return sockeye.Text{En: "whole number in range", Zh: "范围内的整数"}
	case strings.HasPrefix(kind, "uint"):
		return sockeye.Text{En: "whole number in range, not negative", Zh: "范围内的非负整数"}
	case strings.HasPrefix(kind, "float"):
		return sockeye.Text{En: "number", Zh: "数字"}
	case kind == "bool":
		return sockeye.Text{En: "true or false", Zh: " true 或 false"}
	case kind == "slice":
		return sockeye.Text{En: "list", Zh: "列表"}
	case kind == "struct":
		return sockeye.Text{En: "object", Zh: "对象"}
	}
	return sockeye.Text{En: "text", Zh: "文本"}
}

func badJSON(field string, message sockeye.Text) error {
	return invalid(field, message, sockeye.Text{})
}

// invalid is an error of a request.
func invalid(field string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: field, Message: message, Hint: hint}
}
