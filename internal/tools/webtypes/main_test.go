package main

import (
	"os"
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
