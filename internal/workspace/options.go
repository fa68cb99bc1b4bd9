package workspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"sockeye"
	"sockeye/internal/checksum"
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
func (p Payload) options() (payload.ParseOptions, error) {
	o := payload.ParseOptions{Hex: p.Hex != "", Prefix: p.Prefix, Suffix: p.Suffix}
	var err error
	if o.Charset, err = payload.ParseCharset(p.Charset); err != nil {
		return o, err
	}
	if p.Checksum != "" {
		if o.Trailer, err = checksum.ParseTrailer(p.Checksum); err != nil {
			return o, err
		}
	}
	o.LineEnd, err = schedule.LineEnd(p.LineEnd)
	return o, err
}

// parse makes the payload ready to be sent; match allows what only replies have.
func (p Payload) parse(match bool) (*payload.Template, error) {
	o, err := p.options()
	if err != nil {
		return nil, err
	}
	o.Match = match
	return payload.Parse(p.Text+p.Hex, o)
}
