package encode

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/decode"
	"sockeye/internal/payload"
)

// bytesOf are the bytes of a request when it is sent as message seq.
func bytesOf(t *testing.T, p EncodedRequest, seq uint64) []byte {
	t.Helper()
	made, err := payload.Parse(p.Text, payload.ParseOptions{Hex: p.Hex})
	if err != nil {
		t.Fatalf("%q: %v", p.Text, err)
	}
	b, err := made.Append(nil, &payload.Vars{Seq: seq, Random: 1})
	if err != nil {
		t.Fatalf("%q: %v", p.Text, err)
	}
	return b
}

// A form that is filled in makes the request that the specification of the protocol has.
func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name, encoder string
		values        map[string]string
		want          string
	}{
		{"as in the specification", "modbus-tcp", map[string]string{"unit": "17", "function": "3", "address": "107", "count": "3", "transaction": "1"}, "00 01 00 00 00 06 11 03 00 6b 00 03"},
		{"counting", "modbus-tcp", map[string]string{}, "{{seq:u16be}} 00 00 00 06 01 03 00 00 00 01"},
		{"hex and zeros", "modbus-rtu", map[string]string{"address": "0x6B", "count": "003"}, "01 03 00 6b 00 03 {{crc16modbus}}"},
		{"coils", "modbus-rtu", map[string]string{"function": "15", "address": "19", "values": "1 0 1 1 0 0 1 1 1 0"}, "01 0f 00 13 00 0a 02 cd 01 {{crc16modbus}}"},
		{"registers", "modbus-rtu", map[string]string{"function": "16", "address": "1", "values": "-1, 0x0102"}, "01 10 00 01 00 02 04 ff ff 01 02 {{crc16modbus}}"},
		{"coil on", "modbus-rtu", map[string]string{"function": "5", "address": "172", "value": "on"}, "01 05 00 ac ff 00 {{crc16modbus}}"},
		{"mask", "modbus-rtu", map[string]string{"function": "22", "address": "4", "and": "0xf2", "or": "0x25"}, "01 16 00 04 00 f2 00 25 {{crc16modbus}}"},
		{"read and write", "modbus-rtu", map[string]string{"function": "23", "address": "3", "count": "6", "write_address": "14", "values": "255 255 255"}, "01 17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff {{crc16modbus}}"},
		{"identification", "modbus-rtu", map[string]string{"function": "43"}, "01 2b 0e 01 00 {{crc16modbus}}"},
		{"coap", "coap", map[string]string{"path": "/a/b?c=1", "accept": "50"}, "42 01 {{rand:2}} {{rand:2}} b1 61 01 62 43 63 3d 31 21 32"},
		{"coap put", "coap", map[string]string{"method": "3", "type": "1", "path": "led", "format": "0", "payload": "on"}, "52 03 {{rand:2}} {{rand:2}} b3 6c 65 64 10 ff 6f 6e"},
		{"dns over tcp", "dns", map[string]string{"name": "a.example", "length": "yes", "type": "MX"}, "00 1b {{rand:2}} 01 00 00 01 00 00 00 00 00 00 01 61 07 65 78 61 6d 70 6c 65 00 00 0f 00 01"},
		{"nmea", "nmea", map[string]string{"data": "5300.97914,N,{{x"}, `${{#body}}GPGLL,5300.97914,N,\{\{x{{/body}}*{{xor8(body):HEX}}\r\n`},
		{"mqtt connect", "mqtt", map[string]string{"client": "board", "user": "u", "password": "p"}, "10 17 00 04 4d 51 54 54 04 c2 00 3c 00 05 62 6f 61 72 64 00 01 75 00 01 70"},
		{"mqtt 5 connect with a will", "mqtt", map[string]string{"client": "", "version": "5", "keep_alive": "0", "clean": "no", "will_topic": "w", "will": "x"}, "10 14 00 04 4d 51 54 54 05 04 00 00 00 00 00 00 00 01 77 00 01 78"},
		{"mqtt publish", "mqtt", map[string]string{"packet": "48", "topic": "t", "message": "hi", "retain": "yes"}, "31 05 00 01 74 68 69"},
		{"mqtt publish with a number", "mqtt", map[string]string{"packet": "48", "topic": "t", "message": strings.Repeat("a", 123), "qos": "1"}, "32 80 01 00 01 74 {{seq:u16be}}" + strings.Repeat(" 61", 123)},
		{"mqtt subscribe", "mqtt", map[string]string{"packet": "130", "version": "5", "topic": "a/#", "qos": "2"}, "82 09 {{seq:u16be}} 00 00 03 61 2f 23 02"},
		{"mqtt ping", "mqtt", map[string]string{"packet": "192"}, "c0 00"},
		{"http", "http", map[string]string{"target": "/led?on=1", "header": "Accept: */*"}, `GET /led?on=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n`},
		{"http post", "http", map[string]string{"method": "POST", "host": "b:80", "body": `{"温":1}`}, `POST / HTTP/1.1\r\nHost: b:80\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n\{"温":1}`},
		{"scpi", "scpi", map[string]string{}, `*IDN?\n`},
		{"scpi query", "scpi", map[string]string{"message": "query", "parameters": "10,0.001", "end": "crlf"}, `MEAS:VOLT:DC? 10,0.001\r\n`},
		{"at", "at", map[string]string{}, `AT\r\n`},
		{"at set", "at", map[string]string{"kind": "set", "name": "+CWJAP", "parameters": `"home","a\b"`, "end": "cr"}, `AT+CWJAP="home","a\\b"\r`},
		{"at test", "at", map[string]string{"kind": "test"}, `AT+CSQ=?\r\n`},
	} {
		e, err := Named(c.encoder)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Encode(c.values)
		if diff := cmp.Diff(c.want, p.Text); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
}

