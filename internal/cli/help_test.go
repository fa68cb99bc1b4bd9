package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// output runs a command line in this process and returns what it prints.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(args, terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }}, nil)
	if code != terminal.ExitOK || errs.Len() > 0 {
		t.Fatalf("%v: exit code %d, %s", args, code, &errs)
	}
	return out.String()
}

func tree(l sockeye.Lang) *cobra.Command {
	return (&app{Terminal: &terminal.Terminal{Lang: l, Streams: terminal.Streams{Env: func(string) string { return "" }}}}).root()
}

// The help of every command, in both languages, is what was read in review.
func TestHelpGolden(t *testing.T) {
	topics := []string{"help"}
	for c := range Every(tree(sockeye.English)) {
		topics = append(topics, strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), "sockeye")))
	}
	for _, lang := range []string{"en", "zh"} {
		for _, topic := range topics {
			file := filepath.Join("testdata", "help", strings.Trim("sockeye-"+strings.ReplaceAll(topic, " ", "-"), "-")+"."+lang+".txt")
			got := output(t, strings.Fields("help "+topic+" --lang "+lang)...)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (go test -update writes it anew):\n%s", file, diff)
			}
		}
	}
}

// No help text of the other language is left in either.
func TestHelpTranslated(t *testing.T) {
	en, zh := tree(sockeye.English), tree(sockeye.Chinese)
	chinese := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x2e80 }) }
	for c := range Every(en) {
		z, _, err := zh.Find(strings.Fields(strings.TrimPrefix(c.CommandPath(), "sockeye")))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][2]string{{c.Short, z.Short}, {c.Long, z.Long}} {
			if chinese(text[0]) || !chinese(text[1]) {
				t.Errorf("%s: %q, %q", c.Name(), text[0], text[1])
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if other := z.Flags().Lookup(f.Name); !f.Hidden && (chinese(f.Usage) || !chinese(other.Usage) && strings.Contains(f.Usage, " ") && !strings.HasPrefix(f.Usage, "IPv")) {
				t.Errorf("%s --%s: %q, %q", c.Name(), f.Name, f.Usage, other.Usage)
			}
		})
	}
}

// The tables of help texts name nothing that is gone, and miss no command.
func TestHelpTables(t *testing.T) {
	root := tree(sockeye.English)
	known := map[string]bool{"lang": true}
	for c := range Every(root) {
		c.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		if c.Parent() == root && !slices.Contains(commandOrder, c.Name()) {
			t.Errorf("commandOrder misses %s", c.Name())
		}
	}
	for _, name := range expertFlags {
		if !known[name] {
			t.Errorf("expertFlags: no command has --%s", name)
		}
	}
	for name := range placeholders {
		if !known[name] {
			t.Errorf("placeholders: no command has --%s", name)
		}
	}
}

// Every example of a help text is a command line that parses.
func TestHelpExamplesParse(t *testing.T) {
	for c := range Every(tree(sockeye.English)) {
		for line := range strings.Lines(c.Example) {
			words := shellWords(strings.TrimSpace(line))
			at := slices.Index(words, "sockeye")
			if at < 0 {
				continue
			}
			words = words[at+1:]
			if to := slices.Index(words, ">"); to >= 0 { // the shell's
				words = words[:to]
			}
			words[len(words)-1] = strings.TrimSuffix(words[len(words)-1], ")")
			cmd, rest, err := tree(sockeye.English).Find(words)
			if err != nil || cmd.Name() != c.Name() && cmd.Parent().Name() != c.Name() {
				t.Errorf("%q finds %v, %v", line, cmd.Name(), err)
				continue
			}
			if err := cmd.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if slices.Contains([]string{"payload", "find", "encode"}, cmd.Name()) { // it opens nothing: it can be run
				output(t, words...)
			}
			for _, a := range cmd.Flags().Args() {
				var err error
				switch cmd.Parent().Name() + " " + cmd.Name() {
				case "sockeye resolve", "sockeye run", "sockeye plot", "sockeye decode", "sockeye deploy", "sockeye encode", "sockeye explain", "sockeye payload", "crc find":
				default:
					if !slices.Contains([]string{"fields", "log", "rule", "service", "session"}, cmd.Parent().Name()) {
						err = new(sockeye.Endpoint).ReadAddress(a, sockeye.DefaultPort)
					}
				}
				if err != nil {
					t.Errorf("%q: %v", line, err)
				}
			}
		}
	}
}

// shellWords splits a line at spaces outside single quotes.
func shellWords(line string) []string {
	var words []string
	quoted := false
	for _, part := range strings.FieldsFunc(line, func(r rune) bool {
		if r == '\'' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	}) {
		words = append(words, strings.Trim(part, "'"))
	}
	return words
}

// Help is wrapped at 100 columns under its indentation, and a Chinese character counts as two
// columns.
func TestWrap(t *testing.T) {
	text := strings.TrimSpace(strings.Repeat("word ", 30))
	for line := range strings.Lines(wrap(strings.Repeat(" ", 33), text, 33)) {
		if len(strings.TrimRight(line, "\n")) > 100 || !strings.HasPrefix(line, strings.Repeat(" ", 33)+"word") {
			t.Errorf("%q", line)
		}
	}
	if got := columns("a你好"); got != 5 {
		t.Errorf("a你好 takes %d columns", got)
	}
}
