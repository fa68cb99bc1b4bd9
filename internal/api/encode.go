package api

import (
	"sockeye/internal/core"
)

func (c *requestContext) encoders(None) (Encoders, error) {
	out := Encoders{Encoders: []Encoder{}}
	for _, e := range core.Encoders() {
		d := e.Decoder()
		one := Encoder{Name: e.Name, Title: d.Title.In(c.lang), Source: d.Source, Ports: d.Ports}
		for _, f := range e.Fields {
			field := EncoderField{Name: f.Name, Title: f.Title.In(c.lang), Hint: f.Hint.In(c.lang), Kind: string(f.Kind),
				Least: f.Least, Most: f.Most, Length: f.Length, Default: f.Default, Optional: f.Optional, For: f.For}
			for _, o := range f.Choices {
				field.Choices = append(field.Choices, EncoderChoice{o.Value, o.Title.In(c.lang)})
			}
			one.Fields = append(one.Fields, field)
		}
		out.Encoders = append(out.Encoders, one)
	}
	return out, nil
}

// encode makes a request of what was filled in; it is sent as a payload is.
func (c *requestContext) encode(in Encode) (EncodedRequest, error) {
	p, err := in.payload()
	if err != nil {
		return EncodedRequest{}, err
	}
	data, err := c.firstMessage(p, "")
	return EncodedRequest{Payload: p, Data: notNil(data), Bytes: len(data)}, err
}

func (in Encode) check(*requestContext) error {
	_, err := in.payload()
	return err
}

// payload is what was filled in as a payload. The errors have the paths of the fields.
func (in Encode) payload() (Payload, error) {
	made, err := core.Encode(in.Encode, in.Values)
	if err == nil {
		p := Payload{Kind: "text", Text: made.Text, Escapes: true}
		if made.Hex {
			p.Kind, p.Escapes = "hex", false
		}
		return p, nil
	}
	var wrong fieldFaults
	for _, e := range faults(err) {
		if e.Op == "parse" { // there is no such form
			wrong.quoting("encode", e)
			continue
		}
		wrong.at("values."+e.Target, e)
	}
	return Payload{}, wrong.join()
}
