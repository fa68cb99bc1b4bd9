package crcsearch

import (
	"cmp"
	"slices"

	"sockeye/internal/checksum"
)

// guess is where a CRC might stand and how its bits might run.
type guess struct {
	width         int
	trailer       checksum.Trailer // without an algorithm
	refIn, refOut bool
	// usual: init and xorout are all zeros or all ones, as said, and not unknown.
	usual           bool
	onesIn, onesOut bool
	oddity          int
}

// guesses are all that the frames do not rule out at a glance, the plainest first.
// Widths from free on are determined by the frames alone, others from usual on.
func (s *solver) guesses(free, usual int) (all []guess) {
	if usual == 0 {
		return nil
	}
	for width := 8; width <= 64; width++ {
		switch {
		case free > 0 && width >= free:
			all = s.placed(all, guess{width: width})
		case width >= usual:
			for _, in := range []bool{false, true} {
				for _, out := range []bool{false, true} {
					all = s.placed(all, guess{width: width, usual: true, onesIn: in, onesOut: out})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b guess) int { return cmp.Compare(a.oddity, b.oddity) })
	return all
}

// placed adds a guess for every place and direction of bits.
func (s *solver) placed(all []guess, g guess) []guess {
	for _, t := range places(&checksum.Algorithm{Bits: g.width}) {
		// A byte before the range that is the same in all frames acts like another init.
		if from := t.Range.From; from > 0 && !g.usual && s.constant(from-1) {
			continue
		}
		if g.trailer = t; g.trailer.Order == checksum.Natural {
			g.trailer.Order = checksum.Big
		}
		if !s.possible(g) {
			continue
		}
		for _, in := range []bool{false, true} {
			for _, out := range []bool{false, true} {
				g.refIn, g.refOut = in, out
				g.oddity = oddityOf(g)
				all = append(all, g)
			}
		}
	}
	return all
}

// oddityOf is larger the less a guess is expected.
func oddityOf(g guess) int {
	t := g.trailer
	natural := checksum.Big
	if g.refOut && t.Digits == checksum.Binary {
		natural = checksum.Little
	}
	if t.Order == natural || g.width == 8 {
		t.Order = checksum.Natural
	}
	n := oddity(t)
	if g.refIn != g.refOut {
		n += 3
	}
	if g.onesIn != g.onesOut {
		n++
	}
	if g.width%8 != 0 {
		n += 4
	}
	return n
}

// constant reports whether all frames have the same byte at an offset.
func (s *solver) constant(at int) bool {
	for _, f := range s.frames {
		if len(f) <= at || f[at] != s.frames[0][at] {
			return false
		}
	}
	return true
}

// possible reports whether there is a sum of the width in every frame, and not the
// same in all.
func (s *solver) possible(g guess) bool {
	var first uint64
	same := true
	for i, f := range s.frames {
		_, sum, ok := g.read(f)
		if !ok {
			return false
		}
		if i == 0 {
			first = sum
		}
		same = same && sum == first
	}
	return !same
}

// read takes a frame apart: what is covered, and the sum.
func (g guess) read(f []byte) (body []byte, sum uint64, ok bool) {
	size, shift := (g.width+7)/8, 8
	if g.trailer.Digits != checksum.Binary {
		size, shift = 2*size, 4
	}
	at := len(f) - g.trailer.After - size
	from, to, ok := g.trailer.Range.Cut(at)
	if !ok || from >= to {
		return nil, 0, false
	}
	field := f[at : at+size]
	for i := range field {
		b := field[i]
		switch {
		case shift == 8 && g.trailer.Order == checksum.Little:
			b = field[size-1-i]
		case shift == 4:
			if g.trailer.Order == checksum.Little {
				b = field[size-2-i&^1+i&1] // the last pair of digits first
			}
			if b, ok = digit(b); !ok {
				return nil, 0, false
			}
		}
		sum = sum<<shift | uint64(b)
	}
	return f[from:to], sum, sum <= lowBits(g.width)
}

func digit(c byte) (v byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// codeword is a frame's message and register as a polynomial.
func (g guess) codeword(f []byte) (c polynomial, length int) {
	body, sum, _ := g.read(f)
	if g.refOut {
		sum = reverseBits(sum, g.width)
	}
	return codeword(body, g.refIn, sum, g.width), len(body)
}
