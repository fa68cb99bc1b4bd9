package offline

import (
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
	"sockeye/internal/schedule"
	"sockeye/internal/terminal"
)

// A bare number is seconds wherever a time is typed, and refused with what to write
// wherever it stands in a file.
func TestBareNumbersAsTimes(t *testing.T) {
	typed := func(s string) (d time.Duration, err error) {
		err = terminal.DurationOf(&d).Set(s)
		return d, err
	}
	for text, want := range map[string]time.Duration{"2": 2 * time.Second, "0.5": time.Second / 2, "0": 0, "500ms": time.Second / 2, "1h": time.Hour} {
		if got, err := typed(text); got != want || err != nil {
			t.Errorf("typed %q: %v, %v; want %v", text, got, err, want)
		}
	}
	inFiles := map[string]func(string) error{
		"rule":    func(s string) error { return new(rule.DurationRange).UnmarshalText([]byte(s)) },
		"list":    func(s string) error { _, err := schedule.ParseDelay(s); return err },
		"frame":   func(s string) error { _, err := framing.Parse("idle:" + s); return err },
		"--since": func(s string) error { _, err := parseTimestamp("--since", s, time.Now()); return err },
		"typed":   func(s string) error { _, err := typed(s); return err },
	}
	for where, read := range inFiles {
		bad := []string{"2", "1.5", "nan", "inf", "1e3", "0x10", "99999999999999999999", "2 s", "two"}
		if where == "typed" {
			bad = bad[2:]
		}
		for _, text := range bad {
			err := read(text)
			if err == nil {
				t.Errorf("%s took %q", where, text)
				continue
			}
			if e := sockeye.ErrorOf(err); !strings.Contains(e.Hint.En, "m") || e.Hint.Zh == "" {
				t.Errorf("%s, %q: %v, hint %q", where, text, err, e.Hint.En)
			}
		}
		if err := read("20ms"); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}
