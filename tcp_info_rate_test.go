package sockeye

import "testing"

// A rate is written with at most three significant digits, in the unit that it reaches when
// rounded.
func TestRateText(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B/s", 999: "999 B/s", 1000: "1 kB/s", 980_400: "980 kB/s", 999_600: "1 MB/s", 14_720_000_000: "14.7 GB/s"} {
		if got := rateText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
