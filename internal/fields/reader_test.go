package fields

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// line writes values as name=text unit, with ' for what is no number.
func line(values []Value) string {
	var words []string
	for _, v := range values {
		mark := ""
		if !v.Numeric {
			mark = "'"
		}
		words = append(words, fmt.Sprintf("%s=%s%s%s", v.Name, mark, v.String(), v.Unit))
	}
	return strings.Join(words, " ")
}

// What boards really send, and the values in it.
func TestReadText(t *testing.T) {
	for _, c := range []struct{ spec, frame, want, why string }{
		{"keys", "temp=21.5 hum=40", "temp=21.5 hum=40", ""},
		{"keys", "Temp: 21.5 °C, Hum: 40%\r\n", "Temp=21.5°C Hum=40%", ""},
		{"keys", "t=-1.5e-3;state=OK;msg=\"a b\"|n=0x1F", "t=-1.5e-3 state='OK msg='a b n=0x1F", ""},
		{"keys", "temp=21.5 °C hum=40 % n=3", "temp=21.5°C hum=40% n=3", ""},
		{"keys temp*10 \"m°C\", hum as h", "temp=21.5C hum=40", "temp=215m°C h=40", ""},
		{"keys", "hello world", "", "it has no name=value"},
		{"keys", "a=1 then", "a=1then", ""},
		{"keys", "a=1 b=2 then more words", "a=1 b=2", "after b it does not go on with name=value"},
		{"csv", "1, 2.5 ,abc,\"x,\"\"y\"\"\"\r\n", "c1=1 c2=2.5 c3='abc c4='x,\"y\"", ""},
		{"csv a, -, b \"V\"", "1,2,3.3", "a=1 b=3.3V", ""},
		{"csv a, b", "1,2,3", "a=1 b=2", "it has 3 columns instead of 2"},
		{"csv:sep=tab", "1\t2", "c1=1 c2=2", ""},
		{"csv", "", "", "it is empty"},
		{"json", `{"sensor":{"temp":21.5,"ok":true},"values":[1,"2.5 V",null],"name":"kitchen"}`,
			"sensor.temp=21.5 sensor.ok=true values[0]=1 values[1]=2.5V values[2]='null name='kitchen", ""},
		{"json sensor.temp as t \"°C\", values[1]*2 as", "", "", "bad"},
		{"json values[1] as v*2", `{"values":[1,2]}`, "v=4", ""},
		{"json", `{"a":1`, "a=1", "it is not JSON"},
		{"json", strings.Repeat("[", 65), "", "it is nested more than 64 deep"},
		{"json", "17", "value=17", ""},
		{`regexp /T=(?P<temp>[\d.]+)C.*?(\d+)%/`, "x T=21.5C h 40%", "temp=21.5 g2=40", ""},
		{`regexp /(\d+)/ g1 as n`, "none", "", "the pattern does not match"},
		{`regexp /((?:.a){900})/`, strings.Repeat("x", 10_000), "", "the pattern is tried on 1108 bytes at most, the frame has 10000"},
		{"firewater", "imu:1.5,-2,3e2\n", "ch0=1.5 ch1=-2 ch2=3e2", ""},
		{"firewater x, -, z", "1.5,-2,3", "x=1.5 z=3", ""},
		{"firewater", "a:1,b", "ch0=1", `"b" is not a number`},
		{"firewater", "image:0,1024,1,1,1\n", "", "it is the head of an image"},
		{"influx", `weather,site=north\ hall temp=21.5,n=3i,ok=t,note="a \"b\"" 1700000000000000000`,
			`measurement='weather site='north hall temp=21.5 n=3 ok=true note='a "b" timestamp=1700000000000000000`, ""},
		{"influx", "no fields", "measurement='no", "it is not a line of the InfluxDB line protocol"},
		{"nmea lat, lon, altitude", "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47", "lat=48.117300° lon=11.516667° altitude=545.4m", ""},
		{"nmea", "$GPRMC,123519,A,4807.038,S,01131.000,W,022.4,084.4,230394,003.1,W*65",
			"sentence='GPRMC time='123519 status='A lat=-48.117300° lon=-11.516667° speed=022.4kn course=084.4° date='230394 variation=003.1° variation_side='W", ""},
		{"nmea", "$PXYZ,1,,abc", "sentence='PXYZ f1=1 f3='abc", ""},
		{"nmea", "$GPGLL,1*00", "", `its checksum is 4D, not "00"`},
	} {
		s, err := Parse(c.spec)
		if err != nil {
			if c.why != "bad" {
				t.Errorf("%s: %v", c.spec, err)
			}
			continue
		}
		values, why := s.NewReader().Read(nil, []byte(c.frame))
		checkValues(t, values, []byte(c.frame))
		if got := line(values); got != c.want || why.En != c.why {
			t.Errorf("%s of %q:\n got %s (%s)\nwant %s (%s)", c.spec, c.frame, got, why.En, c.want, c.why)
		}
	}
}

