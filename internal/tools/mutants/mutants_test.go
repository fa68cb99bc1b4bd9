package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Every fault of the lists can still be planted: its text is in the file, once, the file
// is Go with it, and its tests exist.
func TestFaultsCanBePlanted(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	faults, err := readFaults(root)
	if err != nil || len(faults) == 0 {
		t.Fatalf("%d faults, %v", len(faults), err)
	}
	names := map[string]bool{}
	for _, f := range faults {
		if err := f.check(root); err != nil {
			t.Error(err)
		}
		if f.Name == "" || names[f.File+f.Name] {
			t.Errorf("%s: two faults, or one without a name: %q in %s", f.list, f.Name, f.File)
		}
		names[f.File+f.Name] = true
	}
}

// A fault of the list that no longer fits the code is refused with what is wrong with it.
func TestCheck(t *testing.T) {
	root := module(t)
	good := mutation{Name: "n", File: "sum/sum.go", Old: "a + b", New: "a - b", Test: "TestSum"}
	for want, change := range map[string]func(*mutation){
		"":                  func(*mutation) {},
		"no longer in":      func(f *mutation) { f.Old = "a * b" },
		"times in the file": func(f *mutation) { f.Old = "int" },
		"changes nothing":   func(f *mutation) { f.New = f.Old },
		"no Go any more":    func(f *mutation) { f.New = "a +" },
		"no test in ./sum":  func(f *mutation) { f.Test = "TestNone" },
		"no test is named":  func(f *mutation) { f.Test = "" },
		"no such file":      func(f *mutation) { f.File = "sum/none.go" },
	} {
		f := good
		change(&f)
		switch err := f.check(root); {
		case want == "" && err != nil, want != "" && err == nil, err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%q: %v", want, err)
		}
	}
}

// Only a test that failed has caught a fault: a build that failed or no test at all is no
// verdict.
func TestJudge(t *testing.T) {
	failed := errors.New("exit status 1")
	for _, c := range []struct {
		said string
		err  error
		want mutationVerdict
	}{
		{"ok  	sum	0.1s\n", nil, survived},
		{"--- FAIL: TestSum\nFAIL	sum	0.1s\n", failed, caught},
		{"panic: test timed out after 1s\nFAIL	sum	1.0s\n", failed, hung},
		{"# sum\nsum.go:3: syntax error\nFAIL	sum [build failed]\n", failed, unusable},
		{"ok  	sum	0.1s [no tests to run]\n", nil, unusable},
		{"go: no such tool\n", failed, unusable},
	} {
		if got := judge(c.said, c.err); got != c.want {
			t.Errorf("%q: %s, want %s", c.said, got, c.want)
		}
	}
}

// A module of one function: what a test notices is caught, what none does survives, what
// does not compile is told of, and the tree stays as it was.
func TestRun(t *testing.T) {
	root := module(t)
	before, err := os.ReadFile(filepath.Join(root, "sum", "sum.go"))
	if err != nil {
		t.Fatal(err)
	}
	r := testRunner{root: root, limit: time.Minute}
	faults := []mutation{
		{Name: "caught", File: "sum/sum.go", Old: "a + b", New: "a - b", Test: "TestSum"},
		{Name: "survived", File: "sum/sum.go", Old: "a - b", New: "b - a", Test: "TestSum"},
		{Name: "unusable", File: "sum/sum.go", Old: "a - b", New: "c", Test: "TestSum"},
	}
	if err := r.baseline(t.Context(), faults); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	count := outcomeTally{out: &out, all: len(faults)}
	got := map[string]mutationVerdict{}
	r.all(t.Context(), faults, 2, func(f *mutation, o mutationOutcome) {
		got[f.Name] = o.mutationVerdict
		count.add(f, o)
	})
	want := map[string]mutationVerdict{"caught": caught, "survived": survived, "unusable": unusable}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if count.end(); !strings.Contains(out.String(), "undefined: c") || !strings.Contains(out.String(), "3 faults: 1 caught (33.3 %), of which 0 hung; 1 survived, of which 0 had to be caught; 1 could not be planted") {
		t.Errorf("it said %q", out.String())
	}
	if after, err := os.ReadFile(filepath.Join(root, "sum", "sum.go")); err != nil || string(after) != string(before) {
		t.Errorf("the tree was changed: %q, %v", after, err)
	}
	if err := r.baseline(t.Context(), []mutation{{File: "sum/sum.go", Test: "TestBroken"}}); err == nil || !strings.Contains(err.Error(), "without any fault") {
		t.Errorf("a test that fails anyway: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r.all(ended, faults, 1, func(f *mutation, _ mutationOutcome) { t.Errorf("%s was tried after the end", f.Name) })
}

// A run is good if enough faults were caught, and none that was caught before is missed.
func TestGood(t *testing.T) {
	for _, c := range []struct {
		outcomeTally
		want bool
	}{
		{outcomeTally{done: 10, caught: 9, survived: 1}, true},
		{outcomeTally{done: 10, caught: 8, survived: 2}, false},
		{outcomeTally{done: 10, caught: 9, survived: 1, missed: 1}, false},
		{outcomeTally{done: 10, caught: 9, unusable: 1}, false},
	} {
		if got := c.good(90); got != c.want {
			t.Errorf("%+v: %v", c.outcomeTally, got)
		}
	}
}

// module is a module with one package.
func module(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module m\n\ngo 1.26\n",
		"sum/sum.go":      "package sum\n\nfunc Sum(a, b int) int { return a + b }\n\nfunc Less(a, b int) int { return a - b }\n",
		"sum/sum_test.go": "package sum\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Fatal()\n\t}\n}\n\nfunc TestBroken(t *testing.T) { t.Fatal() }\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
