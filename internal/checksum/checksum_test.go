package checksum

import (
	"encoding/hex"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

var nine = []byte("123456789")

// Every checksum gives the value that is published for it.
func TestCheckValues(t *testing.T) {
	if n := len(All()); n < 90 {
		t.Errorf("%d checksums", n)
	}
	for _, a := range All() {
		if got := a.Sum(nine); got != a.Check {
			t.Errorf("%s: %x, want %x", a.Name, got, a.Check)
		}
		if a.What.En == "" || a.What.Zh == "" {
			t.Errorf("%s does not say what it is", a.Name)
		}
	}
}

// Names mean one checksum each.
func TestNameMeansOneChecksum(t *testing.T) {
	owner := map[string]string{}
	for _, a := range All() {
		for _, name := range append([]string{a.Key}, a.Aliases...) {
			if normal(name) != name {
				t.Errorf("%q of %s cannot be found", name, a.Name)
			}
			if owner[name] != "" {
				t.Errorf("%q means %s and %s", name, owner[name], a.Name)
			}
			owner[name] = a.Name
		}
	}
	for name, want := range map[string]string{
		"CRC-16/MODBUS": "CRC-16/MODBUS", "crc16modbus": "CRC-16/MODBUS", "Crc16_Modbus": "CRC-16/MODBUS",
		"crc16ccitt-false": "CRC-16/IBM-3740", "CRC-16/CCITT-FALSE": "CRC-16/IBM-3740", "crc32": "CRC-32/ISO-HDLC", "bcc": "XOR-8",
		"crc[width=16,poly=8005,init=ffff,refin,refout]":                             "CRC-16/MODBUS",
		"crc[width=16 poly=0x8005 init=0xffff refin=true refout=true xorout=0x0000]": "CRC-16/MODBUS",
		"crc[width=9,poly=119]": "crc[width=9,poly=119]",
	} {
		if a, err := Lookup(name); err != nil || a.Name != want {
			t.Errorf("%q: %v, %v, want %s", name, a, err, want)
		}
	}
}

// A checksum that does not exist is refused with the nearest name, and a polynomial that is none
// as invalid.
func TestNoSuchName(t *testing.T) {
	for name, want := range map[string]string{
		"crc16modbos": "did you mean crc16modbus? sockeye crc ls lists all", "": "sockeye crc ls lists them", "nothing like it": "sockeye crc ls lists them",
	} {
		_, err := Lookup(name)
		if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NotFound || e.Hint.En != want {
			t.Errorf("%q: %v, hint %q, want %q", name, err, e.Hint.En, want)
		}
	}
	for _, name := range []string{"crc[", "crc[width=7,poly=1]", "crc[width=65,poly=1]", "crc[width=8,poly=107]", "crc[width=8,poly=6]", "crc[width=8,poly=7,refin=x]", "crc[widht=8]"} {
		if _, err := Lookup(name); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// bitwise is the definition of a CRC, a bit at a time.
func bitwise(p Parameters, data []byte) uint64 {
	r, top := p.Init, uint64(1)<<(p.Width-1)
	for _, b := range data {
		for i := range 8 {
			bit := b>>(7-i)&1 == 1
			if p.RefIn {
				bit = b>>i&1 == 1
			}
			high := r&top != 0
			r = r << 1 & mask(p.Width)
			if high != bit {
				r ^= p.Poly
			}
		}
	}
	if p.RefOut {
		var back uint64
		for i := range p.Width {
			back |= r >> i & 1 << (p.Width - 1 - i)
		}
		r = back
	}
	return r ^ p.XorOut
}

// The tables agree with the definition, for any parameters and length.
func TestEngineAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 100)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	for range 2000 {
		width := 8 + rng.IntN(57)
		m := mask(width)
		p := Parameters{width, rng.Uint64()&m | 1, rng.Uint64() & m, rng.IntN(2) == 0, rng.IntN(2) == 0, rng.Uint64() & m}
		e := &crcEngine{Parameters: p}
		from := rng.IntN(8)
		part := data[from : from+rng.IntN(60)]
		if got, want := e.sum(part), bitwise(p, part); got != want {
			t.Fatalf("%s of %x: %x, want %x", p, part, got, want)
		}
	}
}

// Where the standard library has it too, it says the same of long data.
func TestAgainstStandardLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, 3<<20)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	for name, want := range map[string]uint64{
		"crc32": uint64(crc32.ChecksumIEEE(data)), "crc32c": uint64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))),
		"crc64xz": crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)), "crc64goiso": crc64.Checksum(data, crc64.MakeTable(crc64.ISO)),
		"adler32": uint64(adler32.Checksum(data)),
	} {
		if a, _ := Lookup(name); a.Sum(data) != want {
			t.Errorf("%s: %x, want %x", name, a.Sum(data), want)
		}
	}
	// 0xff everywhere is what overflows first.
	for i := range data {
		data[i] = 0xff
	}
	if a, _ := Lookup("adler32"); a.Sum(data) != uint64(adler32.Checksum(data)) {
		t.Error("adler32 of 3 MiB of ff")
	}
}

