//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// report is what is printed and written: rows, perhaps of several runs.
type report struct {
	Machine  string
	Versions []string
	Rows     []result
}

func (r *report) heading() string {
	return r.Machine + "\n\n" + strings.Join(r.Versions, "; ") + "\n\n"
}

// columns are the servers of the table, and their names there.
var columns = []struct{ server, title string }{
	{"sockeye", "sockeye"}, {"keep", "C keeping all"}, {"net", "Go net"}, {"gnet", "gnet"}, {"python", "Python"}, {"socat", "socat"}, {"ncat", "ncat"}, {"nginx", "nginx"},
}

// table is the one table, in Markdown.
func (r *report) table() string {
	cells := [][]string{{"work", "to reach"}}
	for _, c := range columns {
		cells[0] = append(cells[0], c.title)
	}
	cells[0] = append(cells[0], "CPU per message", "p99", "the reference does")
	for i := range r.Rows {
		cells = append(cells, r.Rows[i].line())
	}
	return align(cells)
}

// line is a row of the table.
func (r *result) line() []string {
	cells := []string{r.What, r.Goal}
	own := r.of("sockeye")
	if r.Servers[0] == own && r.of("recorded") != nil { // a recording is compared with the same unrecorded
		own = r.of("recorded")
		cells = append(cells, fmt.Sprintf("%.2f, nothing lost", own.Ratio))
		for range columns[1:] {
			cells = append(cells, "")
		}
		if t := r.of("tcpdump"); t != nil && t.Missing == "" {
			cells[len(cells)-1] = fmt.Sprintf("tcpdump %.2f, lost %.0f %%", t.Ratio, lostPercent(&t.Median))
		}
	} else {
		for _, c := range columns {
			cells = append(cells, r.cell(r.of(c.server)))
		}
	}
	if own == nil || r.Unit == memory || r.Unit == startUp || r.Unit == agreement {
		return append(cells, "", "", r.absolute(r.Servers[0]))
	}
	p99 := ""
	if own.P99Ratio > 0 {
		p99 = fmt.Sprintf("%.2f", own.P99Ratio)
	}
	cpu := ""
	if own.CPURatio > 0 {
		cpu = fmt.Sprintf("%.2f", own.CPURatio)
	}
	return append(cells, cpu, p99, r.absolute(r.Servers[0]))
}

// cell is what a server reached.
func (r *result) cell(s *served) string {
	switch {
	case s == nil:
		return ""
	case s.Missing != "":
		return s.Missing
	case r.Unit == memory || r.Unit == startUp || r.Unit == delay, r.Unit == agreement && s.P50Ratio == 0: // without the reference
		return r.absolute(s)
	case r.Unit == loss:
		return fmt.Sprintf("%.1f %% lost", lostPercent(&s.Median))
	case r.Unit == agreement:
		return fmt.Sprintf("p50 %.2f, p99 %.2f, p99.9 %.2f", s.P50Ratio, s.P99Ratio, s.P999Ratio)
	}
	return fmt.Sprintf("%.2f", s.Ratio)
}

// absolute is a figure with its unit.
func (r *result) absolute(s *served) string {
	switch {
	case s == nil || s.Missing != "":
		return ""
	case r.Unit == volume:
		return fmt.Sprintf("%.0f MB/s", s.Median.MBPerSecond)
	case r.Unit == memory:
		return fmt.Sprintf("%.2f KiB", s.Median.Idle/1024)
	case r.Unit == startUp:
		return fmt.Sprintf("%.1f ms", s.Median.Start)
	case r.Unit == loss:
		return fmt.Sprintf("%.1f %% lost", lostPercent(&s.Median))
	case r.Unit == delay:
		return fmt.Sprintf("%.2f ms", s.Median.P99/1000)
	case r.Unit == agreement:
		return fmt.Sprintf("%.0f, %.0f, %.0f µs", s.Median.P50, s.Median.P99, s.Median.P999)
	}
	return fmt.Sprintf("%.0f/s", s.Median.PerSecond)
}

func lostPercent(f *figures) float64 {
	if f.Sent == 0 {
		return 0
	}
	return 100 * float64(f.Lost) / float64(f.Sent)
}

