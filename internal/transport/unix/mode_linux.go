package unix

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindWith binds a path so that its file never has more permission than perm: the file
// takes what its socket has, less the umask (unix_bind of the kernel).
func bindWith(perm os.FileMode, path string, listen func(lc net.ListenConfig, path string) error) error {
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return control(raw, func(fd uintptr) error { return os.NewSyscallError("fchmod", unix.Fchmod(int(fd), uint32(perm))) })
	}}
	if err := listen(lc, path); err != nil {
		return err
	}
	return os.Chmod(path, perm) // gives what the umask took
}
