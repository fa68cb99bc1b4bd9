package fields

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A spec is written in one way: what people type in several comes back the same.
func TestSpecIsWrittenAsItIsRead(t *testing.T) {
	for typed, want := range map[string]string{
		"keys":                        "keys",
		" keys  temp,hum":             "keys temp, hum",
		`keys t as temp "°C"`:         `keys t as temp "°C"`,
		"keys temp as temp":           "keys temp",
		"csv:header":                  "csv:header",
		"csv:header,sep=tab":          "csv:header,sep=tab",
		"csv:sep=comma a,-,c":         "csv a, -, c",
		"json sensor.temp as t":       "json sensor.temp as t",
		"json 'a b'[0] as x":          "",
		"json values[2] as x":         "json 'values[2]' as x",
		`regexp /T=(\d+)\/s/ g1 as t`: `regexp /T=(\d+)\/s/ g1 as t`,
		"received u8 id, i16be temp*0.1 \"°C\", f32le x, bits flags:3": `received u8 id, i16be temp*0.1 "°C", f32le x, bits flags:3`,
		"u8 n, u16le v[n]/10 -40":                               "u8 n, u16le v[n]*0.1 -40",
		"u8 kind {0=off 1='switched on'}, f32be x if kind==1":   "u8 kind {0=off 1='switched on'}, f32be x if kind==1",
		"u8 kind, u8 a if kind & 0x80, bytes rest[*] @4, pad 2": "u8 kind, u8 a if kind&128, bytes rest[*] @4, pad 2",
		"sent justfloat a, -, b":                                "sent justfloat a, -, b",
		"u8 'as', u8 温度 \"摄氏度\"":                                `u8 'as', u8 温度 "摄氏度"`,
		"i8 x *2 /2":                                            "",
		"u8 a*0x10":                                             "u8 a*16",
	} {
		s, err := Parse(typed)
		if err != nil {
			if want != "" {
				t.Errorf("%q: %v", typed, err)
			}
			continue
		}
		if got := s.String(); got != want {
			t.Errorf("%q is written as\n%q, want\n%q", typed, got, want)
		}
	}
}

// Every fault says where it is and what to write instead.
func TestSpecFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"":                "column 1: the end is neither a format nor a type",
		"temp":            `column 1: "temp" is neither a format nor a type`,
		"u16 temp":        "say the byte order: u16be (network order) or u16le",
		"uint16_t temp":   "write u16le or u16be",
		"KEYS":            "write it in small letters: keys",
		"keys temp hum":   `column 11: "hum" does not belong here`,
		"keys temp*0":     "every value would be 0",
		"keys temp*x":     `"x" is not a number`,
		"keys temp \"°C":  "the quote is not closed",
		"keys -":          "only columns are read over",
		"keys a, a":       "two fields are called a",
		"csv:sep=;":       `"sep=;" is not a setting of csv`,
		"keys:header":     "keys has no settings",
		"csv:header a, -": "columns are chosen by name",
		"regexp /(" + strings.Repeat("x", 2001) + ")/": "longer than 2000 bytes",
		`regexp /((?:ab){1000})/`:                      "steps for each byte, more than 2000",
		"regexp":                                       "the pattern is missing",
		"regexp /(/":                                   "missing closing )",
		"regexp /abc/":                                 "the pattern has no group",
		"regexp /(a)":                                  "the pattern has no end",
		"u8":                                           "column 3: a name is missing before the end",
		"u8 a[":                                        "a name is missing",
		"u8 a[0]":                                      `"0" is not a whole number from 1 to 1048576`,
		"u8 a[2":                                       "the bracket is not closed",
		"bits a":                                       "the width is missing",
		"bits a:65":                                    `"65" is not a whole number from 1 to 64`,
		"bits a[2]:3":                                  "bits have a width, not a count",
		"text a":                                       "how many bytes it has is missing",
		"pad":                                          `is not a number`,
		"u8 a, u8 b if c==1":                           "no field before b is called c",
		"u8 a[n], u8 n":                                "no field before a is called n",
		"u8 a, u8 b if a~1":                            `"~1" is not a comparison`,
		"u8 a {0 on}":                                  "a word is missing",
		"u8 'a\x1b'":                                   "characters that cannot be shown",
		"u8 " + strings.Repeat("a", 65):                "a name of 65 bytes is longer than 64",
		strings.Repeat("x", 5000):                      "5000 bytes are more than 4096",
	} {
		_, err := Parse(typed)
		if err == nil {
			t.Errorf("%q is no fault", typed)
			continue
		}
		if got := sockeye.ErrorOf(err).In(sockeye.English) + sockeye.ErrorOf(err).Hint.En; !strings.Contains(got, want) {
			t.Errorf("%q: %s\nwant %s", typed, got, want)
		}
		if zh := sockeye.ErrorOf(err).In(sockeye.Chinese); strings.Contains(zh, "%!") {
			t.Errorf("%q: %s", typed, zh)
		}
	}
}

// FuzzSpec: what is read is written so that it is read as the same again, and reads
// any frame without a panic.
func FuzzSpec(f *testing.F) {
	for _, s := range []string{"keys a", "csv:header,sep=tab", `u8 id, i16be temp*0.1 "°C", bits flags:3, text s[*]`, "regexp /(?P<a>.)/", "u8 n, u8 v[n] @3 {1=on} if n>2", "justfloat a,-,b", "nmea lat", "influx"} {
		f.Add(s, []byte("a=1,b=2"))
	}
	f.Fuzz(func(t *testing.T, typed string, frame []byte) {
		s, err := Parse(typed)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", typed, s.String(), err)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatalf("%q, written as %q (-first +again):\n%s", typed, s.String(), diff)
		}
		r := s.NewReader()
		for range 2 {
			values, _ := r.Read(nil, frame)
			checkValues(t, values, frame)
		}
	})
}

// checkValues holds what is true of the values of every frame.
func checkValues(t *testing.T, values []Value, frame []byte) {
	t.Helper()
	if len(values) > MaxValues {
		t.Fatalf("%d values", len(values))
	}
	for _, v := range values {
		if v.Name == "" || v.From < 0 || v.To < v.From || v.To > len(frame) {
			t.Fatalf("%+v of a frame of %d bytes", v, len(frame))
		}
	}
}
