package payload

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"sockeye"
)

// T49: The size of a message is known before it is built: what would be too long is refused
// at the price of its text, whatever multiplies it.
func TestTemplateBombs(t *testing.T) {
	big := strings.Repeat("a", 4<<20)
	v := someVars()
	v.Lookup = func(name string) (string, bool) {
		switch name {
		case "var.big", "env.BIG":
			return big, true
		case "var.hex":
			return strings.Repeat("61", 4<<20), true
		case "var.field": // a value is no template
			return strings.Repeat("{{var.big}}", 100), true
		}
		return "", false
	}
	bigBytes := []byte(big)
	v.Match = func(string) ([]byte, bool) { return bigBytes, true }
	nested := strings.Repeat("{{#p%d}}", 200)
	for n := range 200 {
		nested = strings.Replace(nested, "%d", fmt.Sprint(n), 1)
	}
	nested += "{{fill:9000000}}{{fill:9000000}}"
	for n := range 200 {
		nested += fmt.Sprintf("{{/p%d}}", 199-n)
	}
	for name, c := range map[string]struct {
		typed string
		o     ParseOptions
	}{
		"fill":               {"{{fill:1000000000000}}", ParseOptions{}},
		"fill of 64 bits":    {"{{fill:18446744073709551615}}", ParseOptions{}},
		"many fills":         {strings.Repeat("{{fill:1048576}}", 17), ParseOptions{}},
		"random":             {strings.Repeat("{{rand:8388608}}", 3), ParseOptions{}},
		"random digits":      {"{{rand:10000000:hex}}", ParseOptions{}},
		"decimal digits":     {"{{seq:dec999999999}}", ParseOptions{}},
		"BCD digits":         {"{{seq:bcd999999999}}", ParseOptions{}},
		"fills in parts":     {nested, ParseOptions{}},
		"fields":             {strings.Repeat("{{seq}}", MaxFields+1), ParseOptions{}},
		"checksums":          {strings.Repeat("{{crc32}}", 65), ParseOptions{}},
		"a field in a field": {"{{fill:{{fill:9}}}}", ParseOptions{}},
		"variables":          {strings.Repeat("{{var.big}}", 5), ParseOptions{}},
		"variables in hex":   {strings.Repeat("{{var.big}}", 5), ParseOptions{Hex: true}},
		"environment":        {strings.Repeat("{{env.BIG}}", 4096), ParseOptions{}},
		"what matched":       {strings.Repeat("{{match}}", 5), ParseOptions{Match: true}},
		"matched as digits":  {strings.Repeat("{{match.1:hex}}", 3), ParseOptions{Match: true}},
		"checksum behind it": {strings.Repeat("{{var.big}}", 4), ParseOptions{Trailer: trailer("crc32")}},
		"line end behind it": {strings.Repeat("{{var.big}}", 4), ParseOptions{LineEnd: "\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			built := allocated(func() {
				var tm *Template
				if tm, err = Parse(c.typed, c.o); err == nil {
					_, err = tm.Append(nil, v)
				}
			})
			if fault := sockeye.ErrorOf(err); fault == nil || fault.Kind != sockeye.Invalid || !strings.HasPrefix(fault.Message.En, "column ") {
				t.Errorf("got %v", err)
			}
			if most := uint64(1<<20 + 600*len(c.typed)); built > most {
				t.Errorf("%d bytes were allocated before it was refused, want at most %d", built, most)
			}
		})
	}
	tm, err := Parse("{{var.field}}", ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tm.Append(nil, v); err != nil || string(got) != strings.Repeat("{{var.big}}", 100) {
		t.Errorf("a value was taken for a template: %d bytes, %v", len(got), err)
	}
}

// T49: The piece that is too much is named, before any after it is looked at.
func TestNamesThePiece(t *testing.T) {
	asked := 0
	v := someVars()
	v.Lookup = func(string) (string, bool) {
		asked++
		return strings.Repeat("a", 4<<20), true
	}
	tm, err := Parse(strings.Repeat("{{var.big}}", 100), ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tm.Size(v)
	if e := sockeye.ErrorOf(err); e == nil || !strings.HasPrefix(e.Message.En, "column 45: the payload would be longer") || asked != 5 {
		t.Errorf("%v, after %d fields", err, asked)
	}
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever is typed, a message is never longer than MaxSize, and its size is known
// before.
func FuzzSizeIsKnown(f *testing.F) {
	for _, s := range []string{"{{fill:99999}}{{fill:1}}", "{{#a}}{{rand:9}}{{/a}}{{len(a)}}", "{{var.big}}{{var.big}}", "{{match}}{{seq:dec9}}", "{{rand:65536:hex}}"} {
		f.Add(s, uint16(300))
	}
	f.Fuzz(func(t *testing.T, typed string, length uint16) {
		tm, err := Parse(typed, ParseOptions{Match: true})
		if err != nil {
			return
		}
		big := strings.Repeat("a", int(length))
		v := someVars()
		v.Lookup = func(string) (string, bool) { return big, true }
		v.Match = func(string) ([]byte, bool) { return []byte(big), true }
		n, err := tm.Size(v)
		if err == nil && n > MaxSize {
			t.Errorf("%q may be %d bytes", typed, n)
		}
		if err != nil || n > 1<<20 {
			return // right, but slow to build
		}
		if got, err := tm.Append(nil, v); err == nil && len(got) != n {
			t.Errorf("%q has %d bytes, not %d", typed, len(got), n)
		}
	})
}
