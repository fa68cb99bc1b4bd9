package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const root = "../../.."

// What documents and the page say of options is what the table says.
func TestOptionsAreWritten(t *testing.T) {
	files, err := generate(root, sockeye.AllOptions)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is stale; go run ./internal/tools/options writes it anew (-want +got):\n%s", name, diff)
		}
	}
}

// An option is in the manual and the keys of files in both languages and in the page's
// form because it is in the table: a made-up one appears, too.
func TestNewOptionAppearsInDocumentsAndPage(t *testing.T) {
	made := sockeye.AllOptions[0]
	made.Name, made.Short = "made-up", ""
	made.Help = sockeye.Text{En: "what nobody has", Zh: "并不存在"}
	made.Prominent, made.Suggest = true, []string{"7s"}
	files, err := generate(root, append(slices.Clone(sockeye.AllOptions), made))
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"docs/manual.md": {"| `--made-up TIME` | `made_up`, `made_up_ms` |", "what nobody has"}, "docs/manual.zh-CN.md": {"| `--made-up TIME` | `made_up`, `made_up_ms` |", "并不存在"},
		"docs/protocols.md": {"`made_up`"}, "docs/protocols.zh-CN.md": {"`made_up`"},
		"web/src/options.ts": {`"key":"made_up_ms"`, `["what nobody has","并不存在"]`, `"input":"time","topic":["Peers","连接对象"],"open":true`, `"suggest":["7s"]`},
	} {
		for _, word := range words {
			if !strings.Contains(files[root+"/"+name], word) {
				t.Errorf("%s does not have %s", name, word)
			}
		}
	}
}
