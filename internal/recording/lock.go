package recording

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// lockName is the lock file in a directory that is recorded into.
const lockName = ".lock"

// lock is a locked file. It holds the number of the process while that runs, and
// nothing once it has ended in good order.
type lock struct {
	file    *os.File
	unclean bool
}

func (systemFiles) Lock(path string) (Lock, error) {
	f, err := os.OpenFile(path, lockFlags, 0o600)
	if isLink(err) {
		return nil, errNoLock
	}
	if err != nil {
		return nil, err
	}
	return takeLock(f)
}

// errNoLock is of a file in the lock's place that we did not make: it may be
// somebody's, through a link or by its name, and is not written to.
var errNoLock = errors.New("not a lock file")

// takeLock makes an open file the lock, or closes it.
func takeLock(f *os.File) (Lock, error) {
	err := checkLock(f)
	held := false
	if err == nil {
		held, err = tryLock(f)
	}
	if err == nil && !held {
		pid, _ := strconv.Atoi(firstLine(f))
		err = LockedError{pid}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	l := &lock{f, firstLine(f) != ""}
	l.write(fmt.Sprintln(os.Getpid())) // a full disk costs only the name of the holder
	return l, nil
}

// checkLock refuses what is not a plain file of one name that holds a process number
// or nothing: the lock empties it.
func checkLock(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() || st.Size() > 32 || linked(f) {
		return errNoLock
	}
	if line := firstLine(f); line != "" {
		if _, err := strconv.ParseUint(line, 10, 64); err != nil {
			return errNoLock
		}
	}
	return nil
}

func (l *lock) Unclean() bool { return l.unclean }

func (l *lock) Release() error {
	l.write("")
	return l.file.Close() // and with it the lock
}

func (l *lock) write(s string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	if _, err := l.file.WriteAt([]byte(s), 0); err != nil {
		return err
	}
	return l.file.Sync()
}

func firstLine(f *os.File) string {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	return line
}
