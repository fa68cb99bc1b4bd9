package netinfo

import (
	"bufio"
	"bytes"
	"io/fs"
	"strconv"
	"strings"
)

// FileUse is how many descriptors a process has open, and how many it may have.
type FileUse struct {
	Open  int `json:"open"`
	Limit int `json:"limit"`
}

// Spent says that the process can open no more: accept then fails with EMFILE.
func (u FileUse) Spent() bool { return u.Limit > 0 && u.Open >= u.Limit }

// filesOf reads it of a proc file system (proc(5)); it is zero for a process that may not be
// looked into.
func filesOf(proc fs.FS, pid int) FileUse {
	dir := strconv.Itoa(pid)
	open, err1 := fs.ReadDir(proc, dir+"/fd")
	limits, err2 := fs.ReadFile(proc, dir+"/limits")
	if err1 != nil || err2 != nil {
		return FileUse{}
	}
	return FileUse{len(open), parseFileLimit(limits)}
}

// parseFileLimit finds the soft limit of open files in the text of /proc/PID/limits, 0 for
// none. The kernel writes it in English always.
func parseFileLimit(text []byte) int {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Max open files"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				n, _ := strconv.Atoi(f[0])
				return max(0, n)
			}
		}
	}
	return 0
}