// What cannot be in a request is refused, with all fields that are wrong by name.
func TestEncodeFaults(t *testing.T) {
	for _, c := range []struct {
		encoder string
		values  map[string]string
		want    string
	}{
		{"modbus-rtu", map[string]string{"function": "9"}, `set function: "9" is none of its values`},
		{"modbus-rtu", map[string]string{"unit": "248", "count": "126"}, "set unit: \"248\" is not from 0 to 247\nset count: \"126\" is not from 1 to 125"},
		{"modbus-rtu", map[string]string{"function": "1", "count": "2001"}, `set count: "2001" is not from 1 to 2000`},
		{"modbus-rtu", map[string]string{"address": "40001x"}, `set address: "40001x" is not a number`},
		{"modbus-rtu", map[string]string{"address": "99999999999999999999"}, `set address: "99999999999999999999" is not from 0 to 65535`},
		{"modbus-rtu", map[string]string{"address": "-0x1"}, `set address: "-0x1" is not from 0 to 65535`},
		{"modbus-rtu", map[string]string{"address": "65535", "count": "2"}, `set count: 2 from address 65535 go beyond the last address, 65535`},
		{"modbus-rtu", map[string]string{"count": " "}, `set count: it is not filled in`},
		{"modbus-rtu", map[string]string{"values": "1", "x\n": "2"}, "set \"values\": this request has no such field\nset \"x\\n\": this request has no such field"},
		{"modbus-rtu", map[string]string{"function": "16", "values": strings.Repeat("1 ", 124)}, `set values: there are 124 numbers; it takes 1 to 123`},
		{"modbus-rtu", map[string]string{"function": "16", "values": "1 65536"}, `set values: "65536" is not from -32768 to 65535`},
		{"modbus-rtu", map[string]string{"function": "15", "values": ","}, `set values: there are 0 numbers; it takes 1 to 1968`},
		{"coap", map[string]string{"path": strings.Repeat("a", 256)}, `set path: a part of it is longer than 255 bytes`},
		{"coap", map[string]string{"path": "\xff"}, `set path: it is not UTF-8`},
		{"dns", map[string]string{}, `set name: it is not filled in`},
		{"dns", map[string]string{"name": "a b"}, `set name: "a b" is not a domain name`},
		{"dns", map[string]string{"name": strings.Repeat("a", 64)}, `set name: "` + strings.Repeat("a", 40) + `"… is not a domain name`},
		{"nmea", map[string]string{"address": "$GPGLL"}, `set address: "$GPGLL" is not 3 to 8 of A–Z and 0–9, a letter first`},
		{"nmea", map[string]string{"data": "1*2"}, `set data: "*" is reserved in a sentence`},
		{"mqtt", map[string]string{"packet": "48", "topic": "a/+"}, `set topic: "+" may not be in a topic`},
		{"mqtt", map[string]string{"packet": "130", "topic": "a/#/b"}, `set topic: "a/#/b" is no topic filter`},
		{"mqtt", map[string]string{"password": "p", "will": "x"}, "set will_topic: it is not filled in\nset user: it is not filled in"},
		{"http", map[string]string{"target": "/a b", "host": "a\nb", "header": "x"}, "set target: \"/a b\" is no path\nset host: \"a\\nb\" is no host\nset header: \"x\" is no field"},
		{"scpi", map[string]string{"message": "command", "header": "VOLT"}, `set header: "VOLT" is no header`},
		{"scpi", map[string]string{"message": "query", "parameters": "1;*RST"}, `set parameters: ";" may not be in it`},
		{"at", map[string]string{"kind": "run", "name": "AT+CSQ"}, `set name: "AT+CSQ" is no command`},
	} {
		e, _ := Named(c.encoder)
		p, err := e.Encode(c.values)
		if err == nil {
			t.Errorf("%s %q: %+v", c.encoder, c.values, p)
		} else if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.encoder, c.values, diff)
		}
	}
	if _, err := Named("x25"); err == nil || !strings.Contains(sockeye.ErrorOf(err).Hint.En, "modbus-tcp") {
		t.Error(err)
	}
}

