package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"sockeye"
)

// StdinName names standard input in place of a file, as in cat. A file with that name is
// written ./-.
const StdinName = "-"

// maxStdinFile bounds what is kept of standard input while a command reads it as a file.
const maxStdinFile = 4 << 30

// stdinFile is the copy of standard input for a command that reads a file.
type stdinFile struct {
	reader string // the argument or flag that read it; "" if none did

	mu   sync.Mutex
	dir  string // private, with the copy in it; "" without a copy
	path string // of the copy
	copy *os.File
}

// takeStdin notes that standard input is read for an argument or a flag. It refuses a second one,
// since the bytes come only once.
func (a *Terminal) takeStdin(reader string) error {
	if by := a.stdin.reader; by != "" {
		return Usage(reader, sockeye.Text{En: "standard input is read for " + by + " already", Zh: "标准输入已用于 " + by},
			sockeye.Text{En: "only one - in a command: save the other one in a file, and name that", Zh: "一条命令中只能有一个 -：请把另一份内容存成文件，再写文件名"})
	}
	a.stdin.reader = reader
	return nil
}

// File is the path to open for a path that was typed for an argument or a flag. For -
// it copies standard input, which may be a pipe, into a file of this run, since what
// reads files reads them more than once. It waits for the end of the input, or a signal.
func (a *Terminal) File(reader, path string) (string, error) {
	if path != StdinName {
		return path, nil
	}
	if err := a.takeStdin(reader); err != nil {
		return "", err
	}
	to, err := a.stdin.create()
	if err != nil {
		return "", notKept(err)
	}
	if err := a.interruptible(func() error { return copyStdin(reader, to, a.In, maxStdinFile) }); err != nil {
		return "", err
	}
	return a.stdin.path, nil
}

// create makes the file for the copy, which only this user may read. From then on a write into a
// broken pipe does not end the process, so that the copy is always removed.
func (s *stdinFile) create() (*os.File, error) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.dir, err = os.MkdirTemp("", "sockeye-stdin-*"); err != nil {
		return nil, err
	}
	s.path = filepath.Join(s.dir, "stdin")
	s.copy, err = os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return s.copy, err
}

// remove removes the copy and what was written beside it.
func (s *stdinFile) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.copy != nil {
		s.copy.Close() // ends the copy that a signal interrupted
	}
	if s.dir != "" {
		os.RemoveAll(s.dir)
	}
}

// copyStdin copies the input of an argument or a flag to its end; one with more than max bytes is refused.
func copyStdin(reader string, to io.Writer, in io.Reader, max int64) error {
	from := &failingReader{from: in}
	n, err := io.Copy(to, io.LimitReader(from, max))
	if err == nil && n == max {
		var more [1]byte
		if got, _ := io.ReadFull(from, more[:]); got > 0 {
			return Usage(reader, sockeye.Text{En: "standard input is larger than " + SizeText(float64(max)), Zh: "标准输入超过 " + SizeText(float64(max))},
				sockeye.Text{En: "save it in a file, and name the file instead of -", Zh: "请存成文件，再用文件名代替 -"})
		}
	}
	switch {
	case from.err != nil:
		return FileError("read", "stdin", from.err)
	case err != nil:
		return notKept(err)
	}
	return nil
}

// notKept is the error of a copy that could not be written.
func notKept(err error) error {
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		err = inner.Err
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "write", Target: os.TempDir(), Err: err,
		Message: sockeye.Text{En: fmt.Sprintf("a copy of standard input cannot be kept there: %v", err), Zh: fmt.Sprintf("无法在此暂存标准输入：%v", err)},
		Hint:    sockeye.Text{En: "free some space, or set TMPDIR (Windows: TMP) to another folder", Zh: "请腾出空间，或用 TMPDIR（Windows 为 TMP）指定其他目录"}}
}

// failingReader remembers the error of a reader, so that it can be told from one of the writer.
type failingReader struct {
	from io.Reader
	err  error
}

func (r *failingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if isEnd(err) {
		err = io.EOF
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// named replaces the path of the copy in a text by the name of standard input.
func (a *Terminal) named(s string) string {
	if a.stdin.path == "" {
		return s
	}
	s = strings.ReplaceAll(s, a.stdin.path+"#", StdinName+"#") // a list of a workspace
	return strings.ReplaceAll(s, a.stdin.path, a.stdinWords())
}

// namedInHint replaces the path of the copy in a hint, since the copy is gone when the hint is
// read: by FILE, or by - where the hint names a list in it.
func (a *Terminal) namedInHint(s string) string {
	if a.stdin.path == "" {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, a.stdin.path+"#", StdinName+"#"), a.stdin.path, "FILE")
}

// PathWords returns a typed path for messages: words for standard input, else the path.
func (a *Terminal) PathWords(path string) string {
	if path == StdinName {
		return a.stdinWords()
	}
	return path
}

// DamagedName returns the name of a file of a recording for messages.
func (a *Terminal) DamagedName(file string) string {
	if a.stdin.path != "" && file == filepath.Base(a.stdin.path) {
		return a.stdinWords()
	}
	return a.named(file)
}

func (a *Terminal) stdinWords() string { return a.T("standard input", "标准输入") }

// notConsole refuses standard input as the file of a console command, since the console reads it.
func notConsole(command, path string) error {
	return NotStdin(command, path, sockeye.Text{En: "standard input is this console", Zh: "标准输入就是这个控制台"},
		sockeye.Text{En: "name a file; ./- is one with that name", Zh: "请写文件名；名为 - 的文件写成 ./-"})
}

// NotStdin refuses standard input as a file that cannot be read from it, for the reason why.
func NotStdin(reader, path string, why, hint sockeye.Text) error {
	if path != StdinName {
		return nil
	}
	return Usage(reader, why, hint)
}
