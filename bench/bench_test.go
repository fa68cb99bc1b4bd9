//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every kind of work is measured once, for a moment: sockeye serves it, and what it
// gives back or records is right, or there is no figure.
func TestEveryKindOfRow(t *testing.T) {
	t.Chdir("..")
	o := &options{build: filepath.Join(t.TempDir(), "built"), disk: t.TempDir(), each: 50 * time.Millisecond, rounds: 1}
	b := &bench{options: o, programs: programsIn(o), work: t.TempDir()}
	t.Setenv("SOCKEYE_HOME", b.work)
	if err := b.buildOurs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.buildFleet(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"echo-50", "receive-8", "connect", "udp-64", "udp-offered", "record-echo", "record-receive", "relay-50", "relay-64k", "relay-delay", "websocket-50", "tls-50", "load-50", "load-agrees", "idle", "hub-take", "hub-back", "hub-delay", "start"} {
		t.Run(name, func(t *testing.T) {
			r := rows[slices.IndexFunc(rows, func(r row) bool { return r.name == name })]
			if name == "idle" {
				r.load = words("idle", 100, 64, 1)
			}
			if r.fleet {
				r.load = []string{r.load[0], "--boards", "3"}
				defer func(usual time.Duration) { b.each = usual }(b.each)
				b.each = 2 * time.Second // each board has an event a second
			}
			r.servers = slices.DeleteFunc(slices.Clone(r.servers), func(s string) bool {
				return s != "c" && s != "nats" && s != "undelayed" && s != "sockeye" && s != "recorded"
			})
			got, err := b.row(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got.Servers {
				// How fast it was says nothing here, only that it was.
				if s.Missing != "" || len(s.Rounds) != 1 || s.Rounds[0].SentBytes == 0 && s.Rounds[0].Start == 0 {
					t.Errorf("%s: %s %+v", s.Name, s.Missing, s.Rounds)
				}
			}
			if cells := got.line(); len(cells) != len(columns)+5 {
				t.Errorf("the row has %d cells: %q", len(cells), cells)
			}
		})
	}
}

// A recording that differs from what was sent is found, wherever it differs.
func TestPatternFindsAWrongByte(t *testing.T) {
	p := newPattern()
	stream := slices.Concat(p.table[40_000:patternPeriod], p.table[:3*patternPeriod])
	file := filepath.Join(t.TempDir(), "stream")
	for _, wrong := range []int{-1, 0, 5, 100_000, patternPeriod, len(stream) - 1} {
		data := slices.Clone(stream)
		if wrong >= 0 {
			data[wrong] ^= 1
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := p.compare(file); wrong < 0 != (err == nil) || err == nil && n != uint64(len(data)) {
			t.Errorf("with byte %d wrong: %d bytes compared, %v", wrong, n, err)
		}
	}
}

// Rows that are measured again take the place of the old ones; all others stay.
func TestWriteMerges(t *testing.T) {
	dir := t.TempDir()
	measured := func(name, commit string, speeds ...float64) result {
		r := rows[slices.IndexFunc(rows, func(r row) bool { return r.name == name })]
		r.servers = []string{"c", "sockeye"}
		out := newResult(&r, len(speeds), time.Second)
		out.Commit = commit
		for _, v := range speeds {
			out.of("c").Rounds = append(out.of("c").Rounds, figures{PerSecond: 100})
			out.of("sockeye").Rounds = append(out.of("sockeye").Rounds, figures{PerSecond: v})
		}
		out.compare()
		return out
	}
	for _, r := range []report{
		{Machine: "first", Rows: []result{measured("udp-64", "aaa", 50, 90, 70), measured("echo-50", "aaa", 10)}},
		{Machine: "second", Rows: []result{measured("echo-50", "bbb", 60, 80)}},
	} {
		if err := r.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{"second", "Commit aaa", "Commit bbb", "| 0.70 ", "| 0.50 to 0.90 "} {
		if !strings.Contains(page, want) {
			t.Errorf("RESULTS.md does not have %q:\n%s", want, page)
		}
	}
	if strings.Index(page, "echo-50: ") > strings.Index(page, "udp-64: ") || strings.Count(page, "### ") != 2 {
		t.Errorf("the rows are out of order, or not two:\n%s", page)
	}
}

// What fortio reports is taken over, unless an answer is missing.
func TestReadFortio(t *testing.T) {
	const report = `{"ActualQPS": 1999.5, "BytesSent": 640, "RetCodes": {"OK": 10}, "DurationHistogram": {"Count": %d, "Percentiles":
		[{"Percentile": 50, "Value": 0.00005}, {"Percentile": 99, "Value": 0.00025}, {"Percentile": 99.9, "Value": 0.0005}]}}`
	got, err := readFortio(fmt.Appendf(nil, report, 10))
	if want := (figures{PerSecond: 1999.5, SentBytes: 640, P50: 50, P99: 250, P999: 500}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if _, err := readFortio(fmt.Appendf(nil, report, 11)); err == nil {
		t.Error("a missing answer is no failure")
	}
}

// An agreement is told by ratios of percentiles, and without them by what was measured.
func TestAgreement(t *testing.T) {
	r := rows[slices.IndexFunc(rows, func(r row) bool { return r.name == "load-agrees" })]
	out := newResult(&r, 2, time.Second)
	out.of("sockeye").Rounds = []figures{{P50: 51, P99: 98, P999: 300}, {P50: 51, P99: 98, P999: 300}}
	out.compare()
	if got, want := out.line()[2], "51, 98, 300 µs"; got != want {
		t.Errorf("without fortio: %q, want %q", got, want)
	}
	out.of("fortio").Rounds = []figures{{P50: 50, P99: 100, P999: 300}, {P50: 50, P99: 100, P999: 300}}
	out.compare()
	if got, want := out.line()[2], "p50 1.02, p99 0.98, p99.9 1.00"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What tcpdump reports when it ends says how many packets it saw and how many it lost.
func TestCaptured(t *testing.T) {
	packets, lost := captured("tcpdump: listening on lo\n70 packets captured\n100 packets received by filter\n30 packets dropped by kernel\n")
	if packets != 100 || lost != 30 {
		t.Errorf("%d packets and %d lost, want 100 and 30", packets, lost)
	}
}
