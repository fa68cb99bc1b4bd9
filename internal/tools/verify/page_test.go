package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two builds of the page are compared by content, whatever they were compressed with: what is
// changed, new and gone is named.
func TestDiffer(t *testing.T) {
	one, other := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(one, "same", "x")
	write(other, "same", "x")
	write(one, "assets/changed", "x")
	write(other, "assets/changed", "y")
	for dir, level := range map[string]int{one: gzip.BestSpeed, other: gzip.BestCompression} {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, level)
		io.WriteString(w, strings.Repeat("compressed otherwise ", 99))
		w.Close()
		write(dir, "assets/same.js.gz", b.String())
	}
	write(one, "new", "")
	write(other, "old", "")
	got, err := differ(one, other)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"assets/changed", "new", "old"}, got); diff != "" {
		t.Errorf("different files (-want +got):\n%s", diff)
	}
	if _, err := differ(one, filepath.Join(other, "nowhere")); err == nil {
		t.Error("a directory that is not there is no error")
	}
}
