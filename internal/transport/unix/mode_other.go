//go:build unix && !linux

package unix

import (
	"net"
	"os"
	"sync"
	"syscall"
)

// umask is of the whole process.
var umask sync.Mutex

// bindWith binds a path so that its file never has more permission than perm.
func bindWith(perm os.FileMode, path string, listen func(lc net.ListenConfig, path string) error) error {
	umask.Lock()
	before := syscall.Umask(0o777 &^ int(perm))
	err := listen(net.ListenConfig{}, path)
	syscall.Umask(before)
	umask.Unlock()
	if err != nil {
		return err
	}
	return os.Chmod(path, perm)
}
