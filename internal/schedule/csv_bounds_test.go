package schedule

import (
	"runtime"
	"strings"
	"testing"
)

// A table of 4 MiB takes no more than 50 MiB, whatever is in it, and what is too much says so.
func TestTableIsBounded(t *testing.T) {
	const size = 4 << 20
	of := func(one string) string { return strings.Repeat(one, size/len(one)) }
	for name, one := range map[string]struct{ text, want string }{
		"commas in the head":   {of(","), "more than 1000 cells"},
		"commas below it":      {"payload\n" + of(","), "more than 1000 cells"},
		"commas in quotes":     {"payload\n" + of("\"\n\","), "more than 1000 cells"},
		"many wide rows":       {"payload\n" + of(strings.Repeat(",", 999)+"\n"), ""},
		"many rows":            {"payload\n" + of("a\n"), "10000"},
		"one cell":             {"payload\n" + of("a"), ""},
		"a bare quote, commas": {"payload\nx\"" + of(","), "bare"},
	} {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		most := watchHeap(func() {
			if _, err := ParseCSV(one.text); one.want != "" && (err == nil || !strings.Contains(err.Error(), one.want)) {
				t.Errorf("%s: %v, want %s", name, err, one.want)
			}
			IsCSV(one.text)
		})
		if most -= min(most, before.HeapAlloc); most > 50<<20 {
			t.Errorf("%s: it took %d MiB", name, most>>20)
		}
	}
}

// watchHeap is the most that the heap had while something ran.
func watchHeap(run func()) (most uint64) {
	done := make(chan struct{})
	go func() { defer close(done); run() }()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
		select {
		case <-done:
			return most
		default:
			runtime.Gosched()
		}
	}
}
