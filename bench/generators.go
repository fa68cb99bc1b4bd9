//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// generate has sockeye load drive the server in C on a port, on a core of its own, with the
// work of a row of generators: as fast as its connections allow.
func (b *bench) generate(ctx context.Context, r *row, port int, core string) (figures, error) {
	command := []string{b.ours, "load", fmt.Sprintf("127.0.0.1:%d", port), "--json", "--rate", "10000000", "--timeout", "10s",
		"--time", strconv.FormatFloat(b.each.Seconds(), 'f', 3, 64) + "s",
		"--connections", r.argument("--connections"), "--in-flight", r.argument("--depth"), "--send", strings.Repeat("s", r.size())}
	command = pinned(command, core)
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if err != nil {
		if failed, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%s (%w)", strings.TrimSpace(string(failed.Stderr)), err)
		}
		return figures{}, err
	}
	var report struct {
		Elapsed   float64 `json:"elapsed_s"`
		SentBytes uint64  `json:"sent_bytes"`
		All       struct {
			Answered uint64 `json:"answered"`
			Missing  uint64 `json:"missing"`
		} `json:"all"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return figures{}, err
	}
	if report.All.Missing > 0 || report.Elapsed <= 0 {
		return figures{}, fmt.Errorf("sockeye load: %d answers are missing in %.3f s", report.All.Missing, report.Elapsed)
	}
	return figures{PerSecond: float64(report.All.Answered) / report.Elapsed, SentBytes: report.SentBytes}, nil
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
