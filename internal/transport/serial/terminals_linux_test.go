package serial_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
)

// openTerminal makes a pseudo-terminal (pty(7)) that passes on bytes as they are, and gives
// its master and the path of the other end.
func openTerminal(t *testing.T) (master *os.File, path string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("/dev/ptmx: %v", err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	raw := &unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B38400}
	raw.Cc[unix.VMIN] = 1
	if err == nil {
		err = unix.IoctlSetTermios(fd, unix.TCSETS, raw)
	}
	if err != nil {
		t.Fatalf("a pseudo-terminal: %v", err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", number)
}

// independent is the near end of a new cable whose directions do not hold up each other. A
// cable of socat has one loop for both: while it writes what nobody reads, it reads nothing.
func independent(t *testing.T) sockeye.Address {
	t.Helper()
	dir := t.TempDir()
	var masters [2]*os.File
	for n, name := range []string{"a", "b"} {
		master, path := openTerminal(t)
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		held, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { held.Close() }) // a terminal that the last program closed hangs up
		masters[n] = master
	}
	var copying sync.WaitGroup
	for n := range masters {
		copying.Go(func() { io.Copy(masters[n], masters[1-n]) })
	}
	t.Cleanup(func() {
		masters[0].Close()
		masters[1].Close()
		copying.Wait()
	})
	return sockeye.Address{Network: sockeye.Serial, Path: filepath.Join(dir, "a")}
}
