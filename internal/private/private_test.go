//go:build unix

package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"sockeye"
)

// A private file is written into folders that are made for it, replaced as a whole, and leaves
// no other file.
func TestWrittenIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "secret")
	for _, text := range []string{"first", "second"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(path); string(got) != text || err != nil {
			t.Fatal(string(got), err)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("other files are left: %v", left)
	}
}

// Of several that create a file at once, one does; all find what it wrote.
func TestCreatedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	var all sync.WaitGroup
	var created atomic.Int32
	for i := range 20 {
		all.Go(func() {
			switch err := CreateFile(path, []byte{byte(i)}); {
			case err == nil:
				created.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
			if got, err := ReadFile(path); len(got) != 1 || err != nil {
				t.Error(got, err)
			}
		})
	}
	all.Wait()
	if created.Load() != 1 {
		t.Errorf("created %d times", created.Load())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("other files are left: %v", left)
	}
}

// T42: a secret that others could read, or have put there, is not used.
func TestTooOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if err := WriteFile(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(link); err == nil {
		t.Error("a link is followed")
	}
	os.Chmod(path, 0o644)
	if _, err := ReadFile(path); sockeye.ErrorOf(err).Kind != sockeye.AccessDenied {
		t.Errorf("a file that all may read: %v", err)
	}
	os.Chmod(dir, 0o777)
	if err := WriteFile(path, nil); sockeye.ErrorOf(err).Kind != sockeye.AccessDenied {
		t.Errorf("a directory that all may write in: %v", err)
	}
	if _, err := ReadFile(dir); err == nil {
		t.Error("a directory is read")
	}
}
