//go:build unix

package regular

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	nonblocking = syscall.O_NONBLOCK
	noFollow    = syscall.O_NOFOLLOW
)

// ForeignLink finds a symbolic link on the way to a path that another user put where
// everybody may, and whose it is; "" if there is none. Linux follows none in directories with the
// sticky bit, unless that is turned off (proc(5), protected_symlinks).
func ForeignLink(path string) (link string, owner uint32) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", 0
	}
	for at := path; ; at = filepath.Dir(at) {
		parent := filepath.Dir(at)
		var link, in unix.Stat_t
		if unix.Lstat(at, &link) == nil && link.Mode&unix.S_IFMT == unix.S_IFLNK &&
			unix.Stat(parent, &in) == nil && in.Mode&unix.S_IWOTH != 0 &&
			link.Uid != uint32(os.Geteuid()) && link.Uid != in.Uid {
			return at, link.Uid
		}
		if parent == at {
			return "", 0
		}
	}
}
