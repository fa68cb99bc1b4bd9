package codegen

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// TestWordsTellAllFaults: everything that is wrong with what was typed is told at once, each under
// the word that it is about.
func TestWordsTellAllFaults(t *testing.T) {
	for name, test := range map[string]struct {
		words Words
		want  []string
	}{
		"nothing is wrong":    {Words{"c", "line", "crc16modbus", `hello\n`}, nil},
		"nothing but for":     {Words{Language: "python"}, nil},
		"no language":         {Words{Language: "cobol"}, []string{"for"}},
		"everything is wrong": {Words{"cobol", "lines", "crc", `\x`}, []string{"for", "frame", "check", "hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := test.words.Parse()
			var got []string
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				for _, one := range joined.Unwrap() {
					got = append(got, sockeye.ErrorOf(one).Target)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the targets of %v (-want +got):\n%s", err, diff)
			}
		})
	}
}
