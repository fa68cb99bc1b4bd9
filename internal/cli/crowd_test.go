//go:build linux

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// The crowd: connections that one server holds at once, from two processes.
const (
	crowds  = 2
	inCrowd = 7500
)

// One server holds 15,000 connections at once. Each says something and is
// answered, again when all are there, and leaves in good order. Sockeye is the
// real binary, without the race detector (which takes 8,128 goroutines at most),
// and started with the small descriptor limit that shells give: it raises it.
func TestFifteenThousandConnections(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < crowds*inCrowd+100 {
		t.Fatalf("this test needs a hard limit of %d open files, the machine allows %d (ulimit -Hn): %v", crowds*inCrowd+100, limit.Max, err)
	}
	dir := t.TempDir()
	binary, events := filepath.Join(dir, "sockeye"), filepath.Join(dir, "events")
	if out, err := exec.Command("go", "build", "-o", binary, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	began := time.Now()
	cmd := command(t, "bash", "-c", `ulimit -S -n 1024; exec "$0" listen 127.0.0.1:0 --echo --max-peers 16000 --json >"$1"`, binary, events)
	pc := start(t, cmd)
	address, atFirst := pc.address("127.0.0.1"), openFiles(t, pc)

	var clients [crowds]*program
	for n := range clients {
		clients[n] = run(t, "crowd", address, fmt.Sprintf("127.0.0.%d", n+2), strconv.Itoa(inCrowd))
		clients[n].wait = 5 * patience // on a busy machine
	}
	for _, c := range clients {
		c.prints("here\n")
	}
	if n := openFiles(t, pc) - atFirst; n < crowds*inCrowd {
		t.Errorf("the server holds %d connections, want %d", n, crowds*inCrowd)
	}
	for _, c := range clients {
		c.says("again\n")
	}
	for _, c := range clients {
		c.prints("answered\n")
	}
	rss, most := memory(t, pc, "VmRSS"), memory(t, pc, "VmHWM")
	t.Logf("%d connections in %s: %d MiB resident, %d MiB at most", crowds*inCrowd, time.Since(began).Round(100*time.Millisecond), rss>>20, most>>20)
	if bound := 64<<20 + crowds*inCrowd*8<<10; most > bound { // G20
		t.Errorf("that is more than %d MiB", bound>>20)
	}
	for _, c := range clients {
		c.in.Close()
	}
	for _, c := range clients {
		c.ends(0)
	}
	const own = 8 // that the program may open for itself after it has said where it listens
	for deadline := time.Now().Add(patience); openFiles(t, pc) > atFirst+own; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are left, %d before", openFiles(t, pc), atFirst)
		}
	}
	pc.cmd.Process.Signal(syscall.SIGTERM)
	pc.ends(terminal.ExitOK)
	checkCrowd(t, events, pc.errs.String())
}

// checkCrowd holds the server's events against what the crowd did.
func checkCrowd(t *testing.T, events, said string) {
	t.Helper()
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{
		`"kind":"joined"`: crowds * inCrowd, `"kind":"left"`: crowds * inCrowd, `"reason":"eof"}`: 2 * crowds * inCrowd, // finished and left
		`"kind":"error"`: 0, `"kind":"gap"`: 0,
	} {
		if got := strings.Count(string(text), what); got != want {
			t.Errorf("%d events are %s, want %d", got, what, want)
		}
	}
	if said != "" {
		t.Errorf("standard error is %q", said)
	}
}

// openFiles counts the descriptors of a program.
func openFiles(t *testing.T, p *program) int {
	t.Helper()
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// memory is a line of /proc/PID/status, in bytes.
func memory(t *testing.T, p *program, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s in %s", name, status)
	return 0
}
