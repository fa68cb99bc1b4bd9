package payload

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/checksum"
)

// someVars are values for every field.
func someVars() *Vars {
	p := &sockeye.Peer{ID: 7, Network: "tcp", Local: sockeye.ParseSocketAddr("192.168.1.111:10000"), Remote: sockeye.ParseSocketAddr("192.168.1.88:54036")}
	p.SetAlias("board")
	return &Vars{
		Seq: 258, Time: time.Date(2026, 1, 31, 9, 30, 15, 123_456_789, time.FixedZone("CST", 8*3600)), Random: 42, Peer: p,
		Lookup: func(name string) (string, bool) {
			s, ok := map[string]string{"env.HOME": "/root", "var.unit": "17", "var.key": "0a 0b", "var.name": "你好", "var.big": "70000"}[name]
			return s, ok
		},
		Match: func(name string) ([]byte, bool) {
			b, ok := map[string][]byte{"0": []byte("GET 5"), "1": []byte("5"), "id": {0xff, 1}}[name]
			return b, ok
		},
	}
}

// Each field of a template makes the bytes that its form says: numbers, times, lengths,
// checksums, variables and peers.
func TestTemplate(t *testing.T) {
	hex, gbk, match := ParseOptions{Hex: true}, ParseOptions{Charset: GBK}, ParseOptions{Match: true}
	for _, c := range []struct {
		name, typed string
		o           ParseOptions
		want        string // as FormatText writes it
	}{
		{"nothing", "", ParseOptions{}, ""},
		{"text", `Hello\r\n`, ParseOptions{}, `Hello\r\n`},
		{"braces", `{"a":{"b":1}} \{{seq}} \{\}`, ParseOptions{}, `{"a":{"b":1}} {{seq}} {}`},
		{"seq", "{{seq}} {{ seq:dec5 }} {{seq:hex}} {{seq:HEX4}} {{seq-8}} {{seq+1:u8}}", ParseOptions{}, `258 00258 102 0102 250 \x03`},
		{"seq in bytes", "{{seq:u8}}{{seq:u16be}}{{seq:u16le}}{{seq:u24be}}{{seq:u32le}}{{seq:u64be}}{{seq:bcd2}}", ParseOptions{},
			`\x02\x01\x02\x02\x01\x00\x01\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x02X`},
		{"time", `{{time}} {{time:date}} {{time:clock}} {{time:unix}} {{time:ms}} {{time:utc}}`, ParseOptions{},
			"2026-01-31T09:30:15.123+08:00 2026-01-31 09:30:15 1769823015 1769823015123 2026-01-31T01:30:15.123Z"},
		{"time in bytes", "{{time:unix:u32le}}{{time:unix:u32be}}{{time:bcd}}", ParseOptions{}, `'[}ii}['&\x011\t0\x15`},
		{"time as one likes", `{{time:"%H:%M:%S.%L}} %% %f"}}|{{time:utc:"%Y%m%d%H"}}`, ParseOptions{}, "09:30:15.123}} % 123456|2026013101"},
		{"peer", "{{peer.ip}} {{peer.port}} {{peer.id}} {{peer.alias}} {{local.ip}}:{{local.port}} {{peer.ip:bytes}}{{peer.port:u16be}}", ParseOptions{},
			`192.168.1.88 54036 7 board 192.168.1.111:10000 \xc0\xa8\x01X\xd3\x14`},
		{"surroundings", "{{env.HOME}} {{var.unit}} {{var.unit:u8}}{{var.key:bytes}}{{var.unit:hex4}}", ParseOptions{}, `/root 17 \x11\n\x0b0011`},
		{"match", "{{match}} {{match.1}} {{match.id}} {{match.id:HEX}}", match, `GET 5 5 \xff\x01 FF01`},
		{"fill", "{{fill:3}}{{fill:2:41}}", ParseOptions{}, `\x00\x00\x00AA`},
		{"len of what follows", "{{len}} {{len:u16be}}abc", ParseOptions{}, `6 \x00\x03abc`},
		{"len of a part", "{{len(body):u16le}}{{#body}}hello{{/body}}!", ParseOptions{}, `\x05\x00hello!`},
		{"len of all", "{{len(all):u8}}{{len(all)-2:u8}}abcd", ParseOptions{}, `\x06\x04abcd`},
		{"len of a len", "{{len(a)}} {{#a}}{{len(b)}} {{#b}}0123456789{{/b}}{{/a}}", ParseOptions{}, "13 10 0123456789"},
		{"checksum of all before it", "123456789{{crc16modbus}}", ParseOptions{}, `1234567897K`},
		{"order and digits", "123456789{{crc16modbus(0..9):be}}{{crc16xmodem(..9):le}}{{crc32(..9):HEX}}{{sum8(..9):hex}}", ParseOptions{}, `123456789K7\xc31CBF43926dd`},
		{"checksum of a part", `${{#body}}GPGLL,5300.97914,N,00259.98174,E,125926,A{{/body}}*{{xor8(body):HEX}}\r\n`, ParseOptions{}, `$GPGLL,5300.97914,N,00259.98174,E,125926,A*28\r\n`},
		{"checksum before its part", "{{crc8(body)}}{{#body}}123456789{{/body}}", ParseOptions{}, `\xf4123456789`},
		{"checksum over checksums", "{{sum8(all)}}{{#a}}\x01\x02{{/a}}{{sum8(a)}}", ParseOptions{}, `\x06\x01\x02\x03`},
		{"a checksum's own place is zero", "{{#h}}\\x45\\0\\x00\\x73\\0\\0\\x40\\0\\x40\\x11{{inet16(h)}}\\xc0\\xa8\\0\\x01\\xc0\\xa8\\0\\xc7{{/h}}", ParseOptions{},
			`E\x00\x00s\x00\x00@\x00@\x11\xb8a\xc0\xa8\x00\x01\xc0\xa8\x00\xc7`},
		{"range of bytes", `\x02{{sum8(1..)}}` + `AB{{sum8(2..)}}`, ParseOptions{}, `\x02\x00AB\x83`},
		{"parameters", "123456789{{crc[width=16,poly=1021,init=ffff]}}", ParseOptions{}, `123456789)\xb1`},
		{"other names", "123456789{{crc16ccitt-false}}{{bcc(0..9)}}", ParseOptions{}, `123456789)\xb11`},
		{"hex", "01 03 00 00 00 0A {{crc16modbus}}", hex, `\x01\x03\x00\x00\x00\n\xc5\xcd`},
		{"hex without spaces", "01{{seq:u8}}02,{{text:A\\r}}", hex, `\x01\x02\x02A\r`},
		{"fields in a comment of hex", "01 // {{nothing}}\n02 # {{", hex, `\x01\x02`},
		{"Modbus TCP", "{{seq:u16be}} 0000 {{len:u16be}} 01 03 0000 000a", hex, `\x01\x02\x00\x00\x00\x06\x01\x03\x00\x00\x00\n`},
		{"hex in text", `AT{{hex: 0x01, 02 // three` + "\n" + `03}}\n`, ParseOptions{}, `AT\x01\x02\x03\n`},
		{"charset", `你好\u{4f60}{{var.name}}{{text:好}}\x80`, gbk, `\xc4\xe3\xba\xc3\xc4\xe3\xc4\xe3\xba` + "úÀ"},
		{"plain", `a\n{{seq}}`, ParseOptions{Plain: true}, `a\\n{{seq}}`},
		{"line ends", "a\nb\r\nc", ParseOptions{LineEnd: "\r\n"}, `a\r\nb\r\nc\r\n`},
		{"line end that is there", "a\n", ParseOptions{LineEnd: "\r\n"}, `a\r\n`},
		{"escapes are no typed line ends", `a\nb`, ParseOptions{LineEnd: "\r"}, `a\nb\r`},
		{"checksum, then line end", "GP", ParseOptions{LineEnd: "\r\n", Trailer: trailer("xor8:HEX")}, `GP17\r\n`},
		{"trailer", "01030000000a", ParseOptions{Hex: true, Trailer: trailer("crc16modbus")}, `\x01\x03\x00\x00\x00\n\xc5\xcd`},
		{"trailer of a message with fields", "{{seq:u8}}a", ParseOptions{Trailer: trailer("sum8")}, `\x02ac`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm, err := Parse(c.typed, c.o)
			if err != nil {
				t.Fatal(err)
			}
			v := someVars()
			got, err := tm.Append([]byte("before"), v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, FormatText(bytes.TrimPrefix(got, []byte("before")))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkTemplate(t, tm, v)
		})
	}
}

