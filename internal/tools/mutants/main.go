// Command mutants plants single faults in the code, one at a time, and sees whether the
// tests notice:
//
//	go run ./internal/tools/mutants                 all of them
//	go run ./internal/tools/mutants -only recording those whose file or name fits
//	go run ./internal/tools/mutants -must           those that must be caught
//	go run ./internal/tools/mutants -sample 20      so many, chosen at random
//
// The faults are picked by hand, in faults/*.toml: a file, a text that stands in it once,
// what to put in its place, and the tests that should fail then. Nothing in the tree is
// changed: the compiler reads the changed file through an overlay (go help build). Beside
// each other run as many as -j says.
//
// Tests that do not end with a fault have noticed it, if the machine was not just slow:
// they are shown and counted as "hung". Try those again alone, with a longer -timeout.
//
// The exit code is 1 if fewer are caught than -goal asks for, if one that must be caught
// was not, or if a fault could not be planted: its text has changed, or it does not
// compile.
//
// A tool that makes mutants of every operator (github.com/go-gremlins/gremlins) was
// tried: it runs a package's whole tests for each, and cannot leave out a lock, a sync or
// the handling of an error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"golang.org/x/term"
)

type runOptions struct {
	only   string
	must   bool
	sample int
	goal   float64 // percent
	beside int
	limit  time.Duration // for one test run
}

func main() {
	var o runOptions
	flag.StringVar(&o.only, "only", "", "only faults whose file or name matches this regular expression")
	flag.BoolVar(&o.must, "must", false, "only faults that must be caught")
	flag.IntVar(&o.sample, "sample", 0, "only so many, chosen at random")
	flag.Float64Var(&o.goal, "goal", 90, "percent that must be caught")
	flag.IntVar(&o.beside, "j", 2, "how many run beside each other")
	flag.DurationVar(&o.limit, "timeout", 2*time.Minute, "for the tests of one fault; those that take longer have hung")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := mutate(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// mutate plants what the options choose, and says whether enough was caught.
func mutate(ctx context.Context, o runOptions, out io.Writer) (bool, error) {
	root, err := moduleRoot()
	if err != nil {
		return false, err
	}
	faults, err := readFaults(root)
	if err != nil {
		return false, err
	}
	if faults, err = choose(faults, o); err != nil {
		return false, err
	}
	r := testRunner{root: root, limit: o.limit}
	if err := r.baseline(ctx, faults); err != nil {
		return false, err
	}
	t := outcomeTally{out: out, all: len(faults), live: isTerminal(out)}
	r.all(ctx, faults, o.beside, t.add)
	t.end()
	if ctx.Err() != nil {
		return false, fmt.Errorf("interrupted after %d of %d", t.done, t.all)
	}
	return t.good(o.goal), nil
}

func choose(all []mutation, o runOptions) ([]mutation, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	var chosen []mutation
	for _, f := range all {
		if (f.Must || !o.must) && (only.MatchString(f.File) || only.MatchString(f.Name)) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-only %s: no fault fits", o.only)
	}
	if o.sample > 0 && o.sample < len(chosen) {
		rand.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		chosen = chosen[:o.sample]
	}
	return chosen, nil
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// outcomeTally counts outcomes and prints them as they come.
type outcomeTally struct {
	out  io.Writer
	live bool // out is a terminal: show how far it is

	all, done, caught  int
	hung               int // of the caught: their tests did not end
	survived, unusable int
	missed             int // of those that must be caught
}

func (t *outcomeTally) add(f *mutation, o mutationOutcome) {
	t.done++
	switch o.mutationVerdict {
	case caught:
		t.caught++
	case hung:
		t.caught++
		t.hung++
	case survived:
		t.survived++
		if f.Must {
			t.missed++
		}
	case unusable:
		t.unusable++
	}
	if t.live {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
	if o.mutationVerdict != caught || !t.live {
		fmt.Fprintf(t.out, "%-9s %5.1fs  %s: %s\n", o.mutationVerdict, o.took.Seconds(), f.File, f.Name)
	}
	if o.mutationVerdict == unusable {
		fmt.Fprintln(t.out, o.said)
	}
	if t.live {
		fmt.Fprintf(t.out, "%d of %d, %d caught, %d survived", t.done, t.all, t.caught, t.survived)
	}
}

func (t *outcomeTally) end() {
	if t.live {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
	fmt.Fprintf(t.out, "%d faults: %d caught (%.1f %%), of which %d hung; %d survived, of which %d had to be caught; %d could not be planted\n",
		t.done, t.caught, t.share(), t.hung, t.survived, t.missed, t.unusable)
}

func (t *outcomeTally) share() float64 { return 100 * float64(t.caught) / float64(max(1, t.done)) }

func (t *outcomeTally) good(goal float64) bool {
	return t.unusable == 0 && t.missed == 0 && t.share() >= goal
}
