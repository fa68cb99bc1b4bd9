//go:build linux

package page_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The sources of the page stay small enough to be read at once: a component has at most 200
// lines, half of them markup and style, a module 400; what is generated is not counted.
func TestSizesOfSources(t *testing.T) {
	const components, modules = 200, 400
	seen := 0
	err := filepath.WalkDir("../../../web/src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "api-types.ts" {
			return err
		}
		most := modules
		switch filepath.Ext(path) {
		case ".svelte":
			most = components
		case ".ts":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if lines := bytes.Count(text, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines, want at most %d: give a part of it a name and a file of its own", path, lines, most)
		}
		seen++
		return err
	})
	if err != nil || seen < 100 {
		t.Fatalf("%d sources: %v", seen, err)
	}
}

// There is one dialog: all others are its content.
func TestDialogsAreOneComponent(t *testing.T) {
	var with []string
	err := filepath.WalkDir("../../../web/src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".svelte" {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("<dialog")) {
			with = append(with, filepath.Base(path))
		}
		return err
	})
	if got := strings.Join(with, " "); err != nil || got != "Dialog.svelte" {
		t.Errorf("<dialog> is in %s (%v), want Dialog.svelte alone", got, err)
	}
}