func trailer(s string) checksum.Trailer {
	t, err := checksum.ParseTrailer(s)
	if err != nil {
		panic(err)
	}
	return t
}

// checkTemplate demands what every template promises.
func checkTemplate(t *testing.T, tm *Template, v *Vars) {
	t.Helper()
	checkTemplateWith(t, tm, tm.o, v)
}

// checkTemplateWith is checkTemplate for a template with a prefix or suffix, which are
// options of the whole.
func checkTemplateWith(t *testing.T, tm *Template, o ParseOptions, v *Vars) {
	t.Helper()
	size, sizeErr := tm.Size(v)
	got, err := tm.Append(nil, v)
	if (err == nil) != (sizeErr == nil) && err == nil {
		t.Errorf("%q: Size fails (%v), Append does not", tm.text, sizeErr)
	}
	if err == nil && size != len(got) {
		t.Errorf("%q: Size %d, but %d bytes", tm.text, size, len(got))
	}
	again, parseErr := Parse(tm.String(), o)
	if parseErr != nil {
		t.Fatalf("%q prints as %q: %v", tm.text, tm, parseErr)
	}
	if again.String() != tm.String() {
		t.Errorf("%q prints as %q, and that as %q", tm.text, tm, again)
	}
	back, backErr := again.Append(nil, v)
	if (err == nil) != (backErr == nil) || !bytes.Equal(back, got) {
		t.Errorf("%q is % x (%v), printed as %q it is % x (%v)", tm.text, got, err, tm, back, backErr)
	}
	if whole, ok := tm.Constant(); ok && !bytes.Equal(whole, got) {
		t.Errorf("%q: constant % x, but % x", tm.text, whole, got)
	}
}

