package payload

import (
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/checksum"
)

// Prefix and suffix stand around each message, outside its checksum, and have escapes and fields
// of their own.
func TestPrefixAndSuffix(t *testing.T) {
	lrc, err := checksum.ParseTrailer("xor8")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, typed string
		o           ParseOptions
		want        string
	}{
		{"around text", "hello", ParseOptions{Prefix: `\x02`, Suffix: `\x03`}, `\x02hello\x03`},
		{"prefix alone", "hello", ParseOptions{Prefix: "> "}, `> hello`},
		{"suffix alone", "hello", ParseOptions{Suffix: `\r\n`}, `hello\r\n`},
		{"around hex", "01 03", ParseOptions{Hex: true, Prefix: `\x02`, Suffix: "{{hex:0d}}"}, `\x02\x01\x03\r`},
		{"around plain text", `a\n{{seq}}`, ParseOptions{Plain: true, Prefix: `\x02{{seq}}`, Suffix: `\x03`}, `\x02258a\\n{{seq}}\x03`},
		{"checksum of the message only, before the suffix", "AB", ParseOptions{Prefix: `\x02`, Suffix: `\x03`, Trailer: lrc}, `\x02AB\x03\x03`},
		{"line end last", "AB", ParseOptions{Prefix: `\x02`, Suffix: `\x03`, Trailer: lrc, LineEnd: "\r\n"}, `\x02AB\x03\x03\r\n`},
		{"line end that the suffix has", "AB", ParseOptions{Suffix: `\r\n`, LineEnd: "\r\n"}, `AB\r\n`},
		{"line end that the message has", "AB\n", ParseOptions{Prefix: "$", LineEnd: "\r\n"}, `$AB\r\n`},
		{"no line end after hex", "41", ParseOptions{Hex: true, Prefix: "$", LineEnd: "\n"}, `$A`},
		{"length of the message", "hello", ParseOptions{Prefix: "{{len(body):u16be}}", Suffix: `\x03`, Trailer: lrc}, `\x00\x06hellob\x03`},
		{"length of all that follows", "hello", ParseOptions{Prefix: "{{len:u8}}", Suffix: `\x03`}, `\x06hello\x03`},
		{"checksum of the message as a field", "GPGLL", ParseOptions{Prefix: "$", Suffix: `*{{xor8(body):HEX}}\r\n`}, `$GPGLL*50\r\n`},
		{"checksum of prefix and message as a field", "AB", ParseOptions{Prefix: `\x02`, Suffix: `{{xor8}}`}, `\x02AB\x01`},
		{"a part from prefix to suffix", "AB", ParseOptions{Prefix: `\x02{{#in}}<`, Suffix: `>{{/in}}{{len(in)}}`}, `\x02<AB>4`},
		{"fields of the message see the message", "{{len(body)}}{{#body}}x{{/body}}", ParseOptions{Prefix: "1234"}, `12341x`},
		{"a charset", "你", ParseOptions{Charset: GBK, Prefix: "好"}, `\xba\xc3\xc4\xe3`},
		{"nothing between", "", ParseOptions{Prefix: `\x02`, Suffix: `\x03`}, `\x02\x03`},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := Parse(c.typed, c.o)
			if err != nil {
				t.Fatal(err)
			}
			for _, before := range []string{"", "in front"} {
				got, err := made.Append([]byte(before), someVars())
				if err != nil {
					t.Fatal(err)
				}
				if FormatText(got) != before+c.want {
					t.Errorf("%s, want %s", FormatText(got), before+c.want)
				}
				if n, err := made.Size(someVars()); err != nil || n != len(got)-len(before) {
					t.Errorf("size %d, %v, of %d bytes", n, err, len(got)-len(before))
				}
			}
			if made.String() != mustParse(t, c.typed, c.o).String() {
				t.Errorf("prints as %s", made)
			}
		})
	}
}

// mustParse parses the message alone.
func mustParse(t *testing.T, typed string, o ParseOptions) *Template {
	o.Prefix, o.Suffix = "", ""
	m, err := Parse(typed, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A prefix or suffix that cannot be is refused with the reason.
func TestPrefixAndSuffixFaults(t *testing.T) {
	for _, c := range []struct {
		typed string
		o     ParseOptions
		want  string
	}{
		{"a", ParseOptions{Prefix: `ab\q`}, `prefix, column 3: `},
		{"a", ParseOptions{Prefix: "ab", Suffix: `x{{nothing}}`}, `suffix, column 4: `},
		{"a", ParseOptions{Prefix: "ab", Suffix: `x{{len(none)}}`}, `suffix, column 8: `},
		{"a", ParseOptions{Prefix: "{{#body}}"}, `prefix, column 1: two parts`},
		{"a", ParseOptions{Prefix: "{{#a}}"}, `prefix, column 1: the part`},
		{`a\q`, ParseOptions{Prefix: "abc"}, `column 2: `},
	} {
		_, err := Parse(c.typed, c.o)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.Invalid || !strings.HasPrefix(e.Message.En, c.want) || e.Message.Zh == "" {
			t.Errorf("%q in %q and %q: %v, want %q", c.typed, c.o.Prefix, c.o.Suffix, err, c.want)
		}
	}
	made, err := Parse("a", ParseOptions{Prefix: "p", Suffix: "s{{env.NOBODY}}"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := made.Append([]byte("kept"), someVars()); err == nil || !strings.HasPrefix(sockeye.ErrorOf(err).Message.En, "suffix, column 2: ") || string(got) != "kept" {
		t.Errorf("%q, %v", got, err)
	}
	if long, err := Parse(strings.Repeat("a", MaxSize), ParseOptions{Prefix: "p"}); err == nil {
		if _, err := long.Append(nil, someVars()); err == nil {
			t.Error("a message longer than any is made")
		}
	}
}

// A field in a prefix counts like one in the message, and its random bytes are others.
func TestFrameCountsAndIsConstant(t *testing.T) {
	for _, c := range []struct {
		typed, prefix  string
		counts, stable bool
	}{
		{"a", "p", false, true}, {"{{seq}}", "p", true, false}, {"a", "{{seq}}", true, false}, {"a", "{{len:u8}}", false, true},
	} {
		made, err := Parse(c.typed, ParseOptions{Prefix: c.prefix})
		if err != nil {
			t.Fatal(err)
		}
		if made.Counts() != c.counts {
			t.Errorf("%s in %s counts: %v", c.typed, c.prefix, made.Counts())
		}
		if _, ok := made.Constant(); ok != c.stable {
			t.Errorf("%s in %s is constant: %v", c.typed, c.prefix, ok)
		}
	}
	random, err := Parse("{{rand:8}}", ParseOptions{Prefix: "{{rand:8}}"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := random.Append(nil, someVars()); len(got) != 16 || string(got[:8]) == string(got[8:]) {
		t.Errorf("prefix and message have the same random bytes: %x", got)
	}
}
