package payload

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A hex dump has sixteen bytes in a line with their offset and text, indented as asked.
func TestAppendHexdump(t *testing.T) {
	for _, c := range []struct {
		name, data string
		offset     uint64
		indent     string
		want       string
	}{
		{"nothing", "", 0, "  ", ""},
		{"one byte", "A", 0, "", `
00000000  41                                                |A|
`},
		{"half a line", "Hello 01", 0, "", `
00000000  48 65 6c 6c 6f 20 30 31                           |Hello 01|
`},
		{"indented, two lines", "Hello 01Studio!\n你\x1b", 0x20, "  ", `
  00000020  48 65 6c 6c 6f 20 30 31  53 74 75 64 69 6f 21 0a  |Hello 01Studio!.|
  00000030  e4 bd a0 1b                                       |....|
`},
		{"odd offset", "ab", 0x1235, "", `
00001235  61 62                                             |ab|
`},
		{"equal lines stay", strings.Repeat("~", 48), 0, "", `
00000000  7e 7e 7e 7e 7e 7e 7e 7e  7e 7e 7e 7e 7e 7e 7e 7e  |~~~~~~~~~~~~~~~~|
00000010  7e 7e 7e 7e 7e 7e 7e 7e  7e 7e 7e 7e 7e 7e 7e 7e  |~~~~~~~~~~~~~~~~|
00000020  7e 7e 7e 7e 7e 7e 7e 7e  7e 7e 7e 7e 7e 7e 7e 7e  |~~~~~~~~~~~~~~~~|
`},
		{"last offset of eight digits", "0123456789abcdef", 1<<32 - 16, "", `
fffffff0  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
`},
		{"offsets grow for all lines", "0123456789abcdefg", 1<<32 - 16, "", `
00000000fffffff0  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
0000000100000000  67                                                |g|
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(AppendHexdump(nil, []byte(c.data), c.offset, c.indent))
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A hex dump is that of package hex where both can, and that of a slow one elsewhere.
func FuzzHexdump(f *testing.F) {
	for i, s := range hostile {
		f.Add([]byte(s), uint64(i)<<(2*i%60), "  ")
	}
	f.Fuzz(func(t *testing.T, data []byte, offset uint64, indent string) {
		if got, want := string(AppendHexdump(nil, data, 0, "")), hex.Dump(data); got != want {
			t.Errorf("got:\n%swant, as package hex has it:\n%s", got, want)
		}
		if got, want := string(AppendHexdump(nil, data, offset, indent)), slowHexdump(data, offset, indent); got != want {
			t.Errorf("offset %#x:\n%swant:\n%s", offset, got, want)
		}
	})
}

func slowHexdump(data []byte, offset uint64, indent string) string {
	width := 8
	if last := offset + uint64(max(len(data), 1)-1); last < offset || last > 1<<32-1 {
		width = 16
	}
	var b strings.Builder
	for i := 0; i < len(data); i += 16 {
		line := data[i:min(i+16, len(data))]
		left, right := fmt.Sprintf("% x", line[:min(8, len(line))]), fmt.Sprintf("% x", line[min(8, len(line)):])
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(latin1(line)))
		fmt.Fprintf(&b, "%s%0*x  %-23s  %-23s  |%s|\n", indent, width, offset+uint64(i), left, right, text)
	}
	return b.String()
}

// latin1 makes every byte one character.
func latin1(b []byte) []rune {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return runes
}

// BenchmarkAppendHexdump measures writing a hex dump.
func BenchmarkAppendHexdump(b *testing.B) {
	data := benchData["binary"]
	var dst []byte
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendHexdump(dst[:0], data, 0, "    ")
	}
}
