package crcsearch

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"sockeye/internal/checksum"
)

// The bounds of solving: frames and statements that are used, bits that have to speak
// for a finding, how likely one in noise may be, and the words of polynomials that are
// touched, about a quarter of a second's worth.
const (
	maxFrames     = 64
	maxStatements = 8
	minEvidence   = 17
	maxChance     = 1. / 512
	maxWork       = 80_000_000
)

// solver computes the parameters of a CRC from frames that have one. A message with
// its register behind it, as a polynomial over GF(2), plus init and xorout at their
// places, is a multiple of the generator (Stigge and others, "Reversing CRC", 2006).
// Two such of one length, added, are free of init and xorout; so is a combination of
// three of different lengths. The generator is their common divisor.
type solver struct {
	frames [][]byte // distinct, the shortest first
	// lengths has the first frame of each length, as an index.
	lengths []int
	pairs   [][2]int // frames of one length, their differences independent
	tried   map[int]int
	work    int
}

// solve looks for CRCs of every width that the frames determine.
func solve(frames [][]byte, scope *SearchScope, work int) []Candidate {
	s := newSolver(frames)
	s.work = work
	free, usual := minWidth(s.statements()), minWidth(len(s.frames))
	scope.Any, scope.Usual = free, usual
	guesses := s.guesses(free, usual)
	var found []Candidate
	for i, g := range guesses {
		if len(found) > 0 && g.oddity > guesses[i-1].oddity {
			break // what stands in a plainer place is the explanation
		}
		if scope.Stopped = s.work < 0; scope.Stopped {
			break
		}
		s.tried[g.width]++
		found = append(found, s.try(g)...)
	}
	return widest(found)
}

// widest leaves the findings of most bits, each once: a CRC is also one by every factor
// of its generator, if the rest of its bits counts as message.
func widest(found []Candidate) (kept []Candidate) {
	most := 0
	for _, f := range found {
		most = max(most, f.Algorithm.Bits)
	}
	seen := map[checksum.Trailer]bool{}
	for _, f := range found {
		if f.Algorithm.Bits == most && !seen[f.Trailer] {
			seen[f.Trailer] = true
			kept = append(kept, f)
		}
	}
	return kept
}

