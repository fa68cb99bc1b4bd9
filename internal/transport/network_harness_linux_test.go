package transport_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A test that needs a command which is not there fails at once and says which, also if
// the command was to run on the thread of another machine: that thread ends, and nobody
// waits for it.
func TestHarnessNamesTheMissingCommand(t *testing.T) {
	ip, err := exec.LookPath("ip")
	if err != nil {
		t.Fatalf("this test needs the command ip: %v", err)
	}
	path := t.TempDir()
	if err := os.Symlink(ip, filepath.Join(path, "ip")); err != nil {
		t.Fatal(err)
	}
	// Each loads its rules in another place: in this network, in another machine's.
	for _, test := range []string{"TestPacketLoss", "TestOneWayPartition"} {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+test+"$", "-test.timeout=1m")
		cmd.Env = append(os.Environ(), "PATH="+path)
		out, err := cmd.CombinedOutput()
		text := string(out)
		if strings.Contains(text, "not allowed here") {
			t.Skip("this test needs network namespaces, which are not allowed here")
		}
		if err == nil || strings.Contains(text, "timed out") || !strings.Contains(text, "this test needs the command nft") {
			t.Errorf("%s without nft: %v\n%s", test, err, text)
		}
	}
}
