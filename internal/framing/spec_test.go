package framing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye"
	"sockeye/internal/checksum"
)

// A spec is printed in its shortest form, which is read as the same.
func TestParse(t *testing.T) {
	for typed, want := range map[string]string{
		"none": "none", "line": "line", " line ": "line", "line:max=65536": "line", "line:max=100": "line:max=100",
		"delim:0d0a": "delim:0d0a", `delim:"\r\n"`: "delim:0d0a", `delim:","`: "delim:2c", "delim: 0d 0a , max=9": "delim:0d0a,max=9", "delim:delim=00": "delim:00",
		"fixed:8": "fixed:8", "fixed:size=8": "fixed:8", "idle:20ms": "idle:20ms", "idle:0.5s": "idle:500ms",
		"length:offset=2,size=2,order=big,adjust=0": "length:offset=2,size=2", "length:size=8,order=little,counts=all,adjust=-4": "length:size=8,order=little,adjust=-4,counts=all",
		"length:offset=1,size=varint": "length:offset=1,size=varint", "length:size=varint,order=big": "length:size=varint",
		"length:size=1,head=aa55,tail=0d": "length:size=1,head=aa55,tail=0d", `between:head="<",tail=">"`: "between:head=3c,tail=3e",
		"stx": "stx", "stx:after=0": "stx", "slip": "slip", "cobs:max=99": "cobs:max=99", "modbus-rtu": "modbus-rtu", "modbus-rtu:idle=0": "modbus-rtu:idle=0s", "modbus-rtu:idle=100ms": "modbus-rtu",
		"modbus-tcp": "modbus-tcp", "json": "json",
	} {
		s, err := Parse(typed)
		if err != nil {
			t.Errorf("%s: %v", typed, err)
			continue
		}
		again, err := Parse(s.String())
		if s.String() != want || again != s || err != nil {
			t.Errorf("%s is printed as %s, want %s; read again %+v, %v", typed, s, want, again, err)
		}
	}
	for _, k := range Methods {
		if s, err := Parse(Examples[k]); err != nil || s.Method != k {
			t.Errorf("the example of %s is %s: %v", k, Examples[k], err)
		}
	}
	if got := (Spec{}).String(); got != "none" {
		t.Errorf("the zero spec is %s", got)
	}
}

