package sensor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sockeye"
)

// T33: a named pipe or a device is refused at once, and a file of the kernel, which sensors are
// read from, is not waited for longer than a second.
func TestFileWithoutEnd(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, os.DevNull} {
		_, err := File(path, "", Pick{}).Read(t.Context())
		if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != sockeye.Invalid || !strings.Contains(e.Message.En, "not a regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if v, err := File("/proc/uptime", "s", Pick{}).Read(t.Context()); err != nil || v <= 0 {
		t.Errorf("a file of the kernel: %v, %v", v, err)
	}
}
