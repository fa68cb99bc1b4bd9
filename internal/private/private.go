// Package private keeps secrets in files: it writes and reads those that are this user's
// alone, and refuses a file or directory in which another user could have put things.
package private

import (
	"os"
	"path/filepath"

	"sockeye"
)

// maxSize bounds what ReadFile reads.
const maxSize = 64 << 10

// WriteFile puts a file that only this user may read in the place of the old one, in one
// step. Its directory is made if there is none.
func WriteFile(path string, text []byte) error {
	fresh, err := create(path, text)
	if err != nil {
		return err
	}
	if err = os.Rename(fresh, path); err != nil {
		os.Remove(fresh)
	}
	return err
}

// CreateFile is WriteFile for a file that must not be there yet: else the error is
// fs.ErrExist. Of several programs that do this at once, one succeeds.
func CreateFile(path string, text []byte) error {
	fresh, err := create(path, text)
	if err != nil {
		return err
	}
	defer os.Remove(fresh)
	return os.Link(fresh, path)
}

// create writes a file with a new name beside path.
func create(path string, text []byte) (fresh string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := CheckDir(filepath.Dir(path)); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

// tooOpen is the error of a file or directory that others could have changed.
func tooOpen(path string, en, zh string) error {
	return &sockeye.Error{Kind: sockeye.AccessDenied, Op: "open", Target: path,
		Message: sockeye.Text{En: en, Zh: zh},
		Hint:    sockeye.Text{En: "only you may own and write it: move it away, or chmod go-rwx", Zh: "只能由你本人拥有和写入：请移走它，或执行 chmod go-rwx"}}
}
