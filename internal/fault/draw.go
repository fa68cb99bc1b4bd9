package fault

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// draw holds the random values of one message. Every message uses the same number of them, so
// whether a fault hits it depends on its number alone, not on what hit the messages before.
type draw struct {
	hit    float64 // from 0 up to 1: below the probability it is hit
	spread float64 // the same: where in a distribution
	bits   uint64  // which bits
}

// draws is the random values of one fault for one direction of one connection.
type draws struct {
	random *rand.Rand
	normal float64 // the spread before as a value of the normal distribution, for correlation
	any    bool    // there was one
}

func drawsOf(f *Fault, connection uint64, w Way) *draws {
	stream := connection<<8 | uint64(slices.Index(Kinds, f.Kind))<<1
	if w == FromUpstream {
		stream |= 1
	}
	return &draws{random: rand.New(rand.NewPCG(f.Seed, stream))}
}

func (d *draws) next() draw {
	return draw{d.random.Float64(), d.random.Float64(), d.random.Uint64()}
}

// isHit reports whether a message is hit, as probable as the fault says.
func (f *Fault) isHit(d draw) bool { return f.Percent == 0 || d.hit*100 < f.Percent }

// latency returns how long a message is delayed; never negative.
func (d *draws) latency(f *Fault, spread float64) time.Duration {
	if f.Jitter == 0 {
		return f.Time
	}
	spread = d.correlate(spread, f.Correlation/100)
	return max(0, f.Time+time.Duration(deviation(f.Distribution, spread)*float64(f.Jitter)))
}

// correlate makes a value follow the one before: the values of the normal distribution
// that belong to them are an autoregressive process of first order, so that the
// distribution stays what it is (netem mixes the values themselves, which narrows it).
func (d *draws) correlate(spread, correlation float64) float64 {
	z := normalOf(spread)
	if d.any && correlation > 0 {
		z = correlation*d.normal + math.Sqrt(1-correlation*correlation)*z
		spread = (1 + math.Erf(z/math.Sqrt2)) / 2
	}
	d.normal, d.any = z, true
	return spread
}

// most is how far a value may be from the ends of a distribution that has none.
const most = 1e-9

// normalOf is the value of the standard normal distribution below which a share lies.
func normalOf(share float64) float64 {
	return math.Sqrt2 * math.Erfinv(2*min(max(share, most), 1-most)-1)
}

// The Pareto distribution that netem's table has: α is 3, and its mean and standard
// deviation are made 0 and 1.
const (
	paretoShape     = 3.0
	paretoMean      = paretoShape / (paretoShape - 1)
	paretoDeviation = 0.8660254037844386 // √(α/((α-1)²(α-2)))
)

// deviation is how far a share of a distribution is from its middle, in jitters.
func deviation(of Distribution, share float64) float64 {
	switch of {
	case Normal:
		return normalOf(share)
	case Pareto:
		x := math.Pow(1-min(share, 1-most), -1/paretoShape)
		return (x - paretoMean) / paretoDeviation
	default:
		return 2*share - 1
	}
}

// flip flips n bits of data, which it changes, and says which: counted from the highest of
// the first byte. The same one is not flipped twice while there are others.
func flip(data []byte, n int, seed uint64) []int {
	all := 8 * len(data)
	n = min(n, all)
	random := rand.New(rand.NewPCG(seed, 0))
	flipped := map[int]bool{}
	var bits []int
	for len(bits) < n {
		b := random.IntN(all)
		if flipped[b] {
			continue
		}
		flipped[b] = true
		data[b/8] ^= 0x80 >> (b % 8)
		bits = append(bits, b)
	}
	slices.Sort(bits)
	return bits
}
