//go:build unix

package cli

import (
	"fmt"
	"os"
	"syscall"

	"sockeye"
	"sockeye/internal/terminal"
)

// checkSecretFile refuses a file with a secret that every user of the machine may read.
// A group may: some systems give keys to one.
func checkSecretFile(flag, path string) error {
	info, err := os.Stat(path)
	if path == terminal.StdinName || err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o007 == 0 {
		return nil // what cannot be read is told by the reader
	}
	return terminal.Usage(flag, sockeye.Text{
		En: fmt.Sprintf("every user of this computer may read %s (mode %04o)", path, info.Mode().Perm()),
		Zh: fmt.Sprintf("本机所有用户都能读取 %s（权限 %04o）", path, info.Mode().Perm())},
		sockeye.Text{En: "run: chmod 600 " + path, Zh: "请执行：chmod 600 " + path})
}

// withholdCore keeps the process's memory, in which there are secrets, out of core files.
func withholdCore() {
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
