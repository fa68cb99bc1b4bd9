//go:build linux || darwin

package server

import "golang.org/x/sys/unix"

// freeBytes is what this user may still write on the file system of a directory; 0 if that
// is not known.
func freeBytes(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
