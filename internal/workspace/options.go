package workspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// OptionForm says that the options are keys of the endpoint.
func (Endpoint) OptionForm() sockeye.OptionForm { return sockeye.FileForm }

// plainEndpoint is an endpoint without its options.
type plainEndpoint Endpoint

// MarshalJSON writes the endpoint with the options that were given.
func (e Endpoint) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(plainEndpoint(e))
	if err != nil {
		return nil, err
	}
	b = b[:len(b)-1] // it has a name: options follow a comma
	for _, v := range sockeye.AllOptions.Values(&e.Options, sockeye.FileForm) {
		value, err := json.Marshal(v.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"`+v.Key+`":`...), value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads the endpoint with its options. The error joins what is wrong with
// them.
func (e *Endpoint) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	values := map[string]any{}
	if err := d.Decode(&values); err != nil {
		return err
	}
	if err := json.Unmarshal(text, (*plainEndpoint)(e)); err != nil {
		return err
	}
	for key := range values {
		if _, own := fieldOf(reflect.TypeFor[Endpoint](), strings.ToLower(key)); own {
			delete(values, key)
		}
	}
	set := sockeye.AllOptions.Read(values, sockeye.FileForm)
	e.Options = set.Options
	for _, key := range set.Unknown {
		set.Faults = append(set.Faults, &sockeye.Error{Kind: sockeye.Invalid, Target: key, Message: sockeye.Text{En: "unknown field", Zh: "未知的字段"}})
	}
	return errors.Join(set.Faults...)
}

// options are how the payload's text becomes bytes.
func (p Payload) options() (payload.ParseOptions, error) { return p.row().Options() }

// faults are everything that is wrong with the payload, which may have what only replies
// have.
func (p Payload) faults() []*schedule.ListFault { return p.row().PayloadFaults(true) }

// row is the payload as one of a list.
func (p Payload) row() schedule.Row {
	return schedule.Row{Text: p.Text + p.Hex, Hex: p.Hex != "", Charset: p.Charset, Checksum: p.Checksum, LineEnd: p.LineEnd, Prefix: p.Prefix, Suffix: p.Suffix}
}
