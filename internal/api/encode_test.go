package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A form is listed with its fields, in the language that is asked for; what is filled in
// becomes a payload that is sent like any other, and what is wrong is told at its field.
func TestEncode(t *testing.T) {
	v := serve(t)
	r := v.request("GET", "/api/v1/encoders", nil)
	r.Header.Set("Accept-Language", "zh")
	_, text := v.do(r)
	var list Encoders
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list.Encoders {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"at", "coap", "dns", "http", "modbus-rtu", "modbus-tcp", "mqtt", "nmea", "scpi"}, names); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	want := EncoderField{Name: "unit", Title: "从站地址", Hint: "0 为广播，从站不应答", Kind: "number", Most: 247, Default: "1"}
	if diff := cmp.Diff(want, list.Encoders[4].Fields[1]); diff != "" {
		t.Errorf("a field (-want +got):\n%s", diff)
	}
	made := ask[EncodedRequest](v, "POST", "/api/v1/encode", Encode{Encode: "modbus-rtu", Values: map[string]string{"address": "107", "count": "3"}})
	if diff := cmp.Diff(EncodedRequest{Payload: Payload{Kind: "hex", Text: "01 03 00 6b 00 03 {{crc16modbus}}"}, Data: []byte("\x01\x03\x00\x6b\x00\x03\x74\x17"), Bytes: 8}, made); diff != "" {
		t.Errorf("a request (-want +got):\n%s", diff)
	}
	sentence := ask[EncodedRequest](v, "POST", "/api/v1/encode", Encode{Encode: "nmea", Values: map[string]string{"data": "1,{{x"}})
	sent := ask[Encoded](v, "POST", "/api/v1/payload", sentence.Payload)
	if !bytes.Equal(sent.Data, sentence.Data) || !bytes.HasPrefix(sent.Data, []byte("$GPGLL,1,{{x*")) {
		t.Errorf("%q is sent as %q", sentence.Payload.Text, sent.Data)
	}
}

// Each wrong value of a form is named with its path and the reason.
func TestEncodeFaults(t *testing.T) {
	v := serve(t)
	for _, c := range []struct {
		in   Encode
		want []string
	}{
		{Encode{Encode: "x25"}, []string{`encode: "x25": there is no form for such a protocol`}},
		{Encode{Encode: "modbus-rtu", Values: map[string]string{"unit": "248", "count": "x"}}, []string{`values.unit: "248" is not from 0 to 247`, `values.count: "x" is not a number`}},
		{Encode{Encode: "modbus-tcp", Values: map[string]string{"address": "65535", "count": "2"}}, []string{`values.count: 2 from address 65535 go beyond the last address, 65535`}},
	} {
		f := v.failing(400, "POST", "/api/v1/encode", c.in)
		got := []string{f.Target + ": " + f.Message}
		for _, e := range f.Also {
			got = append(got, e.Target+": "+e.Message)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.in, diff)
		}
	}
}
