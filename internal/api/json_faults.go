package api

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

// requestFaults is everything that is wrong with the fields of a request, each with its
// path: "rules[2].delay". encoding/json tells only of the first, and not where it is. It
// is nil if all fit their types.
func requestFaults(body []byte, into any) error {
	var tree any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&tree) != nil {
		return nil
	}
	var f fieldFaults
	f.look(tree, reflect.TypeOf(into).Elem(), "")
	if len(f) == 0 {
		return nil
	}
	return joinErrors(f)
}

// fieldFaults collects what is wrong with the fields of a request.
type fieldFaults []error

func (f *fieldFaults) add(err error) {
	if len(*f) < maxProblems {
		*f = append(*f, err)
	}
}

// misfit notes a value of another type than its field's.
func (f *fieldFaults) misfit(field, got string, t reflect.Type) {
	f.add(misfit(field, got, t))
}

func misfit(field, got string, t reflect.Type) error {
	want := wanted(t.Kind().String())
	if isText(t) {
		want = wanted("string")
	}
	return badJSON(field, sockeye.Text{
		En: fmt.Sprintf("%s does not fit here: a %s is wanted", got, want.En),
		Zh: fmt.Sprintf("不能是 %s，这里需要%s", got, want.Zh)})
}

// look looks at a part of a request and the type that it should have.
func (f *fieldFaults) look(part any, t reflect.Type, field string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if part == nil || t.Kind() == reflect.Interface {
		return
	}
	if form, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		f.lookAtText(part, form, t, field)
		return
	}
	fits := true
	switch part := part.(type) {
	case string:
		fits = t.Kind() == reflect.String
		if isBytes(t) {
			if _, err := base64.StdEncoding.DecodeString(part); err != nil {
				f.add(badJSON(field, sockeye.Text{En: "not base64", Zh: "不是 base64 编码"}))
			}
			return
		}
	case bool:
		fits = t.Kind() == reflect.Bool
	case json.Number:
		fits = numberFits(part.String(), t)
	case []any:
		if fits = t.Kind() == reflect.Slice && !isBytes(t); fits {
			for i, one := range part {
				f.look(one, t.Elem(), fmt.Sprintf("%s[%d]", field, i))
			}
		}
	case map[string]any:
		if fits = t.Kind() == reflect.Map || t.Kind() == reflect.Struct; fits {
			f.lookAtObject(part, t, field)
		}
	}
	if !fits {
		f.misfit(field, kindOfJSON(part), t)
	}
}

func (f *fieldFaults) lookAtText(part any, form encoding.TextUnmarshaler, t reflect.Type, field string) {
	text, ok := part.(string)
	if !ok {
		f.misfit(field, kindOfJSON(part), t)
		return
	}
	if err := form.UnmarshalText([]byte(text)); err != nil {
		e := *sockeye.ErrorOf(err)
		e.Kind, e.Op, e.Target = sockeye.Invalid, "set", field
		f.add(&e)
	}
}

func (f *fieldFaults) lookAtObject(part map[string]any, t reflect.Type, field string) {
	for _, name := range slices.Sorted(maps.Keys(part)) {
		path := strings.TrimPrefix(field+"."+name, ".")
		if t.Kind() == reflect.Map {
			f.look(part[name], t.Elem(), path)
		} else if inner, ok := jsonField(t, name); ok {
			f.look(part[name], inner.Type, path)
		} else {
			f.add(badJSON(path, sockeye.Text{En: "unknown field", Zh: "未知的字段"}))
		}
	}
}

// jsonField is the field of a struct that encoding/json would fill.
func jsonField(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, field := range reflect.VisibleFields(t) {
		word, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.Anonymous && word != "-" && strings.EqualFold(word, name) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func numberFits(number string, t reflect.Type) bool {
	var err error
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		_, err = strconv.ParseInt(number, 10, t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		_, err = strconv.ParseUint(number, 10, t.Bits())
	case reflect.Float32, reflect.Float64:
		_, err = strconv.ParseFloat(number, t.Bits())
	default:
		return false
	}
	return err == nil
}

// kindOfJSON names what was given, a number with its digits.
func kindOfJSON(part any) string {
	switch part := part.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case json.Number:
		if text := part.String(); len(text) <= 40 {
			return "number " + text
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
