//go:build unix

package recording

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// No call leaves the directory by a link or by dots, and what is in it works.
func TestRootFilesStayInTheDirectory(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "file"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := InRoot(root)
	link := filepath.Join(root, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{link, outside, filepath.Join(root, "..", filepath.Base(outside)), root + "-twin"} {
		file := filepath.Join(dir, "file")
		_, created := files.Create(filepath.Join(dir, "new"))
		_, listed := files.List(dir)
		_, locked := files.Lock(filepath.Join(dir, lockName))
		for what, err := range map[string]error{
			"Create": created, "List": listed, "Lock": locked, "Remove": files.Remove(file),
			"SyncDir": files.SyncDir(dir), "MakeDir": files.MakeDir(filepath.Join(dir, "sub")),
		} {
			if err == nil {
				t.Errorf("%s in %s went outside", what, dir)
			}
		}
	}
	if found, err := os.ReadDir(outside); err != nil || len(found) != 1 {
		t.Errorf("outside there are %v, %v", found, err)
	}

	dir := filepath.Join(root, "a", "b")
	if err := files.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	l, err := files.Lock(filepath.Join(dir, lockName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Lock(filepath.Join(dir, lockName)); err == nil {
		t.Error("locked twice")
	}
	f, err := files.Create(filepath.Join(dir, "new"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "ours")
	f.Close()
	if _, err := files.Create(filepath.Join(dir, "new")); err == nil {
		t.Error("created twice")
	}
	if err := files.SyncDir(dir); err != nil {
		t.Error(err)
	}
	if list, err := files.List(dir); err != nil || len(list) != 2 || list[1].Name != "new" || list[1].Bytes != 4 {
		t.Errorf("%v, %v", list, err)
	}
	if err := files.Remove(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}