// Every form has words in both languages, a decoder, and defaults that it takes itself.
func TestFormsAreComplete(t *testing.T) {
	for _, e := range All() {
		if e.Decoder() == nil || len(e.Fields) == 0 || e.Fields[0].Kind != Choice {
			t.Errorf("%s has no decoder, or no choice first", e.Name)
		}
		for _, field := range e.Fields {
			if field.Title.En == "" || field.Title.Zh == "" {
				t.Errorf("%s %s has no title", e.Name, field.Name)
			}
			for _, value := range field.For {
				if !slices.ContainsFunc(e.Fields[0].Choices, func(o EncoderChoice) bool { return o.Value == value }) {
					t.Errorf("%s %s is for %s, which is no choice", e.Name, field.Name, value)
				}
			}
			for _, o := range field.Choices {
				if o.Value == "" || o.Title.En == "" || o.Title.Zh == "" {
					t.Errorf("%s %s: %+v", e.Name, field.Name, o)
				}
			}
		}
		for _, o := range e.Fields[0].Choices {
			values := map[string]string{e.Fields[0].Name: o.Value}
			if e.Name == "dns" {
				values["name"] = "example.org"
			}
			if _, err := e.Encode(values); err != nil {
				t.Errorf("%s %s: %v", e.Name, o.Value, err)
			}
		}
	}
}

// randomValues fills in a form with anything that it takes.
func randomValues(e *Encoder, r *rand.Rand) map[string]string {
	values := map[string]string{}
	first := e.Fields[0].Choices[r.IntN(len(e.Fields[0].Choices))].Value
	number := func(f *EncoderField) string {
		n := f.Least + r.IntN(f.Most-f.Least+1)
		return []string{strconv.Itoa(n), strings.Replace(fmt.Sprintf("0x%x", n), "0x-", "-0x", 1)}[r.IntN(2)]
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.isFor(first) || f.Optional && r.IntN(3) == 0 {
			continue
		}
		switch f.Kind {
		case Choice:
			values[f.Name] = f.Choices[r.IntN(len(f.Choices))].Value
		case Number:
			values[f.Name] = number(f)
		case Numbers:
			var all []string
			for range 1 + r.IntN(f.Length) {
				all = append(all, number(f))
			}
			values[f.Name] = strings.Join(all, []string{" ", ", "}[r.IntN(2)])
		case Text:
			values[f.Name] = "ABCDEFGH"[:3+r.IntN(6)]
		}
	}
	for name, text := range map[string]string{"http header": "Accept: x", "http target": "/a?b", "scpi header": "A:BC", "at name": "+ABC"} {
		if protocol, field, _ := strings.Cut(name, " "); protocol == e.Name && values[field] != "" {
			values[field] = text
		}
	}
	if e.Name == "mqtt" && (values["will_topic"] == "" || values["user"] == "") {
		delete(values, "will")
		delete(values, "password")
	}
	values[e.Fields[0].Name] = first
	if address, ok := values["address"]; ok && strings.HasPrefix(e.Name, "modbus") { // the table ends
		n, _ := parseNumber(address)
		values["address"] = strconv.Itoa(min(n, tableSize-mostReadBits))
	}
	if address, ok := values["write_address"]; ok {
		n, _ := parseNumber(address)
		values["write_address"] = strconv.Itoa(min(n, tableSize-mostExchanged))
	}
	return values
}

