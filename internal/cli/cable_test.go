package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cableKey finds how to pull out the cables of a script, by their directory.
type cableKey struct{}

func scriptCable(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: cable DIR")
	}
	dir := ts.MkAbs(args[0])
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cables := ts.Value(cableKey{}).(map[string]func())
	if pull, ok := cables[dir]; ok {
		pull()
		return
	}
	ts.Check(os.MkdirAll(dir, 0o700))
	cmd := exec.Command("socat", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	ts.Check(cmd.Start())
	pulled := false
	pull := func() {
		if !pulled {
			pulled = true
			delete(cables, dir)
			cmd.Process.Kill()
			cmd.Wait()
			os.Remove(a)
			os.Remove(b)
		}
	}
	cables[dir] = pull
	ts.Defer(pull)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		_, errA := os.Stat(a)
		_, errB := os.Stat(b)
		if errA == nil && errB == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("socat has made no pair of terminals")
		}
	}
}
