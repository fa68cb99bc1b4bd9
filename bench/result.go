//go:build linux

package main

import (
	"os/exec"
	"slices"
	"strings"
	"time"
)

// result is a row that was measured.
type result struct {
	Name    string
	What    string
	Goal    string
	Unit    unit
	Commit  string // of the project; with a + if it was changed since
	Date    string
	Rounds  int
	Seconds float64 // of one measurement
	Servers []*served
}

// served is how one server did in a row.
type served struct {
	Name    string
	Missing string // why there are no figures, or ""
	Rounds  []figures
	// Medians over the rounds; ratios are to the first server in the same round.
	Median              figures
	Ratio, Low, High    float64
	CPURatio, P99Ratio  float64
	P50Ratio, P999Ratio float64 `json:",omitempty"` // of an agreement
}

func newResult(r *row, rounds int, each time.Duration) result {
	now := time.Now()
	out := result{Name: r.name, What: r.what, Goal: r.goal, Unit: r.unit, Commit: commit(), Date: now.UTC().Format("2006-01-02"), Rounds: rounds, Seconds: each.Seconds()}
	for _, name := range r.servers {
		out.Servers = append(out.Servers, &served{Name: name})
	}
	return out
}

func (r *result) of(server string) *served {
	for _, s := range r.Servers {
		if s.Name == server {
			return s
		}
	}
	return nil
}

// compare fills in medians and ratios.
func (r *result) compare() {
	reference := r.Servers[0]
	for _, s := range r.Servers {
		if s.Missing != "" || len(s.Rounds) == 0 {
			s.Rounds = nil
			continue
		}
		of := func(f func(figures) float64) float64 { return median(each(s.Rounds, f)) }
		s.Median = figures{
			PerSecond: of(func(f figures) float64 { return f.PerSecond }), MBPerSecond: of(func(f figures) float64 { return f.MBPerSecond }),
			P50: of(func(f figures) float64 { return f.P50 }), P99: of(func(f figures) float64 { return f.P99 }),
			P999: of(func(f figures) float64 { return f.P999 }), ServerMicros: of(func(f figures) float64 { return f.ServerMicros }), ServerCPU: of(func(f figures) float64 { return f.ServerCPU }),
			LoadCPU: of(func(f figures) float64 { return f.LoadCPU }), Start: of(func(f figures) float64 { return f.Start }),
			Idle: of(func(f figures) float64 { return f.Idle }),
		}
		for _, f := range s.Rounds {
			s.Median.Sent += f.Sent
			s.Median.Lost += f.Lost
		}
		ratios := func(f func(figures) float64) []float64 {
			var all []float64
			for i := range min(len(s.Rounds), len(reference.Rounds)) {
				if base := f(reference.Rounds[i]); base > 0 {
					all = append(all, f(s.Rounds[i])/base)
				}
			}
			slices.Sort(all)
			return all
		}
		speed := ratios(func(f figures) float64 { return f.PerSecond })
		s.Ratio = median(speed)
		if len(speed) > 0 {
			s.Low, s.High = speed[0], speed[len(speed)-1]
		}
		s.CPURatio = median(ratios(func(f figures) float64 { return f.ServerMicros }))
		s.P99Ratio = median(ratios(func(f figures) float64 { return f.P99 }))
		if r.Unit == agreement {
			s.P50Ratio = median(ratios(func(f figures) float64 { return f.P50 }))
			s.P999Ratio = median(ratios(func(f figures) float64 { return f.P999 }))
		}
	}
}

func each(all []figures, f func(figures) float64) []float64 {
	var out []float64
	for _, one := range all {
		out = append(out, f(one))
	}
	return out
}

// median of values, which it sorts; 0 of none.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// commit is the project's commit, with a + if files have changed since.
func commit() string {
	hash, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(hash))
	if changed, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/RESULTS.md", ":!bench/results.json").Output(); err != nil || len(changed) > 0 {
		name += "+"
	}
	return name
}
