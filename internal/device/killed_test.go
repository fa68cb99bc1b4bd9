package device

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye/client"
)

const playsTheBoard = "SOCKEYE_TEST_DEVICE"

// TestMain plays a board for TestKilledBoardLosesNothing, or runs the tests.
func TestMain(m *testing.M) {
	if path := os.Getenv(playsTheBoard); path != "" {
		f, err := Read(path)
		if err == nil {
			_, err = Run(context.Background(), f, RunOptions{Client: client.New(client.LocalOptions{Memory: 1 << 20}), State: filepath.Dir(path)})
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// Killed at any moment, a board has lost nothing that it measured, and nothing arrives
// twice without its mark.
func TestKilledBoardLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process that is killed there resets its connections")
	}
	rounds := 6
	if os.Getenv("CI") == "true" {
		rounds = 25
	}
	l := listen(t, "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "device.toml")
	if err := os.WriteFile(path, []byte(simulated+fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", l.Addr())), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	var last uint64
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), playsTheBoard+"="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last = receiveUntilKilled(t, accept(t, l), cmd, 30+17*round, seen, last)
	}
	if last < uint64(30*rounds) {
		t.Errorf("the last row is %d", last)
	}
}

// receiveUntilKilled reads rows, kills the board after some, and reads what the kernel
// still has. It gives the highest row.
func receiveUntilKilled(t *testing.T, c net.Conn, board *exec.Cmd, after int, seen map[uint64]bool, last uint64) uint64 {
	t.Helper()
	n := 0
	for s := bufio.NewScanner(c); s.Scan(); n++ {
		if n == after {
			time.AfterFunc(time.Duration(after)*100*time.Microsecond, func() { board.Process.Kill() })
		}
		var line jsonLine
		if json.Unmarshal(s.Bytes(), &line) != nil {
			break // the last one was cut
		}
		if seen[line.Seq] && !line.Again {
			t.Errorf("row %d comes twice without a mark", line.Seq)
		}
		if line.Seq > last+1 {
			t.Errorf("row %d follows %d", line.Seq, last)
		}
		seen[line.Seq] = true
		last = max(last, line.Seq)
	}
	board.Wait()
	return last
}
