package fields

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A histogram counts every value in the interval that it is in, whatever came in which
// order: its counts are those of a naive pass that knows the intervals.
func TestHistogramCountsAsANaivePass(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, next := range map[string]func() float64{
		"normal":    func() float64 { return 20 + 3*random.NormFloat64() },
		"far apart": func() float64 { return random.NormFloat64() * math.Pow(10, float64(random.IntN(12))) },
		"whole":     func() float64 { return float64(random.IntN(8)) },
		"below 0":   func() float64 { return -1e-6 * random.Float64() },
		"one":       func() float64 { return 7.25 },
		"tiny":      func() float64 { return 5e-324 * float64(random.IntN(3)) },
		"huge":      func() float64 { return math.MaxFloat64 * (1 - 2*random.Float64()) },
	} {
		t.Run(name, func(t *testing.T) {
			var h Histogram
			var values []float64
			for range 5000 {
				y := next()
				values = append(values, y)
				h.Add(y)
			}
			h.Add(math.NaN())
			h.Add(math.Inf(-1))
			low, width, got := h.Bins()
			if len(got) > maxBins || h.Stats.N != len(values) {
				t.Fatalf("%d bins, %d values", len(got), h.Stats.N)
			}
			want := make([]int, len(got))
			for _, y := range values {
				want[int(math.Floor(y/width)-math.Floor(low/width))]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-naive +got):\n%s", diff)
			}
			if got[0] == 0 || got[len(got)-1] == 0 {
				t.Error("it begins or ends with an empty bin")
			}
		})
	}
}

// A histogram of values that spread has at least half of the bins it may have.
func TestHistogramIsFine(t *testing.T) {
	var h Histogram
	for n := range 10_000 {
		h.Add(float64(n))
	}
	if _, _, counts := h.Bins(); len(counts) < maxBins/2 {
		t.Errorf("%d bins", len(counts))
	}
}

// Few pairs stay where they are; many are counted in cells, of which there are not too
// many, and none is lost.
func TestGridKeepsEveryPair(t *testing.T) {
	var few Grid
	for n := range 100 {
		few.Add(float64(n)/10, float64(n*n)/7, uint64(n+1))
	}
	for n, cell := range few.Cells() {
		if want := (Cell{X: float64(n) / 10, Y: float64(n*n) / 7, N: 1, Seq: uint64(n + 1)}); cell != want {
			t.Errorf("%+v, want %+v", cell, want)
		}
	}
	random := rand.New(rand.NewPCG(5, 6))
	var many Grid
	const pairs = 100_000
	for n := range pairs {
		many.Add(random.NormFloat64(), 1000*random.NormFloat64(), uint64(n))
	}
	many.Add(math.Inf(1), 1, 1)
	many.Add(1, math.NaN(), 1)
	sum, last := 0, uint64(0)
	cells := many.Cells()
	for _, cell := range cells {
		sum += cell.N
		last = max(last, cell.Seq)
	}
	if sum != pairs || many.N != pairs || last != pairs-1 || len(cells) > maxGridCells || len(cells) < maxGridCells/8 {
		t.Errorf("%d of %d pairs in %d cells, the last is %d", sum, many.N, len(cells), last)
	}
}

// A trigger fires where an oscilloscope's does.
func TestTriggerFires(t *testing.T) {
	values := []float64{0, 5, 10, 12, 10, 3, 12, 1}
	for spec, want := range map[string]string{
		"rising 10":         "2 6",
		"falling 10":        "4 7",
		"either 10":         "2 4 6 7",
		"above 10":          "2 3 4 6",
		"below 3":           "0 5 7",
		"above 10 hold 2s":  "2 4 6",
		"either 10 hold 3s": "2 6",
		"rising 100":        "",
	} {
		trigger, err := ParseTrigger(spec)
		if err != nil {
			t.Fatal(err)
		}
		var state TriggerState
		got := ""
		for n, y := range values {
			if state.Fires(trigger, time.Unix(int64(n), 0), y) {
				got += fmt.Sprintf(" %d", n)
			}
		}
		if want != "" {
			want = " " + want
		}
		if got != want {
			t.Errorf("%s fires at%s, want%s", spec, got, want)
		}
	}
	for _, wrong := range []string{"", "rising", "sideways 3", "rising high", "rising 3 hold", "rising 3 hold soon", "rising NaN", "rising 3 hold -1s", "rising 3 wait 1s"} {
		if _, err := ParseTrigger(wrong); err == nil {
			t.Errorf("%q is a trigger", wrong)
		}
	}
}

// What is typed as a trigger is refused or taken, and never panics.
func FuzzParseTrigger(f *testing.F) {
	f.Add("rising 20 hold 1s")
	f.Add("below -1e9")
	f.Fuzz(func(t *testing.T, text string) {
		if trigger, err := ParseTrigger(text); err == nil && (!slices.Contains(TriggerKinds, trigger.Kind) || trigger.HoldOff < 0) {
			t.Errorf("%q is %+v", text, trigger)
		}
	})
}
