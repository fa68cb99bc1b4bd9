package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"sockeye/internal/regular"
)

// FileSystem is the little of a file system that recording writes through. Nothing
// in the writer touches a file in another way, so that tests can make any call
// fail.
type FileSystem interface {
	// MakeDir makes a directory for the user alone, with its parents; it may exist.
	MakeDir(dir string) error
	// Private says who else could change what is in a directory: an ExposedError, or nil.
	Private(dir string) error
	// List is what is in a directory.
	List(dir string) ([]DirEntry, error)
	// Create makes a new file; one that exists is an error (fs.ErrExist), but a
	// named pipe or a device is opened.
	Create(path string) (OutputFile, error)
	// Append opens a regular file that exists, to write at its end, and no symbolic link. The
	// error is errInUse while another process writes it.
	Append(path string) (OutputFile, error)
	// Remove removes a file.
	Remove(path string) error
	// SyncDir makes the creation and removal of files in a directory durable.
	SyncDir(dir string) error
	// Lock takes the lock file at path, for as long as the process lives. The error
	// is a LockedError if another process has it.
	Lock(path string) (Lock, error)
}

// OutputFile is a file being written. Sync may be called beside Write; everything else
// is one goroutine's.
type OutputFile interface {
	io.WriteCloser
	// Truncate cuts the file; the next Write goes to its end.
	Truncate(size int64) error
	// Sync returns when what was written before is durable (fdatasync).
	Sync() error
	// Removed says whether the file has no name any more.
	Removed() bool
}

// Lock is a lock file that is held.
type Lock interface {
	// Unclean says whether the holder before ended without Release.
	Unclean() bool
	// Release gives the lock back.
	Release() error
}

// LockedError is the error of Lock when another process has it.
type LockedError struct{ PID int } // 0 if it does not say

func (e LockedError) Error() string { return fmt.Sprintf("locked by process %d", e.PID) }

// DirEntry is a file in a directory.
type DirEntry struct {
	Name     string
	Bytes    int64
	Modified time.Time
}

// System is the operating system's file system.
func System() FileSystem { return systemFiles{} }

type systemFiles struct{}

// MakeDir makes it private: what is recorded may be anybody's secrets.
func (systemFiles) MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

func (systemFiles) List(dir string) ([]DirEntry, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []DirEntry
	for _, f := range found {
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, DirEntry{f.Name(), info.Size(), info.ModTime()})
	}
	return list, nil
}

func (systemFiles) Create(path string) (OutputFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return claimed(f), nil
	}
	if st, missing := os.Stat(path); missing != nil || st.Mode().IsRegular() || st.IsDir() {
		return nil, err
	}
	return openStream(path)
}

// claimed is a new file that says to others that it is being written. Where a file system
// has no locks nobody can tell, so that nobody appends to it either.
func claimed(f *os.File) OutputFile {
	claim(f)
	return systemFile{f}
}

func (systemFiles) Append(path string) (OutputFile, error) {
	f, err := os.OpenFile(path, appendFlags, 0)
	if err != nil {
		return nil, err
	}
	return appending(f)
}

// errInUse is of a file that another process writes.
var errInUse = errors.New("in use")

// appending makes an open file one to append to, or closes it.
func appending(f *os.File) (OutputFile, error) {
	st, err := f.Stat()
	held := false
	switch {
	case err != nil:
	case !st.Mode().IsRegular():
		err = regular.Check(f.Name(), st)
	default:
		held, err = claim(f)
	}
	if err == nil && !held {
		err = errInUse
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return systemFile{f}, nil
}

func (systemFiles) Remove(path string) error { return os.Remove(path) }

// systemFile is a file of the operating system.
type systemFile struct{ *os.File }

// Truncate cuts the file and moves to the new end.
func (f systemFile) Truncate(size int64) error {
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	_, err := f.Seek(size, io.SeekStart)
	return err
}

func (f systemFile) Sync() error { return syncData(f.File) }

func (f systemFile) Removed() bool { return removed(f.File) }

// streamFile is a pipe, a device or a Go writer: what is written is gone.
type streamFile struct{ io.WriteCloser }

func (streamFile) Truncate(int64) error { return nil }
func (streamFile) Sync() error          { return nil }
func (streamFile) Removed() bool        { return false }
