package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Arguments that are single bytes are one message; arguments of several bytes are one each.
func TestHexWords(t *testing.T) {
	for _, c := range []struct{ words, want []string }{
		{nil, nil},
		{[]string{"01"}, []string{"01"}},
		{[]string{"01", "03", "0xC5"}, []string{"01 03 0xC5"}},
		{[]string{"{0x01,", "0x03", "}"}, []string{"{0x01, 0x03 }"}},
		{[]string{"01 03", "01 04"}, []string{"01 03", "01 04"}},
		{[]string{"0103", "0104"}, []string{"0103", "0104"}},
		{[]string{"01 03", "zz"}, []string{"01 03", "zz"}},
		{[]string{"01", "zz"}, []string{"01 zz"}},
		{[]string{"01", "{{seq}}"}, []string{"01 {{seq}}"}},
	} {
		if diff := cmp.Diff(c.want, HexWords(c.words, 1)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.words, diff)
		}
	}
	if got := HexWords([]string{"0103", "0000", "C5CD"}, 2); len(got) != 1 {
		t.Errorf("words of two bytes: %q", got)
	}
}

// A pasted text of hex is cut into the messages that it shows.
func TestHexFrames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"01 03\n01 04\n", "01 03/01 04"},
		{"{0x01,\n 0x03},\n{0x01, 0x04}", "01 03/01 04"},
		{"00000000: 0103  ..\n00000002: 04    .\n", "01 03 04"},
	} {
		var got []string
		for _, frame := range HexFrames(c.text) {
			b, err := ParseHex(frame)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > 0 {
				got = append(got, FormatHex(b))
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "/")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}
