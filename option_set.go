package sockeye

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OptionSet are options as a JSON object or a TOML table has them: the values, what is
// wrong with them, and how those are spelled there that are not spelled as here.
type OptionSet struct {
	Options Options
	// Faults are *Errors whose target is the key as it is written, with the element of a
	// list: "source[1]".
	Faults []error
	// Spelled are the keys as they are written, by the name of the option.
	Spelled map[string]string
	// Unknown are keys that are no option's.
	Unknown []string
}

// Read sets options from the values of a table, and says what is wrong with them.
func (t OptionTable) Read(values map[string]any, form OptionForm) (s OptionSet) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		d, as := t.Lookup(key, form)
		if d == nil {
			s.Unknown = append(s.Unknown, key)
			continue
		}
		if values[key] == nil {
			continue
		}
		if other, twice := s.Spelled[d.Name]; twice {
			s.fault(key, &Error{Kind: Invalid, Op: "set", Message: Text{"is the same as " + other, "与 " + other + " 是同一选项"}, Hint: Text{"leave one of them out", "请去掉其中之一"}})
			continue
		}
		if s.Spelled == nil {
			s.Spelled = map[string]string{}
		}
		s.Spelled[d.Name] = key
		s.fault(key, d.Set(&s.Options, values[key], as))
		if f, isTime := d.field(&s.Options).(*time.Duration); isTime && *f < 0 && d.Bare != 0 && key != d.Key(form) {
			*f = 0 // fin-idle = "-1ns" was how half-open is turned off
		}
	}
	return s
}

// fault notes each part of an error of a key.
func (s *OptionSet) fault(key string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			s.fault(key, one)
		}
		return
	}
	e := *ErrorOf(err)
	e.Target = key + e.Target
	s.Faults = append(s.Faults, &e)
}

// KeyOf is how a table spells what an error of Endpoint.Validate names; what is no
// option stays.
func (s *OptionSet) KeyOf(field string, form OptionForm) string {
	field, element, isElement := strings.Cut(field, "[")
	if isElement {
		element = "[" + element
	}
	if key := s.Spelled[field]; key != "" {
		return key + element
	}
	return OptionKey(field, form) + element
}

// IsSpelledAsBefore reports whether a table of a file spells an option by a name of
// before, or as flags do.
func (s *OptionSet) IsSpelledAsBefore() bool {
	for name, key := range s.Spelled {
		if OptionKey(name, FileForm) != key {
			return true
		}
	}
	return false
}

// OptionValue is an option that was given, as a form has it.
type OptionValue struct {
	Key   string
	Value any
}

// Values are the options that were given, in the order of the table.
func (t OptionTable) Values(o *Options, form OptionForm) (out []OptionValue) {
	for i := range t {
		if v := t[i].Get(o, form); v != nil {
			out = append(out, OptionValue{t[i].Key(form), v})
		}
	}
	return out
}

// Keys are the names of the options in a form.
func (t OptionTable) Keys(form OptionForm) (keys []string) {
	for i := range t {
		keys = append(keys, t[i].Key(form))
	}
	return keys
}

// Describe says what an option does, where, and its default, in a sentence: for
// descriptions that know neither its schemes nor its values otherwise.
func (d *Option) Describe(form OptionForm) Text {
	of := SchemeNames(d.Schemes)
	var en, zh []string
	add := func(e, z string) { en, zh = append(en, e), append(zh, z) }
	add(d.Help.En, d.Help.Zh)
	switch {
	case d.Kind == OptionTime && form == JSONForm:
		add("in milliseconds", "毫秒")
	case d.Kind == OptionBytes:
		add("in bytes", "字节")
	}
	if def := d.DefaultText(); !def.IsZero() {
		add("default: "+def.En, "默认："+def.Zh)
	}
	if !of.IsZero() {
		add(of.En, of.Zh)
	}
	switch d.Mode {
	case Listen:
		add("listen", "监听")
	case Connect:
		add("connect", "连接")
	}
	if d.System != "" {
		add(d.System, d.System)
	}
	return Text{strings.Join(en, "; "), strings.Join(zh, "；")}
}

// WordValues are the values of a choice as JSON and files have them: texts, or numbers.
func (d *Option) WordValues() (values []any) {
	_, isNumber := d.field(&Options{}).(*int)
	for _, w := range d.Words {
		if n, err := strconv.Atoi(w.Word); isNumber && err == nil {
			values = append(values, n)
		} else {
			values = append(values, w.Word)
		}
	}
	return values
}

// DefaultIn is the first default as a form has it, or nil where it is no value.
func (d *Option) DefaultIn(form OptionForm) any {
	if len(d.Defaults) == 0 {
		return nil
	}
	switch v := d.Defaults[0].Value.(type) {
	case OptionalBool:
		return v == On
	case time.Duration:
		if form == JSONForm {
			return v.Milliseconds()
		}
		return shortTime(v)
	case nil, int, bool:
		return v
	default: // a word
		return fmt.Sprint(v)
	}
}
