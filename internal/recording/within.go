package recording

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Within is the operating system's file system below a directory and nowhere else:
// no link leads out of it, whenever it is made (see os.Root). Paths are those of
// System, and begin with dir.
func Within(dir string) Files { return within{dir} }

type within struct{ dir string }

// in calls do with the root and a path's name in it.
func (w within) in(path string, do func(root *os.Root, name string) error) error {
	name, err := filepath.Rel(w.dir, path)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(w.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return do(root, name)
}

func (w within) MakeDir(dir string) error {
	return w.in(dir, func(root *os.Root, name string) error { return root.MkdirAll(name, 0o700) })
}

func (w within) List(dir string) (list []Entry, err error) {
	err = w.in(dir, func(root *os.Root, name string) error {
		d, err := root.OpenRoot(name)
		if err != nil {
			return err
		}
		defer d.Close()
		found, err := fs.ReadDir(d.FS(), ".")
		if err != nil {
			return err
		}
		for _, f := range found {
			info, err := d.Lstat(f.Name())
			if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, Entry{f.Name(), info.Size(), info.ModTime()})
		}
		return nil
	})
	return list, err
}

func (w within) Create(path string) (file File, err error) {
	err = w.in(path, func(root *os.Root, name string) error {
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			file = systemFile{f}
		}
		return err
	})
	return file, err
}

func (w within) Remove(path string) error {
	return w.in(path, func(root *os.Root, name string) error { return root.Remove(name) })
}

func (w within) SyncDir(dir string) error {
	return w.in(dir, func(root *os.Root, name string) error {
		d, err := root.Open(name)
		if err != nil {
			return err
		}
		defer d.Close()
		return syncNames(d)
	})
}

func (w within) Lock(path string) (l Lock, err error) {
	err = w.in(path, func(root *os.Root, name string) error {
		d, err := root.Open(filepath.Dir(name))
		if err != nil {
			return err
		}
		defer d.Close()
		f, err := openAt(d, filepath.Base(name))
		if isLink(err) {
			return errNoLock
		}
		if err == nil {
			l, err = takeLock(f)
		}
		return err
	})
	return l, err
}
