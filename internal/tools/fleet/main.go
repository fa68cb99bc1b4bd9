//go:build linux

// Command fleet is many boards in one process, and what a hub does with them. It starts the
// hub that stands behind --, with its directory and address, and prints one line of JSON:
//
//	go run ./internal/tools/fleet idle --boards 1000 --port 4333 -- dist/bench/sockeye-hub
//
// The boards are enrolled, and each has a connection, a key and a status of its own, as that of
// "sockeye device --hub" is; they have no sensors. Modes: idle is the resident memory of the hub
// for each board that is connected and says nothing; take is how many events a second the hub
// acknowledges (with --plain, the same bytes from NATS clients that do nothing else); back is how
// long it takes after kill -9 of the hub until it has a new event of every board; delay is how
// old an event is when the hub's page has it, while every board has one a second.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// fleetOptions are what the command line says.
type fleetOptions struct {
	boards, port int
	each         time.Duration
	plain        bool
	hub          []string
}

// results are what is printed, under the names that bench reads.
type results struct {
	PerSecond   float64 `json:"per_second,omitempty"`
	MBPerSecond float64 `json:"mb_per_second,omitempty"`
	P50         float64 `json:"p50_us,omitempty"`
	P99         float64 `json:"p99_us,omitempty"`
	Start       float64 `json:"start_ms,omitempty"`
	SentBytes   uint64  `json:"sent_bytes,omitempty"`
	Idle        float64 `json:"bytes_per_idle,omitempty"`
}

var modes = map[string]func(context.Context, *fleet) (results, error){"idle": idle, "take": take, "back": back, "delay": delay}

func main() {
	o := fleetOptions{}
	fs := flag.NewFlagSet("fleet", flag.ExitOnError)
	fs.IntVar(&o.boards, "boards", 500, "how many boards")
	fs.IntVar(&o.port, "port", 0, "where the hub listens")
	seconds := fs.Float64("seconds", 5, "length of a measurement")
	fs.BoolVar(&o.plain, "plain", false, "with take: NATS clients that publish the same bytes")
	if len(os.Args) < 2 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "fleet idle|take|back|delay [flags] -- sockeye-hub")
		os.Exit(2)
	}
	fs.Parse(os.Args[2:]) // it exits by itself
	o.each, o.hub = time.Duration(*seconds*float64(time.Second)), fs.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	f, err := run(ctx, os.Args[1], &o)
	stop()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mode string, o *fleetOptions) (results, error) {
	if len(o.hub) == 0 || o.boards < 1 || o.port == 0 {
		return results{}, errors.New("--boards, --port and the hub's program are missing")
	}
	f, err := newFleet(ctx, o)
	if err != nil {
		return results{}, err
	}
	defer f.end()
	return modes[mode](ctx, f)
}
