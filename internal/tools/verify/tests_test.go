package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stream writes go test -json for one package "p": each line is "action test" or
// "action test output".
func stream(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		word := strings.SplitN(line, " ", 3)
		b.WriteString(`{"Package":"p","Action":"` + word[0] + `"`)
		if len(word) > 1 && word[1] != "-" {
			b.WriteString(`,"Test":"` + word[1] + `"`)
		}
		if len(word) > 2 {
			b.WriteString(`,"Output":"` + word[2] + `\n"`)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// The output of go test is counted, and only failures are printed.
func TestReadTests(t *testing.T) {
	for _, test := range []struct {
		name   string
		stream string
		strict bool
		passed int
		failed []string
		prints []string // parts of the output
		silent []string // must not be in it
	}{
		{"passed", stream("run T", "output T noise", "pass T", "pass"), false, 1, nil, []string{"1 tests"}, []string{"noise"}},
		{"parts are counted, not their test", stream("run T", "run T/a/b", "run T/c", "pass T/a/b", "pass T/c", "pass T", "pass"), false, 2, nil, nil, nil},
		{"a failure is printed in full", stream("run T", "output T one", "output T two", "fail T", "output - FAIL", "fail"), false, 0,
			[]string{"p T"}, []string{"one\ntwo\n"}, nil},
		{"a failed part counts once", stream("run T", "run T/a", "output T/a why", "fail T/a", "fail T", "fail"), false, 0,
			[]string{"p T/a"}, []string{"why"}, nil},
		{"a test that fails beside its parts", stream("run T", "run T/a", "pass T/a", "output T why", "fail T", "fail"), false, 1,
			[]string{"p T"}, []string{"why"}, nil},
		{"panic", stream("run T", "output T panic: oh", "output - FAIL p", "fail"), false, 0, []string{"p T"}, []string{"panic: oh"}, nil},
		{"fails outside of tests", stream("run T", "pass T", "output - leak!", "fail"), false, 1, []string{"p"}, []string{"leak!"}, nil},
		{"skip", stream("run T", "output T === RUN T", "output T no IPv6", "skip T", "pass"), false, 0, nil, []string{"no IPv6"}, nil},
		{"skip in CI", stream("run T", "output T no IPv6", "skip T", "pass"), true, 0, []string{"p T"}, []string{"no IPv6"}, nil},
		{"no test files", stream("skip"), true, 0, nil, nil, []string{"p"}},
		{"does not build", `{"ImportPath":"p [p.test]","Action":"build-output","Output":"undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Package":"p","Action":"fail","FailedBuild":"p [p.test]"}
`, false, 0, []string{"p"}, []string{"undefined: x"}, nil},
		{"go itself speaks", "go: no such tool\n", false, 0, nil, []string{"go: no such tool"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			r := &checkReport{out: &out, strict: test.strict}
			readTests(r, strings.NewReader(test.stream))
			if r.passed != test.passed {
				t.Errorf("%d passed, want %d", r.passed, test.passed)
			}
			if diff := cmp.Diff(test.failed, r.failed); diff != "" {
				t.Errorf("failed (-want +got):\n%s", diff)
			}
			for _, part := range test.prints {
				if !strings.Contains(out.String(), part) {
					t.Errorf("%q is missing in:\n%s", part, &out)
				}
			}
			for _, part := range test.silent {
				if strings.Contains(out.String(), part) {
					t.Errorf("%q is in:\n%s", part, &out)
				}
			}
		})
	}
}

// The last line is what scripts read.
func TestReportLastLine(t *testing.T) {
	var out strings.Builder
	r := &checkReport{out: &out}
	r.pass("a", 0)
	r.fail("b", "why")
	r.skip("c", "not here")
	if r.close() {
		t.Error("a report with a failure is good")
	}
	if want := "\n1 skipped, each for the reason above\n\n1 passed, 1 failed\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("does not end with %q:\n%s", want, &out)
	}
}
