package recording

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// InRoot is the operating system's file system below a directory and nowhere else:
// no link leads out of it, whenever it is made (see os.Root). Paths are those of
// System, and begin with dir.
func InRoot(dir string) FileSystem { return rootFiles{dir} }

type rootFiles struct{ dir string }

// rooted calls do with the root and a path's name in it.
func (w rootFiles) rooted(path string, do func(root *os.Root, name string) error) error {
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

func (w rootFiles) MakeDir(dir string) error {
	return w.rooted(dir, func(root *os.Root, name string) error { return root.MkdirAll(name, 0o700) })
}

func (w rootFiles) List(dir string) (list []DirEntry, err error) {
	err = w.rooted(dir, func(root *os.Root, name string) error {
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
			list = append(list, DirEntry{f.Name(), info.Size(), info.ModTime()})
		}
		return nil
	})
	return list, err
}

func (w rootFiles) Create(path string) (file OutputFile, err error) {
	err = w.rooted(path, func(root *os.Root, name string) error {
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			file = claimed(f)
		}
		return err
	})
	return file, err
}

func (w rootFiles) Append(path string) (file OutputFile, err error) {
	err = w.rooted(path, func(root *os.Root, name string) error {
		f, err := root.OpenFile(name, appendFlags, 0)
		if err == nil {
			file, err = appending(f)
		}
		return err
	})
	return file, err
}

func (w rootFiles) Remove(path string) error {
	return w.rooted(path, func(root *os.Root, name string) error { return root.Remove(name) })
}

func (w rootFiles) SyncDir(dir string) error {
	return w.rooted(dir, func(root *os.Root, name string) error {
		d, err := root.Open(name)
		if err != nil {
			return err
		}
		defer d.Close()
		return syncNames(d)
	})
}

func (w rootFiles) Lock(path string) (l Lock, err error) {
	err = w.rooted(path, func(root *os.Root, name string) error {
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
