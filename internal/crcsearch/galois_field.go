package crcsearch

import (
	"math/bits"
	"slices"
)

// galoisField computes with remainders modulo a generator of 8 to 64 bits.
type galoisField struct {
	poly  uint64
	width int
}

// timesX is v times x.
func (f galoisField) timesX(v uint64) uint64 {
	return (v<<1 ^ f.poly&-(v>>(f.width-1)&1)) & lowBits(f.width)
}

// times is the product of two remainders.
func (f galoisField) times(a, b uint64) (product uint64) {
	for ; b != 0; b >>= 1 {
		product ^= a & -(b & 1)
		a = f.timesX(a)
	}
	return product
}

// afterZeros is x to the power of eight times n: what n bytes of zeros make of a
// register of one.
func (f galoisField) afterZeros(n int) uint64 {
	power, square := uint64(1), uint64(1)
	for range 8 {
		square = f.timesX(square)
	}
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			power = f.times(power, square)
		}
		square = f.times(square, square)
	}
	return power
}

// remainder is what a polynomial leaves when it is divided by the generator.
func (f galoisField) remainder(p polynomial) (r uint64) {
	for i := p.degree; i >= 0; i-- {
		r = f.timesX(r) ^ p.words[i/64]>>(i%64)&1
	}
	return r
}

// xorOut is what is left in every frame when init is taken out of it.
func (f galoisField) xorOut(init uint64, rests []uint64, lengths []int) (out uint64, ok bool) {
	for i, r := range rests {
		v := r ^ f.times(init, f.afterZeros(lengths[i]))
		if i > 0 && v != out {
			return 0, false
		}
		out = v
	}
	return out, true
}

// init solves, bit by bit, the linear equations that frames of different lengths are;
// for one length it is 0.
func (f galoisField) init(rests []uint64, lengths []int) (init uint64, ok bool) {
	k := f.system(rests, lengths)
	rest, init := k.right, uint64(0)
	for _, row := range k.rows {
		if at := row.top; rest[at/64]>>(at%64)&1 == 1 {
			for i := range rest {
				rest[i] ^= row.effect[i]
			}
			init ^= row.bits
		}
	}
	return init, !slices.ContainsFunc(rest, func(v uint64) bool { return v != 0 })
}

// unique reports whether these lengths leave no choice of init but what is the same
// for all messages of whole bytes.
func (f galoisField) unique(lengths []int) bool {
	here := f.system(make([]uint64, len(lengths)), lengths)
	everywhere := f.system([]uint64{0, 0}, []int{0, 1})
	return len(here.rows) == len(everywhere.rows)
}

// linearSystem is the equations for init that frames of different lengths make: what each
// of its bits changes in them, as rows of which each has a highest bit of its own.
type linearSystem struct {
	rows  []effect
	right []uint64
}

type effect struct {
	bits   uint64 // of init
	effect []uint64
	top    int
}

func (f galoisField) system(rests []uint64, lengths []int) (k linearSystem) {
	var factors []uint64
	seen := map[int]bool{lengths[0]: true}
	first := f.afterZeros(lengths[0])
	for i, n := range lengths {
		if !seen[n] {
			seen[n] = true
			factors = append(factors, f.afterZeros(n)^first)
			k.right = append(k.right, rests[i]^rests[0])
		}
	}
	for bit := range f.width {
		e := effect{bits: 1 << bit, effect: slices.Clone(factors)}
		for i := range factors {
			factors[i] = f.timesX(factors[i])
		}
		for _, row := range k.rows {
			if e.effect[row.top/64]>>(row.top%64)&1 == 1 {
				e.bits ^= row.bits
				for i := range e.effect {
					e.effect[i] ^= row.effect[i]
				}
			}
		}
		if i := slices.IndexFunc(e.effect, func(v uint64) bool { return v != 0 }); i >= 0 {
			e.top = 64*i + bits.Len64(e.effect[i]) - 1
			k.rows = append(k.rows, e)
		}
	}
	return k
}