// What is wrong is said with its column.
func TestParseFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"":                                  `column 1: "" is no way to find frames`,
		"lines":                             `column 1: "lines" is no way to find frames`,
		"LINE":                              `column 1: "LINE" is no way to find frames`,
		"line:":                             `column 6: line has no setting ""`,
		"line:0a":                           `column 6: line has no setting "0a"`,
		"none:max=3":                        `column 6: none has no setting "max=3"`,
		"line:max=0":                        `column 10: "0" is not a number from 1 to 16777216`,
		"line:max=x":                        `column 10: "x" is not a number`,
		"line:max=5,max=6":                  `column 12: max is given twice`,
		"line:max=1":                        `column 11: max=1 leaves no room`,
		"delim":                             `column 6: delim needs delim`,
		"delim:0d0":                         `column 7: "0d0" are not bytes`,
		`delim:"a`:                          `column 7: the quote is not closed`,
		`delim:"\q"`:                        `column 8: "\"\\q\"" are not bytes`,
		"delim:":                            `column 7: no bytes`,
		"fixed:0":                           `column 7: "0" is not a number from 1`,
		"length:offset=2":                   `column 16: length needs size`,
		"length:size=9":                     `column 13: "9" is not a number from 1 to 8`,
		"length:size=varint,order=little":   `column 32: order means nothing`,
		"length:size=2,order=middle":        `column 21: "middle" is neither big nor little`,
		"length:size=2, ordre=big":          `column 16: length has no setting "ordre=big"`,
		"length:offset=9,size=2,max=11":     `column 30: max=11 leaves no room`,
		"between:head=7e":                   `column 16: between needs tail`,
		"idle:soon":                         `column 6: "soon" is not a pause`,
		"idle:2h":                           `column 6: "2h" is not a pause`,
		"idle:0s":                           `column 6: "0s" is not a pause`,
		"modbus-rtu:pause=1s":               `column 12: modbus-rtu has no setting "pause=1s"`,
		"delim:" + strings.Repeat("00", 65): `column 7: 65 bytes are more than 64`,
	} {
		_, err := Parse(typed)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.Invalid || !strings.HasPrefix(e.Message.En, want) || e.Message.Zh == "" {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
}

// A framing that was parsed and written out is read back as the same one, and any other text is
// refused as invalid.
func FuzzParse(f *testing.F) {
	for _, e := range Examples {
		f.Add(e)
	}
	f.Add(`length:offset=2,size=2,order=little,adjust=-1,counts=all,head="a,b",tail=0d,max=99`)
	f.Fuzz(func(t *testing.T, typed string) {
		s, err := Parse(typed)
		if err != nil {
			if sockeye.ErrorOf(err).Kind != sockeye.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		if again, err := Parse(s.String()); err != nil || again != s {
			t.Errorf("%q is %+v, printed %s, read as %+v: %v", typed, s, s, again, err)
		}
	})
}

// Any bytes in any two chunks: the same frames, no panic, nothing missing.
func FuzzCut(f *testing.F) {
	for _, text := range specs {
		f.Add(text, []byte("\x02ab\x03\n{\"a\":1}\x01\x03\x00\x00\x00\x0a\xc5\xcd\xc0\x00"), 7)
	}
	f.Fuzz(func(t *testing.T, text string, stream []byte, cut int) {
		s, err := Parse(text)
		if err != nil || s.Method == None || s.Method == Idle {
			return
		}
		want := cutAll(t, s, stream)
		checkComplete(t, s, stream, want)
		if cut < 0 || cut > len(stream) {
			return
		}
		if diff := cmp.Diff(want, cutAll(t, s, stream, cut)); diff != "" {
			t.Errorf("%s cut at %d (-at once +chunks):\n%s", s, cut, diff)
		}
	})
}

// RTU frames as the specification prints them, and as a well-known client sends
// them, are found among noise; a pause ends what has a wrong checksum.
func TestRTU(t *testing.T) {
	for _, c := range []struct{ name, pieces string }{
		{"request and response", "hex 01030000000ac5cd=01030000000a|1103 06ae415652434049ad=110306ae4156524340|01830 2c0f1=018302"},
		{"noise before", "hex g!00ff|01030000000ac5cd=01030000000a"},
		{"cut off", "hex 01030000000ac5cd=01030000000a|i!0103"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := wanted(t, c.pieces)
			var stream []byte
			for _, p := range want {
				stream = append(stream, p.Data...)
			}
			if diff := cmp.Diff(want, cutAll(t, spec(t, "modbus-rtu"), stream)); diff != "" {
				t.Error(diff)
			}
		})
	}
	f := New(spec(t, "modbus-rtu"), checksum.Trailer{})
	f.Feed(Chunk{Data: []byte("\x01\x03\x00\x00\x00\x0a\xc5\xce"), Time: begin})
	if fr, ok := f.Next(); ok {
		t.Errorf("a frame with a wrong checksum is there before the pause: %x", fr.Data)
	}
	f.Feed(Chunk{Data: []byte("\x01\x03\x00\x00\x00\x0a\xc5\xcd"), Time: begin.Add(defaultRTUPause)})
	var got []string
	for fr, ok := f.Next(); ok; fr, ok = f.Next() {
		got = append(got, fr.Mark.String()+" "+fr.Check.String())
	}
	if diff := cmp.Diff([]string{"garbage wrong", "whole right"}, got); diff != "" {
		t.Error(diff)
	}
}

// rtuFrame makes frames of every function code, requests and responses.
func rtuFrame(t *rapid.T) []byte {
	data := func(n int) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data") }
	n := rapid.IntRange(1, 60).Draw(t, "n")
	counted := func(code byte, n int) []byte { return append([]byte{code, byte(n)}, data(n)...) }
	pdus := [][]byte{
		append([]byte{3}, data(4)...), counted(4, n), append([]byte{5}, data(4)...), {7}, append([]byte{7}, data(1)...), append([]byte{11}, data(4)...),
		counted(12, n), append([]byte{16}, data(4)...), append(append([]byte{16}, data(4)...), counted(0, n)[1:]...), {17}, counted(17, n), counted(20, n),
		append([]byte{22}, data(6)...), append(append([]byte{23}, data(8)...), counted(0, n)[1:]...), append([]byte{24}, data(2)...),
		append([]byte{24, 0, byte(n)}, data(n)...), append([]byte{43}, data(n)...), append([]byte{66}, data(n)...), append([]byte{0x90}, data(1)...),
	}
	frame := append([]byte{rapid.Byte().Draw(t, "address")}, rapid.SampledFrom(pdus).Draw(t, "pdu")...)
	crc := crcModbus(frame)
	return append(frame, byte(crc), byte(crc>>8))
}

// Frames of every function come out as they went in, one after the other, but for
// the one in 65,536 where a checksum fits by chance; the seed is fixed.
func TestRTUShapes(t *testing.T) {
	missed := 0
	rapid.Check(t, func(r *rapid.T) {
		frame := rtuFrame(r)
		pieces := cutAll(t, spec(t, "modbus-rtu"), frame)
		if len(pieces) != 1 || pieces[0].Mark != Whole {
			missed++
		}
	})
	if missed > 1 {
		t.Errorf("%d frames were not found", missed)
	}
}

// The engine of this package is the catalogue's CRC.
func TestCRC(t *testing.T) {
	a, err := checksum.Lookup("crc16modbus")
	if err != nil {
		t.Fatal(err)
	}
	if got := crcModbus([]byte("123456789")); uint64(got) != a.Check {
		t.Errorf("%04x, want %04x", got, a.Check)
	}
}
