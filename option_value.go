package sockeye

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxOptionTime is the longest time that an option may have.
const MaxOptionTime = 365 * 24 * time.Hour

// SetText sets the option from a text, as flags have it. A list grows. The error is an
// *Error without a target, or several joined.
func (d *Option) SetText(o *Options, s string) error {
	switch f := d.field(o).(type) {
	case *[]netip.Addr, *[]netip.Prefix:
		var faults problems
		for one := range strings.SplitSeq(s, ",") {
			if err := appendText(f, one); err != nil {
				faults = append(faults, err)
			}
		}
		return faults.join()
	case *[]string:
		return appendText(f, s)
	case *time.Duration:
		if on, isSwitch := switchWord(s); d.Bare != 0 && isSwitch && !isNumber(s) {
			return d.Set(o, on, FlagForm)
		}
	case *int, *uint16:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return d.Set(o, n, FlagForm)
		}
	case *bool, *OptionalBool:
		if on, isSwitch := switchWord(s); isSwitch {
			return d.Set(o, on, FlagForm)
		}
	case *string:
		if d.Kind == OptionInterface && *f != "" && s != "" {
			s = *f + "," + s
		}
	}
	return d.Set(o, s, FlagForm)
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// switchWord reads on and off as people write them.
func switchWord(s string) (on, ok bool) {
	switch strings.ToLower(s) {
	case "on", "yes":
		return true, true
	case "off", "no":
		return false, true
	case "0", "1":
		return s == "1", true
	}
	on, err := strconv.ParseBool(s)
	return on, err == nil
}

// Set sets the option from a value that was decoded from JSON or TOML: true or false, a
// number, a text, or a list of texts. The error is an *Error whose target is "" or, in a
// list, "[2]", or several joined.
func (d *Option) Set(o *Options, v any, form OptionForm) error {
	written := v // as JSON has it
	if n, ok := v.(json.Number); ok {
		v = numberOf(n)
	}
	switch f := d.field(o).(type) {
	case *OptionalBool:
		on, ok := v.(bool)
		if !ok {
			return d.unfit(v, form)
		}
		*f = ChoiceOf(on)
	case *bool:
		on, ok := v.(bool)
		if !ok {
			return d.unfit(v, form)
		}
		*f = on
	case *time.Duration:
		t, err := d.timeOf(v, form)
		if err != nil {
			return err
		}
		*f = t
	case *int:
		n, ok := d.numberIn(v)
		if !ok || int64(int(n)) != n {
			return d.unfit(written, form)
		}
		*f = int(n)
	case *uint16:
		n, ok := d.numberIn(v)
		if !ok || int64(uint16(n)) != n {
			return d.unfit(written, form)
		}
		*f = uint16(n)
	case *[]netip.Addr:
		*f = nil
		return d.setList(f, v, form)
	case *[]netip.Prefix:
		*f = nil
		return d.setList(f, v, form)
	case *[]string:
		*f = nil
		if s, ok := v.(string); ok && form == FileForm {
			v = []any{s}
		}
		return d.setList(f, v, form)
	default:
		s, ok := d.wordIn(v)
		if !ok {
			return d.unfit(v, form)
		}
		reflect.ValueOf(f).Elem().SetString(s)
	}
	return nil
}

// wordIn is a text, or the number that a word of a choice looks like: stop_bits = 1.5.
func (d *Option) wordIn(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64, float64:
		s := fmt.Sprint(v)
		return s, slices.Contains(d.WordList(), s)
	}
	return "", false
}

func numberOf(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}

// numberIn is a whole number, a text that is a size such as "64KiB", or one of the numbers
// that a choice has.
func (d *Option) numberIn(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case string:
		if d.Kind == OptionChoice && slices.Contains(d.WordList(), v) { // mode = "660"
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		}
		if d.Kind != OptionBytes {
			return 0, false
		}
		n, err := ParseSize(v)
		return n, err == nil
	}
	return 0, false
}

// timeOf reads milliseconds in JSON, and elsewhere a time with its unit or a number of
// seconds.
func (d *Option) timeOf(v any, form OptionForm) (time.Duration, error) {
	unit := time.Second
	if form == JSONForm {
		unit = time.Millisecond
	}
	var n float64
	switch v := v.(type) {
	case bool:
		if d.Bare == 0 {
			return 0, d.unfit(v, form)
		}
		if v {
			return d.Bare, nil
		}
		return 0, nil
	case string:
		if form == JSONForm {
			return 0, d.unfit(v, form)
		}
		t, err := ParseTime(v)
		if err != nil {
			return 0, d.unfit(v, form)
		}
		return t, nil
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		return 0, d.unfit(v, form)
	}
	if n *= float64(unit); math.IsNaN(n) || math.Abs(n) > float64(MaxOptionTime) {
		return 0, d.unfit(v, form)
	}
	return time.Duration(n), nil
}