// details is everything about one row, in Markdown.
func (r *result) details() string {
	cells := [][]string{{"server", "ratio", "lowest to highest", "messages/s", "MB/s", "p50 µs", "p99 µs", "server µs/message", "server CPU", "load CPU"}}
	if r.Unit == agreement {
		cells[0] = append(cells[0], "p99.9 µs")
	}
	for _, s := range r.Servers {
		m := &s.Median
		switch {
		case s.Missing != "":
			cells = append(cells, []string{s.Name, s.Missing, "", "", "", "", "", "", "", ""})
		case r.Unit == memory || r.Unit == startUp:
			cells = append(cells, []string{s.Name, r.absolute(s), "", "", "", "", "", "", "", ""})
		default:
			cells = append(cells, []string{
				s.Name, fmt.Sprintf("%.2f", s.Ratio), fmt.Sprintf("%.2f to %.2f", s.Low, s.High),
				fmt.Sprintf("%.0f", m.PerSecond), fmt.Sprintf("%.0f", m.MBPerSecond), fmt.Sprintf("%.0f", m.P50), fmt.Sprintf("%.0f", m.P99),
				fmt.Sprintf("%.2f", m.ServerMicros), fmt.Sprintf("%.0f %%", 100*m.ServerCPU), fmt.Sprintf("%.0f %%", 100*m.LoadCPU),
			})
		}
		if r.Unit == agreement {
			last := &cells[len(cells)-1]
			*last = append(*last, pick(s.Missing == "", fmt.Sprintf("%.0f", m.P999), ""))
		}
	}
	return fmt.Sprintf("### %s: %s\n\nCommit %s, %s, %d rounds of %g s.\n\n%s\n", r.Name, r.What, r.Commit, r.Date, r.Rounds, r.Seconds, align(cells))
}

// align makes a Markdown table with even columns.
func align(cells [][]string) string {
	width := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, c := range line {
			width[i] = max(width[i], len([]rune(c)), 3)
		}
	}
	var b strings.Builder
	for n, line := range cells {
		for i, c := range line {
			fmt.Fprintf(&b, "| %s%s ", c, strings.Repeat(" ", width[i]-len([]rune(c))))
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// write puts the rows into results.json in dir, where they take the place of older
// ones, and makes RESULTS.md from it.
func (r *report) write(dir string) error {
	file := filepath.Join(dir, "results.json")
	var old report
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &old)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	merged := report{Machine: r.Machine, Versions: r.Versions}
	for _, known := range rows {
		named := func(m result) bool { return m.Name == known.name }
		if i := slices.IndexFunc(r.Rows, named); i >= 0 {
			merged.Rows = append(merged.Rows, r.Rows[i])
		} else if i := slices.IndexFunc(old.Rows, named); i >= 0 {
			merged.Rows = append(merged.Rows, old.Rows[i])
		}
	}
	if err := os.WriteFile(file, merged.json(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "RESULTS.md"), []byte(merged.page()), 0o666)
}

// json is results.json: a line for each row, so that a change shows which.
func (r *report) json() []byte {
	line := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // there is nothing in a report that cannot be written
		}
		return string(text)
	}
	var lines []string
	for i := range r.Rows {
		lines = append(lines, line(r.Rows[i]))
	}
	return fmt.Appendf(nil, "{\"Machine\":%s,\n\"Versions\":%s,\n\"Rows\":[\n%s\n]}\n", line(r.Machine), line(r.Versions), strings.Join(lines, ",\n"))
}

// page is RESULTS.md.
func (r *report) page() string {
	var b strings.Builder
	b.WriteString(`# Measured

Written by ` + "`make bench`" + `; docs/performance.md says what the rows are and how to
repeat one. Speeds are ratios to the server in C, in the same round, median over the
rounds; so are CPU per message and p99, of sockeye. A ratio is good for ±0.05, of
bulk for ±0.3.

`)
	b.WriteString(r.heading() + r.table() + "\n## Each row\n\n")
	for i := range r.Rows {
		b.WriteString(r.Rows[i].details() + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// describeMachine says where this runs.
func describeMachine() string {
	model := "unknown CPU"
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	var u syscall.Utsname
	syscall.Uname(&u)
	release := ""
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		release += string(rune(c))
	}
	return fmt.Sprintf("%s, %d cores; Linux %s; %s", model, runtime.NumCPU(), release, runtime.Version())
}
