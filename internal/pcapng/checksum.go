package pcapng

import (
	"encoding/binary"
	"math/bits"
)

// sum adds bytes to a ones' complement sum (RFC 1071) eight at a time. It adds
// little-endian words, which section 2(B) there allows as long as the result is
// stored so too. b begins at an even place of what is summed.
func sum(s uint64, b []byte) uint64 {
	var c uint64
	for len(b) >= 64 {
		p := (*[64]byte)(b)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[0:8]), 0)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[8:16]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[16:24]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[24:32]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[32:40]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[40:48]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[48:56]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[56:64]), c)
		s += c // cannot overflow: a sum that carried is below the maximum
		b = b[64:]
	}
	for len(b) >= 8 {
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(b), 0)
		s += c
		b = b[8:]
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(rest[:]), 0)
		s += c
	}
	return s
}

// add adds one 16-bit big-endian number to a sum.
func add(s uint64, v uint16) uint64 {
	s, c := bits.Add64(s, uint64(bits.ReverseBytes16(v)), 0)
	return s + c
}

// checksum folds a sum and complements it, to be stored little-endian.
func checksum(s uint64) uint16 {
	s = s>>32 + s&0xFFFFFFFF
	s = s>>32 + s&0xFFFFFFFF
	s = s>>16 + s&0xFFFF
	s = s>>16 + s&0xFFFF
	return ^uint16(s)
}
