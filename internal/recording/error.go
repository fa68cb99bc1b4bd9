package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"sockeye"
)

// causes are what the system says, in words, with what to do about it. The first
// that fits is taken.
var causes = []struct {
	is            func(error) bool
	kind          sockeye.ErrorKind
	message, hint sockeye.Text
}{
	{isError(syscall.EDQUOT), sockeye.LimitReached,
		sockeye.Text{En: "the disk quota is used up", Zh: "磁盘配额已用完"}, freeSpace},
	{isFull, sockeye.LimitReached,
		sockeye.Text{En: "the disk is full", Zh: "磁盘已满"}, freeSpace},
	{isError(syscall.EFBIG), sockeye.LimitReached,
		sockeye.Text{En: "the file has the largest size that is allowed", Zh: "文件已达到允许的最大长度"},
		sockeye.Text{En: "raise the limit (ulimit -f), or make segments smaller", Zh: "请提高限制（ulimit -f），或减小分段大小"}},
	{isError(syscall.EROFS), sockeye.AccessDenied,
		sockeye.Text{En: "the file system is read-only", Zh: "文件系统是只读的"},
		sockeye.Text{En: "mount it writable, or record to another place; a disk that fails is often made read-only by the system", Zh: "请以可写方式挂载，或换一个位置；磁盘出故障时系统常会把它改为只读"}},
	{isError(fs.ErrPermission), sockeye.AccessDenied,
		sockeye.Text{En: "no permission to write there", Zh: "没有写入权限"},
		sockeye.Text{En: "choose a directory of your own", Zh: "请选择有写入权限的目录"}},
	{isError(fs.ErrExist), sockeye.Invalid,
		sockeye.Text{En: "the file exists, and a recording is never overwritten", Zh: "文件已存在，不会覆盖已有的记录"},
		sockeye.Text{En: "choose another name, or a directory, which takes any number of recordings", Zh: "请换一个文件名，或指定目录（一个目录可以保存任意多次记录）"}},
	{isError(errNoLock), sockeye.Invalid,
		sockeye.Text{En: "the file .lock there is not a recording's: a link, or a file that something else made", Zh: "该目录中的 .lock 不是记录的锁文件：它是链接，或由其他程序创建"},
		sockeye.Text{En: "look what it is, and remove it, or record into another directory; it was not touched", Zh: "请检查并删除它，或换一个目录；该文件没有被改动"}},
	{isError(errInUse), sockeye.Misuse,
		sockeye.Text{En: "another process is writing this file", Zh: "另一个进程正在写入该文件"},
		inItsPage},
	{isError(syscall.ENOTDIR), sockeye.Invalid,
		sockeye.Text{En: "not a directory", Zh: "不是目录"}, sockeye.Text{}},
	{isError(syscall.EISDIR), sockeye.Invalid,
		sockeye.Text{En: "a directory, not a file", Zh: "这是目录，不是文件"}, sockeye.Text{}},
	{isError(errRemoved), sockeye.NotFound,
		sockeye.Text{En: "the file was removed while it was being written", Zh: "文件在写入过程中被删除"}, sockeye.Text{}},
	{isError(fs.ErrNotExist), sockeye.NotFound,
		sockeye.Text{En: "no such directory", Zh: "目录不存在"},
		sockeye.Text{En: "create it, or record to another place", Zh: "请创建该目录，或换一个位置"}},
	{isError(syscall.EMFILE, syscall.ENFILE), sockeye.LimitReached,
		sockeye.Text{En: "too many files are open", Zh: "打开的文件过多"},
		sockeye.Text{En: "raise the limit (ulimit -n)", Zh: "请提高限制（ulimit -n）"}},
	{isError(syscall.EPIPE), sockeye.BrokenPipe,
		sockeye.Text{En: "the program that read the stream is gone", Zh: "读取输出流的程序已退出"}, sockeye.Text{}},
	{isError(syscall.EIO), sockeye.System,
		sockeye.Text{En: "the disk reports an input/output error", Zh: "磁盘报告输入/输出错误"},
		sockeye.Text{En: "look at the system's log (dmesg); the disk may be failing", Zh: "请查看系统日志（dmesg），磁盘可能有故障"}},
}

var freeSpace = sockeye.Text{
	En: "free some space: recording goes on by itself then",
	Zh: "请腾出空间，之后会自动继续记录",
}

// errRemoved is what a file without a name gives instead of trust.
var errRemoved = errors.New("file removed")

func isError(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
}

// failure turns what the system said about a path into an error for people.
func failure(path string, err error) *sockeye.Error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	if l, ok := errors.AsType[LockedError](err); ok {
		return locked(path, l)
	}
	if x, ok := errors.AsType[ExposedError](err); ok {
		return exposed(path, x)
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: "record", Target: path, Err: err}
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		e.Errno = errnoName(n)
	}
	for _, c := range causes {
		if c.is(err) {
			e.Kind, e.Message, e.Hint = c.kind, c.message, c.hint
			break
		}
	}
	return e
}

func locked(path string, l LockedError) *sockeye.Error {
	e := &sockeye.Error{
		Kind: sockeye.Misuse, Op: "record", Target: path, Err: l,
		Message: sockeye.Text{
			En: fmt.Sprintf("process %d is recording into this directory", l.PID),
			Zh: fmt.Sprintf("进程 %d 正在记录到该目录", l.PID)},
		Hint: sockeye.Text{
			En: "record into another directory, or end that process first; reading is always possible",
			Zh: "请换一个目录，或先结束该进程；读取不受影响"},
	}
	if l.PID == 0 {
		e.Message = sockeye.Text{En: "another process is recording into this directory", Zh: "另一个进程正在记录到该目录"}
	}
	return e
}
