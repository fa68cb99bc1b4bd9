package serialport

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye"
)

// portOwner is the process that has a port open, as far as this user may see: the one with
// a lock on it, or else any other one. nil: none is found.
func portOwner(name string) *sockeye.Process {
	var port syscall.Stat_t
	if syscall.Stat(name, &port) != nil {
		return nil
	}
	if locks, err := os.ReadFile("/proc/locks"); err == nil {
		if pid := lockOwner(string(locks), port.Dev, port.Ino); pid > 0 {
			return process(pid)
		}
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return nil
	}
	for _, link := range links {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(link))))
		if err != nil || pid == os.Getpid() {
			continue
		}
		var open syscall.Stat_t
		if syscall.Stat(link, &open) == nil && open.Mode&syscall.S_IFMT == syscall.S_IFCHR && open.Rdev == port.Rdev {
			return process(pid)
		}
	}
	return nil
}

// lockOwner finds who has a flock(2) on a file, in the text of /proc/locks; 0 is nobody.
func lockOwner(locks string, dev, inode uint64) int {
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(dev), unix.Minor(dev), inode)
	for line := range strings.Lines(locks) {
		// 1: FLOCK  ADVISORY  WRITE 4242 00:18:5 0 EOF
		if f := strings.Fields(line); len(f) > 5 && f[1] == "FLOCK" && f[5] == file {
			pid, _ := strconv.Atoi(f[4])
			return pid
		}
	}
	return 0
}

func process(pid int) *sockeye.Process {
	dir := "/proc/" + strconv.Itoa(pid)
	p := &sockeye.Process{PID: pid, Program: text(os.DirFS(dir), "comm")}
	var owner syscall.Stat_t
	if syscall.Stat(dir, &owner) == nil {
		p.User = userName(owner.Uid)
	}
	return p
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// groupOf is the name of the group that may open a port.
func groupOf(name string) string {
	var port syscall.Stat_t
	if syscall.Stat(name, &port) == nil && port.Gid != 0 {
		if g, err := user.LookupGroupId(strconv.FormatUint(uint64(port.Gid), 10)); err == nil {
			return g.Name
		}
	}
	return "dialout"
}
