package terminal

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"sockeye"
)

// hubProgram is the name of the program that contains the NATS server; this program does not.
const hubProgram = "sockeye-hub"

// HubCommand returns a command that runs sockeye-hub with arguments. It looks for the program
// beside this one, and then in PATH.
func (a *Terminal) HubCommand(args ...string) (*exec.Cmd, error) {
	path, err := findHub()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "start", Target: hubProgram, Err: err,
			Message: sockeye.Text{En: "it is not installed beside sockeye", Zh: "没有与 sockeye 安装在一起"},
			Hint:    sockeye.Text{En: "put the two programs into one directory; go install ./cmd/sockeye-hub builds it", Zh: "请把两个程序放在同一目录；用 go install ./cmd/sockeye-hub 构建"}}
	}
	return exec.Command(path, append([]string{"--lang=" + string(a.Lang)}, args...)...), nil
}

func findHub() (string, error) {
	name := hubProgram
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), name)); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}

// hubPrefix begins the word that names a hub's stream instead of a recording: "hub:" means all of
// it, "hub:SITE/BOARD" what one board published, "hub:SITE/,SITE/BOARD" what several did.
const hubPrefix = "hub:"

// IsHub reports whether a word names a hub's stream.
func IsHub(word string) bool { return strings.HasPrefix(word, hubPrefix) }

// HubFile writes what a hub's stream has now to a recording in a temporary file, and returns its
// path.
func (a *Terminal) HubFile(word string) (string, error) {
	args := []string{"export", "--to", StdinName}
	if boards := strings.TrimPrefix(word, hubPrefix); boards != "" {
		args = append(args, strings.Split(boards, ",")...)
	}
	cmd, err := a.HubCommand(args...)
	if err != nil {
		return "", err
	}
	to, err := a.fromHub.create()
	if err != nil {
		return "", notKept(err)
	}
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = to, &errs
	err = a.interruptible(cmd.Run)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		a.Err.Write(errs.Bytes()) // it has said why, in words
		return "", Exit{exit.ExitCode()}
	}
	return a.fromHub.path, err
}
