//go:build unix

package private

import (
	"io"
	"os"
	"syscall"
)

// CheckDir refuses a directory in which another user could put things.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return syscall.ENOTDIR
	case ok && int(st.Uid) != os.Geteuid():
		return tooOpen(dir, "the directory belongs to another user", "该目录属于其他用户")
	case info.Mode().Perm()&0o022 != 0:
		return tooOpen(dir, "other users may write in the directory", "其他用户可写该目录")
	}
	return nil
}

// ReadFile reads the beginning of a file that is this user's alone, and no link to
// another.
func ReadFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return nil, tooOpen(path, "not a regular file", "不是普通文件")
	case ok && int(st.Uid) != os.Geteuid():
		return nil, tooOpen(path, "the file belongs to another user", "该文件属于其他用户")
	case info.Mode().Perm()&0o077 != 0:
		return nil, tooOpen(path, "other users may read or write the file", "其他用户可读写该文件")
	}
	return io.ReadAll(io.LimitReader(f, maxSize))
}
