package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"sockeye"
)

// Options are sockeye.Options as a request has them; what is absent has its default.
// A request that is wrong is read all the same: its faults are told with those of the
// rest of it.
type Options struct {
	sockeye.Options
	read sockeye.OptionSet // what a request wrote
}

// OptionForm says that the fields are the options.
func (Options) OptionForm() sockeye.OptionForm { return sockeye.JSONForm }

// MarshalJSON writes the options that were given.
func (o Options) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, v := range sockeye.AllOptions.Values(&o.Options, sockeye.JSONForm) {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(v.Value)
		if err != nil {
			return nil, err
		}
		b.WriteString(`"` + v.Key + `":`)
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object of options. It fails only for what is no object.
func (o *Options) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return err
	}
	o.read = sockeye.AllOptions.Read(values, sockeye.JSONForm)
	o.Options = o.read.Options
	return nil
}

// faults are what is wrong with the options of a request, with their paths in it.
func (o *Options) faults() (all []error) {
	if o == nil {
		return nil
	}
	for _, key := range o.read.Unknown {
		all = append(all, unknownField("options."+key))
	}
	for _, err := range o.read.Faults {
		e := *sockeye.ErrorOf(err)
		e.Target = "options." + e.Target
		all = append(all, &e)
	}
	return all
}

// path is where a request has a field of an endpoint: "backlog" is options.backlog, as
// the request spells it.
func (o *Options) path(field string) string {
	if field == sockeye.ModeField {
		return "mode"
	}
	name, _, _ := strings.Cut(field, "[")
	if d, _ := sockeye.AllOptions.Lookup(name, sockeye.FlagForm); d == nil {
		return field
	}
	if o == nil {
		o = &Options{}
	}
	return "options." + o.read.KeyOf(field, sockeye.JSONForm)
}

// named names the fields of a request in what is wrong with options.
func (o *Options) named(err error) error {
	var wrong fieldFaults
	for _, e := range faults(err) {
		named := *e
		named.Target = o.path(e.Target)
		wrong.note(&named)
	}
	return wrong.join()
}

// whenOpened names the fields of a request in what a driver says of options, which it finds
// out only when it opens the endpoint: a network interface that is not there.
func (o *Options) whenOpened(err error) error {
	if sockeye.ErrorOf(err).Op != "set" {
		return err
	}
	return o.named(err)
}

// OptionFormOf reports whether JSON of a struct has the options of endpoints among its
// fields, and in which form.
func OptionFormOf(t reflect.Type) (sockeye.OptionForm, bool) {
	if t.Kind() != reflect.Struct {
		return 0, false
	}
	has, ok := reflect.Zero(t).Interface().(interface{ OptionForm() sockeye.OptionForm })
	if !ok {
		return 0, false
	}
	return has.OptionForm(), true
}

// describeOptions adds a table's options to the properties of a schema.
func describeOptions(table sockeye.OptionTable, form sockeye.OptionForm, properties object) {
	for i := range table {
		properties[table[i].Key(form)] = optionSchema(&table[i], form)
	}
}

// optionSchema describes an option for openapi.json.
func optionSchema(d *sockeye.Option, form sockeye.OptionForm) object {
	schema := object{"type": "integer", "description": d.Describe(form).En}
	switch d.Kind {
	case sockeye.OptionSwitch:
		schema["type"] = "boolean"
	case sockeye.OptionTime:
		timeSchema(d, form, schema)
	case sockeye.OptionBytes, sockeye.OptionCount, sockeye.OptionPort:
		schema["minimum"], schema["maximum"] = d.Least, d.Most
	case sockeye.OptionChoice:
		schema["enum"] = d.WordValues()
		if _, isText := d.WordValues()[0].(string); isText {
			schema["type"] = "string"
		}
	case sockeye.OptionText, sockeye.OptionFile, sockeye.OptionInterface:
		schema["type"] = "string"
	default:
		schema["type"], schema["items"] = "array", object{"type": "string"}
	}
	if d.Kind == sockeye.OptionBytes {
		schema["x-unit"] = "bytes"
	}
	if len(d.Defaults) == 1 {
		if v := d.DefaultIn(form); v != nil {
			schema["default"] = v
		}
	}
	return schema
}

// timeSchema is milliseconds in requests, and a text with its unit in files.
func timeSchema(d *sockeye.Option, form sockeye.OptionForm, schema object) {
	schema["type"] = "string"
	if form == sockeye.JSONForm {
		schema["type"], schema["x-unit"] = "number", "ms"
		schema["minimum"], schema["maximum"] = d.Least, sockeye.MaxOptionTime.Milliseconds()
	}
	if d.Bare != 0 {
		schema["type"] = []string{schema["type"].(string), "boolean"}
	}
}