// What is encoded, the decoder of the same name reads: one message without a fault, with the
// values that were filled in.
func TestDecodersReadWhatIsEncoded(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 1))
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			for range 300 {
				values := randomValues(e, r)
				p, err := e.Encode(values)
				if err != nil {
					t.Fatalf("%q: %v", values, err)
				}
				b := bytesOf(t, p, 7)
				m, ok := e.Decoder().Decode(b, decode.Hints{Role: decode.Request, State: versionOf(values)})
				if !ok || m.Short || m.Bytes != len(b) || m.Faulty() {
					t.Fatalf("%q: %x is read as %+v", values, b, m)
				}
				if diff := cmp.Diff(meaning(e, values), reading(e, m)); diff != "" {
					t.Fatalf("%q: %x (-filled in +read):\n%s", values, b, diff)
				}
			}
		})
	}
}

// versionOf is the version of MQTT that a form asks for, which most packets do not say.
func versionOf(values map[string]string) decode.State {
	version, _ := strconv.Atoi(strings.TrimSpace(values["version"]))
	return decode.State{Version: version}
}

// meaning are the values that were filled in, as a decoder shows them.
func meaning(e *Encoder, values map[string]string) map[string]string {
	out := map[string]string{}
	if e.Name == "modbus-tcp" {
		out["transaction"] = "0x0007" // as it counts
	}
	switch { // what they are if they are not filled in
	case values["packet"] == mqttConnect:
		out["client"] = "sockeye"
	case values["packet"] == mqttPublish:
		out["message"] = ""
	}
	for name, text := range values {
		switch {
		case text == "" || name == "length" || name == "start":
		case name == "value" && values["function"] == "5":
			out[name] = map[string]string{"on": "0xff00", "off": "0x0000"}[text]
		case name == "transaction":
			n, _ := parseNumber(text)
			out[name] = fmt.Sprintf("0x%04x", n)
		case name == "and" || name == "or":
			n, _ := parseNumber(text)
			out[name] = fmt.Sprintf("0x%04x", n)
		case strings.HasPrefix(e.Name, "modbus"):
			var all []string
			for _, word := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
				n, _ := parseNumber(word)
				all = append(all, strconv.Itoa(int(uint16(n))))
			}
			out[name] = strings.Join(all, " ")
		case e.Name == "coap" && name == "type":
			out[name] = map[string]string{"0": "CON", "1": "NON"}[text]
		case e.Name == "coap" && name == "method":
			out[name] = "0.0" + text
		case e.Name == "dns" && name == "name":
			out[name] = text + "."
		case name == "version" && values["packet"] != mqttConnect:
		case e.Name == "mqtt" && (name == "version" || name == "keep_alive" || name == "qos"):
			n, _ := parseNumber(text)
			switch {
			case name != "qos":
				out[name] = strconv.Itoa(n)
			case values["packet"] == mqttSubscribe:
				out[name] = fmt.Sprintf("0x%02x", n)
			}
		case e.Name == "mqtt" && (name == "client" || name == "user" || name == "password" || name == "topic" || name == "message" || name == "will_topic"),
			e.Name == "http" && (name == "method" || name == "target" || name == "host" || name == "connection" || name == "body"):
			out[name] = text
		case e.Name == "mqtt" || e.Name == "http" || e.Name == "scpi" || e.Name == "at":
		case name == "format", name == "accept", name == "payload", name == "path", name == "type", name == "address", name == "data":
			out[name] = text
		}
	}
	return out
}

