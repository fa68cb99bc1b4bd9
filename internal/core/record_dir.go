package core

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// RecordDir is a directory for recordings, received files and key logs of callers that may choose a
// name but no place, such as the page.
type RecordDir struct {
	Path   string // "": there is none
	Shared bool   // others may write into it
	// Lang and Application go into each recording; see recording.WriteOptions.
	Lang        sockeye.Lang
	Application string
}

// RecordIn makes a new directory in d and calls Record with it. The name must be a plain one; ""
// means one made of the time. sync is one of recording.Sync.
func (w *Core) RecordIn(d RecordDir, name, sync string) error {
	dir, err := d.makeDir(name)
	if err != nil {
		return err
	}
	// Somebody may replace the directory by a link before it is opened, so it is opened within its
	// root.
	files := recording.InRoot(d.Path)
	return w.Record(recording.WriteOptions{Dir: dir, Files: files, Shared: d.Shared, Sync: recording.Sync(sync), Lang: d.Lang, Application: d.Application})
}

func (d RecordDir) makeDir(name string) (string, error) {
	if name == "" {
		name = time.Now().Format("20060102-150405")
	}
	root, err := d.root(name)
	if err != nil {
		return "", err
	}
	defer root.Close()
	dir := filepath.Join(d.Path, name)
	return dir, notMade(dir, root.Mkdir(name, 0o700))
}

// KeyLog returns the path of the key log (sockeye.TLSOptions) with a plain name in the directory,
// and makes the file if there is none. It takes the path of a file in the directory as its name.
func (d RecordDir) KeyLog(name string) (string, error) {
	if d.Path != "" && filepath.Dir(name) == filepath.Clean(d.Path) {
		name = filepath.Base(name)
	}
	if !plainFileName(name) {
		return "", &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "keylog",
			Message: sockeye.Text{En: "is not one plain name of letters, digits, - _ and .", Zh: "只能是由字母、数字、- _ . 组成的单个名称"},
			Hint:    sockeye.Text{En: "write a name such as keys.txt, which is made among the recordings; sockeye listen and connect take any path", Zh: "请写 keys.txt 这样的名称，文件保存在记录目录中；sockeye listen 和 connect 可用任意路径"}}
	}
	root, err := d.root(name)
	if err != nil {
		return "", err
	}
	defer root.Close()
	path := filepath.Join(d.Path, name)
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return "", recording.Unwritable(path, err)
	}
	return path, file.Close()
}

// CheckName returns an error if a new recording or file cannot have the name.
func (d RecordDir) CheckName(name string) error {
	if plainFileName(name) {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "record", Target: "path",
		Message: sockeye.Text{En: "is not one plain name of letters, digits, - _ and .", Zh: "只能是由字母、数字、- _ . 组成的单个名称"},
		Hint:    sockeye.Text{En: "recordings are made in " + d.Path, Zh: "记录保存在 " + d.Path}}
}

// RecordFile is a recording or capture in a directory of recordings.
type RecordFile struct {
	Name     string
	Bytes    int64
	Modified time.Time
}

// maxRecordFiles bounds a list of them.
const maxRecordFiles = 1000

// List returns the recordings and captures in the directory that can be opened, the newest first,
// at most 1000 of them. A directory that does not exist has none.
func (d RecordDir) List() ([]RecordFile, error) {
	list := []RecordFile{}
	if d.Path == "" {
		return list, nil
	}
	entries, err := os.ReadDir(d.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: d.Path, Err: err}
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || !plainFileName(e.Name()) || !e.IsDir() && !(e.Type().IsRegular() && isCaptureName(e.Name())) {
			continue
		}
		f := RecordFile{Name: e.Name(), Bytes: st.Size(), Modified: st.ModTime()}
		if e.IsDir() {
			f.Bytes, f.Modified = d.segments(e.Name())
		}
		if f.Bytes > 0 {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b RecordFile) int { return b.Modified.Compare(a.Modified) })
	return list[:min(len(list), maxRecordFiles)], nil
}

// segments returns the total size of the files of a recording, and when the last was written.
func (d RecordDir) segments(name string) (bytes int64, modified time.Time) {
	entries, _ := os.ReadDir(filepath.Join(d.Path, name))
	for _, e := range entries {
		if st, err := e.Info(); err == nil && e.Type().IsRegular() && isCaptureName(e.Name()) {
			bytes += st.Size()
			if st.ModTime().After(modified) {
				modified = st.ModTime()
			}
		}
	}
	return bytes, modified
}

func isCaptureName(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return strings.HasSuffix(name, ".pcapng") || strings.HasSuffix(name, ".pcap") || strings.HasSuffix(name, ".cap")
}

// Open opens a recording or capture with a plain name in the directory. It follows no link.
func (d RecordDir) Open(name string) (*recording.Files, error) {
	root, err := d.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	path := filepath.Join(d.Path, name)
	st, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.IsDir() && !st.Mode().IsRegular() {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: path,
			Message: sockeye.Text{En: "no recording of this name", Zh: "没有该名称的记录"},
			Hint:    sockeye.Text{En: "GET /recordings lists them", Zh: "GET /recordings 列出全部记录"}}
	}
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: path, Err: err}
	}
	return recording.Open(path)
}

// Comments returns the options for writing comments to recordings in the directory; they lead
// nowhere else.
func (d RecordDir) Comments() *recording.CommentOptions {
	return &recording.CommentOptions{Files: recording.InRoot(d.Path), Shared: d.Shared, Lang: d.Lang, Application: d.Application}
}

// root checks the name and opens the directory.
func (d RecordDir) root(name string) (*os.Root, error) {
	if d.Path == "" {
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "record", Message: sockeye.Text{En: "this workbench has no directory for recordings", Zh: "本工作台没有记录目录"}}
	}
	if err := d.CheckName(name); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return nil, recording.Unwritable(d.Path, err)
	}
	if !d.Shared {
		if err := recording.CheckPrivate(d.Path); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return nil, recording.Unwritable(d.Path, err)
	}
	return root, nil
}

// notMade explains why a new file or directory could not be made; nil for a nil err.
func notMade(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "record", Target: path,
			Message: sockeye.Text{En: "exists already", Zh: "已经存在"}, Hint: sockeye.Text{En: "choose another name", Zh: "请换一个名称"}}
	}
	return recording.Unwritable(path, err)
}

// plainFileName reports whether a name is a plain file name on every system.
func plainFileName(name string) bool {
	if name == "" || len(name) > 80 || name[0] == '.' || name[len(name)-1] == '.' {
		return false
	}
	for _, r := range name {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
		if !plain {
			return false
		}
	}
	return filepath.IsLocal(name) // refuses the names of Windows' devices, there
}
