package core

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// RecordDir is a directory in which recordings, received files and key logs are begun by those who
// name them but do not choose where they are: a page, for one.
type RecordDir struct {
	Path   string // "": there is none
	Shared bool   // others may write into it
	// Lang and Application are of the recordings; see recording.WriteOptions.
	Lang        sockeye.Lang
	Application string
}

// RecordIn is Record into a new directory with a plain name among the others, and nowhere
// else; "" is named after the time. sync is one of recording.Sync.
func (w *Core) RecordIn(d RecordDir, name, sync string) error {
	dir, err := d.makeDir(name)
	if err != nil {
		return err
	}
	// Between here and there the directory may become a link to somewhere else.
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

// ReceiveIn is ReceiveTo a new file with a plain name in the directory, and nowhere else;
// "" is named after the time and the session.
func (s *Session) ReceiveIn(d RecordDir, name string, peer uint64) error {
	if name == "" {
		name = time.Now().Format("20060102-150405.000") + "-" + s.ID() + ".bin"
	}
	root, err := d.root(name)
	if err != nil {
		return err
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notMade(root.Name()+string(os.PathSeparator)+name, err)
	}
	if err := s.ReceiveTo(file, peer); err != nil {
		file.Close()
		root.Remove(name)
		return err
	}
	return nil
}

// KeyLog is the path of a key log (sockeye.TLSOptions) with a plain name in the directory,
// and nowhere else. It makes the file if there is none. A path in the directory is taken for
// its name.
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

// CheckName says what is wrong with the name of a new recording or file.
func (d RecordDir) CheckName(name string) error {
	if plainFileName(name) {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "record", Target: "path",
		Message: sockeye.Text{En: "is not one plain name of letters, digits, - _ and .", Zh: "只能是由字母、数字、- _ . 组成的单个名称"},
		Hint:    sockeye.Text{En: "recordings are made in " + d.Path, Zh: "记录保存在 " + d.Path}}
}

// root opens the directory, in which a file or directory can have the name.
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

// notMade says why a new file or directory was not made, if there is an error.
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

// plainFileName says whether a name is a plain file name on every system.
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