// The published examples of sums that have no check value.
func TestSums(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       uint64
	}{
		{"fletcher16", "abcde", 0xc8f0}, {"fletcher16", "abcdefgh", 0x0627},
		{"fletcher32", "abcde", 0xf04fc729}, {"fletcher32", "abcdef", 0x56502d2a}, {"fletcher32", "abcdefgh", 0xebe19591},
		{"adler32", "Wikipedia", 0x11e60398},
		{"xor8", "GPGLL,5300.97914,N,00259.98174,E,125926,A", 0x28},
		{"inet16", "\x45\x00\x00\x73\x00\x00\x40\x00\x40\x11\x00\x00\xc0\xa8\x00\x01\xc0\xa8\x00\xc7", 0xb861},
		{"lrc", "\x01\x03\x00\x00\x00\x0a", 0xf2},
		{"sum8", "", 0}, {"xor8", "", 0}, {"lrc", "", 0}, {"ones8", "", 0xff}, {"inet16", "", 0xffff}, {"crc16modbus", "", 0xffff},
	} {
		if a, _ := Lookup(c.name); a.Sum([]byte(c.data)) != c.want {
			t.Errorf("%s of %q: %x, want %x", c.name, c.data, a.Sum([]byte(c.data)), c.want)
		}
	}
}

// A trailer is appended in its order, digits and range, verifies what it appended, and tells a
// damaged message from one that is too short.
func TestTrailer(t *testing.T) {
	for _, c := range []struct{ trailer, message, want string }{
		{"crc16modbus", "01030000000a", "01030000000ac5cd"},
		{"crc16modbus:be", "01030000000a", "01030000000acdc5"},
		{"crc16xmodem", "313233", "3132339752"},
		{"crc16xmodem:le", "313233", "3132335297"},
		{"lrc:HEX", "010300", "0103004643"},
		{"sum8(1..)", "ff0102", "ff010203"},
		{"sum8(1..2)", "ff0102", "ff010201"},
		{"xor8(1..-1):hex", hex.EncodeToString([]byte("$GPGLL,5300.97914,N,00259.98174,E,125926,A*")), hex.EncodeToString([]byte("$GPGLL,5300.97914,N,00259.98174,E,125926,A*28"))},
		{"crc24:le", "", "ce04b7"},
		{"crc[width=12,poly=80f]:be", "00", "000000"},
	} {
		t.Run(c.trailer, func(t *testing.T) {
			tr, err := ParseTrailer(c.trailer)
			if err != nil {
				t.Fatal(err)
			}
			message, _ := hex.DecodeString(c.message)
			whole := tr.Append(message)
			if diff := cmp.Diff(c.want, hex.EncodeToString(whole)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if v, _ := tr.Verify(whole); v != Right {
				t.Errorf("verdict %v", v)
			}
			tr.After = 2
			if v, _ := tr.Verify(append(whole, '\r', '\n')); v != Right {
				t.Errorf("verdict before CR LF: %v", v)
			}
			tr.After = 0
			whole[len(whole)-1] ^= 0x40
			if v, _ := tr.Verify(whole); v != Wrong {
				t.Errorf("verdict of a damaged one: %v", v)
			}
			if v, _ := tr.Verify(whole[:tr.Size()-1]); v != TooShort {
				t.Errorf("verdict of a short one: %v", v)
			}
		})
	}
}

// What is no trailer is refused with a message and a hint in both languages.
func TestTrailerFaults(t *testing.T) {
	for _, s := range []string{"", "crc16modbus:", "crc16modbus:xx", "sum8(", "sum8()", "sum8(1)", "sum8(5..2)", "sum8(-1..)", "sum8(1..)x", "sum8+", "sum8+-1", "sum8+70000", "sum8(..0)", "nothing"} {
		if tr, err := ParseTrailer(s); err == nil {
			t.Errorf("%q is %v", s, tr)
		} else if e := sockeye.ErrorOf(err); e.Message.IsZero() || e.Hint.IsZero() || e.Message.Zh == "" || e.Hint.Zh == "" {
			t.Errorf("%q: %+v", s, e)
		}
	}
}

// A trailer that was parsed and written out is read back as the same one, and verifies what it
// appends.
func FuzzParseTrailer(f *testing.F) {
	for _, s := range []string{"crc16modbus", "crc16xmodem:le:HEX", "sum8(1..-1):hex+2", "crc[width=16,poly=1021,init=ffff,refin](..-3):be", "(", "a(..)+"} {
		f.Add(s, []byte("123456789"))
	}
	f.Fuzz(func(t *testing.T, s string, data []byte) {
		tr, err := ParseTrailer(s)
		if err != nil {
			if e := sockeye.ErrorOf(err); e.Message.IsZero() && e.Kind == "" {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseTrailer(tr.String())
		if err != nil || again.String() != tr.String() {
			t.Errorf("%q prints as %q, which reads as %q, %v", s, tr, again, err)
		}
		tr.After = 0
		whole := tr.Append(data[:len(data):len(data)])
		if len(whole) > len(data) {
			if v, _ := tr.Verify(whole); v == Wrong {
				t.Errorf("%q of %x: %x is wrong", s, data, whole)
			}
		}
		tr.Verify(data)
	})
}

// No checksum of the catalogue allocates anything to append or verify.
func TestSumsAllocateNothing(t *testing.T) {
	data := []byte(strings.Repeat("0123456789", 100))
	for _, a := range All() {
		tr := Trailer{Algorithm: a, Digits: Upper}
		buf := append(make([]byte, 0, 2000), data...)
		if n := testing.AllocsPerRun(10, func() { tr.Verify(tr.Append(buf)) }); n > 0 {
			t.Errorf("%s: %v allocations", a.Name, n)
		}
	}
}

// BenchmarkSum measures each kind of checksum over the same bytes.
func BenchmarkSum(b *testing.B) {
	data := []byte(strings.Repeat("0123456789abcdef", 64))
	for _, name := range []string{"crc16modbus", "crc16xmodem", "crc32", "crc64xz", "sum8", "xor8", "fletcher16", "adler32"} {
		a, _ := Lookup(name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				a.Sum(data)
			}
		})
	}
}
