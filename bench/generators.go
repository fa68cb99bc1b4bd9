//go:build linux

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// asFast is a rate that no generator reaches: it is as fast as its connections allow.
const asFast = "10000000"

// generate has a generator drive the server in C on a port, on a core of its own, with the
// work of a row of generators: at the rate of the row, or as fast as it can.
func (b *bench) generate(ctx context.Context, r *row, generator string, port int, core string) (figures, error) {
	if generator == "fortio" {
		return b.fortio(ctx, r, port, core)
	}
	command := []string{b.ours, "load", fmt.Sprintf("127.0.0.1:%d", port), "--json", "--rate", cmp.Or(r.argument("--rate"), asFast), "--timeout", "10s",
		"--time", strconv.FormatFloat(b.each.Seconds(), 'f', 3, 64) + "s",
		"--connections", r.argument("--connections"), "--in-flight", r.argument("--depth"), "--send", strings.Repeat("s", r.size())}
	out, err := outputOf(ctx, pinned(command, core))
	if err != nil {
		return figures{}, err
	}
	var report struct {
		Elapsed   float64 `json:"elapsed_s"`
		SentBytes uint64  `json:"sent_bytes"`
		All       struct {
			Answered uint64 `json:"answered"`
			Missing  uint64 `json:"missing"`
		} `json:"all"`
		Latency struct {
			P50  float64 `json:"p50_us"`
			P99  float64 `json:"p99_us"`
			P999 float64 `json:"p99_9_us"`
		} `json:"latency"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return figures{}, err
	}
	if report.All.Missing > 0 || report.Elapsed <= 0 {
		return figures{}, fmt.Errorf("sockeye load: %d answers are missing in %.3f s", report.All.Missing, report.Elapsed)
	}
	return figures{PerSecond: float64(report.All.Answered) / report.Elapsed, SentBytes: report.SentBytes,
		P50: report.Latency.P50, P99: report.Latency.P99, P999: report.Latency.P999}, nil
}

// fortio has fortio drive the server at the rate of the row. Its histogram has steps of a
// microsecond, and -uniform spreads the messages of its connections over the time, as
// sockeye load does.
func (b *bench) fortio(ctx context.Context, r *row, port int, core string) (figures, error) {
	program, file := b.path("fortio"), filepath.Join(b.work, "fortio.json")
	if present([]string{program}) == nil {
		return figures{}, errNotThere
	}
	if _, err := outputOf(ctx, pinned([]string{program, "load", "-qps", r.argument("--rate"), "-c", r.argument("--connections"), "-t", b.each.String(), "-uniform",
		"-payload", strings.Repeat("s", r.size()), "-r", "0.000001", "-p", "50,99,99.9", "-json", file, "-quiet", fmt.Sprintf("tcp://127.0.0.1:%d", port)}, core)); err != nil {
		return figures{}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return figures{}, err
	}
	return readFortio(text)
}

// readFortio reads the report of fortio in JSON, with three percentiles.
func readFortio(text []byte) (figures, error) {
	var report struct {
		ActualQPS         float64
		BytesSent         uint64
		RetCodes          map[string]uint64
		DurationHistogram struct {
			Count       uint64
			Percentiles []struct{ Percentile, Value float64 } // seconds
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return figures{}, err
	}
	if h := report.DurationHistogram; h.Count == 0 || report.RetCodes["OK"] != h.Count || len(h.Percentiles) != 3 {
		return figures{}, fmt.Errorf("fortio: %d answers, of which %d are right", h.Count, report.RetCodes["OK"])
	}
	micros := func(n int) float64 { return 1e6 * report.DurationHistogram.Percentiles[n].Value }
	return figures{PerSecond: report.ActualQPS, SentBytes: report.BytesSent, P50: micros(0), P99: micros(1), P999: micros(2)}, nil
}

// outputOf is what a command prints; its error says what it complained of.
func outputOf(ctx context.Context, command []string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if failed, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("%s (%w)", strings.TrimSpace(string(failed.Stderr)), err)
	}
	return out, err
}

// argument is what a row gives the load generator for one of its flags.
func (r *row) argument(flag string) string {
	for n, word := range r.load {
		if word == flag && n+1 < len(r.load) {
			return r.load[n+1]
		}
	}
	return ""
}

// size is how many bytes a message of the row has.
func (r *row) size() int {
	n, _ := strconv.Atoi(r.argument("--size"))
	return n
}
