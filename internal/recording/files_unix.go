//go:build unix

package recording

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isFull says whether a system error means that the disk, or our part of it, is
// used up.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// surviveSizeLimit makes a write past the file size limit an error (EFBIG). Unasked,
// the signal that comes with it ends a Go program: setrlimit(2), RLIMIT_FSIZE.
func surviveSizeLimit() { signal.Ignore(syscall.SIGXFSZ) }

func removed(f *os.File) bool {
	var st unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) == nil && st.Nlink == 0
}

func (system) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncNames(d)
}

// syncNames makes the names in an open directory durable.
func syncNames(dir *os.File) error { return dir.Sync() }

// tryLock takes flock(2), which ends with the process.
func tryLock(f *os.File) (held bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// errnoName is the system's own name of an error number, "ENOSPC".
func errnoName(n syscall.Errno) string { return unix.ErrnoName(n) }
