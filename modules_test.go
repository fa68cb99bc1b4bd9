package sockeye_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// T67: no module comes into the build, not even through another one or for the tests
// alone, that is not in testdata/modules.txt: a look-alike of a known name would be a new
// line there. What is in the module cache is what go.sum says.
func TestModules(t *testing.T) {
	known, err := os.ReadFile("testdata/modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(string(known))
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Path}}", "all")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	for _, m := range got {
		if !slices.Contains(list, m) {
			t.Errorf("%s is not in testdata/modules.txt", m)
		}
	}
	for _, m := range list {
		if !slices.Contains(got, m) {
			t.Errorf("%s is in testdata/modules.txt, and in the build no more", m)
		}
	}
	if text, err := exec.Command("go", "mod", "verify").CombinedOutput(); err != nil || !strings.Contains(string(text), "all modules verified") {
		t.Errorf("go mod verify: %v, %s", err, text)
	}
}
