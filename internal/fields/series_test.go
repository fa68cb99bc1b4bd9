package fields

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Columns keep every spike: they agree with a search through all points.
func TestColumnsKeepEverySpike(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var points []Point
	for n := range 5000 {
		y := random.Float64()
		if n == 2717 {
			y = 1000
		}
		points = append(points, Point{float64(n) / 10, y})
	}
	points = append(points, Point{250, math.NaN()}, Point{250, math.Inf(1)})
	got := Columns(points, 100, 400, 70)
	want := make([]Column, 70)
	for n := range want {
		from, to := 100+float64(n)*300/70, 100+float64(n+1)*300/70
		for _, p := range points {
			last := n == len(want)-1 && p.X == 400
			if p.X < from || p.X >= to && !last || p.Y-p.Y != 0 {
				continue
			}
			c := &want[n]
			if c.N == 0 {
				*c = Column{First: p.Y, Min: p.Y, Max: p.Y}
			}
			c.N++
			c.Last, c.Min, c.Max = p.Y, math.Min(c.Min, p.Y), math.Max(c.Max, p.Y)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The numbers of two parts together are those of the whole.
func TestStatsMerge(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var whole, left, right Stats
	for n := range 1000 {
		y := 1e6 + random.NormFloat64()
		whole.Add(y)
		if n < 300 {
			left.Add(y)
		} else {
			right.Add(y)
		}
	}
	var none Stats
	left.Merge(&none)
	none.Merge(&left)
	none.Merge(&right)
	if none.N != 1000 || none.Last != whole.Last || none.First != whole.First || none.Min != whole.Min || none.Max != whole.Max ||
		math.Abs(none.Mean-whole.Mean) > 1e-6 || math.Abs(none.Deviation()-whole.Deviation()) > 1e-6 {
		t.Errorf("%+v %v, want %+v %v", none, none.Deviation(), whole, whole.Deviation())
	}
}

// The statistics of a series leave out what is no number.
func TestStats(t *testing.T) {
	var s Stats
	for _, y := range []float64{2, 4, 4, math.NaN(), 4, 5, 5, 7, 9} {
		s.Add(y)
	}
	if s.N != 8 || s.Mean != 5 || s.Deviation() != 2 || s.Min != 2 || s.Max != 9 || s.First != 2 || s.Last != 9 {
		t.Errorf("%+v, deviation %v", s, s.Deviation())
	}
}