// reading are the values of the fields of a form that a decoder read.
func reading(e *Encoder, m *decode.Message) map[string]string {
	names := map[string]map[string]string{
		"modbus": {"Function code": "function", "Address": "unit", "Unit identifier": "unit", "Starting address": "address", "Quantity": "count", "Write starting address": "write_address",
			"Value": "value", "And mask": "and", "Or mask": "or", "Read device ID code": "category", "Object ID": "object", "Transaction identifier": "transaction"},
		"coap": {"Code": "method", "Type": "type", "Uri-Path": "path", "Accept": "accept", "Content-Format": "format", "Payload": "payload"},
		"dns":  {"Name": "name", "Type": "type"},
		"mqtt": {"Protocol version": "version", "Keep alive": "keep_alive", "Client identifier": "client", "User name": "user", "Password": "password", "Topic": "topic", "Topic filter": "topic", "Message": "message",
			"Options": "qos", "Will topic": "will_topic"},
		"http": {"Method": "method", "Target": "target", "Host": "host", "Connection": "connection", "Content": "body"},
		"nmea": {"Address": "address", "Latitude": "data", "Field 1": "data"},
	}[strings.TrimSuffix(strings.TrimSuffix(e.Name, "-rtu"), "-tcp")]
	out := map[string]string{}
	var values []string
	var walk func(n *decode.Node)
	walk = func(n *decode.Node) {
		if name, ok := names[n.Name]; ok {
			out[name] = n.Value
		}
		if strings.HasPrefix(n.Name, "Register ") || strings.HasPrefix(n.Name, "Bit ") {
			values = append(values, n.Value)
		}
		for i := range n.Children {
			walk(&n.Children[i])
		}
	}
	walk(&m.Node)
	switch function := out["function"]; {
	case function == "6":
		out["value"] = values[0]
	case len(values) > 0:
		out["values"] = strings.Join(values, " ")
	}
	if f := out["function"]; f == "15" || f == "16" {
		delete(out, "count") // it is how many values there are
	}
	return out
}

// The names of functions are those that the decoder shows.
func TestFunctionsAreCalledAsTheDecoderCallsThem(t *testing.T) {
	for _, o := range modbusFunctions {
		p, err := modbusRTU.Encode(map[string]string{"function": o.Value})
		if err != nil {
			t.Fatal(err)
		}
		m, _ := modbusRTU.Decoder().Decode(bytesOf(t, p, 1), decode.Hints{})
		for _, n := range m.Children {
			if name := o.Value + " " + n.Note; n.Name == "Function code" && name != o.Title.En && o.Value != "43" {
				t.Errorf("%s is called %s by the decoder", o.Title.En, name)
			}
		}
	}
}

// FuzzEncode: whatever is filled in, it is a payload whose bytes the decoder reads, or faults
// of fields in both languages.
func FuzzEncode(f *testing.F) {
	for n, e := range All() {
		f.Add(uint8(n), e.Fields[0].Choices[0].Value, "1", "example.org", "65535", "")
		f.Add(uint8(n), e.Fields[0].Choices[0].Value, "0x10", "a/b?c", "1 2,3", "{{x}}")
	}
	f.Fuzz(func(t *testing.T, which uint8, first, a, b, c, d string) {
		e := All()[int(which)%len(All())]
		values := map[string]string{e.Fields[0].Name: first}
		typed := []string{a, b, c, d}
		for i, name := range fieldNames(e, first) {
			if typed[i%4] != "" {
				values[name] = typed[i%4]
			}
		}
		p, err := e.Encode(values)
		if err != nil {
			checkFaults(t, err)
			return
		}
		bytes := bytesOf(t, p, 65537)
		if m, ok := e.Decoder().Decode(bytes, decode.Hints{Role: decode.Request, State: versionOf(values)}); !ok || m.Bytes != len(bytes) {
			t.Errorf("%s %q: %q: %x is read as %+v", e.Name, values, p.Text, bytes, m)
		}
	})
}

// fieldNames are the names of the other fields that there are with the first.
func fieldNames(e *Encoder, first string) []string {
	names := map[string]bool{}
	for _, f := range e.Fields[1:] {
		if f.isFor(first) {
			names[f.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func checkFaults(t *testing.T, err error) {
	t.Helper()
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, one := range all {
		if e := sockeye.ErrorOf(one); e.Kind != sockeye.Invalid || e.Target == "" || e.Message.En == "" || e.Message.Zh == "" || payload.SafeString(e.Error()) != e.Error() {
			t.Errorf("%+v", e)
		}
	}
}
