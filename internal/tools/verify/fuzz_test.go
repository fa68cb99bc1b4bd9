//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// "make fuzz" goes on after a target that fails and after a package that does not compile,
// and names both in the end.
func TestFuzzReportsAll(t *testing.T) {
	dir := t.TempDir()
	gotool := `#!/bin/sh
case "$*" in
"list ./...") echo a; echo broken; echo b ;;
"test -list ^Fuzz a") echo FuzzBad; echo FuzzGood; echo ok a ;;
"test -list ^Fuzz broken") echo "broken.go:1: no such thing"; exit 1 ;;
"test -list ^Fuzz b") echo FuzzLast; echo ok b ;;
*"^FuzzBad\$"*) echo "ran bad"; exit 1 ;;
*) echo "ran $*" ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(gotool), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../../../scripts/fuzz")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("it says that nothing failed")
	}
	ran, failed, _ := strings.Cut(string(out), "failed:\n")
	if failed != "  a FuzzBad\n  broken\n" {
		t.Errorf("it names %q", failed)
	}
	for _, want := range []string{"ran bad", "ok    a FuzzGood", "ok    b FuzzLast", "no such thing"} {
		if !strings.Contains(ran, want) {
			t.Errorf("%q is not in %q", want, ran)
		}
	}
}
