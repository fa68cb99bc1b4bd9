package recording

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) || errors.Is(err, syscall.ENOSPC)
}

func surviveSizeLimit() {}

// removed is never true: an open file cannot be removed here.
func removed(*os.File) bool { return false }

// SyncDir has nothing to do: NTFS journals names.
func (systemFiles) SyncDir(string) error { return nil }

// lockFlags have no word against links, which take a privilege to make here.
const lockFlags = os.O_RDWR | os.O_CREATE

const appendFlags = os.O_RDWR | os.O_APPEND

// claimedAt is behind the end of any file, so that all of it can be read.
const claimedAt = 1 << 62

// claim says with a lock that a file is being written, as long as it is open.
func claim(f *os.File) (held bool, err error) { return lockAt(f, claimedAt) }

func isLink(error) bool { return false }

func linked(*os.File) bool { return false }

// Private has nothing to say: the rights of a directory are inherited here, and a
// person's own directories are not for others.
func (systemFiles) Private(string) error { return nil }

func (rootFiles) Private(string) error { return nil }

func openStream(path string) (OutputFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return streamFile{f}, nil
}

// openAt opens a name in an open directory.
func openAt(dir *os.File, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir.Name(), name), lockFlags, 0o600)
}

func syncNames(*os.File) error { return nil }

// lockedAt is far behind the end of a lock file, so that others can read it.
const lockedAt = 1 << 30

func tryLock(f *os.File) (held bool, err error) { return lockAt(f, lockedAt) }

// lockAt locks one byte of a file, and never waits.
func lockAt(f *os.File, at uint64) (held bool, err error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// errnoName is "": Windows has numbers only.
func errnoName(syscall.Errno) string { return "" }
