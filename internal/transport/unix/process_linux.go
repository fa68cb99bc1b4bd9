package unix

import (
	"os"
	"strconv"
	"strings"
)

// programName is what the system calls a process (proc(5)).
func programName(pid int) string {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return ""
	}
	return printable(strings.TrimSpace(string(name)))
}
