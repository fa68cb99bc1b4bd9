package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// mutationVerdict is what came of a fault.
type mutationVerdict string

const (
	caught   mutationVerdict = "caught"
	hung     mutationVerdict = "hung" // caught, as its tests did not end
	survived mutationVerdict = "survived"
	unusable mutationVerdict = "unusable" // it could not be planted, or no test was run
)

type mutationOutcome struct {
	mutationVerdict
	took time.Duration
	said string // why it is unusable
}

// testRunner runs tests of the module at root.
type testRunner struct {
	root  string
	limit time.Duration
}

// baseline runs the tests that the faults name on the code as it is: what fails already
// notices nothing.
func (r testRunner) baseline(ctx context.Context, faults []mutation) error {
	tests := map[string][]string{}
	for _, f := range faults {
		if !slices.Contains(tests[f.pkg()], f.Test) {
			tests[f.pkg()] = append(tests[f.pkg()], f.Test)
		}
	}
	for pkg, patterns := range tests {
		// A pattern with a slash is of subtests, and cannot be joined with others.
		joined := slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return strings.Contains(p, "/") })
		runs := slices.DeleteFunc(patterns, func(p string) bool { return !strings.Contains(p, "/") })
		if len(joined) > 0 {
			runs = append(runs, strings.Join(joined, "|"))
		}
		for _, p := range runs {
			if said, err := r.goTest(ctx, "", pkg, p, time.Duration(len(joined))*r.limit); err != nil {
				return fmt.Errorf("without any fault, go test -run '%s' %s: %v\n%s", p, pkg, err, tail(said))
			}
		}
	}
	return nil
}

// all plants every fault, some beside each other, and tells of each as it is done.
func (r testRunner) all(ctx context.Context, faults []mutation, beside int, tell func(*mutation, mutationOutcome)) {
	var workers sync.WaitGroup
	var telling sync.Mutex
	next := make(chan *mutation)
	for range max(1, beside) {
		workers.Go(func() {
			for f := range next {
				o := r.try(ctx, f)
				if ctx.Err() != nil {
					return
				}
				telling.Lock()
				tell(f, o)
				telling.Unlock()
			}
		})
	}
	defer workers.Wait()
	defer close(next)
	for i := range faults {
		select {
		case next <- &faults[i]:
		case <-ctx.Done():
			return
		}
	}
}

// try plants one fault and runs its tests.
func (r testRunner) try(ctx context.Context, f *mutation) mutationOutcome {
	began := time.Now()
	overlay, remove, err := r.overlay(f)
	if err != nil {
		return mutationOutcome{mutationVerdict: unusable, said: err.Error()}
	}
	defer remove()
	said, err := r.goTest(ctx, overlay, f.pkg(), f.Test, r.limit)
	o := mutationOutcome{mutationVerdict: judge(said, err), took: time.Since(began)}
	if o.mutationVerdict == unusable {
		o.said = tail(said)
	}
	return o
}

// judge tells by what go test said and its error what the tests made of a fault.
func judge(said string, err error) mutationVerdict {
	switch {
	case strings.Contains(said, "[build failed]"), strings.Contains(said, "[setup failed]"), strings.Contains(said, "no tests to run"):
		return unusable
	case err == nil:
		return survived
	case strings.Contains(said, "panic: test timed out after"):
		return hung
	case strings.Contains(said, "FAIL"): // a failed test, a panic
		return caught
	}
	return unusable
}

// overlay writes the changed file and what tells the compiler of it, outside the tree.
func (r testRunner) overlay(f *mutation) (name string, remove func(), err error) {
	text, err := f.planted(r.root)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	changed := filepath.Join(dir, filepath.Base(f.File))
	name = filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(r.root, filepath.FromSlash(f.File)): changed}})
	if err == nil {
		err = errors.Join(os.WriteFile(changed, []byte(text), 0o600), os.WriteFile(name, replace, 0o600))
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return name, remove, nil
}

// goTest runs tests, and returns what they said. Tests that hang are ended by go test.
func (r testRunner) goTest(ctx context.Context, overlay, pkg, tests string, limit time.Duration) (string, error) {
	args := []string{"test", "-count=1", "-failfast", "-vet=off", "-ldflags=-s -w", "-timeout", limit.String(), "-run", tests}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir = r.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	said, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(said), "no tests to run") {
		err = errors.New("no test was run")
	}
	return string(said), err
}

// tail is the end of what a program said.
func tail(s string) string {
	const most = 2000
	return strings.TrimSpace(s[max(0, len(s)-most):])
}
