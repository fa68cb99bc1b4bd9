package fields

import "math"

// Point is a value and when it was: seconds since a time of the caller's.
type Point struct{ X, Y float64 }

// Column is what a chart draws in one column of pixels or characters: of the points
// that lie there, how many, the first and last, and the least and greatest. No spike is
// lost, however many points there are.
type Column struct {
	N                     int
	First, Last, Min, Max float64
}

// add takes the next point of a column.
func (c *Column) add(y float64) {
	if c.N == 0 {
		c.First, c.Min, c.Max = y, y, y
	}
	c.N++
	c.Last, c.Min, c.Max = y, min(c.Min, y), max(c.Max, y)
}

// Columns divides points, in order of time, into columns of equal time from x0 to x1.
// Points outside, and numbers that are not finite, are left out.
func Columns(points []Point, x0, x1 float64, count int) []Column {
	out := make([]Column, count)
	width := (x1 - x0) / float64(count)
	for _, p := range points {
		if p.X < x0 || p.X > x1 || math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
			continue
		}
		at := count - 1
		if width > 0 {
			at = min(at, int((p.X-x0)/width))
		}
		out[at].add(p.Y)
	}
	return out
}

// Stats describes values. The zero Stats is of none.
type Stats struct {
	N                           int
	First, Last, Min, Max, Mean float64
	squares                     float64 // of the distances from the mean (Welford's method)
}

// Add takes the next value; one that is not finite is not counted.
func (s *Stats) Add(y float64) {
	if math.IsNaN(y) || math.IsInf(y, 0) {
		return
	}
	if s.N == 0 {
		s.First, s.Min, s.Max = y, y, y
	}
	s.N++
	s.Last, s.Min, s.Max = y, min(s.Min, y), max(s.Max, y)
	delta := y - s.Mean
	s.Mean += delta / float64(s.N)
	s.squares += delta * (y - s.Mean)
}

// Deviation is the standard deviation of the values.
func (s *Stats) Deviation() float64 { return math.Sqrt(s.squares / float64(max(1, s.N))) }

// Merge takes all values of o, which came after those of s (Chan, Golub and LeVeque,
// "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979).
func (s *Stats) Merge(o *Stats) {
	if o.N == 0 {
		return
	}
	if s.N == 0 {
		*s = *o
		return
	}
	n := s.N + o.N
	delta := o.Mean - s.Mean
	s.squares += o.squares + delta*delta*float64(s.N)*float64(o.N)/float64(n)
	s.Mean += delta * float64(o.N) / float64(n)
	s.N, s.Last, s.Min, s.Max = n, o.Last, min(s.Min, o.Min), max(s.Max, o.Max)
}
