package recording

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
)

// Repair writes what is whole to dst, which must not exist: a directory of the
// same segments for a directory, else a file. Where events are missing it writes a
// gap that counts them. What was read is never touched; what was written is
// removed when it fails or ctx ends. The report says what was left out.
func (r *Files) Repair(ctx context.Context, dst string, progress func(done, total int64)) (*VerifyReport, error) {
	if r.foreign {
		return nil, &sockeye.Error{
			Kind: sockeye.Unsupported, Op: "read", Target: r.path,
			Message: sockeye.Text{En: "a capture of another program cannot be repaired", Zh: "无法修复其他程序的抓包文件"},
			Hint:    sockeye.Text{En: "sockeye log export --format pcapng writes what can be read", Zh: "用 sockeye log export --format pcapng 写出能读取的内容"},
		}
	}
	w := &rewriter{dst: dst, isDir: r.isDir}
	if r.isDir {
		if err := os.Mkdir(dst, 0o700); err != nil {
			return nil, Unwritable(dst, err)
		}
	}
	report, err := r.inspect(ctx, progress, w.add)
	if err == nil {
		err = w.finish()
	}
	if err != nil {
		w.undo()
		return report, err
	}
	report.Files, report.Bytes = len(w.made), w.written
	return report, nil
}

// rewriter writes events as files like those that they come from.
type rewriter struct {
	dst   string
	isDir bool

	encoder *pcapng.BlockEncoder // of one run, so that streams go on from segment to segment
	run     uint64
	segment uint32 // the one that is being written anew
	from    string // its file
	file    *os.File
	out     *bufio.Writer
	blocks  []byte
	made    []string
	written int64
}

// batch is how much is written at once, in bytes.
const batch = 1 << 20

func (w *rewriter) add(e *sockeye.Event, d *Reader) error {
	w.blocks = w.blocks[:0]
	s, _ := d.open.segment()
	if w.encoder == nil || w.run != d.run {
		w.run, w.segment = d.run, 0
		w.encoder = pcapng.NewEncoder(pcapng.EncodeOptions{Run: d.run, Application: s.Application, Hardware: s.Hardware, OS: s.OS})
	}
	if w.file == nil || w.from != d.path {
		if err := w.create(d.path); err != nil {
			return err
		}
		w.segment = 0
	}
	if w.segment == 0 || w.segment != s.ID {
		w.segment = s.ID
		w.blocks = w.encoder.Begin(w.blocks, beganOr(s.Began, e.Time))
	}
	w.blocks = w.encoder.Append(w.blocks, e)
	n, err := w.out.Write(w.blocks)
	w.written += int64(n)
	if err != nil {
		return Unwritable(w.file.Name(), err)
	}
	return nil
}

// beganOr is when a segment began, or at if its header is lost.
func beganOr(began, at time.Time) time.Time {
	if began.IsZero() {
		return at
	}
	return began
}

// create begins the file that stands for another one.
func (w *rewriter) create(from string) error {
	if err := w.finish(); err != nil {
		return err
	}
	path := w.dst
	if w.isDir {
		path = filepath.Join(w.dst, filepath.Base(from))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Unwritable(path, err)
	}
	w.from, w.file, w.out = from, f, bufio.NewWriterSize(f, batch)
	w.made = append(w.made, path)
	return nil
}

// finish brings the file to the disk.
func (w *rewriter) finish() error {
	if w.file == nil {
		return nil
	}
	err := w.out.Flush()
	if err == nil {
		err = w.file.Sync()
	}
	if closeErr := w.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		err = Unwritable(w.file.Name(), err)
	}
	w.file = nil
	return err
}

func (w *rewriter) undo() {
	if w.file != nil {
		w.file.Close()
	}
	for _, path := range w.made {
		os.Remove(path)
	}
	if w.isDir {
		os.Remove(w.dst)
	}
}

// Unwritable says what the system said about a file that is written once: nothing
// goes on by itself. It is an *sockeye.Error.
func Unwritable(path string, err error) error {
	e := *failure(path, err)
	e.Op = "write"
	if e.Hint == freeSpace {
		e.Hint = sockeye.Text{En: "free some space, then begin again", Zh: "请腾出空间后重新开始"}
	}
	return &e
}
