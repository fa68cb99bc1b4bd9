package recording

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording/capture"
	"sockeye/internal/regular"
)

// Files are what there is to read at a path: a directory of segments, one
// segment, or a capture that another program made. It may still be growing. All
// methods may be called from any goroutine.
type Files struct {
	path    string
	isDir   bool
	foreign bool
	packed  bool // one file of ours that was compressed since
	names   *pcapng.Registry
	// list reads a directory; nil: the system's. A test lets something happen meanwhile.
	list func(dir string) ([]DirEntry, error)
	// open opens a file; nil: the system's. A test has files that are in memory.
	open func(segmentFile) (openedFile, error)

	mu    sync.Mutex
	heads map[string]segmentHead // of files, by path
}

// Open looks at what is at a path. The error is an *sockeye.Error.
func Open(path string) (*Files, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	r := &Files{path: path, isDir: st.IsDir(), names: pcapng.NewRegistry(), heads: map[string]segmentHead{}}
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &sockeye.Error{
			Kind: sockeye.NotFound, Op: "open", Target: path,
			Message: sockeye.Text{En: "no recording in this directory", Zh: "该目录中没有记录"},
			Hint:    sockeye.Text{En: "sockeye listen --record DIR makes one", Zh: "用 sockeye listen --record 目录 生成记录"},
		}
	}
	if !r.isDir {
		r.foreign, r.packed, err = isForeign(path)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Path is what was opened.
func (r *Files) Path() string { return r.path }

// Foreign says whether another program made the capture. Its events are made of
// its packets and have no checksums of ours.
func (r *Files) Foreign() bool { return r.foreign }

// First is the number of the first event there is, or 0.
func (r *Files) First() uint64 {
	files, err := r.files()
	if err != nil || len(files) == 0 {
		return 0
	}
	return r.headOf(files[0]).first
}

// segmentFile is one file of a recording.
type segmentFile struct {
	name     segmentName // zero for a file that is a recording alone
	path     string
	size     int64
	modified time.Time
}

// files are the recording's files as they are now, in the order they were written.
func (r *Files) files() ([]segmentFile, error) {
	if !r.isDir {
		st, err := os.Stat(r.path)
		if err != nil {
			return nil, unreadable(r.path, err)
		}
		return []segmentFile{{path: r.path, size: st.Size(), modified: st.ModTime()}}, nil
	}
	list := r.list
	if list == nil {
		list = System().List
	}
	entries, err := list(r.path)
	if err != nil {
		return nil, unreadable(r.path, err)
	}
	var files []segmentFile
	for _, s := range segmentsOf(entries) {
		files = append(files, segmentFile{s.segmentName, filepath.Join(r.path, s.Name), s.Bytes, s.Modified})
	}
	return files, nil
}

// after are the files that were written after one, which may be gone.
func after(files []segmentFile, f segmentFile) []segmentFile {
	i := slices.IndexFunc(files, func(g segmentFile) bool { return g.name.compare(f.name) > 0 })
	if i < 0 || f.name == (segmentName{}) {
		return nil
	}
	return files[i:]
}

// isForeign looks at the beginning of a file, or of what it holds if it is packed. What
// is no capture at all is an error; an empty file is a recording of nothing.
func isForeign(path string) (foreign, packed bool, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return false, false, unreadable(path, err)
	}
	defer f.Close()
	from, packed, err := plain(f)
	if err != nil {
		return false, false, unreadable(path, err)
	}
	_, err = pcapng.NewDecoder(from, pcapng.DecodeOptions{}).Segment()
	switch {
	case err == nil, errors.Is(err, io.EOF) && !packed:
		return false, packed, nil
	case !errors.Is(err, pcapng.ErrForeign) && !errors.Is(err, io.EOF):
		return false, false, unreadable(path, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, false, unreadable(path, err)
	}
	if err := capture.Check(f); err != nil {
		return false, false, unreadable(path, err)
	}
	return true, false, nil
}

// plain is what a file holds, without the compression if it has one.
func plain(f io.ReadSeeker) (from io.Reader, packed bool, err error) {
	unpacked, err := capture.Unpack(f)
	if err != nil {
		return nil, false, err
	}
	if unpacked != nil {
		return unpacked, true, nil
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, false, err
}

// unreadable turns what the system said about a path into an error for people.
func unreadable(path string, err error) error {
	e := *failure(path, err)
	e.Op = "read"
	if e.Target == "" {
		e.Target = path
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Message = sockeye.Text{En: "no such file or directory", Zh: "文件或目录不存在"}
		e.Hint = sockeye.Text{En: "the path is relative to where sockeye was started", Zh: "相对路径以启动 sockeye 时的目录为准"}
	case errors.Is(err, os.ErrPermission):
		e.Message = sockeye.Text{En: "no permission to read it", Zh: "没有读取权限"}
		e.Hint = sockeye.Text{En: "a recording is for its owner alone; read it as that user", Zh: "记录只有其所有者可以读取，请换用该用户"}
	}
	e.Hint = sockeye.Text{En: strings.ReplaceAll(e.Hint.En, "FILE", quoted(path)), Zh: strings.ReplaceAll(e.Hint.Zh, "FILE", quoted(path))}
	return &e
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("._/@%+=:,-", r)
	}
	if path != "" && path[0] != '-' && !strings.ContainsFunc(path, func(r rune) bool { return !plain(r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
