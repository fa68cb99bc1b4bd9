//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// bench is one run.
type bench struct {
	*options
	programs
	progress progress
	work     string // a directory for what is only needed now
}

// figures are what the load generator tells of one measurement (bench/load).
type figures struct {
	PerSecond    float64 `json:"per_second"`
	MBPerSecond  float64 `json:"mb_per_second"`
	P50          float64 `json:"p50_us"`
	P99          float64 `json:"p99_us"`
	P999         float64 `json:"p99_9_us,omitempty"`
	ServerMicros float64 `json:"server_us"` // CPU per message
	ServerCPU    float64 `json:"server_cpu"`
	LoadCPU      float64 `json:"load_cpu"`
	SentBytes    uint64  `json:"sent_bytes"`
	Sent         uint64  `json:"sent"`
	Lost         uint64  `json:"lost"`
	Start        float64 `json:"start_ms"`
	Idle         float64 `json:"bytes_per_idle"`
}

// row measures everybody in turn, round by round. A server that fails is left out
// of further rounds, unless it is ours or the reference.
func (b *bench) row(ctx context.Context, r row) (result, error) {
	out := newResult(&r, b.rounds, b.each)
	for round := range b.rounds {
		for i, server := range r.servers {
			s := out.of(server)
			if s.Missing != "" {
				continue
			}
			b.progress.show(r.name, round, server)
			f, err := b.measure(ctx, &r, server)
			switch {
			case ctx.Err() != nil:
				return out, context.Cause(ctx)
			case errors.Is(err, errNotThere):
				s.Missing = "–"
			case err != nil && (i == 0 || server == "sockeye" || server == "recorded"):
				return out, fmt.Errorf("%s: %w", server, err)
			case err != nil:
				s.Missing = "failed"
				b.progress.note("%s: %s: %v", r.name, server, err)
			default:
				s.Rounds = append(s.Rounds, f)
			}
		}
	}
	out.compare()
	return out, nil
}

var errNotThere = errors.New("it cannot do that or is not there")

// measure starts a server, puts the load on it and stops it.
func (b *bench) measure(ctx context.Context, r *row, server string) (figures, error) {
	port, err := freePort()
	if err != nil {
		return figures{}, err
	}
	if r.fleet {
		return runLoad(ctx, b.fleetCommand(r, server, port))
	}
	record, done, err := b.placeToRecord(r)
	if err != nil {
		return figures{}, err
	}
	defer done()
	loadCore, serverCore := r.where.cores()
	at := place{port: port, dir: filepath.Dir(record), record: record}
	if r.relayed {
		behind, err := b.startBehind(ctx, r, &at, loadCore)
		if err != nil {
			return figures{}, err
		}
		defer behind.stop(syscall.SIGINT, 30*time.Second)
	}
	command, err := b.command(pick(r.generators, "c", server), r, at)
	if err != nil {
		return figures{}, err
	}
	if command == nil {
		return figures{}, errNotThere
	}
	load := b.loadCommand(r, port)
	if r.unit == startUp {
		return medianStart(ctx, append(append(load, "--"), command...))
	}
	p, err := start(command, serverCore)
	if err != nil {
		return figures{}, err
	}
	stop := sync.OnceFunc(func() { p.stop(syscall.SIGINT, 30*time.Second) })
	defer stop()
	if err := p.awaitPort(ctx, r.network(), port); err != nil {
		return figures{}, err
	}
	if r.generators && server != "c" {
		return b.generate(ctx, r, server, port, loadCore)
	}
	load = pinned(append(load, "--group", strconv.Itoa(p.group())), loadCore)
	switch server {
	case "tcpdump":
		return captureLoad(ctx, load, record, port)
	case "recorded":
		f, err := runLoad(ctx, load)
		if err == nil {
			stop() // closes the recording
			err = b.checkRecording(ctx, record, f.SentBytes, r.mode() == "echo")
		}
		return f, err
	}
	return runLoad(ctx, load)
}

