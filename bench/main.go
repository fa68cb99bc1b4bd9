//go:build linux

// Command bench measures sockeye side by side with others, in one run:
//
//	go run ./bench [-quick] [-only echo-50,udp-64] [-rounds 5] [-time 2s] [-write]
//
// It builds sockeye, a load generator and a server in C that do nothing else
// (bench/load, bench/reference), and what a user would take instead (bench/servers,
// bench/generators, ncat, socat). Every row puts one load on each of them in turn, A
// B A B over some rounds, and every byte that comes back is compared. What is
// printed is the median over the rounds of the ratio to the C server in the same
// round: the machine's speed drifts, its ratios do not. With -write the rows that
// were measured go into bench/RESULTS.md, and those that were not stay there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	quick, write, buildOnly, isBuilt bool
	only, sockeye, build, disk       string
	rounds                           int
	each                             time.Duration
}

func main() {
	log.SetFlags(0)
	var o options
	flag.BoolVar(&o.quick, "quick", false, "fewer rows, servers and rounds: under two minutes")
	flag.StringVar(&o.only, "only", "", "only these rows, separated by commas")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of each row (5; 3 with -quick)")
	flag.DurationVar(&o.each, "time", 0, "length of one measurement (2s; 1s with -quick)")
	flag.BoolVar(&o.write, "write", false, "write the rows into bench/RESULTS.md")
	flag.StringVar(&o.sockeye, "sockeye", "", "measure this program instead of building one")
	flag.StringVar(&o.build, "dir", filepath.Join("dist", "bench"), "where to build")
	flag.StringVar(&o.disk, "disk", os.TempDir(), "where the row that records to a disk does so")
	flag.BoolVar(&o.buildOnly, "build", false, "only build")
	flag.BoolVar(&o.isBuilt, "built", false, "use what -build has built")
	flag.Parse()
	if o.rounds == 0 {
		o.rounds = pick(o.quick, 3, 5)
	}
	if o.each == 0 {
		o.each = pick(o.quick, time.Second, 2*time.Second)
	}
	runtime.LockOSThread() // what is started ends with the thread that started it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, &o)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o *options) error {
	chosen, err := choose(o)
	if err != nil {
		return err
	}
	b := &bench{options: o, programs: programsIn(o)}
	if !o.isBuilt {
		if err := b.buildFor(ctx, chosen); err != nil {
			return err
		}
	}
	if o.buildOnly {
		return nil
	}
	if b.work, err = os.MkdirTemp("", "sockeye-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	os.Setenv("SOCKEYE_HOME", b.work) // the certificate authority of a TLS row is not the user's
	all := report{Machine: describeMachine(), Versions: b.versions(ctx)}
	b.progress.expect(chosen, o.rounds)
	for _, r := range chosen {
		measured, err := b.row(ctx, r)
		if errors.Is(err, context.Canceled) {
			log.Print("interrupted: the rows so far are below")
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		all.Rows = append(all.Rows, measured)
		if o.write {
			if err := all.write("bench"); err != nil {
				return err
			}
		}
	}
	b.progress.clear()
	fmt.Print(all.heading(), all.table())
	return ctx.Err()
}

// buildFor builds what rows need.
func (b *bench) buildFor(ctx context.Context, chosen []row) error {
	fleets := func(r row) bool { return r.fleet }
	if slices.ContainsFunc(chosen, fleets) {
		if err := b.buildFleet(ctx); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(chosen, func(r row) bool { return !r.fleet }) {
		return nil
	}
	if err := b.buildOurs(ctx); err != nil {
		return err
	}
	return b.buildOthers(ctx)
}

// choose picks the rows to measure, with the servers to measure there.
func choose(o *options) ([]row, error) {
	chosen := slices.Clone(rows)
	if o.only != "" {
		names := strings.Split(o.only, ",")
		for _, n := range names {
			if !slices.ContainsFunc(rows, func(r row) bool { return r.name == n }) {
				return nil, fmt.Errorf("there is no row %q; there are %s", n, strings.Join(rowNames(), ", "))
			}
		}
		chosen = slices.DeleteFunc(chosen, func(r row) bool { return !slices.Contains(names, r.name) })
	} else if o.quick {
		chosen = slices.DeleteFunc(chosen, func(r row) bool { return !r.quick })
	}
	if o.quick {
		for i := range chosen {
			chosen[i].servers = slices.DeleteFunc(slices.Clone(chosen[i].servers), func(s string) bool { return !slices.Contains(quickServers, s) })
		}
	}
	return chosen, nil
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
