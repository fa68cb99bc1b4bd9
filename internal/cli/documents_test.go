package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// top is the folder of the module.
const top = "../.."

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// transcript is a block that shows what a command line prints.
var transcript = regexp.MustCompile("<!-- transcript: (.*) -->\n```text\n((?s:.*?))```\n")

// changing are the parts of a transcript that are different each time: times,
// ports that the system chose, and the number that a peer happened to get.
var changing = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}|127\.0\.0\.1:\d+|#\d`)

// The transcripts of the README are what the program prints.
func TestTranscriptsAreCurrent(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		found := transcript.FindAllStringSubmatch(readDocument(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s has no transcript", name)
		}
		for _, m := range found {
			got := output(t, append(strings.Fields(m[1]), "--port=0")...)
			if diff := cmp.Diff(changing.ReplaceAllString(m[2], "…"), changing.ReplaceAllString(got, "…")); diff != "" {
				t.Errorf("%s, sockeye %s (-document +program):\n%s", name, m[1], diff)
			}
		}
	}
}

// The manuals name every command, every flag and everything that can be typed at
// the console, each in its own mark-up.
func TestManualsComplete(t *testing.T) {
	for _, name := range []string{"docs/manual.md", "docs/manual.zh-CN.md"} {
		manual := readDocument(t, name)
		for c := range Every(tree(sockeye.English)) {
			if c.HasParent() && !strings.Contains(manual, "`"+c.CommandPath()) {
				t.Errorf("%s does not name the command %s", name, c.Name())
			}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if word := regexp.MustCompile("[` ]--" + f.Name + "[`= ]"); c.HasParent() && !f.Hidden && !word.MatchString(manual) {
					t.Errorf("%s does not name --%s of %s", name, f.Name, c.Name())
				}
			})
		}
		for _, k := range terminal.ConsoleCommands() {
			if !strings.Contains(manual, "`"+k+"`") && !strings.Contains(manual, "`"+k+" ") {
				t.Errorf("%s does not name %s", name, k)
			}
		}
	}
}

// link is a link of Markdown, without those to other hosts.
var link = regexp.MustCompile(`\]\(([^):]+)\)`)

// Every link inside the documents leads to a file, and to a heading of it.
func TestDocumentLinks(t *testing.T) {
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != top && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			file, heading, _ := strings.Cut(m[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s", path, err)
			} else if heading != "" && !hasHeading(t, target, heading) {
				t.Errorf("%s: %s has no heading %s", path, target, heading)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hasHeading reports whether a document has a heading with that anchor, which is
// its text in small letters without punctuation, with dashes for spaces.
func hasHeading(t *testing.T, path, anchor string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	word := func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_ ", r) {
			return unicode.ToLower(r)
		}
		return -1
	}
	for line := range strings.Lines(string(text)) {
		if head, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") &&
			strings.ReplaceAll(strings.Map(word, strings.TrimSpace(head)), " ", "-") == anchor {
			return true
		}
	}
	return false
}
