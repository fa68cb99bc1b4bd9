package crcsearch

import "math/bits"

// polynomial is a polynomial over GF(2): bit i of word i/64 is the coefficient of x^i. A
// polynomial without terms has degree -1.
type polynomial struct {
	words  []uint64
	degree int
}

// codeword is the polynomial of a message with its register behind it: the message,
// its first bit the highest term, times x^width, plus the register.
func codeword(message []byte, reflected bool, register uint64, width int) polynomial {
	words := make([]uint64, (8*len(message)+width+63)/64+1)
	words[0] = register
	for i, b := range message {
		if reflected {
			b = bits.Reverse8(b)
		}
		at := width + 8*(len(message)-1-i)
		words[at/64] ^= uint64(b) << (at % 64)
		words[at/64+1] ^= uint64(b) >> (64 - at%64) // at a shift of 64, nothing
	}
	p := polynomial{words: words, degree: 64*len(words) - 1}
	p.trim()
	return p
}

// small is the polynomial of one word.
func small(v uint64) polynomial { return polynomial{[]uint64{v}, bits.Len64(v) - 1} }

// trim lowers the degree to that of the highest term there is.
func (p *polynomial) trim() {
	for i := p.degree / 64; i >= 0 && p.degree >= 0; i-- {
		if n := bits.Len64(p.words[i]); n > 0 {
			p.degree = 64*i + n - 1
			return
		}
	}
	p.degree = -1
}

func (p polynomial) clone() polynomial {
	p.words = append([]uint64(nil), p.words...)
	return p
}

// add adds q times x^shift.
func (p *polynomial) add(q polynomial, shift int) {
	if q.degree < 0 {
		return
	}
	for len(p.words) <= (q.degree+shift)/64 {
		p.words = append(p.words, 0)
	}
	by, skip := shift%64, shift/64
	for i, w := range q.words[:q.degree/64+1] {
		p.words[i+skip] ^= w << by
		if high := w >> (64 - by); high != 0 {
			p.words[i+skip+1] ^= high
		}
	}
	p.degree = max(p.degree, q.degree+shift)
	p.trim()
}

// reduce leaves the remainder of a division by q, which is not zero, and returns the
// quotient's low 64 terms. Work is lowered by the words that were touched.
func (p *polynomial) reduce(q polynomial, work *int) (quotient uint64) {
	for p.degree >= q.degree {
		shift := p.degree - q.degree
		if shift < 64 {
			quotient |= 1 << shift
		}
		*work -= q.degree/64 + 1
		p.add(q, shift)
	}
	return quotient
}

// gcd is the greatest common divisor of both, which it uses up.
func gcd(p, q polynomial, work *int) polynomial {
	for q.degree >= 0 {
		p.reduce(q, work)
		p, q = q, p
	}
	return p
}

// basis holds polynomials of which none is a sum of others, each with a highest term
// that no later one has.
type basis []polynomial

// add takes p, which it uses up, unless it is a sum of those there.
func (b *basis) add(p polynomial) bool {
	for _, q := range *b {
		if at := q.degree; p.degree >= at && p.words[at/64]>>(at%64)&1 == 1 {
			p.add(q, 0)
		}
	}
	if p.degree >= 0 {
		*b = append(*b, p)
	}
	return p.degree >= 0
}

// odd is p without factors x: a generator has none.
func (p polynomial) odd() polynomial {
	if p.degree < 0 {
		return p
	}
	zeros := 0
	for p.words[zeros/64]>>(zeros%64)&1 == 0 {
		zeros++
	}
	r := polynomial{words: make([]uint64, p.degree/64+1), degree: p.degree - zeros}
	for i := range r.degree + 1 {
		at := i + zeros
		r.words[i/64] |= p.words[at/64] >> (at % 64) & 1 << (i % 64)
	}
	return r
}

// maxCofactor bounds the degree that a common divisor may have beyond a generator's:
// all divisors of the generator's degree are then tried.
const maxCofactor = 12

// generators are the divisors of degree width that have a constant term, without
// their highest one.
func (p polynomial) generators(width int, work *int) (found []uint64) {
	p = p.odd()
	extra := p.degree - width
	if extra < 0 || extra > maxCofactor {
		return nil
	}
	for c := uint64(1) << extra; c < 2<<extra; c++ {
		if c&1 == 0 {
			continue
		}
		rest := p.clone()
		if q := rest.reduce(small(c), work); rest.degree < 0 {
			found = append(found, q&lowBits(width))
		}
	}
	return found
}

// lowBits has the lowest width bits set.
func lowBits(width int) uint64 { return ^uint64(0) >> (64 - width) }

// reverseBits turns the lowest width bits of v around.
func reverseBits(v uint64, width int) uint64 { return bits.Reverse64(v) >> (64 - width) }
