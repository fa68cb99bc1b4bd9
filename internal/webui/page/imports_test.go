//go:build linux

package page_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pageRooms says what each folder of the page may import besides itself and what is
// generated: the types of the API, the options of endpoints, the schemes and the faults of relays.
var pageRooms = map[string][]string{
	"i18n":   {},
	"format": {"i18n"},
	"link":   {"format", "i18n"},
	"model":  {"format", "i18n", "link"},
	"parts":  {"format", "i18n"},
	"views":  {"format", "i18n", "keys", "link", "model", "parts"},
	"style":  {},
	"keys":   {"i18n"},
}

// Imports of the page point one way: views use models and parts, and neither knows of
// views.
func TestPageImports(t *testing.T) {
	imports := regexp.MustCompile(`(?:from|import)\s*\(?\s*'(\.[^']+)'`)
	root := "../../../web/src"
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, file)
		name = filepath.ToSlash(name)
		room := roomOf(name)
		allowed, known := pageRooms[room]
		if !known {
			if room != "main" && room != "App" && !generated(room) {
				t.Errorf("web/src/%s is in no folder of pageRooms", name)
			}
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range imports.FindAllStringSubmatch(string(text), -1) {
			to := roomOf(path.Join(path.Dir(name), m[1]))
			if to != room && !generated(to) && !slices.Contains(allowed, to) {
				t.Errorf("web/src/%s imports %s: %s may import %v", name, m[1], room, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func generated(room string) bool {
	return room == "api-types" || room == "options" || room == "schemes" || room == "faults"
}

// The page asks what a kind of socket can do, as the generated table of schemes says it,
// and compares no names of schemes: a new one needs nothing here.
func TestPageComparesNoSchemes(t *testing.T) {
	compares := regexp.MustCompile(`(?:===?|!==?|startsWith\(|case)\s*['"](?:tcp|udp|unix)`)
	root := "../../../web/src"
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		for _, found := range compares.FindAllString(string(text), -1) {
			t.Errorf("%s has %s: ask for a trait of its scheme", file, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// roomOf is the folder of a file of the page, or the file's name if it is in none.
func roomOf(name string) string {
	first, rest, _ := strings.Cut(name, "/")
	if rest == "" {
		first, _, _ = strings.Cut(first, ".")
	}
	return first
}

// Sizes of text and of corners are tokens of style/tokens.css, as colours are.
func TestSizesAreTokens(t *testing.T) {
	size := regexp.MustCompile(`(font-size|border-radius|color|background): ([^;]*);`)
	literal := regexp.MustCompile(`\d(px|rem|em)\b|#[0-9a-f]{3,8}\b`)
	err := filepath.WalkDir("../../../web/src", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(file) == "tokens.css" || !strings.HasSuffix(file, ".svelte") && !strings.HasSuffix(file, ".css") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, css, isPart := strings.Cut(string(text), "<style>")
		if !isPart {
			css = string(text)
		}
		for _, m := range size.FindAllStringSubmatch(css, -1) {
			isRoot := filepath.Base(file) == "base.css" && m[1] == "font-size" && strings.HasSuffix(m[2], "px") // of the document, by the screen
			if literal.MatchString(m[2]) && !isRoot {
				t.Errorf("%s: %s", file, m[0])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
