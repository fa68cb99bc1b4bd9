package load

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Messages are due in order, as many in any time as the area under the rate says.
func TestRateIsTheAreaUnderIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{
			From: rapid.Float64Range(0, 5000).Draw(t, "from"),
			To:   rapid.Float64Range(1, 5000).Draw(t, "to"),
			Ramp: time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "ramp")),
		}
		until := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(2*time.Minute)).Draw(t, "until"))
		area, before := 0.0, time.Duration(0)
		const steps = 20_000
		for n := range steps { // midpoints of small steps
			at := (float64(n) + 0.5) / steps * until.Seconds()
			rate := r.To
			if at < r.Ramp.Seconds() {
				rate = r.From + (r.To-r.From)*at/r.Ramp.Seconds()
			}
			area += rate * until.Seconds() / steps
		}
		got := r.Within(until)
		if math.Abs(float64(got)-area) > 1.5+area*1e-3 {
			t.Fatalf("%+v: %d within %v, want %f", r, got, until, area)
		}
		for n := uint64(0); n < got; n += 1 + got/50 {
			due := r.At(n)
			if due < before || due > until+time.Millisecond {
				t.Fatalf("%+v: message %d of %d is due at %v, after %v", r, n, got, due, before)
			}
			before = due
		}
		if due := r.At(got + 1); due < until-time.Millisecond {
			t.Fatalf("%+v: message %d is due at %v, before %v", r, got+1, due, until)
		}
	})
}
