package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Issue "Hostile files": whatever reads a workspace refuses one that is made to take the
// machine's memory or the program's stack, and takes little itself.
func TestHostileWorkspaceFiles(t *testing.T) {
	rss := func(p *program) int64 { return p.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss } // KiB
	plain := run(t, "sockeye", "run", "no-such-file")
	plain.ends(2)
	for name, text := range map[string]string{
		"parts":  strings.Repeat("a.", 20_000) + "a = 1",
		"arrays": "a = " + strings.Repeat("[", 2_500_000),
		"values": "a = [" + strings.Repeat("1,", 2_000_000) + "]",
	} {
		path := filepath.Join(t.TempDir(), name+".toml")
		if err := os.WriteFile(path, []byte("sockeye = 2\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"run", path, "--plan"}, {"run", path, "--yes"}, {"rule", "try", path, "x"},
			{"ui", "--no-browser", "--port", "0", "--workspace", path}, {"connect", "127.0.0.1:1", "--send-list", path},
		} {
			p := run(t, "sockeye", args...)
			p.ends(2)
			if said := p.errs.String(); !strings.Contains(said, "line 2, column ") || strings.Contains(said, "goroutine ") || len(said) > 1000 {
				t.Errorf("%s %v said %.300q", name, args[0], said)
			}
			if more := rss(p) - rss(plain); more > 50<<10 {
				t.Errorf("%s %v took %d MiB", name, args[0], more>>10)
			}
		}
	}
}
