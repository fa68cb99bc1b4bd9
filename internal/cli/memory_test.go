//go:build linux

package cli

import (
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"sockeye/internal/terminal"
)

// Recording takes less than 32 MiB of memory beside the ring, the program itself
// included, however much there is to record. Sockeye is the real binary, without
// the race detector.
func TestMemoryWhileRecording(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "sockeye")
	if out, err := exec.Command("go", "build", "-o", binary, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	p := start(t, command(t, binary, "listen", "127.0.0.1:0", "--quiet", "--record", filepath.Join(dir, "rec"), "--record-total", "128MiB"))
	address := p.address("127.0.0.1")
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			piece := make([]byte, 64<<10)
			for range 1600 { // 100 MiB
				if _, err := c.Write(piece); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
	const ring = 64 << 20 // the default of --memory
	most := memory(t, p, "VmHWM")
	t.Logf("%d MiB at most", most>>20)
	if most > ring+32<<20 {
		t.Errorf("%d MiB, which is more than 32 MiB above the ring of %d MiB", most>>20, ring>>20)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.ends(terminal.ExitOK)
}
