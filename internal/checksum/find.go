package checksum

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// Found is a checksum that explains frames.
type Found struct {
	Trailer
	// Chance is how many checksums in as plain a place would explain the frames if
	// these were random: far below 1 is a discovery, above it is a coincidence.
	Chance float64
	// Solved says that the parameters were computed from the frames, and Whole that
	// Init and XorOut are the only ones; frames of one length leave a choice.
	Solved, Whole bool
}

// The bounds of the search: bytes before the range, between it and the checksum,
// and after that.
const (
	mostBefore  = 8
	mostBetween = 2
	mostAfter   = 3
)

// Find names the checksums of the catalogue that explain the last bytes of every
// frame, the plainest first. Where none does, and there are three frames of one
// length or more, it computes the parameters of a CRC of 16 or 8 bits.
func Find(frames [][]byte) []Found {
	if len(frames) == 0 {
		return nil
	}
	var found []Found
	named := map[int]int{} // by bits
	for _, a := range All() {
		named[a.Bits]++
		seen := map[Trailer]bool{} // ranges differ only by bytes that change nothing
		for _, t := range places(a) {
			t.Algorithm = a
			plain := t
			plain.Range = Range{}
			if !seen[plain] && explains(t, frames) {
				seen[plain] = true
				found = append(found, Found{Trailer: t})
			}
		}
	}
	if len(found) == 0 {
		return solve(frames)
	}
	n := distinct(frames)
	slices.SortStableFunc(found, func(a, b Found) int { return -cmp.Compare(a.evidence(n), b.evidence(n)) })
	for i, f := range found {
		if f.evidence(n) < found[0].evidence(n)-closeCall {
			return found[:i]
		}
		found[i].Chance = float64(named[f.Algorithm.Bits]) * math.Pow(2, -float64(f.evidence(n)))
	}
	return found
}

// evidence is how many bits speak for a finding: those of the checksum in each of n
// frames, less what an odd place has to be paid with.
func (f Found) evidence(n int) int { return f.Algorithm.Bits*n - 2*oddity(f.Trailer) }

// closeCall is by how many bits a finding may fall behind the best and still be
// worth showing.
const closeCall = 8

// everyPlace are the ways a checksum may stand in a frame, the plainest first: for
// those of one byte, those with the low byte first, and the others.
var everyPlace = sync.OnceValue(func() (all [3][]Trailer) {
	for i, a := range []*Algorithm{{Bits: 8}, {Bits: 16, Little: true}, {Bits: 16}} {
		all[i] = placesLike(a)
	}
	return all
})

// places are the ways that an algorithm's checksum may stand in a frame.
func places(a *Algorithm) []Trailer {
	switch {
	case a.Size() == 1:
		return everyPlace()[0]
	case a.Little:
		return everyPlace()[1]
	}
	return everyPlace()[2]
}