// A binary spec reads its values from a frame, and says which one the frame is too short for.
func TestReadBinary(t *testing.T) {
	for _, c := range []struct{ spec, frame, want, why string }{
		{`u8 id, i16be temp*0.1 "°C", f32le x, bits flags:3`, "01 00d7 0000c03f a0", "id=1 temp=21.5°C x=1.5 flags=5", ""},
		{"u16le a, u16be b, i8 c, i24le d, u24be e", "0100 0001 ff ffffff 000002", "a=1 b=1 c=-1 d=-1 e=2", ""},
		{"u64be big, i64le small, f64be pi", "ffffffffffffffff feffffffffffffff 400921fb54442d18", "big=18446744073709551615 small=-2 pi=3.141592653589793", ""},
		{"bits a:4, bits b:12, bits c:1, u8 d", "12 34 80 07", "a=1 b=564 c=1 d=7", ""},
		{"u8 n, u16be v[n] \"mV\"", "02 0001 0002", "n=2 v[0]=1mV v[1]=2mV", ""},
		{"u8 n, u16be v[n]", "03 0001 0002", "n=3", "v needs 6 bytes from byte 1 on, the frame has 5"},
		{"u8 kind {0=off 1=on}, u8 x if kind==1, u16be y if kind==2, u8 z", "02 0102 03", "kind=2 y=258 z=3", ""},
		{"u8 kind {0=off 1=on}, u8 x if kind==1", "01 09", "kind=on x=9", ""},
		{"u8 f, u8 a if f&0x02, u8 b if f&1", "01 07", "f=1 b=7", ""},
		{"text name[4], pad 1, bytes rest[*]", "61620063 00 dead", "name='ab rest='dead", ""},
		{"u8 a @2, u8 b @0, u8 c", "0a 0b 0c", "a=12 b=10 c=11", ""},
		{"u8 a @9, text b[*]", "00", "", "a needs 1 bytes from byte 9 on, the frame has 1"},
		{"text b[*] @9", "00", "", "b needs 0 bytes from byte 9 on, the frame has 1"},
		{"f32le x, u8 v[x]", "0000c07f 00", "x=NaN", "x says how many v there are, but is no number of values"},
		{"u8 v[*]", strings.Repeat("01", 1025), "", "it has more than 1024 values"},
		{"justfloat a, b", "0000c03f 00000040 0000807f", "a=1.5 b=2", ""},
		{"justfloat", "0000c03f", "ch0=1.5", ""},
		{"justfloat", "0000c0", "", "3 bytes are not whole 32-bit floats"},
	} {
		s, err := Parse(c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		frame, err := hex.DecodeString(strings.ReplaceAll(c.frame, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		values, why := s.NewReader().Read(nil, frame)
		checkValues(t, values, frame)
		if c.why == "it has more than 1024 values" {
			values = nil
		}
		if got := line(values); got != c.want || why.En != c.why {
			t.Errorf("%s of %s:\n got %s (%s)\nwant %s (%s)", c.spec, c.frame, got, why.En, c.want, c.why)
		}
	}
}

// Each value names its bytes, so that a view can show where it stands.
func TestValuesNameTheirBytes(t *testing.T) {
	for _, c := range []struct{ spec, frame, want string }{
		{"keys", "Temp: 21.5 °C, Hum: 40%", "21.5 °C|40%"},
		{"csv", ` 1, "x" ,3`, "1|x|3"},
		{"csv", `"say ""x""", "no end`, `say ""x""|no end`},
		{"json", `{"a": 1.5, "b": {"c": "dd", "e": [false, null]}}`, `1.5|"dd"|false|null`},
		{"json", `[ "a\"b" , {"c" : "\u00e9,"}]`, `"a\"b"|"\u00e9,"`},
		{"influx", `m,t=v a=1.5,b="q" 17`, "m|v|1.5|q|17"},
		{"nmea", "$GPGLL,4916.45,N,12311.12,W,225444,A", "GPGLL|4916.45,N|12311.12,W|225444|A"},
		{"nmea", "$GPGLL,\xff\xfe,\xff,12311.12,W,\xff", "GPGLL|\xff\xfe|12311.12,W|\xff"},
		{"csv", "\xff,\"\xfe\"", "\xff|\xfe"},
		{"influx", "m\xff,t=\xfe a=\"\xff\"", "m\xff|\xfe|\xff"},
		{`regexp /(\d+)-(\w+)/`, "x 12-ab", "12|ab"},
		{"firewater", "x:1,22", "1|22"},
		{"u8 a, u16be b, bits c:4, bits d:4", "1234", "1|23|4|4"},
	} {
		s, err := Parse(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		values, _ := s.NewReader().Read(nil, []byte(c.frame))
		var parts []string
		for _, v := range values {
			parts = append(parts, c.frame[v.From:v.To])
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%s of %q: %s, want %s", c.spec, c.frame, got, c.want)
		}
	}
}

// The first row of a stream names its columns; each direction of each peer is a
// stream of its own.
func TestHeadersArePerStream(t *testing.T) {
	s, err := Parse("csv:header")
	if err != nil {
		t.Fatal(err)
	}
	r := SpecSet{s}.NewReader()
	one, two := &sockeye.Peer{ID: 1}, &sockeye.Peer{ID: 2}
	var got []string
	for _, f := range []struct {
		peer *sockeye.Peer
		row  string
	}{{one, "temp,hum"}, {two, "a,b"}, {one, "21.5,40"}, {two, "1,2"}, {one, "1"}} {
		values, why := r.Read(nil, f.peer, sockeye.Received, []byte(f.row))
		got = append(got, line(values)+why.En)
	}
	want := []string{"", "", "temp=21.5 hum=40", "a=1 b=2", "temp=1it has 1 columns instead of 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A header that comes again is no row of values; where a stream does not begin with one, its
// columns are numbered until one comes.
func TestHeadersInTheMiddle(t *testing.T) {
	s, err := Parse("csv:header")
	if err != nil {
		t.Fatal(err)
	}
	r := s.NewReader()
	var got []string
	for _, row := range []string{"21.5,40\n", "on,41\r\n", "temp,hum\r\n", "21.6,42\n", "temp,hum\n", "21.7,43\n", "hum,temp\n"} {
		values, why := r.Read(nil, []byte(row))
		got = append(got, line(values)+why.En)
	}
	want := []string{"c1=21.5 c2=40", "c1='on c2=41", "", "temp=21.6 hum=42", "", "temp=21.7 hum=43", "temp='hum hum='temp"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of several specs the first that fits reads a frame, and each direction has its own.
func TestTheFirstSpecThatFits(t *testing.T) {
	var set SpecSet
	for _, typed := range []string{"sent u8 command", "received json", "received keys"} {
		s, err := Parse(typed)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, s)
	}
	r := set.NewReader()
	var got []string
	for _, f := range []struct {
		kind  sockeye.EventKind
		frame string
	}{{sockeye.Sent, "A"}, {sockeye.Received, `{"t":1}`}, {sockeye.Received, "t=2"}, {sockeye.Received, "hello"}} {
		values, why := r.Read(nil, nil, f.kind, []byte(f.frame))
		got = append(got, line(values)+why.En)
	}
	want := []string{"command=65", "t=1", "t=2", "it is not JSON"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Reading the numbers of a binary frame that fits allocates nothing.
func TestReadingNumbersAllocatesNothing(t *testing.T) {
	s, err := Parse(`u8 id, i16be temp*0.1 "°C"`)
	if err != nil {
		t.Fatal(err)
	}
	r, frame, values := SpecSet{s}.NewReader(), []byte{1, 0, 0xd7}, make([]Value, 0, 8)
	if n := testing.AllocsPerRun(100, func() { values, _ = r.Read(values[:0], nil, sockeye.Received, frame) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkReadStruct measures reading the values of a binary struct.
func BenchmarkReadStruct(b *testing.B) {
	s, err := Parse(`u8 id, i16be temp*0.1 "°C", f32le x, bits flags:3`)
	if err != nil {
		b.Fatal(err)
	}
	r, frame := s.NewReader(), []byte{1, 0, 0xd7, 0, 0, 0xc0, 0x3f, 0xa0}
	var values []Value
	b.ReportAllocs()
	for b.Loop() {
		values, _ = r.Read(values[:0], frame)
	}
}
