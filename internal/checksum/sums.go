package checksum

// sum adds up bytes.
func sum(data []byte) uint64 {
	var s uint64
	for _, b := range data {
		s += uint64(b)
	}
	return s
}

// sumOf is the sum of bytes, cut to a width; with minus, its two's complement:
// what makes the sum with it zero.
func sumOf(width int, minus bool) func([]byte) uint64 {
	m := mask(width)
	if minus {
		return func(data []byte) uint64 { return -sum(data) & m }
	}
	return func(data []byte) uint64 { return sum(data) & m }
}

// inverted8 is the sum of bytes with all bits turned over.
func inverted8(data []byte) uint64 { return ^sum(data) & 0xff }

func xor8(data []byte) uint64 {
	var x byte
	for _, b := range data {
		x ^= b
	}
	return uint64(x)
}

// internet is the checksum of IP, TCP and UDP (RFC 1071): 16-bit words, high byte
// first, added with the carry taken in again, and inverted.
func internet(data []byte) uint64 {
	var s uint64
	for ; len(data) >= 2; data = data[2:] {
		s += uint64(data[0])<<8 | uint64(data[1])
	}
	if len(data) == 1 {
		s += uint64(data[0]) << 8
	}
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return ^s & 0xffff
}

// fletcher16 adds bytes, and their sums, modulo 255 (RFC 1146 names the family).
func fletcher16(data []byte) uint64 {
	var a, b uint64
	for len(data) > 0 {
		n := min(len(data), 1<<20) // far from where b could overflow
		for _, c := range data[:n] {
			a += uint64(c)
			b += a
		}
		a, b = a%255, b%255
		data = data[n:]
	}
	return b<<8 | a
}

// fletcher32 is the same of 16-bit words, low byte first, modulo 65535. An odd
// byte at the end is a word with a zero.
func fletcher32(data []byte) uint64 {
	var a, b uint64
	for len(data) > 0 {
		n := min(len(data), 1<<16)
		part := data[:n]
		for ; len(part) >= 2; part = part[2:] {
			a += uint64(part[0]) | uint64(part[1])<<8
			b += a
		}
		if len(part) == 1 {
			a += uint64(part[0])
			b += a
		}
		a, b = a%65535, b%65535
		data = data[n:]
	}
	return b<<16 | a
}

// adlerSum is zlib's (RFC 1950 section 8).
func adlerSum(data []byte) uint64 {
	a, b := uint64(1), uint64(0)
	for len(data) > 0 {
		n := min(len(data), 1<<20)
		for _, c := range data[:n] {
			a += uint64(c)
			b += a
		}
		a, b = a%65521, b%65521
		data = data[n:]
	}
	return b<<16 | a
}
