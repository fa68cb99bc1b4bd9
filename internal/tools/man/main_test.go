package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pages in docs/man are the ones of today's help texts.
func TestPagesFresh(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "docs", "man")
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	for _, f := range files {
		if got[f.Name()], err = os.ReadFile(filepath.Join(folder, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stale; go run ./internal/tools/man docs/man writes them anew (-want +got):\n%s", diff)
	}
}
