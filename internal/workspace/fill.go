package workspace

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"sockeye"
	"sockeye/internal/payload"
)

// filler fills a File from the tables of a text. What does not fit is noted, each with
// its place, and the rest is filled all the same.
type filler struct{ c *checker }

// fill fills the checker's file.
func (d *decodedTOML) fill(c *checker) error {
	top := map[string]any{}
	for key, primitive := range d.top {
		var v any
		if err := d.md.PrimitiveDecode(primitive, &v); err != nil {
			return syntaxError(err)
		}
		top[key] = v
	}
	f := filler{c}
	f.table(top, reflect.ValueOf(c.file).Elem(), nil)
	return nil
}

// value fills one value; path leads to it, as the text spells it.
func (f *filler) value(v any, into reflect.Value, path []any) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch form := into.Addr().Interface().(type) {
	case toml.Unmarshaler:
		f.note(form.UnmarshalTOML(v), path)
		return
	case encoding.TextUnmarshaler:
		if text, ok := scalarText(v); !ok {
			f.misfit(v, into, path)
		} else if err := form.UnmarshalText([]byte(text)); err != nil {
			f.note(err, path)
		}
		return
	}
	switch into.Kind() {
	case reflect.Struct, reflect.Map:
		table, ok := v.(map[string]any)
		switch {
		case !ok:
			f.misfit(v, into, path)
		case into.Kind() == reflect.Struct:
			f.table(table, into, path)
		default:
			f.named(table, into, path)
		}
	case reflect.Slice:
		f.list(v, into, path)
	default:
		if !setScalar(v, into) {
			f.misfit(v, into, path)
		}
	}
}

// table fills a struct. Keys that it does not have are told elsewhere.
func (f *filler) table(table map[string]any, into reflect.Value, path []any) {
	options := map[string]any{}
	written := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		at := append(slices.Clip(path), key)
		field, ok := fieldOf(into.Type(), key)
		switch {
		case !ok:
			options[key] = table[key]
		case written[field.Name] != "":
			f.note(problem("is the same as %s", "与 %s 是同一个键", "leave one of them out", "请去掉其中之一", written[field.Name]), at)
		default:
			written[field.Name] = key
			f.value(table[key], into.FieldByIndex(field.Index), at)
		}
	}
	if e, ok := into.Addr().Interface().(*Endpoint); ok {
		f.options(e, options, path)
	}
}

// options fills the options of an endpoint.
func (f *filler) options(e *Endpoint, values map[string]any, path []any) {
	set := sockeye.AllOptions.Read(values, sockeye.FileForm)
	e.Options = set.Options
	if set.IsSpelledAsBefore() {
		e.dropMisplaced()
	}
	for _, err := range set.Faults {
		at := *sockeye.ErrorOf(err)
		key, element, _ := strings.Cut(at.Target, "[")
		to := append(slices.Clip(path), key)
		if n, err := strconv.Atoi(strings.TrimSuffix(element, "]")); err == nil {
			to = append(to, n)
		}
		f.note(&at, to)
	}
	if n, ok := path[len(path)-1].(int); ok {
		if f.c.options == nil {
			f.c.options = map[int]sockeye.OptionSet{}
		}
		f.c.options[n] = set
	}
}

// dropMisplaced leaves out options that the endpoint's scheme or side does not have: in a
// file from before, which was read in spite of them. The plan says so.
func (e *Endpoint) dropMisplaced() {
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Options: e.Options}
	if e.Connect != "" {
		ep.Mode = sockeye.Connect
	}
	at := sockeye.Endpoint{Mode: ep.Mode}
	at.ReadAddress(e.Listen+e.Connect, sockeye.DefaultPort) // what is wrong with it is told elsewhere
	ep.Address = at.Address
	ep, misplaced := ep.WithoutMisplaced()
	e.Options = ep.Options
	for _, err := range misplaced {
		why := sockeye.ErrorOf(err)
		key := sockeye.OptionKey(why.Target, sockeye.FileForm)
		e.Ignored = append(e.Ignored, sockeye.Text{En: "without " + key + ", which " + why.Message.En, Zh: "不使用 " + key + "：它" + why.Message.Zh})
	}
}

// named fills a map whose keys are names that a person gave.
func (f *filler) named(table map[string]any, into reflect.Value, path []any) {
	into.Set(reflect.MakeMap(into.Type()))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		one := reflect.New(into.Type().Elem()).Elem()
		f.value(table[name], one, append(slices.Clip(path), name))
		into.SetMapIndex(reflect.ValueOf(name), one)
	}
}

func (f *filler) list(v any, into reflect.Value, path []any) {
	var list []any
	switch v := v.(type) {
	case []any:
		list = v
	case []map[string]any:
		for _, one := range v {
			list = append(list, one)
		}
	default:
		f.misfit(v, into, path)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	for i, one := range list {
		if i == MaxEndpoints && into.Type().Elem() == endpointType {
			return // there are too many: none is looked at
		}
		f.value(one, into.Index(i), append(slices.Clip(path), i))
	}
}

// setScalar sets a text, a number or a truth, if the value is one that fits.
func setScalar(v any, into reflect.Value) bool {
	switch v := v.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return true
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return true
		}
	case int64:
		switch {
		case into.CanInt() && !into.OverflowInt(v):
			into.SetInt(v)
			return true
		case into.CanUint() && v >= 0 && !into.OverflowUint(uint64(v)):
			into.SetUint(uint64(v))
			return true
		case into.CanFloat():
			into.SetFloat(float64(v))
			return true
		}
	case float64:
		if into.CanFloat() {
			into.SetFloat(v)
			return true
		}
	}
	return false
}

