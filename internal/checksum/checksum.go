// Package checksum has the checksums that people put at the end of their
// messages: sums, exclusive or, LRC, Adler, Fletcher and CRCs of every width from
// 8 to 64 bits, by name or by their parameters. It appends and checks
// them.
//
// It is pure, knows nothing of frames, peers or templates, and never keeps the
// bytes it is given. An Algorithm may be used by any number of goroutines.
package checksum

import "sockeye"

// Algorithm is one checksum.
type Algorithm struct {
	// Name is how the field writes it, "CRC-16/MODBUS"; Key is what people type,
	// "crc16modbus". Lookup finds it by both and by Aliases, in any spelling.
	Name, Key string
	Aliases   []string
	// Bits is the width of the sum.
	Bits int
	// Little says that the low byte goes out first, unless somebody says otherwise:
	// so do reflected CRCs, among them that of Modbus.
	Little bool
	// Check is the sum of the nine characters 123456789, published with each CRC.
	Check uint64
	// What says in a few words what it is or where it is met.
	What sockeye.Text
	// CRC are the parameters of a CRC, nil for every other checksum.
	CRC *Parameters

	sum func(data []byte) uint64
	crc *crcEngine
}

// Sum is the checksum of data. It allocates nothing, but for the tables of a CRC
// that is used for the first time.
func (a *Algorithm) Sum(data []byte) uint64 {
	if a.crc != nil {
		return a.crc.sum(data)
	}
	return a.sum(data)
}

// Size is how many bytes the sum takes.
func (a *Algorithm) Size() int { return (a.Bits + 7) / 8 }

// ByteOrder is an order of bytes.
type ByteOrder uint8

// The orders of bytes. Natural is the algorithm's own: see Algorithm.Little.
const (
	Natural ByteOrder = iota
	Big               // the high byte first
	Little            // the low byte first
)

// String is the word for an order, "be" or "le"; Natural has none.
func (o ByteOrder) String() string { return [...]string{"", "be", "le"}[o] }

// Of is the order itself, or for Natural the one that an algorithm is written in.
func (o ByteOrder) Of(a *Algorithm) ByteOrder {
	switch {
	case o != Natural:
		return o
	case a.Little:
		return Little
	}
	return Big
}

// putUint writes the low bytes of v into all of dst, high byte first but for Little.
func putUint(dst []byte, v uint64, o ByteOrder) {
	n := len(dst)
	for i := range dst {
		if o == Little {
			dst[i] = byte(v >> (8 * i))
		} else {
			dst[n-1-i] = byte(v >> (8 * i))
		}
	}
}