func (d *Option) setList(into any, v any, form OptionForm) error {
	list, ok := v.([]any)
	if s, isText := v.(string); isText && form == FileForm && d.Kind != OptionLines {
		list, ok = nil, true
		for one := range strings.SplitSeq(s, ",") {
			list = append(list, one)
		}
	}
	if !ok {
		return d.unfit(v, form)
	}
	var faults problems
	for i, one := range list {
		err := d.unfit(one, form)
		if text, isText := one.(string); isText {
			err = appendText(into, text)
		}
		if err != nil {
			e := *ErrorOf(err)
			e.Op, e.Target = "set", fmt.Sprintf("[%d]", i)
			faults = append(faults, &e)
		}
	}
	return faults.join()
}

// appendText reads one element of a list.
func appendText(into any, s string) error {
	switch f := into.(type) {
	case *[]netip.Addr:
		a, err := parseIP(strings.TrimSpace(s))
		if err != nil {
			return err
		}
		*f = append(*f, a)
	case *[]netip.Prefix:
		p, err := ParsePrefix(strings.TrimSpace(s))
		if err != nil {
			return err
		}
		*f = append(*f, p)
	case *[]string:
		*f = append(*f, s)
	}
	return nil
}

func parseIP(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		s = clip(s)
		return a, &Error{Kind: Invalid, Message: Text{fmt.Sprintf("%q is not an IP address", s), fmt.Sprintf("%q 不是 IP 地址", s)},
			Hint: Text{"sockeye addrs lists this machine's addresses", "sockeye addrs 列出本机地址"}}
	}
	return a, nil
}

// IsSet reports whether an option was given, be it with its default.
func (d *Option) IsSet(o *Options) bool {
	switch f := d.field(o).(type) {
	case *OptionalBool:
		return *f != Default
	case *bool:
		return *f
	case *time.Duration:
		return *f != 0
	case *int:
		return *f != 0
	case *uint16:
		return *f != 0
	case *[]netip.Addr:
		return len(*f) > 0
	case *[]netip.Prefix:
		return len(*f) > 0
	case *[]string:
		return len(*f) > 0
	default:
		return reflect.ValueOf(f).Elem().String() != ""
	}
}

// Get is the option's value as a form has it: true or false, an int64, a float64 of
// milliseconds, a text or a list of texts. It is nil for one that is not given.
func (d *Option) Get(o *Options, form OptionForm) any {
	if !d.IsSet(o) {
		return nil
	}
	switch f := d.field(o).(type) {
	case *OptionalBool:
		return *f == On
	case *bool:
		return *f
	case *time.Duration:
		if form == JSONForm {
			return float64(*f) / float64(time.Millisecond)
		}
		return f.String()
	case *int:
		return int64(*f)
	case *uint16:
		return int64(*f)
	case *[]netip.Addr:
		var out []string
		for _, a := range *f {
			out = append(out, a.String())
		}
		return out
	case *[]netip.Prefix:
		var out []string
		for _, p := range *f {
			out = append(out, PrefixText(p))
		}
		return out
	case *[]string:
		return slices.Clone(*f)
	default:
		return reflect.ValueOf(f).Elem().String()
	}
}

// fill sets the option to its default, if that is a value and the option is not given.
// Switches stay as they are: Choice.Or knows them.
func (d *Option) fill(o *Options, e Endpoint) {
	if d.Kind == OptionSwitch || len(d.Defaults) == 0 || d.IsSet(o) {
		return
	}
	switch v := d.DefaultFor(e.Address.network(), e.Mode).Value.(type) {
	case time.Duration:
		*d.field(o).(*time.Duration) = v
	case int:
		*d.field(o).(*int) = v
	case nil:
	default: // a word
		reflect.ValueOf(d.field(o)).Elem().SetString(fmt.Sprint(v))
	}
}

// saysDefault reports whether the value is one that the option has by itself: off,
// nothing, or a default.
func (d *Option) saysDefault(o *Options) bool {
	if !d.IsSet(o) {
		return true
	}
	text := d.valueText(deref(d.field(o)))
	if len(d.Defaults) == 0 {
		return text == d.valueText(Off)
	}
	return slices.ContainsFunc(d.Defaults, func(def OptionDefault) bool { return def.Value != nil && d.valueText(def.Value) == text })
}

func deref(p any) any { return reflect.ValueOf(p).Elem().Interface() }

func (d *Option) valueText(v any) string {
	switch v := v.(type) {
	case OptionalBool:
		return map[OptionalBool]string{On: "on", Off: "off"}[v]
	case bool:
		return map[bool]string{true: "on", false: "off"}[v]
	case time.Duration:
		return shortTime(v)
	case int:
		if d.Kind == OptionBytes {
			return sizeText(v)
		}
	}
	return fmt.Sprint(v)
}