func newSolver(frames [][]byte) *solver {
	s := &solver{tried: map[int]int{}}
	seen := map[string]bool{}
	for _, f := range frames {
		if !seen[string(f)] {
			seen[string(f)] = true
			s.frames = append(s.frames, f)
		}
	}
	slices.SortStableFunc(s.frames, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	s.frames = s.frames[:min(maxFrames, len(s.frames))]
	var differences basis
	for i, f := range s.frames {
		if i == 0 || len(s.frames[i-1]) < len(f) {
			s.lengths = append(s.lengths, i)
			continue
		}
		first := s.lengths[len(s.lengths)-1]
		d := codeword(f, false, 0, 0)
		d.add(codeword(s.frames[first], false, 0, 0), 0)
		if len(s.pairs) < maxStatements && differences.add(d) {
			s.pairs = append(s.pairs, [2]int{first, i})
		}
	}
	return s
}

// statements counts what the frames say of a generator, whatever init and xorout are.
func (s *solver) statements() int {
	return len(s.pairs) + max(0, min(maxStatements, len(s.lengths))-2)
}

// minWidth is the smallest width that so many statements determine, or 0: about as
// many generators as there are of a width satisfy one of them by chance.
func minWidth(statements int) int {
	for width := 8; width <= 64; width++ {
		if evidence(width, statements) >= minEvidence {
			return width
		}
	}
	return 0
}

func evidence(width, statements int) int { return width*statements - (width - 1) }

// try is what one guess comes to.
func (s *solver) try(g guess) (found []Candidate) {
	multiples := s.unknown
	if g.usual {
		multiples = s.known
	}
	divisor := polynomial{degree: -1}
	for m := range multiples(g) {
		if divisor = gcd(m, divisor, &s.work); divisor.degree >= 0 && divisor.degree < g.width || s.work < 0 {
			return nil
		}
	}
	if divisor.degree < 0 {
		return nil
	}
	var independent basis // here: the frames may differ only in what is not covered
	for m := range multiples(g) {
		independent.add(m)
	}
	bits := evidence(g.width, len(independent))
	chance := float64(s.tried[g.width]) * math.Pow(2, -float64(bits))
	if bits < minEvidence || chance > maxChance {
		return nil
	}
	for _, generator := range divisor.generators(g.width, &s.work) {
		p, t, whole, ok := s.complete(g, galoisField{generator, g.width})
		if !ok {
			continue
		}
		a, err := checksum.Custom(p)
		if err != nil {
			continue
		}
		if t.Algorithm = a; t.Order == naturalOrder(t) {
			t.Order = checksum.Natural
		}
		if explains(t, s.frames) {
			found = append(found, Candidate{Trailer: t, Solved: true, Whole: whole, Chance: chance})
		}
	}
	return found
}

// naturalOrder is the order that Natural stands for in a trailer.
func naturalOrder(t checksum.Trailer) checksum.ByteOrder {
	if t.Digits != checksum.Binary {
		return checksum.Big
	}
	return checksum.Natural.Of(t.Algorithm)
}

// unknown are multiples of the generator, whatever init and xorout are.
func (s *solver) unknown(g guess) iter.Seq[polynomial] {
	return func(yield func(polynomial) bool) {
		for _, pair := range s.pairs {
			if d, _ := s.difference(g, pair[0], pair[1]); !yield(d) {
				return
			}
		}
		// With frames of n, n+d and n+e bytes: the sum of the first and second is init times
		// x^8n (x^8d + 1), that of the first and third init times x^8n (x^8e + 1).
		for j := 2; j < len(s.lengths) && j < maxStatements; j++ {
			first, d := s.difference(g, s.lengths[0], s.lengths[1])
			second, e := s.difference(g, s.lengths[0], s.lengths[j])
			common := greatest(d, e)
			sum := s.repeated(first, common, e/common)
			sum.add(s.repeated(second, common, d/common), 0)
			if !yield(sum) {
				return
			}
		}
	}
}

// difference is the sum of two frames, and by how many bytes the second is longer.
func (s *solver) difference(g guess, a, b int) (d polynomial, longer int) {
	p, n := g.codeword(s.frames[a])
	d, m := g.codeword(s.frames[b])
	d.add(p, 0)
	return d, m - n
}

// repeated is p times (x^8(step·times) + 1) / (x^8step + 1).
func (s *solver) repeated(p polynomial, step, times int) (sum polynomial) {
	sum.degree = -1
	for i := range times {
		s.work -= len(p.words)
		sum.add(p, 8*step*i)
	}
	return sum
}

func greatest(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// known are multiples of the generator where init and xorout are as the guess says.
func (s *solver) known(g guess) iter.Seq[polynomial] {
	return func(yield func(polynomial) bool) {
		ones := small(lowBits(g.width))
		for _, f := range s.frames[:min(maxStatements, len(s.frames))] {
			c, n := g.codeword(f)
			if g.onesIn {
				c.add(ones, 8*n)
			}
			if g.onesOut {
				c.add(ones, 0)
			}
			if !yield(c) {
				return
			}
		}
	}
}

// complete finds init and xorout for a generator: the usual ones if they fit, from
// the byte of the guess on or a later one up to which all frames are the same.
func (s *solver) complete(g guess, f galoisField) (p checksum.Parameters, t checksum.Trailer, whole, ok bool) {
	p = checksum.Parameters{Width: g.width, Poly: f.poly, RefIn: g.refIn, RefOut: g.refOut}
	ones := lowBits(g.width)
	t = g.trailer
	for ; ; t.Range.From++ {
		later := g
		later.trailer = t
		if !s.possible(later) {
			break
		}
		rests, lengths := s.remainders(later, f)
		for _, init := range []uint64{0, ones} {
			if out, fits := f.xorOut(init, rests, lengths); fits && (out == 0 || out == ones) {
				p.Init, p.XorOut = init, out
				return p, t, f.unique(lengths), true
			}
		}
		if g.usual {
			return p, t, false, false
		}
		if t.Range.From >= maxBefore || !s.constant(t.Range.From) {
			break
		}
	}
	rests, lengths := s.remainders(g, f)
	init, solvable := f.init(rests, lengths)
	out, fits := f.xorOut(init, rests, lengths)
	if p.Init, p.XorOut = init, out; g.refOut {
		p.XorOut = reverseBits(out, g.width)
	}
	return p, g.trailer, f.unique(lengths), solvable && fits
}

// remainders are what each frame leaves when it is divided by the generator, and how
// many bytes each covers.
func (s *solver) remainders(g guess, f galoisField) (rests []uint64, lengths []int) {
	for _, frame := range s.frames {
		c, n := g.codeword(frame)
		s.work -= c.degree / 8
		rests, lengths = append(rests, f.remainder(c)), append(lengths, n)
	}
	return rests, lengths
}
