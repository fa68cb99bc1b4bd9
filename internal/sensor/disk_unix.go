//go:build linux || darwin

package sensor

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// diskUsed is in per cent of what ordinary users may use.
func diskUsed(place string) (float64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(place, &st); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: place, Err: err}
	}
	used := float64(st.Blocks) - float64(st.Bfree)
	return 100 * used / max(1, used+float64(st.Bavail)), nil
}
