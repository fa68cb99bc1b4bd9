package workspace

import (
	"testing"
	"time"
)

// half-open was called fin-idle, and such files are still read as they are meant.
func TestOldNameOfHalfOpen(t *testing.T) {
	for text, want := range map[string]time.Duration{
		``:                   0,
		`half-open = "2m"`:   2 * time.Minute,
		`fin-idle = "100ms"`: 100 * time.Millisecond,
		`fin-idle = "-1ns"`:  0,
	} {
		f, err := Parse([]byte("sockeye = 2\n[[endpoint]]\nname = \"a\"\nlisten = \":10000\"\n" + text + "\n"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		openings, err := f.Openings()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := openings[0].Endpoint.Options.HalfOpen; got != want {
			t.Errorf("%s gives %v, want %v", text, got, want)
		}
	}
}