// captureLoad runs the load while tcpdump captures it to a file.
func captureLoad(ctx context.Context, load []string, record string, port int) (figures, error) {
	capture, err := startCapture(ctx, record, port)
	if err != nil {
		return figures{}, err
	}
	f, err := runLoad(ctx, load)
	capture.stop(syscall.SIGINT, 30*time.Second)
	f.Sent, f.Lost = captured(capture.output.String())
	return f, err
}

// loadCommand is the load generator, at work on a port.
func (b *bench) loadCommand(r *row, port int) []string {
	load := append([]string{b.path("load")}, r.load...)
	if r.layer != "" {
		load = append(load, "--layer", r.layer)
	}
	return append(load, "--port", strconv.Itoa(port), "--seconds", strconv.FormatFloat(b.each.Seconds(), 'f', 3, 64))
}

// fleetCommand is boards that start a hub at a port, and measure it.
func (b *bench) fleetCommand(r *row, server string, port int) []string {
	command := append([]string{b.path("fleet")}, r.load...)
	if server == "nats" {
		command = append(command, "--plain")
	}
	return append(command, "--port", strconv.Itoa(port), "--seconds", strconv.FormatFloat(b.each.Seconds(), 'f', 3, 64), "--", b.path("sockeye-hub"))
}

// startBehind starts the server in C that relays connect to.
func (b *bench) startBehind(ctx context.Context, r *row, at *place, core string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	at.behind = port
	p, err := start(b.echo("c", r, place{port: port}), core)
	if err != nil {
		return nil, err
	}
	if err := p.awaitPort(ctx, r.network(), port); err != nil {
		p.stop(syscall.SIGKILL, 0)
		return nil, fmt.Errorf("the server behind the relay: %w", err)
	}
	return p, nil
}

// starts is how often a server is started in a round.
const starts = 7

// medianStart starts a server some times.
func medianStart(ctx context.Context, command []string) (figures, error) {
	var times []float64
	for range starts {
		f, err := runLoad(ctx, command)
		if err != nil {
			return f, err
		}
		times = append(times, f.Start)
	}
	return figures{Start: median(times)}, nil
}

// runLoad runs the load generator to its end.
func runLoad(ctx context.Context, command []string) (figures, error) {
	var f figures
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		return f, fmt.Errorf("%s (%w)", bytes.TrimSpace(stderr.Bytes()), err)
	}
	return f, json.Unmarshal(stdout.Bytes(), &f)
}

// placeToRecord is a path for a recording that is not there yet, and what removes
// it again.
func (b *bench) placeToRecord(r *row) (place string, done func(), err error) {
	in := b.disk
	if info, err := os.Stat("/dev/shm"); r.memory && err == nil && info.IsDir() {
		in = "/dev/shm"
	}
	dir, err := os.MkdirTemp(in, "sockeye-bench-")
	return filepath.Join(dir, "recording"), func() { os.RemoveAll(dir) }, err
}

// startCapture starts tcpdump beside the server, writing everything, and returns
// once it captures.
func startCapture(ctx context.Context, file string, port int) (*process, error) {
	command := present([]string{"tcpdump", "-i", "lo", "-s", "0", "-U", "-Z", "root", "-w", file, "port", strconv.Itoa(port)})
	if command == nil || os.Geteuid() != 0 {
		return nil, errNotThere
	}
	p, err := start(command, "")
	if err != nil {
		return nil, err
	}
	for late := time.Now().Add(10 * time.Second); ; {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 { // its header is there
			return p, nil
		}
		if ctx.Err() != nil || time.Now().After(late) {
			p.stop(syscall.SIGKILL, 0)
			return nil, errNotThere
		}
		time.Sleep(time.Millisecond)
	}
}

// captured reads from tcpdump's last words how many packets there were, and how
// many of them it lost.
func captured(words string) (packets, lost uint64) {
	for line := range strings.Lines(words) {
		var n uint64
		switch count, what, _ := strings.Cut(strings.TrimSpace(line), " "); what {
		case "packets received by filter":
			n, _ = strconv.ParseUint(count, 10, 64)
			packets = n
		case "packets dropped by kernel":
			n, _ = strconv.ParseUint(count, 10, 64)
			lost = n
		}
	}
	return packets, lost
}
