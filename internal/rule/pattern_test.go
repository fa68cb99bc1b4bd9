package rule

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

func pattern(t testing.TB, typed string) *Pattern {
	t.Helper()
	p, err := ParsePattern(typed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each kind of pattern matches just what it says, and gives its groups.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, body string
		groups        []string // what matched, then the groups; nil for no match
	}{
		{"any", "", []string{""}},
		{"is:PING", "PING", []string{"PING"}},
		{"is:PING", "PINGS", nil},
		{"is:", "", []string{""}},
		{`prefix:AT+\x01`, "AT+\x01x", []string{"AT+\x01"}},
		{"prefix:AT", "A", nil},
		{"suffix:?", "*IDN?", []string{"?"}},
		{"contains:: b", "a: b: b", []string{": b"}},
		{"contains:x", "abc", nil},
		{"hex:01 ?? 3? ?4", "\x01\xff\x3c\xf4", []string{"\x01\xff\x3c\xf4"}},
		{"hex:01??3?", "\x01\xff\x4c", nil},
		{"hex:80/80", "\xf3", []string{"\xf3"}},
		{"hex:80/80", "\x7f", nil},
		{"hex:01", "\x01\x02", nil},
		{"hex:01 *", "\x01\x02\x03", []string{"\x01\x02\x03"}},
		{"hex:* 03", "\x01\x02\x03", []string{"\x01\x02\x03"}},
		{"hex:*", "", []string{""}},
		{"hex:01 * 03 * 05", "\x01\x03\x03\x05\x05", []string{"\x01\x03\x03\x05\x05"}},
		{"hex:01 * 01", "\x01", nil},
		{"hex:* 02 *", "\x01\x03", nil},
		{"hex:(?? ??) 00 00 (??*) (ff)", "\x0a\x0b\x00\x00\x01\x02\x03\xff", []string{"\x0a\x0b\x00\x00\x01\x02\x03\xff", "\x0a\x0b", "\x01\x02\x03", "\xff"}},
		{"hex:01 (*) 02", "\x01\x02", []string{"\x01\x02", ""}},
		{`regexp:^AT\+(\w+)(=.*)?$`, "AT+CSQ", []string{"AT+CSQ", "CSQ", ""}},
		{`regexp:b+`, "abbc", []string{"bb"}},
		{`regexp:^b`, "ab", nil},
	} {
		var at []int
		ok := pattern(t, c.pattern).Match([]byte(c.body), &at)
		var got []string
		for n := 0; ok && n < len(at); n += 2 {
			s := ""
			if at[n] >= 0 {
				s = c.body[at[n]:at[n+1]]
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.groups, got); diff != "" {
			t.Errorf("%s on %q:\n%s", c.pattern, c.body, diff)
		}
	}
}

// TestHexPatternBytes asks every byte of every way to write one.
func TestHexPatternBytes(t *testing.T) {
	for b := range 256 {
		for typed, matches := range map[string]func(c byte) bool{
			fmt.Sprintf("%02x", b):                 func(c byte) bool { return c == byte(b) },
			fmt.Sprintf("%02X", b):                 func(c byte) bool { return c == byte(b) },
			fmt.Sprintf("%x?", b>>4):               func(c byte) bool { return c>>4 == byte(b)>>4 },
			fmt.Sprintf("%X?", b>>4):               func(c byte) bool { return c>>4 == byte(b)>>4 },
			fmt.Sprintf("?%x", b&0xf):              func(c byte) bool { return c&0xf == byte(b)&0xf },
			fmt.Sprintf("?%X", b&0xf):              func(c byte) bool { return c&0xf == byte(b)&0xf },
			fmt.Sprintf("%02x/%02x", b, b):         func(c byte) bool { return c&byte(b) == byte(b) },
			fmt.Sprintf("%02X/%02X", b, b):         func(c byte) bool { return c&byte(b) == byte(b) },
			fmt.Sprintf("%02x/ff", b):              func(c byte) bool { return c == byte(b) },
			fmt.Sprintf("%02x/%02x", b&0x3c, 0x3c): func(c byte) bool { return c&0x3c == byte(b)&0x3c },
		} {
			p := pattern(t, "hex:"+typed)
			for c := range 256 {
				if got := p.Match([]byte{byte(c)}, nil); got != matches(byte(c)) {
					t.Errorf("hex:%s on %02x: %v", typed, c, got)
				}
			}
		}
	}
}

// A pattern that cannot be is refused with the reason.
func TestPatternFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"":                                    `column 1: "" begins no pattern`,
		"PING":                                `column 1: "PING" begins no pattern`,
		"Is:PING":                             `column 1: "Is" begins no pattern`,
		"any:x":                               `column 1: "any" begins no pattern`,
		`is:\q`:                               `column 4: `,
		"prefix:":                             `column 8: nothing to look for`,
		"hex:":                                `column 5: no bytes`,
		"hex:0":                               `column 6: a digit is missing`,
		"hex:0g":                              `column 6: "g" is neither a hex digit nor ?`,
		"hex:01 80/":                          `column 11: a digit is missing`,
		"hex:8?/80":                           `column 7: a mask is`,
		"hex:81/80":                           `column 7: 81 has bits that the mask 80 leaves out`,
		"hex:**":                              `column 6: * after *`,
		"hex:(01":                             `column 8: a group is not closed`,
		"hex:01)":                             `column 7: no group is open`,
		"hex:((01))":                          `column 6: a group in a group`,
		"hex:(9x:01)":                         `column 6: "9x" is no name`,
		"regexp:(":                            `column 8: missing closing )`,
		"regexp:(?<a>.{900}){3}":              `column 8: `,
		"regexp:.{999}.{999}.{999}":           `column 8: the expression takes `,
		"regexp:" + strings.Repeat("a", 2001): `column 8: the expression is longer`,
	} {
		_, err := ParsePattern(typed)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.Invalid || !strings.HasPrefix(e.Message.En, want) || e.Message.Zh == "" {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
}

// A hex pattern is what a regular expression on the digits would be.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"any", "is:a", "hex:01 ?? 3? 80/80 *", "hex:(unit: ??) (*) ff", `regexp:^a(\d+)`, "contains:x"} {
		f.Add(s, []byte("\x01\x023\x80a1x"))
	}
	f.Fuzz(func(t *testing.T, typed string, body []byte) {
		p, err := ParsePattern(typed)
		if err != nil {
			if sockeye.ErrorOf(err).Kind != sockeye.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		var at []int
		ok := p.Match(body, &at)
		if ok != p.Match(body, nil) {
			t.Errorf("%q matches %q only sometimes", typed, body)
		}
		if ok && len(at) != 2+2*len(p.Groups()) {
			t.Errorf("%q: %d groups, want %v", typed, len(at)/2-1, p.Groups())
		}
		for n := 0; n+1 < len(at); n += 2 {
			if at[n] > at[n+1] || at[n+1] > len(body) {
				t.Errorf("%q on %q: %v", typed, body, at)
			}
		}
		if p.hex != nil && len(body) < 100 {
			if want := slowHex(p.hex).MatchString(fmt.Sprintf("%x", body)); ok != want {
				t.Errorf("%q on %x: %v", typed, body, ok)
			}
		}
	})
}

// slowHex is the same as an expression on hex digits.
func slowHex(h *hexPattern) *regexp.Regexp {
	var b strings.Builder
	b.WriteByte('^')
	for n, run := range h.runs {
		if n > 0 {
			b.WriteString("(..)*")
		}
		for _, c := range run {
			b.WriteByte('(')
			for v := range 256 {
				if byte(v)&c.mask == c.value {
					fmt.Fprintf(&b, "%02x|", v)
				}
			}
			b.WriteString("xx)")
		}
	}
	b.WriteByte('$')
	return regexp.MustCompile(b.String())
}