func placesLike(a *Algorithm) []Trailer {
	var all []Trailer
	for after := range mostAfter + 1 {
		for between := range mostBetween + 1 {
			for before := range mostBefore + 1 {
				for _, digits := range []Digits{Binary, Upper} {
					t := Trailer{Range: Range{before, -between}, Digits: digits, After: after}
					all = append(all, t)
					if a.Size() > 1 {
						t.Order = Big
						if digits == Upper || !a.Little {
							t.Order = Little
						}
						all = append(all, t)
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Trailer) int { return cmp.Compare(oddity(a), oddity(b)) })
	return all
}

// oddity is larger the less a place is expected.
func oddity(t Trailer) int {
	n := 2*t.Range.From - 3*t.Range.To + 3*t.After
	if t.Order != Natural {
		n += 2
	}
	if t.Digits != Binary {
		n++
	}
	return n
}

func explains(t Trailer, frames [][]byte) bool {
	for _, f := range frames {
		at := len(f) - t.After - t.Size()
		if from, to, ok := t.Range.Cut(at); !ok || from >= to {
			return false // a sum of nothing explains nothing
		}
		if v, _ := t.Verify(f); v != Right {
			return false
		}
	}
	return true
}

// distinct counts the frames that differ.
func distinct(frames [][]byte) int {
	seen := map[string]bool{}
	for _, f := range frames {
		seen[string(f)] = true
	}
	return len(seen)
}

// longestSolved bounds the frames that parameters are computed from, in bytes.
const longestSolved = 512

// solve computes the parameters of a CRC. Two frames of one length differ by a
// multiple of the polynomial, whatever init and xorout are.
func solve(frames [][]byte) []Found {
	var found []Found
	for _, width := range []int{16, 8} {
		for after := range mostAfter + 1 {
			for _, order := range []Order{Little, Big} {
				for _, reflected := range []bool{true, false} {
					if width == 8 && order == Little {
						continue
					}
					found = append(found, solveAs(frames, width, reflected, order, after)...)
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// split is a frame without what follows the checksum, and the checksum.
type split struct {
	body []byte
	sum  uint64
}

func solveAs(frames [][]byte, width int, reflected bool, order Order, after int) []Found {
	var all []split
	for _, f := range frames {
		at := len(f) - after - width/8
		if at < 1 || len(f) > longestSolved {
			return nil
		}
		s := split{body: f[:at]}
		for i, b := range f[at : at+width/8] {
			if order == Little {
				s.sum |= uint64(b) << (8 * i)
			} else {
				s.sum = s.sum<<8 | uint64(b)
			}
		}
		all = append(all, s)
	}
	differences := differ(all)
	if len(differences)*width < 2*16 { // fewer would be explained by chance
		return nil
	}
	var found []Found
	for poly := uint64(1); poly <= mask(width); poly += 2 {
		p := Parameters{Width: width, Poly: poly, RefIn: reflected, RefOut: reflected}
		if !divides(p, differences) {
			continue
		}
		if whole, ok := p.complete(all); ok {
			a, err := Custom(p)
			if err == nil {
				found = append(found, Found{Trailer: Trailer{Algorithm: a, Order: order, After: after}, Solved: true, Whole: whole,
					Chance: math.Pow(2, float64(width-width*len(differences)))})
			}
		}
	}
	return found
}

// differ makes the differences of frames of one length, without those that say
// nothing new.
func differ(all []split) []split {
	var out []split
	first := map[int]split{}
	seen := map[string]bool{}
	for _, s := range all {
		f, ok := first[len(s.body)]
		if !ok {
			first[len(s.body)] = s
			continue
		}
		d := split{body: make([]byte, len(s.body)), sum: s.sum ^ f.sum}
		zero := true
		for i := range d.body {
			d.body[i] = s.body[i] ^ f.body[i]
			zero = zero && d.body[i] == 0
		}
		if key := string(d.body); !zero && !seen[key] {
			seen[key] = true
			d.body = d.body[leadingZeros(d.body):]
			out = append(out, d)
		}
	}
	return out
}

func leadingZeros(b []byte) int {
	return max(0, slices.IndexFunc(b, func(c byte) bool { return c != 0 }))
}

// divides reports whether the CRC of each difference, from an empty register, is
// the difference of the checksums.
func divides(p Parameters, differences []split) bool {
	for _, d := range differences {
		if p.bitwise(d.body) != d.sum {
			return false
		}
	}
	return true
}

// bitwise is the CRC a bit at a time: for one use of many polynomials it is quicker
// than their tables. It is for RefIn equal to RefOut.
func (p Parameters) bitwise(data []byte) uint64 {
	if p.RefIn {
		r, poly := reverse(p.Init, p.Width), reverse(p.Poly, p.Width)
		for _, b := range data {
			r ^= uint64(b)
			for range 8 {
				r = r>>1 ^ poly&-(r&1)
			}
		}
		return r ^ p.XorOut
	}
	r, poly, top := p.Init, p.Poly, p.Width-1
	for _, b := range data {
		r ^= uint64(b) << (p.Width - 8)
		for range 8 {
			r = (r<<1 ^ poly&-(r>>top&1)) & mask(p.Width)
		}
	}
	return r ^ p.XorOut
}

// complete finds Init and XorOut. Where frames of one length leave a choice, it
// takes what is usual, or an empty register.
func (p *Parameters) complete(all []split) (whole, ok bool) {
	lengths := map[int]bool{}
	for _, s := range all {
		lengths[len(s.body)] = true
	}
	fits := func(init uint64) bool {
		p.Init, p.XorOut = init, 0
		p.XorOut = p.bitwise(all[0].body) ^ all[0].sum
		for _, s := range all[1:] {
			if p.bitwise(s.body) != s.sum {
				return false
			}
		}
		return true
	}
	ones := mask(p.Width)
	for _, init := range []uint64{0, ones} {
		if fits(init) && (p.XorOut == 0 || p.XorOut == ones) {
			return len(lengths) > 1, true
		}
	}
	if len(lengths) == 1 {
		return false, fits(0)
	}
	for init := range ones + 1 {
		if fits(init) {
			return true, true
		}
	}
	return false, false
}
