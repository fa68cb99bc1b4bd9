// Command verify checks the whole project and counts what passed:
//
//	go run ./internal/tools/verify [static] [cross] [page] [tests]
//
// static is gofmt, go vet and staticcheck; cross builds for every platform and
// starts the foreign programs that can be started here; page builds the workbench's
// page anew and compares; tests is every test with the race detector. Without
// arguments it does all of them. What fails is printed in full. The last line is
// "N passed, N failed", and the exit code is 1 if anything failed.
//
// With CI=true nothing may be skipped: a check or a test that is, has failed.
package main

import (
	"fmt"
	"os"
	"slices"
)

// part is a group of checks.
type part struct {
	name string
	run  func(*checkReport)
}

// parts run in this order: quick ones first.
var parts = []part{
	{"static", static},
	{"cross", cross},
	{"page", page},
	{"tests", tests},
}

func main() {
	wanted := os.Args[1:]
	for _, w := range wanted {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == w }) {
			fmt.Fprintln(os.Stderr, "usage: verify [static] [cross] [page] [tests]")
			os.Exit(2)
		}
	}
	r := &checkReport{out: os.Stdout, strict: os.Getenv("CI") == "true"}
	if !r.command(command{name: "go mod download", args: []string{"go", "mod", "download"}}) {
		r.close() // without its modules everything would fail, for one reason
		os.Exit(1)
	}
	for _, p := range parts {
		if len(wanted) == 0 || slices.Contains(wanted, p.name) {
			p.run(r)
		}
	}
	if !r.close() {
		os.Exit(1)
	}
}
