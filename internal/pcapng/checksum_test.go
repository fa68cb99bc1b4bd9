package pcapng

import (
	"math/rand/v2"
	"testing"
)

// slowChecksum is RFC 1071 as it is written there.
func slowChecksum(b []byte) uint16 {
	var s uint32
	for i, v := range b {
		if i%2 == 0 {
			s += uint32(v) << 8
		} else {
			s += uint32(v)
		}
		s = s&0xFFFF + s>>16
	}
	return ^uint16(s)
}

// The fast checksum of IP is that of a slow one, for every length and with carries everywhere.
func TestChecksumIsRFC1071(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 300)
	for n := range b {
		for i := range b[:n] {
			b[i] = byte(r.Uint32())
			if n%3 == 0 {
				b[i] = 0xFF // carries everywhere
			}
		}
		var stored [2]byte
		le.PutUint16(stored[:], checksum(sum(0, b[:n])))
		if got, want := uint16(stored[0])<<8|uint16(stored[1]), slowChecksum(b[:n]); got != want && got^want != 0xFFFF {
			t.Fatalf("%d bytes: %04x, want %04x", n, got, want)
		}
		le.PutUint16(stored[:], checksum(add(sum(0, b[:n&^1]), 0x1234)))
		if got, want := uint16(stored[0])<<8|uint16(stored[1]), slowChecksum(append(b[:n&^1:n&^1], 0x12, 0x34)); got != want {
			t.Fatalf("%d bytes and a number: %04x, want %04x", n, got, want)
		}
	}
}
