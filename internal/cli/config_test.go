package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/terminal"
)

// The configuration sets the flags of ui, also where no command is written, but none that
// was typed; and a port that it sets does not count as typed.
func TestConfigOfPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	text := "\ufeffport = 7\nui = { port = 8080, memory = \"8MiB\", no-browser = true }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if name == "SOCKEYE_CONFIG" {
			return file
		}
		return ""
	}
	for _, c := range []struct {
		line string
		want map[string]string
	}{
		{"", map[string]string{"port": "8080", "memory": "8388608", "no-browser": "true"}},
		{"ui", map[string]string{"port": "8080", "memory": "8388608", "no-browser": "true"}},
		{"ui --port 7625 --no-browser=false --memory 1MiB", map[string]string{"port": "7625", "memory": "1048576", "no-browser": "false"}},
	} {
		a := &app{Terminal: &terminal.Terminal{Streams: terminal.Streams{Env: env}}}
		root := a.root()
		cmd, args, err := root.Find(strings.Fields(c.line))
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		if err := a.prepare(cmd, nil); err != nil {
			t.Fatal(err)
		}
		ui, _, _ := root.Find([]string{"ui"})
		got := map[string]string{}
		for name := range c.want {
			got[name] = ui.Flags().Lookup(name).Value.String()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("sockeye %s: %s", c.line, diff)
		}
		if typed := strings.Contains(c.line, "--port"); ui.Flags().Changed("port") != typed {
			t.Errorf("sockeye %s: the port counts as typed: %v", c.line, !typed)
		}
		if a.defaultPort() != 7 {
			t.Errorf("the port of an address without one is %d, want 7", a.defaultPort())
		}
	}
}

// Whatever the text, what is refused is an error of the caller with words in it.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"", "lang = \"zh\"\nport = 10\n[ui]\nport = 0\nmemory = \"1GiB\"\nno-browser = true", "ui = 3", "ui.port.x = 1",
		"[[ui]]\nport = 1", "port = -1", "\"ui.port\" = 1", "a = [[[", "[x.y]\nz = 1", "port = 1\nPort = 2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig(text)
		if err == nil && (c.lang != "" && c.lang != "en" && c.lang != "zh" || len(c.ui) > 3) {
			t.Errorf("%q became %+v", text, c)
		}
		if err != nil && sockeye.ErrorOf(err).Kind != sockeye.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	})
}