// Random fields have their length, letters and range, and differ from message to message.
func TestTemplateRandom(t *testing.T) {
	tm, err := Parse(`{{rand:4}}|{{rand:4:hex}}|{{rand:12:text}}|{{rand:1..6}}|{{rand:0..65535:u16be}}`, ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v, seen := someVars(), map[string]bool{}
	for i := range 200 {
		v.Random = uint64(i)
		checkTemplate(t, tm, v)
		got, _ := tm.Append(nil, v)
		seen[string(got)] = true
		parts := bytes.Split(got[5:], []byte("|"))
		if len(parts[1]) != 12 || strings.Trim(string(parts[1]), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" || len(parts[2]) != 1 || parts[2][0] < '1' || parts[2][0] > '6' {
			t.Fatalf("%q", got)
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d different ones of 200", len(seen))
	}
}

// A field that cannot be is named with its place in the text.
func TestTemplateFaults(t *testing.T) {
	hex := ParseOptions{Hex: true}
	for _, c := range []struct {
		name, typed string
		o           ParseOptions
		en, hint    string // hint: a part of it, "" anything
	}{
		{"not closed", "你{{seq", ParseOptions{}, "column 2: the field {{ is not closed", `\{{`},
		{"unknown", "ab{{ sequ }}", ParseOptions{}, `column 6: unknown field "sequ"`, "did you mean {{seq}}?"},
		{"unknown checksum", "{{crc16modbos}}", ParseOptions{}, `column 3: unknown field "crc16modbos"`, "did you mean {{crc16modbus}}?"},
		{"unlike anything", "{{name}}", ParseOptions{}, `column 3: unknown field "name"`, `\{{`},
		{"hostile name", "{{\x1b[m}}", ParseOptions{}, `column 3: unknown field "\x1b[m"`, ""},
		{"empty", "{{ }}", ParseOptions{}, "column 1: an empty field", ""},
		{"nested", "{{len({{seq}})}}", ParseOptions{}, "column 7: a field inside a field", ""},
		{"form", "{{seq:u16}}", ParseOptions{}, `column 7: "u16" is not a form`, "u16be"},
		{"second form", "{{seq:u8:u8}}", ParseOptions{}, `column 10: "u8" is not a form`, ""},
		{"form of a checksum", "{{crc32:u16be}}", ParseOptions{}, `column 9: "u16be" is not a form`, "be le hex HEX"},
		{"form of a time", "{{time:iso}}", ParseOptions{}, `column 8: "iso" is not a form`, "unix"},
		{"layout", `{{time:"%Q"}}`, ParseOptions{}, `column 8: %Q is not part of a time`, "%Y"},
		{"layout cut", `{{time:"%"}}`, ParseOptions{}, `column 8: a % at the end means nothing`, "%Y"},
		{"part", "{{len(bodi)}}{{#body}}{{/body}}", ParseOptions{}, `column 7: no part is marked "bodi"`, "did you mean body?"},
		{"open part", "a{{#body}}b", ParseOptions{}, "column 2: the part {{#body}} is not closed", "{{/body}}"},
		{"wrong end", "{{#a}}{{#b}}{{/a}}", ParseOptions{}, "column 16: the part that is open here is b", ""},
		{"end without a beginning", "{{/a}}", ParseOptions{}, "column 4: no part is open here", ""},
		{"two parts", "{{#a}}{{/a}}{{#a}}{{/a}}", ParseOptions{}, "column 16: two parts are called a", ""},
		{"name of a part", "{{#a b}}", ParseOptions{}, `column 5: " " cannot be in a name`, ""},
		{"parenthesis", "{{len(a}}", ParseOptions{}, "column 6: the parenthesis is not closed", ""},
		{"part of no part", "{{seq(a)}}", ParseOptions{}, "column 3: {{seq}} takes no part", ""},
		{"range", "{{sum8(5..2)}}", ParseOptions{}, `column 8: "5..2" is not a range of bytes`, "1.."},
		{"rand", "{{rand}}", ParseOptions{}, "column 3: how many random bytes?", ""},
		{"rand range", "{{rand:6..1}}", ParseOptions{}, `column 8: "6..1" is not a range of numbers`, ""},
		{"rand too wide", "{{rand:1..256:u8}}", ParseOptions{}, "column 15: {{rand}} is 256, which does not fit into u8", ""},
		{"T49 fill", "a{{fill:1000000000000}}", ParseOptions{}, "column 9: the payload would be longer than 16 MiB", ""},
		{"T49 rand", strings.Repeat("{{rand:8388608}}", 3), ParseOptions{}, "column 33: the payload would be longer than 16 MiB", ""},
		{"T49 hex digits", "{{rand:10000000:hex}}", ParseOptions{}, "column 1: the payload would be longer than 16 MiB", ""},
		{"T49 checksums", strings.Repeat("{{crc32}}", 65), ParseOptions{}, "column 579: more than 64 checksums", ""},
		{"circle", "{{len(all)}}", ParseOptions{}, "column 1: the number of digits of this length depends on itself", "{{len(all):dec4}}"},
		{"circle of two", "{{#a}}{{len(b)}}{{/a}}{{#b}}{{len(a)}}{{/b}}", ParseOptions{}, "column 7: the number of digits of this length depends on itself", ""},
		{"parameters", "{{crc[width=7,poly=9]}}", ParseOptions{}, "column 3: a width of 7 is not between 8 and 64", ""},
		{"match", "{{match.1}}", ParseOptions{}, "column 3: {{match}} is for the replies of a rule", ""},
		{"charset", `ab：€5`, ParseOptions{Charset: Latin1}, `column 3: LATIN-1 has no "："`, "utf-8"},
		{"charset, behind line ends that are made longer", "\n\n\nab：", ParseOptions{Charset: Latin1, Plain: true, LineEnd: "\r\n"}, `line 4, column 3: LATIN-1 has no "："`, "utf-8"},
		{"charset, escaped", `ab\u{1f44d}`, ParseOptions{Charset: GBK}, "column 3: GBK has no \"👍\"", ""},
		{"escape", `a{{seq}}b\q`, ParseOptions{}, `column 10: a backslash before "q" is no escape`, ""},
		{"escape on the second line", "a\n{{text:\\q}}", ParseOptions{LineEnd: "\r\n"}, `line 2, column 8: a backslash before "q" is no escape`, ""},
		{"hex", "01 {{seq:u8}} 0g", hex, `column 16: "g" is not a hex digit`, ""},
		{"hex in a field", "a{{hex:01 1}}", ParseOptions{}, `column 11: single digit "1": a byte is two hex digits`, ""},
		{"field in hex", "01 {{sum9}}", hex, `column 6: unknown field "sum9"`, "did you mean {{sum8}}?"},
		{"odd digits before a field", "1{{seq}}", hex, `column 1: single digit "1": a byte is two hex digits`, ""},
		{"env", "{{env.A-B}}", ParseOptions{}, `column 8: "-" cannot be in a name`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm, err := Parse(c.typed, c.o)
			if err == nil {
				t.Fatalf("%q is %q, want an error", c.typed, tm)
			}
			e := checkFault(t, c.typed, err)
			if diff := cmp.Diff(c.en, e.Message.En); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(e.Hint.En, c.hint) {
				t.Errorf("hint %q, want %q in it", e.Hint.En, c.hint)
			}
		})
	}
}

// What only turns out when the message is made.
func TestAppendFaults(t *testing.T) {
	for _, c := range []struct {
		typed string
		o     ParseOptions
		v     *Vars
		en    string
	}{
		{"a{{peer.ip}}", ParseOptions{}, &Vars{}, `column 2: {{peer.ip}} needs a peer, and there is none`},
		{"{{env.NONE}}", ParseOptions{}, someVars(), `column 1: there is no environment variable "NONE"`},
		{"你{{var.none}}", ParseOptions{}, &Vars{}, `column 2: there is no variable "none"`},
		{"{{var.name:u8}}", ParseOptions{}, someVars(), `column 1: {{var.name}} is "你好", which is not a number`},
		{"{{var.big:u16be}}", ParseOptions{}, someVars(), `column 1: {{var.big}} is 70000, which does not fit into u16be`},
		{"{{var.unit:bytes}}{{var.name:bytes}}", ParseOptions{}, someVars(), `column 19: {{var.name}} is "你好", which is not hex`},
		{"{{var.name}}", ParseOptions{Charset: Latin1}, someVars(), `column 1: LATIN-1 has no "你"`},
		{"{{match.9}}", ParseOptions{Match: true}, someVars(), `column 1: the pattern took no "9"`},
		{"{{peer.port:u8}}", ParseOptions{}, someVars(), `column 1: {{peer.port}} is 54036, which does not fit into u8`},
		{"{{len:u8}}{{fill:300}}", ParseOptions{}, someVars(), `column 1: a length of 300 does not fit into u8`},
		{"{{len-5:u8}}", ParseOptions{}, someVars(), `column 1: a length of -5 does not fit into u8`},
		{"ab{{sum8(5..)}}", ParseOptions{}, someVars(), `column 3: the message has no bytes 5..`},
		{"ab{{sum8(1..9)}}", ParseOptions{}, someVars(), `column 3: the message has no bytes 1..9`},
		{"ab", ParseOptions{Trailer: trailer("sum8(5..)")}, someVars(), `column 1: the message of 2 bytes is too short for the checksum over 5..`},
	} {
		t.Run(c.typed, func(t *testing.T) {
			tm, err := Parse(c.typed, c.o)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tm.Append([]byte("x"), c.v)
			if err == nil || string(got) != "x" {
				t.Fatalf("%q, %v", got, err)
			}
			if diff := cmp.Diff(c.en, checkFault(t, c.typed, err).Message.En); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Making a message of a template allocates nothing.
func TestTemplateAllocations(t *testing.T) {
	dst, v := make([]byte, 0, 4096), someVars()
	for _, typed := range []string{
		`Hello\r\n`, "{{seq}} {{time}} {{rand:9}} {{peer.ip}}:{{peer.port}} {{var.unit}}\\r\\n",
		"{{seq:u16be}}\\0\\0{{len:u16be}}{{#body}}0123456789{{/body}}{{crc16modbus(body)}}{{crc32}}{{sum8:HEX}}",
	} {
		tm, err := Parse(typed, ParseOptions{Trailer: trailer("xor8")})
		if err != nil {
			t.Fatal(err)
		}
		ceiling(t, typed, 0, func() { tm.Append(dst, v) })
		ceiling(t, "Size of "+typed, 0, func() { tm.Size(v) })
	}
}

// Any template is refused with a fault or makes messages of the size that it says; without
// fields it is the text that it was.
func FuzzParse(f *testing.F) {
	for _, s := range append(hostile, "{{seq:u16be}}{{#a}}x{{len(a)}}{{/a}}{{crc16modbus(a):le}}", `\{{{{time:"%H}}"}}`, "{{rand:1..9:bcd2}}{{fill:3:ff}}",
		"01 {{hex:02}} {{sum8(1..):HEX}} // {{", "{{text:\\}}}}", "{{#a}}{{#b}}{{/b}}{{/a}}{{#c}}{{/c}}x", "{{len(all)-2:dec3}}{{peer.ip:bytes}}{{var.x:bytes}}{{match.1}}",
		"{{crc[width=16,poly=1021,refin]}}") {
		f.Add(s, uint8(0))
		f.Add(s, uint8(7))
	}
	f.Fuzz(func(t *testing.T, typed string, kind uint8) {
		o := fuzzedOptions(kind)
		tm, err := Parse(typed, o)
		if err != nil {
			checkFault(t, typed, err)
			return
		}
		v := someVars()
		if n, err := tm.Size(v); err == nil && n > 1<<20 {
			return // right, but slow
		}
		checkTemplate(t, tm, v)
		if !o.Hex && !o.Plain && o.Charset == UTF8 && o.LineEnd == "" && !strings.Contains(typed, "{{") {
			want, _ := ParseText(typed)
			tm.o.Trailer = checksum.Trailer{}
			if got, err := tm.Append(nil, v); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%q is %q, as text without fields %q", typed, got, want)
			}
		}
	})
}

func fuzzedOptions(kind uint8) ParseOptions {
	o := ParseOptions{Hex: kind&1 != 0, Charset: charsets[int(kind>>1)%len(charsets)], Match: kind&16 != 0, Plain: kind&128 != 0}
	if kind&32 != 0 {
		o.LineEnd = "\r\n"
	}
	if kind&64 != 0 {
		o.Trailer = trailer("crc16modbus(1..)")
	}
	return o
}

// What is put around a message is as sound as the message: it prints as it parses, its
// size is known, and an error tells of a place in what was typed.
func FuzzFramed(f *testing.F) {
	f.Add("AA 55 ", "{{len(body):u16be}}", "{{crc16modbus(body):le}}", uint8(0))
	f.Add("{{len(body)}}:", "01 03 {{seq:u8}}", "\\r\\n", uint8(1))
	f.Add("{{#a}}x{{/a}}", "温度", "{{sum8(a)}}{{len(all)}}", uint8(2))
	f.Add("\\x02", "{{time}}", "\\x03", uint8(96))
	f.Add("{{", "a", "}}", uint8(128))
	f.Fuzz(func(t *testing.T, prefix, typed, suffix string, kind uint8) {
		o := fuzzedOptions(kind)
		o.Prefix, o.Suffix = prefix, suffix
		tm, err := Parse(typed, o)
		if err != nil {
			if e := sockeye.ErrorOf(err); e.Kind != sockeye.Invalid || e.Message.Zh == "" {
				t.Errorf("%q, %q, %q: %v", prefix, typed, suffix, err)
			}
			return
		}
		v := someVars()
		if n, err := tm.Size(v); err == nil && n > 1<<20 {
			return // right, but slow
		}
		checkTemplateWith(t, tm, o, v)
	})
}

// BenchmarkAppend measures making a message of a template.
func BenchmarkAppend(b *testing.B) {
	for name, typed := range map[string]string{
		"constant": `Hello 01Studio!\r\n`, "text": `{{seq}} {{time}} {{peer.ip}}\r\n`, "modbus": "{{seq:u16be}}{{fill:2}}{{len:u16be}}\\x01\\x03{{fill:100}}{{crc16modbus(6..)}}",
	} {
		b.Run(name, func(b *testing.B) {
			tm, err := Parse(typed, ParseOptions{})
			if err != nil {
				b.Fatal(err)
			}
			v, dst := someVars(), make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = tm.Append(dst[:0], v)
			}
		})
	}
}

func ExampleParse() {
	read, _ := Parse("01 03 00 00 00 0A {{crc16modbus}}", ParseOptions{Hex: true})
	frame, _ := read.Append(nil, &Vars{})
	fmt.Println(FormatHex(frame))
	_, err := Parse("ping {{sequ}}", ParseOptions{})
	fmt.Println(err)
	fmt.Fprintln(os.Stdout, sockeye.ErrorOf(err).Hint.En)
	// Output:
	// 01 03 00 00 00 0a c5 cd
	// parse "ping {{sequ}}": column 8: unknown field "sequ"
	// did you mean {{seq}}?
}
