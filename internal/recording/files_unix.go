//go:build unix

package recording

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
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

func (systemFiles) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncNames(d)
}

// syncNames makes the names in an open directory durable.
func syncNames(dir *os.File) error { return dir.Sync() }

// lockFlags open a lock file by its own name, and never wait.
const lockFlags = os.O_RDWR | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// appendFlags open a file that exists by its own name to write at its end, and never wait.
const appendFlags = os.O_RDWR | os.O_APPEND | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// claim says with flock(2) that a file is being written, as long as it is open.
func claim(f *os.File) (held bool, err error) { return tryLock(f) }

// isLink says whether a file was not opened because it is a symbolic link.
func isLink(err error) bool { return errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK) }

// linked says whether a file has other names.
func linked(f *os.File) bool {
	var st unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) != nil || st.Nlink != 1
}

// openAt opens a name in an open directory by lockFlags.
func openAt(dir *os.File, name string) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, lockFlags|unix.O_CLOEXEC, 0o600)
		if err == nil {
			return os.NewFile(uintptr(fd), filepath.Join(dir.Name(), name)), nil
		}
		if err != unix.EINTR {
			return nil, &os.PathError{Op: "open", Path: filepath.Join(dir.Name(), name), Err: err}
		}
	}
}

// openStream opens a named pipe or a device to write to. In a directory that everybody
// may write to it must not be another user's trap.
func openStream(path string) (OutputFile, error) {
	if err := checkLinks(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return streamFile{f}, nil
}

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
