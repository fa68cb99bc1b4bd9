package workspace

import (
	"strings"
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

// Options may stand in the address of an endpoint, and the plan shows them like others.
func TestOptionsInTheAddress(t *testing.T) {
	f, err := Parse([]byte("sockeye = 2\n[[endpoint]]\nname = \"a\"\nlisten = \"tcp://127.0.0.1:0?backlog=7\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	openings, err := f.Openings()
	if err != nil || openings[0].Endpoint.Options.Backlog != 7 || openings[0].Endpoint.Address.String() != "tcp://127.0.0.1:0" {
		t.Errorf("%+v, %v", openings, err)
	}
	_, err = Parse([]byte("sockeye = 2\n[[endpoint]]\nname = \"a\"\nlisten = \"tcp://:0?baklog=7&no-delay=x\"\n"))
	if err == nil || !strings.Contains(err.Error(), "?baklog: is no option") || !strings.Contains(err.Error(), "?no-delay: ") {
		t.Errorf("%v", err)
	}
}
