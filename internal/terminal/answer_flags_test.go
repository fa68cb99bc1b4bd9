package terminal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Quotes keep words together, and no shell sees them.
func TestSplitCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"/bin/cat":                    {"/bin/cat"},
		"  sed -u  s/a/b/ ":           {"sed", "-u", "s/a/b/"},
		`echo 'a b' "c d" e\ f`:       {"echo", "a b", "c d", "e f"},
		`echo "" 'it'"'"'s' "a \" b"`: {"echo", "", "it's", `a " b`},
		"echo $HOME; rm -rf *":        {"echo", "$HOME;", "rm", "-rf", "*"},
	} {
		got, err := splitCommand(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for _, wrong := range []string{"", "  ", "echo 'a", `echo "a`, `echo a\`} {
		if got, err := splitCommand(wrong); err == nil {
			t.Errorf("%q is %q", wrong, got)
		}
	}
}
