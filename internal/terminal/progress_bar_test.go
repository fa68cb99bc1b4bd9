package terminal

import (
	"testing"
	"time"
)

// A progress line says how much is done, how fast and how long it will still take, and nothing
// of that where the whole is unknown.
func TestProgressLine(t *testing.T) {
	got := progressLine("searching", 512<<20, 1<<30, 2*time.Second)
	want := "searching  [############            ]  50 %  512.0 MiB  256.0 MiB/s  2s left"
	if got != want {
		t.Errorf("%q", got)
	}
	if got := progressLine("searching", 0, 0, time.Second); got != "searching  [                        ]  0 %  0 B" {
		t.Errorf("%q", got)
	}
}
