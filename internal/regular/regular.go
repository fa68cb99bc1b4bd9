// Package regular opens files that have a size and an end. A named pipe, a device or
// a file of the kernel may never give a byte and never end; whoever names one where a
// file is wanted gets an error at once, in words, instead of a program that hangs. It
// reads nothing. What is written to is not where another user's link leads.
package regular

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"sockeye"
)

// Open opens a regular file for reading. The error of anything else is an
// *sockeye.Error; an error of the system is returned as it is. It never waits for
// somebody to write into a named pipe, also if one takes the file's place meanwhile.
func Open(path string) (*os.File, error) { return open(path, nonblocking) }

// OpenNoFollow is Open for a name in a directory that others may write to: the name
// must not be a symbolic link.
func OpenNoFollow(path string) (*os.File, error) { return open(path, nonblocking|noFollow) }

// OpenMeasured is Open that takes files of the kernel, too, as sensors have them: one that
// waits for something to tell ends in an error after KernelLimit.
func OpenMeasured(path string) (*os.File, error) {
	f, err := openAny(path, nonblocking)
	if err == nil {
		f.SetReadDeadline(time.Now().Add(KernelLimit)) // a file on a disk has none, and needs none
	}
	return f, err
}

// KernelLimit is how long a file of the kernel may take until it gives a byte.
const KernelLimit = time.Second

// ReadFile reads a whole regular file, as Open opens it. One that is longer than limit bytes
// is an *sockeye.Error, and so is what is no regular file.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, tooLong(path, limit)
	}
	return text, err
}

func tooLong(path string, limit int64) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: path,
		Message: sockeye.Text{En: fmt.Sprintf("larger than %d MiB", limit>>20), Zh: fmt.Sprintf("超过 %d MiB", limit>>20)},
		Hint:    sockeye.Text{En: "name a smaller file", Zh: "请换用较小的文件"}}
}

func open(path string, flags int) (*os.File, error) {
	f, err := openAny(path, flags)
	if err == nil && ofKernel(f) {
		f.Close()
		return nil, refused(path, sockeye.Text{En: "a file of the kernel, not one on a disk", Zh: "这是内核提供的文件，不是磁盘文件"})
	}
	return f, err
}

// openAny opens a file that says it is a regular one.
func openAny(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|flags, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil {
		err = Check(path, st)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// OpenOutput opens a file to write into, with flags as for os.OpenFile. It may be a pipe or a
// device, and then waits as the system does. It is never where a symbolic link leads that another
// user put where everybody may: the error is an *sockeye.Error then.
func OpenOutput(path string, flags int, perm fs.FileMode) (*os.File, error) {
	if link, _ := ForeignLink(path); link != "" {
		return nil, &sockeye.Error{Kind: sockeye.AccessDenied, Op: "write", Target: path,
			Message: sockeye.Text{En: "the way there is a symbolic link of another user: " + link, Zh: "路径中的符号链接属于另一个用户：" + link},
			Hint:    sockeye.Text{En: "write into a directory of your own", Zh: "请写入自己的目录"}}
	}
	if st, err := os.Lstat(path); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		flags |= noFollow // a link that takes its place now
	}
	return os.OpenFile(path, flags, perm)
}

// Check says what is wrong with a file that should be a regular one, as an
// *sockeye.Error; nil if it is one.
func Check(path string, st fs.FileInfo) error {
	switch mode := st.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return refused(path, sockeye.Text{En: "a directory, not a file", Zh: "这是目录，不是文件"})
	case mode&fs.ModeNamedPipe != 0:
		return refused(path, sockeye.Text{En: "a pipe, not a regular file", Zh: "这是管道，不是普通文件"})
	case mode&fs.ModeSocket != 0:
		return refused(path, sockeye.Text{En: "a socket, not a regular file", Zh: "这是套接字，不是普通文件"})
	case mode&fs.ModeDevice != 0:
		return refused(path, sockeye.Text{En: "a device, not a regular file", Zh: "这是设备，不是普通文件"})
	}
	return refused(path, sockeye.Text{En: "not a regular file", Zh: "不是普通文件"})
}

func refused(path string, why sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: path, Message: why,
		Hint: sockeye.Text{En: "copy what it gives into a file first, then name that", Zh: "请先把内容存成文件，再指定该文件"}}
}
