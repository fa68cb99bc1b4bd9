package load

import (
	"math"
	"time"
)

// Rate is how many messages are due in a second: From at the beginning, To after the time
// Ramp, rising evenly between, and To from then on.
type Rate struct {
	From, To float64
	Ramp     time.Duration
}

// At is when the message with a number is due, counted from the beginning; the first is 0.
func (r Rate) At(number uint64) time.Duration {
	n, ramp := float64(number), r.Ramp.Seconds()
	before := (r.From + r.To) / 2 * ramp // messages that are due within the ramp
	if n >= before {
		return seconds(ramp + (n-before)/r.To)
	}
	// n is the area under the rate: From·t + (To−From)/(2·Ramp)·t².
	if n == 0 {
		return 0
	}
	slope := (r.To - r.From) / ramp
	return seconds(2 * n / (r.From + math.Sqrt(r.From*r.From+2*slope*n)))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Within is how many messages are due before a time is over.
func (r Rate) Within(d time.Duration) uint64 {
	t, ramp := d.Seconds(), r.Ramp.Seconds()
	rising := min(t, ramp)
	n := r.To * (t - rising)
	if ramp > 0 {
		n += r.From*rising + (r.To-r.From)/(2*ramp)*rising*rising
	}
	return uint64(math.Ceil(n - 1e-6))
}
