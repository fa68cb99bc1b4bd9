package main

import (
	"os"
	"slices"
	"sockeye"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page's types are those of the code.
func TestTypesAreCurrent(t *testing.T) {
	want, err := generate("../../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../web/src/api-types.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("go run ./internal/tools/webtypes web/src/api-types.ts writes it anew (-want +got):\n%s", diff)
	}
}

// A made-up option is a field because it is in a table.
func TestNewOptionIsAField(t *testing.T) {
	made := sockeye.AllOptions[0]
	made.Name = "made-up"
	var g typeGenerator
	g.options(append(slices.Clone(sockeye.AllOptions), made), sockeye.FileForm)
	if !strings.Contains(g.out.String(), "\n  made_up?: string;\n") {
		t.Errorf("%s", &g.out)
	}
}
