package checksum

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"
)

// Parameters describe a CRC as the catalogue of CRC RevEng does.
type Parameters struct {
	// Width is the number of bits, 8 to 64.
	Width int
	// Poly is the polynomial without its highest term, the next highest bit first.
	Poly uint64
	// Init is the register before the first byte, as if nothing were reflected.
	Init uint64
	// RefIn takes each byte's low bit first; RefOut reverses the register at the end.
	RefIn, RefOut bool
	// XorOut is what the result is combined with.
	XorOut uint64
}

// String is the parameters as Lookup reads them: "crc[width=16,poly=1021,init=ffff]".
func (p Parameters) String() string {
	digits := (p.Width + 3) / 4
	s := fmt.Sprintf("crc[width=%d,poly=%0*x", p.Width, digits, p.Poly)
	if p.Init != 0 {
		s += fmt.Sprintf(",init=%0*x", digits, p.Init)
	}
	if p.RefIn {
		s += ",refin"
	}
	if p.RefOut {
		s += ",refout"
	}
	if p.XorOut != 0 {
		s += fmt.Sprintf(",xorout=%0*x", digits, p.XorOut)
	}
	return s + "]"
}

// crcEngine computes a CRC with tables for eight bytes at a time ("slicing by 8";
// Kounavis and Berry, 2005). The register is kept at the low end of 64 bits where
// bytes come low bit first, and at the high end where they do not, so that one
// loop of each kind serves every width.
type crcEngine struct {
	Parameters
	once   sync.Once
	tables *[8][256]uint64
}

func (e *crcEngine) sum(data []byte) uint64 {
	e.once.Do(e.build)
	var r uint64
	if e.RefIn {
		r = e.reflected(reverse(e.Init, e.Width), data)
	} else {
		r = e.straight(e.Init<<(64-e.Width), data) >> (64 - e.Width)
	}
	if e.RefIn != e.RefOut {
		r = reverse(r, e.Width)
	}
	return r ^ e.XorOut
}

func (e *crcEngine) build() {
	t := new([8][256]uint64)
	for i := range 256 {
		t[0][i] = e.step(byte(i))
	}
	for k := 1; k < 8; k++ {
		for i := range 256 {
			before := t[k-1][i]
			if e.RefIn {
				t[k][i] = before>>8 ^ t[0][byte(before)]
			} else {
				t[k][i] = before<<8 ^ t[0][before>>56]
			}
		}
	}
	e.tables = t
}

// step is the register after one byte, from an empty one.
func (e *crcEngine) step(b byte) uint64 {
	if e.RefIn {
		r, poly := uint64(b), reverse(e.Poly, e.Width)
		for range 8 {
			r = r>>1 ^ poly&-(r&1)
		}
		return r
	}
	r, poly := uint64(b)<<56, e.Poly<<(64-e.Width)
	for range 8 {
		r = r<<1 ^ poly&-(r>>63)
	}
	return r
}

func (e *crcEngine) reflected(r uint64, data []byte) uint64 {
	t := e.tables
	for len(data) >= 8 {
		r ^= binary.LittleEndian.Uint64(data)
		r = t[7][byte(r)] ^ t[6][byte(r>>8)] ^ t[5][byte(r>>16)] ^ t[4][byte(r>>24)] ^
			t[3][byte(r>>32)] ^ t[2][byte(r>>40)] ^ t[1][byte(r>>48)] ^ t[0][byte(r>>56)]
		data = data[8:]
	}
	for _, b := range data {
		r = r>>8 ^ t[0][byte(r)^b]
	}
	return r
}

func (e *crcEngine) straight(r uint64, data []byte) uint64 {
	t := e.tables
	for len(data) >= 8 {
		r ^= binary.BigEndian.Uint64(data)
		r = t[7][byte(r>>56)] ^ t[6][byte(r>>48)] ^ t[5][byte(r>>40)] ^ t[4][byte(r>>32)] ^
			t[3][byte(r>>24)] ^ t[2][byte(r>>16)] ^ t[1][byte(r>>8)] ^ t[0][byte(r)]
		data = data[8:]
	}
	for _, b := range data {
		r = r<<8 ^ t[0][byte(r>>56)^b]
	}
	return r
}

// reverse turns the lowest width bits of v around.
func reverse(v uint64, width int) uint64 { return bits.Reverse64(v) >> (64 - width) }

// mask has the lowest width bits.
func mask(width int) uint64 { return ^uint64(0) >> (64 - width) }
