package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Every command pays for what packages build before main, so our packages build tables and
// compile expressions when they are needed for the first time: together they allocate less
// than 256 KiB before main.
func TestPackagesAllocateLittleBeforeMain(t *testing.T) {
	const limit = 256 << 10
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, trace.Bytes())
	}
	sum, ours := 0, ""
	for line := range strings.Lines(trace.String()) {
		// init sockeye/internal/api @4.2 ms, 0.026 ms clock, 7104 bytes, 60 allocs
		words := strings.Fields(line)
		if len(words) != 11 || words[0] != "init" || words[1] != "sockeye" && !strings.HasPrefix(words[1], "sockeye/") {
			continue
		}
		n, err := strconv.Atoi(words[7])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += n
		ours += line
	}
	if ours == "" {
		t.Fatalf("the trace of package initialisation names no package of ours:\n%s", trace.Bytes())
	}
	if sum > limit {
		t.Errorf("our packages allocate %d bytes before main, and %d is the limit:\n%s", sum, limit, ours)
	}
}
