package fields

import "math"

// maxBins is how many bins a histogram, or a direction of a grid, has at most.
const maxBins = 256

// bins divides numbers into intervals of equal width, a power of two that grows with the
// span of what comes: intervals are put together by twos, so no count is ever estimated.
type bins struct {
	exponent  int // an interval is 2^exponent wide
	low, high float64
	most      int
	any       bool
}

// widen makes room for a number; shift is by how many bits the numbers of intervals that
// were given before become shorter.
func (b *bins) widen(y float64) (shift int) {
	if !b.any {
		b.any, b.low, b.high, b.exponent = true, y, y, -1074
	}
	b.low, b.high = min(b.low, y), max(b.high, y)
	before := b.exponent
	_, e := math.Frexp(max(math.Abs(b.low), math.Abs(b.high)))
	b.exponent = max(b.exponent, e-53) // an interval's number is exact
	if span := b.high/float64(b.most) - b.low/float64(b.most); span > 0 {
		_, e = math.Frexp(span)
		b.exponent = max(b.exponent, e-1)
	}
	for b.at(b.high)-b.at(b.low) >= int64(b.most) {
		b.exponent++
	}
	return min(b.exponent-before, 63)
}

// at is the number of the interval of a number that widen made room for.
func (b *bins) at(y float64) int64 { return int64(math.Floor(math.Ldexp(y, -b.exponent))) }

// Histogram counts values in intervals of equal width, 256 at most. The width follows from
// the values and every value is counted in the interval that it is in. The zero Histogram
// is of none.
type Histogram struct {
	bins   bins
	first  int64 // number of the first interval
	counts []int
	Stats  Stats
}

// Add takes the next value; one that is not finite is not counted.
func (h *Histogram) Add(y float64) {
	if math.IsNaN(y) || math.IsInf(y, 0) {
		return
	}
	h.Stats.Add(y)
	h.bins.most = maxBins
	if shift := h.bins.widen(y); shift > 0 {
		h.merge(shift)
	}
	low, high := h.bins.at(h.bins.low), h.bins.at(h.bins.high)
	if len(h.counts) == 0 {
		h.first = low
	}
	if low < h.first {
		h.counts = append(make([]int, h.first-low, high-low+1), h.counts...)
		h.first = low
	}
	for int64(len(h.counts)) <= high-h.first {
		h.counts = append(h.counts, 0)
	}
	h.counts[h.bins.at(y)-h.first]++
}

// merge puts 2^shift intervals together each.
func (h *Histogram) merge(shift int) {
	if len(h.counts) == 0 {
		return
	}
	first := h.first >> shift
	last := (h.first + int64(len(h.counts)) - 1) >> shift
	merged := make([]int, last-first+1)
	for n, count := range h.counts {
		merged[(h.first+int64(n))>>shift-first] += count
	}
	h.first, h.counts = first, merged
}

// Bins are the counts of the intervals from the least value's to the greatest one's: the
// interval n begins at low + n·width and is without its end. The slice is a copy.
func (h *Histogram) Bins() (low, width float64, counts []int) {
	width = math.Ldexp(1, h.bins.exponent)
	low = max(math.Ldexp(float64(h.first), h.bins.exponent), -math.MaxFloat64) // the last interval may begin below all numbers
	return low, width, append([]int{}, h.counts...)
}