// scalarText is a value as the text of what has a text of its own.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, int64, float64:
		return fmt.Sprint(v), true
	}
	return "", false
}

func (f *filler) misfit(v any, into reflect.Value, path []any) {
	if f.c.hasStrange(path) {
		return // a table of another form: what it has was told
	}
	want := map[reflect.Kind]sockeye.Text{
		reflect.String: {En: "a text, in quotes", Zh: "带引号的文本"}, reflect.Bool: {En: "true or false, without quotes", Zh: " true 或 false（不带引号）"},
		reflect.Slice: {En: "a list, [ … ]", Zh: "列表 [ … ]"}, reflect.Map: {En: "a table", Zh: "表"}, reflect.Struct: {En: "a table", Zh: "表"},
	}[into.Kind()]
	if _, isText := into.Addr().Interface().(encoding.TextUnmarshaler); isText {
		want = sockeye.Text{En: "a text, in quotes", Zh: "带引号的文本"}
	} else if want.IsZero() {
		want = sockeye.Text{En: "a number that fits", Zh: "有效的数字"}
	}
	f.note(&sockeye.Error{Kind: sockeye.Invalid, Message: sockeye.Text{
		En: said(v).En + " does not fit here: write " + want.En, Zh: said(v).Zh + "不适用：请写" + want.Zh}}, path)
}

// said names a value that does not fit.
func said(v any) sockeye.Text {
	switch v := v.(type) {
	case string:
		return sockeye.Text{En: payload.Quote(v, 40), Zh: payload.Quote(v, 40) + " "}
	case map[string]any:
		return sockeye.Text{En: "a table", Zh: "表"}
	case []any, []map[string]any:
		return sockeye.Text{En: "a list", Zh: "列表"}
	}
	return sockeye.Text{En: fmt.Sprint(v), Zh: fmt.Sprint(v) + " "}
}

// note notes what is wrong at a path.
func (f *filler) note(err error, path []any) {
	for _, one := range sockeye.SplitErrors(err) {
		f.c.add(one, f.target(path), path...)
		f.c.unfit = append(f.c.unfit, pathOf(path))
	}
}

// target names a path as the checks of what was read do: "endpoint a: frame",
// "rules.device: rule 2: delay", "lists.morning: row 1: text".
func (f *filler) target(path []any) string {
	var b strings.Builder
	for n, p := range path {
		switch p := p.(type) {
		case int:
			b.WriteString(f.element(path[:n], p))
		case string:
			next := n + 1
			if _, isElement := at(path, next).(int); isElement && (n == 0 || p == "row") {
				continue // the element says it
			}
			if n > 0 {
				b.WriteString(separator(path[n-1]))
			}
			b.WriteString(p)
		}
	}
	return b.String()
}

func separator(before any) string {
	if _, isElement := before.(int); isElement {
		return ": "
	}
	return "."
}

func at(path []any, n int) any {
	if n < len(path) {
		return path[n]
	}
	return nil
}

// element names an element of a list.
func (f *filler) element(list []any, n int) string {
	switch {
	case len(list) == 1:
		if n < len(f.c.file.Endpoints) && f.c.file.Endpoints[n].Name != "" {
			return "endpoint " + f.c.file.Endpoints[n].Name
		}
		return fmt.Sprintf("%v %d", list[0], n+1)
	case list[0] == "rules" && len(list) == 2:
		return fmt.Sprintf(": rule %d", n+1)
	case list[0] == "dashboards" && len(list) == 2:
		return fmt.Sprintf(": widget %d", n+1)
	case list[0] == "lists" && len(list) == 3:
		return fmt.Sprintf(": row %d", n+1)
	}
	return fmt.Sprintf("[%d]", n)
}

// hasStrange reports whether a key that the format does not have was told below a path.
func (c *checker) hasStrange(path []any) bool {
	var names []any
	for _, p := range path {
		if name, ok := p.(string); ok {
			names = append(names, name)
		}
	}
	whole := pathOf(names)
	return slices.ContainsFunc(c.strange, func(one string) bool { return strings.HasPrefix(one, whole) })
}

func pathOf(path []any) string {
	var b strings.Builder
	for _, p := range path {
		fmt.Fprintf(&b, "%v\x00", p)
	}
	return b.String()
}

// isUnfit reports whether something did not fit at a path, below it or above it: what else
// is wrong there may come from it.
func (c *checker) isUnfit(path []any) bool {
	whole := pathOf(path)
	return slices.ContainsFunc(c.unfit, func(one string) bool { return strings.HasPrefix(one, whole) || strings.HasPrefix(whole, one) })
}
