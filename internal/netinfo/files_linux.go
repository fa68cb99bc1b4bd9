package netinfo

import "os"

// FilesOf is how many descriptors a process has open; zero if it may not be looked into.
func FilesOf(pid int) FileUse { return filesOf(os.DirFS("/proc"), pid) }
