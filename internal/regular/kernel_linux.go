package regular

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// kernelFiles are the file systems whose files are made by the kernel when they are
// read. They say that they are regular and empty; some wait for ever (/proc/kmsg,
// trace_pipe), some are memory (/proc/self/mem, /proc/kcore).
var kernelFiles = []int64{unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC}

func ofKernel(f *os.File) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &st) == nil && slices.Contains(kernelFiles, int64(st.Type))
}
