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
// is nil if all fit their types. rest is the request without them, with today's names
// of fields; nil if it is no JSON.
func requestFaults(body []byte, into any) (rest []byte, faults fieldFaults) {
	var tree any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&tree) != nil {
		return nil, nil
	}
	if !faults.check(tree, reflect.TypeOf(into).Elem(), "") {
		return nil, faults
	}
	rest, _ = json.Marshal(tree) // it was JSON
	return rest, faults
}

// misfit notes a value of another type than its field's.
func (f *fieldFaults) misfit(field, got string, t reflect.Type) {
	f.note(misfit(field, got, t))
}

func misfit(field, got string, t reflect.Type) error {
	want := wanted(t.Kind().String())
	if isText(t) {
		want = wanted("string")
	}
	return badJSON(field, sockeye.Text{
		En: fmt.Sprintf("%s does not fit here: %s is wanted", got, want.En),
		Zh: fmt.Sprintf("不能是 %s，这里需要%s", got, want.Zh)})
}

// check holds a part of a request against the type that it should have, and reports
// whether it fits; what does not fit below it is taken away.
func (f *fieldFaults) check(part any, t reflect.Type, field string) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if part == nil || t.Kind() == reflect.Interface {
		return true
	}
	if _, isObject := part.(map[string]any); isObject && t == reflect.TypeFor[Options]() {
		return true // it tells itself what is wrong with it
	}
	if form, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		return f.checkText(part, form, t, field)
	}
	fits := true
	switch part := part.(type) {
	case string:
		fits = t.Kind() == reflect.String
		if isBytes(t) {
			_, err := base64.StdEncoding.DecodeString(part)
			if err != nil {
				f.note(badJSON(field, sockeye.Text{En: "not base64", Zh: "不是 base64 编码"}))
			}
			return err == nil
		}
	case bool:
		fits = t.Kind() == reflect.Bool
	case json.Number:
		fits = numberFits(part.String(), t)
	case []any:
		if fits = t.Kind() == reflect.Slice && !isBytes(t); fits {
			for i, one := range part {
				if !f.check(one, t.Elem(), fmt.Sprintf("%s[%d]", field, i)) {
					part[i] = nil
				}
			}
		}
	case map[string]any:
		if fits = t.Kind() == reflect.Map || t.Kind() == reflect.Struct; fits {
			f.checkObject(part, t, field)
		}
	}
	if !fits {
		f.misfit(field, kindOfJSON(part), t)
	}
	return fits
}

func (f *fieldFaults) checkText(part any, form encoding.TextUnmarshaler, t reflect.Type, field string) bool {
	text, ok := part.(string)
	if !ok {
		f.misfit(field, kindOfJSON(part), t)
		return false
	}
	err := form.UnmarshalText([]byte(text))
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Kind, e.Op, e.Target = sockeye.Invalid, "set", field
		f.note(&e)
	}
	return err == nil
}

func (f *fieldFaults) checkObject(part map[string]any, t reflect.Type, field string) {
	form, hasOptions := OptionFormOf(t)
	options := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(part)) {
		path := strings.TrimPrefix(field+"."+name, ".")
		inner, fits := t, true
		if t.Kind() == reflect.Map {
			inner = t.Elem()
		} else if known, ok := jsonField(t, name); ok {
			inner = known.Type
			if now, _, _ := strings.Cut(known.Tag.Get("json"), ","); !strings.EqualFold(now, name) {
				if _, twice := part[now]; twice {
					f.note(badJSON(path, sockeye.Text{En: "is the same as " + now, Zh: "与 " + now + " 是同一字段"}))
				}
				part[now] = part[name] // a name of before
				delete(part, name)
				name = now
			}
		} else if d, _ := sockeye.AllOptions.Lookup(name, form); hasOptions && d != nil {
			options[name] = part[name]
			continue
		} else {
			f.note(unknownField(path))
			fits = false
		}
		if !fits || !f.check(part[name], inner, path) {
			delete(part, name)
		}
	}
	for _, err := range sockeye.AllOptions.Read(options, form).Faults {
		e := *sockeye.ErrorOf(err)
		key, _, _ := strings.Cut(e.Target, "[")
		delete(part, key)
		e.Target = strings.TrimPrefix(field+"."+e.Target, ".")
		f.note(&e)
	}
}

func unknownField(path string) error {
	return badJSON(path, sockeye.Text{En: "unknown field", Zh: "未知的字段"})
}

// jsonField is the field of a struct that encoding/json would fill, or that had the name
// before: its tag alias.
func jsonField(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, field := range reflect.VisibleFields(t) {
		word, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous || word == "-" || word == "" {
			continue
		}
		if strings.EqualFold(word, name) || strings.EqualFold(field.Tag.Get("alias"), name) {
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
