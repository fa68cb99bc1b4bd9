package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// tests runs every test with the race detector, in random order (the seed is in
// the output of a package that fails).
func tests(r *checkReport) {
	// -timeout is per package; the longest takes some minutes on two cores.
	cmd := exec.Command("go", "test", "-json", "-race", "-count=1", "-shuffle=on", "-timeout=40m", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // for the race detector
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.fail("go test", err.Error())
		return
	}
	before := len(r.failed)
	readTests(r, out)
	if err := cmd.Wait(); err != nil && len(r.failed) == before {
		r.fail("go test", err.Error())
	}
	exhaustive(r)
}

// exhaustive are the tests that are shorter under the race detector, without it.
func exhaustive(r *checkReport) {
	r.command(command{name: "every bit of a segment", args: []string{"go", "test", "-count=1", "-run", "^TestEveryBitOfASegment$", "./internal/pcapng"}})
}

// testEvent is one line of go test -json (see go doc test2json).
type testEvent struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
	Elapsed                                                float64 // seconds
}

// suite is what is known of a package whose tests run.
type suite struct {
	name           string
	printed        map[string]*bytes.Buffer // by test, "" for the package itself; until the test ends
	parent         map[string]bool          // tests that have parts: only the parts are counted
	broken         map[string]bool          // tests of which a part has failed
	passed, failed int
}

// readTests counts the events of go test -json and prints what failed.
func readTests(r *checkReport, from io.Reader) {
	suites := map[string]*suite{}
	builds := map[string]string{} // output by import path
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		var e testEvent
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			r.out.Write(line) // go itself has something to say
		case e.Action == "build-output":
			builds[e.ImportPath] += e.Output
		case e.Package != "":
			s := suites[e.Package]
			if s == nil {
				s = &suite{name: e.Package, printed: map[string]*bytes.Buffer{"": {}}, parent: map[string]bool{}, broken: map[string]bool{}}
				suites[e.Package] = s
			}
			s.see(r, e, builds)
		}
		if err != nil {
			return
		}
	}
}

// see takes in one event of a package.
func (s *suite) see(r *checkReport, e testEvent, builds map[string]string) {
	switch e.Action {
	case "run":
		s.printed[e.Test] = &bytes.Buffer{}
		mark(s.parent, e.Test)
	case "output":
		if b := s.printed[e.Test]; b != nil {
			b.WriteString(e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.end(r, e, builds)
			return
		}
		s.endTest(r, e.Action, e.Test)
	}
}

func (s *suite) endTest(r *checkReport, how, test string) {
	said := s.printed[test].String()
	delete(s.printed, test)
	name := s.name + " " + test
	switch how {
	case "pass":
		if !s.parent[test] {
			s.passed++
			r.passed++
		}
	case "skip":
		before := len(r.failed)
		r.skip(name, reason(said))
		s.failed += len(r.failed) - before
	case "fail":
		mark(s.broken, test)
		if s.broken[test] { // already counted
			fmt.Fprint(r.out, said)
			return
		}
		s.failed++
		r.fail(name, said)
	}
}

// mark marks the tests that a test is a part of. A name may hold slashes of its
// own, so any prefix may be one.
func mark(set map[string]bool, test string) {
	for n, c := range test {
		if c == '/' {
			set[test[:n]] = true
		}
	}
}

// end is the end of the package's test program.
func (s *suite) end(r *checkReport, e testEvent, builds map[string]string) {
	for test := range s.printed { // what still runs was cut off by a panic or the time limit
		if test != "" && !s.parent[test] {
			s.endTest(r, "fail", test)
		}
	}
	took := seconds(time.Duration(e.Elapsed * float64(time.Second)))
	switch {
	case e.Action == "pass":
		r.line("ok", s.name, fmt.Sprintf("%s  %d tests", took, s.passed))
	case e.Action == "fail" && s.failed == 0:
		r.fail(s.name, builds[e.FailedBuild]+s.printed[""].String())
	case e.Action == "fail":
		r.line("FAIL", s.name, fmt.Sprintf("%s  %d of %d tests", took, s.failed, s.failed+s.passed))
		fmt.Fprint(r.out, s.printed[""])
	}
}

// reason is the last thing a skipped test said.
func reason(said string) string {
	why := "no reason given"
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			why = line
		}
	}
	return why
}
