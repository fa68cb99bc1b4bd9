package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"sockeye"
)

// The commands that explain names are commands of this program, with flags that it has.
func TestExplainedCommands(t *testing.T) {
	for line := range strings.Lines(output(t, "explain", "--json")) {
		var e struct{ Word, Command string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(e.Command)
		if words[0] != "sockeye" {
			continue
		}
		cmd, rest, err := tree(sockeye.English).Find(words[1:])
		if err != nil || !cmd.HasParent() {
			t.Errorf("%s: %q: %v", e.Word, e.Command, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("%s: %q: %v", e.Word, e.Command, err)
		}
	}
}
