// Package deploy puts a program on a board over SSH and runs it there, with its output
// here: the binary of sockeye for the board's processor, a device file, or a program in
// Python. Files are copied under another name, compared and renamed, so that an
// interrupted copy leaves nothing half.
package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"sockeye"
	"sockeye/internal/payload"
)

// Job is what is to run on a board.
type Job struct {
	// File is what is copied: a device file (.toml), a program in Python (.py), or "" for
	// none.
	File string
	// Command is what runs instead, word by word; no shell takes it apart.
	Command []string
	// Binary gives the path of sockeye for a system and processor, as Go names them.
	Binary func(system, cpu string) (string, error)
	// Through makes a port of this machine reachable on the board by the connection, at
	// the same port of its loopback; 0 is none.
	Through uint16
	// Install makes a service of the device file instead of running it.
	Install bool
	// Out and Err are where what the board says goes.
	Out, Err io.Writer
}

// folder is where files are put, below the home directory.
const folder = ".cache/sockeye"

// Run copies what the job needs and runs it until it ends or ctx does: then it is ended
// on the board, too. The exit code is that of the program on the board.
func (b *Connection) Run(ctx context.Context, j *Job) (exit int, err error) {
	words, err := b.prepare(ctx, j)
	if err != nil {
		return 0, err
	}
	if j.Through != 0 {
		stop, err := b.through(ctx, j.Through, j.Err)
		if err != nil {
			return 0, err
		}
		defer stop()
	}
	return b.exec(ctx, words, j.Out, j.Err)
}

// prepare copies files, and gives the words that run them.
func (b *Connection) prepare(ctx context.Context, j *Job) ([]string, error) {
	switch {
	case j.File == "":
		return j.Command, nil
	case strings.EqualFold(filepath.Ext(j.File), ".py"):
		return b.preparePython(ctx, j)
	}
	program, err := b.copySockeye(ctx, j)
	if err != nil {
		return nil, err
	}
	file := path.Join(b.home, folder, filepath.Base(j.File))
	if _, err := b.Upload(ctx, j.File, file, 0o600); err != nil {
		return nil, err
	}
	if j.Install {
		return b.installWords(ctx, program, file)
	}
	return []string{program, "device", file}, nil
}

// installWords make a service of a file that is on the board: as root, since it is the
// machine's.
func (b *Connection) installWords(ctx context.Context, program, file string) ([]string, error) {
	words := []string{program, "service", "install", file}
	if b.user == "root" {
		return words, nil
	}
	if _, err := b.output(ctx, "sudo -n true"); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.AccessDenied, Op: "start", Target: b.target, Err: err,
			Message: text("a service belongs to the machine, and %s is not root there without a password", "服务属于整台机器，而 %s 在开发板上不能免密码使用 sudo", b.user),
			Hint:    text(`all is copied; type the password yourself: ssh -t %s "sudo %s service install %s"`, `文件均已复制；请自行输入密码：ssh -t %s "sudo %s service install %s"`, b.sshWords(), tilde(program), tilde(file))}
	}
	return append([]string{"sudo", "-n"}, words...), nil
}

// tilde names a file in our folder on the board for a person to type: what the board says
// of its home is not put into a command.
func tilde(file string) string { return path.Join("~", folder, path.Base(file)) }

func (b *Connection) preparePython(ctx context.Context, j *Job) ([]string, error) {
	if _, err := b.output(ctx, "command -v python3"); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "start", Target: "python3",
			Message: text("the board has no python3", "开发板上没有 python3"), Hint: text("on the board: sudo apt install python3", "请在开发板上执行：sudo apt install python3")}
	}
	file := path.Join(b.home, folder, filepath.Base(j.File))
	if _, err := b.Upload(ctx, j.File, file, 0o700); err != nil {
		return nil, err
	}
	return append([]string{"python3", "-u", file}, j.Command...), nil // -u: its output comes at once
}

// copySockeye copies the binary for the board, unless the same one is there.
func (b *Connection) copySockeye(ctx context.Context, j *Job) (string, error) {
	system, cpu, err := b.platform(ctx)
	if err != nil {
		return "", err
	}
	local, err := j.Binary(system, cpu)
	if err != nil {
		return "", err
	}
	remote := path.Join(b.home, folder, "sockeye")
	if _, err := b.Upload(ctx, local, remote, 0o700); err != nil {
		return "", err
	}
	if _, err := b.output(ctx, quote(remote)+" version"); err != nil {
		return "", &sockeye.Error{Kind: sockeye.Unsupported, Op: "start", Target: remote, Err: err,
			Message: text("the board does not run this binary (%s/%s): %v", "开发板无法运行该程序（%s/%s）：%v", system, cpu, err), Hint: text("build one for it: make cross", "请为它构建：make cross")}
	}
	return remote, nil
}

// systems maps what uname -s says to Go's name of the system.
var systems = map[string]string{"Linux": "linux", "Darwin": "darwin"}

// processors maps what uname -m says to Go's name of the processor.
var processors = map[string]string{"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm", "armv8l": "arm", "riscv64": "riscv64"}

func (b *Connection) platform(ctx context.Context) (system, cpu string, err error) {
	said, err := b.output(ctx, "uname -s -m")
	if err != nil {
		return "", "", err
	}
	words := strings.Fields(said)
	if len(words) != 2 || systems[words[0]] == "" || processors[words[1]] == "" {
		return "", "", &sockeye.Error{Kind: sockeye.Unsupported, Op: "start", Target: b.address,
			Message: text("there is no sockeye for %s", "没有适用于 %s 的 sockeye", payload.Quote(said, 40)), Hint: text("run a program of the board's own: sockeye deploy %s -- COMMAND", "请运行开发板自带的程序：sockeye deploy %s -- 命令", b.target)}
	}
	return systems[words[0]], processors[words[1]], nil
}

// output runs a shell command on the board and gives what it prints.
func (b *Connection) output(ctx context.Context, command string) (string, error) {
	s, err := b.client.NewSession()
	if err != nil {
		return "", b.lost(err)
	}
	defer s.Close()
	defer context.AfterFunc(ctx, func() { s.Close() })()
	var out, problem bytes.Buffer
	s.Stdout, s.Stderr = &limited{w: &out, left: 64 << 10}, &limited{w: &problem, left: 4 << 10}
	if err := s.Run(command); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if said := strings.TrimSpace(problem.String()); said != "" {
			err = fmt.Errorf("%w: %s", err, payload.Quote(said, 200))
		}
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// limited takes everything and keeps the beginning.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if n > 0 {
		l.w.Write(p[:n]) // into memory
	}
	return len(p), nil
}

// exec runs words in a terminal of their own, which ends with the connection: so does
// what runs in it.
func (b *Connection) exec(ctx context.Context, words []string, out, problem io.Writer) (int, error) {
	s, err := b.client.NewSession()
	if err != nil {
		return 0, b.lost(err)
	}
	defer s.Close()
	// Without echo and without changing line ends: the output is as through a pipe.
	if err := s.RequestPty("dumb", 24, 120, ssh.TerminalModes{ssh.ECHO: 0, ssh.OPOST: 0}); err != nil {
		return 0, b.lost(err)
	}
	s.Stdout, s.Stderr = out, problem
	in, err := s.StdinPipe()
	if err != nil {
		return 0, b.lost(err)
	}
	if err := s.Start(command(words)); err != nil {
		return 0, b.lost(err)
	}
	done := make(chan struct{})
	interrupted := make(chan struct{})
	go func() {
		defer close(interrupted)
		select {
		case <-ctx.Done():
			in.Write([]byte{interruptKey}) // the terminal makes SIGINT of it, for the whole group
			b.endSoon(s, done)
		case <-done:
		}
	}()
	err = s.Wait()
	close(done)
	<-interrupted
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return b.exitCode(err)
}

// exitCode is that of what ran, or why it is not known how it ended.
func (b *Connection) exitCode(err error) (int, error) {
	if e, ok := errors.AsType[*ssh.ExitError](err); ok {
		if e.Signal() != "" {
			return 128, nil
		}
		return e.ExitStatus(), nil
	}
	if err != nil {
		return 0, b.lost(err)
	}
	return 0, nil
}

// interruptKey is Ctrl-C.
const interruptKey = 0x03

// command is words for the board's shell: none of them means anything to it.
func command(words []string) string {
	quoted := make([]string, len(words))
	for n, w := range words {
		quoted[n] = quote(w)
	}
	return "exec " + strings.Join(quoted, " ")
}

// quote makes one word of a text for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// text makes a message of both languages.
func text(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

// BinaryIn finds sockeye for a platform: this program if it is one, or dist/sockeye-SYSTEM-CPU
// as make cross builds it, in these folders.
func BinaryIn(own, ownSystem, ownCPU string, folders ...string) func(system, cpu string) (string, error) {
	return func(system, cpu string) (string, error) {
		if system == ownSystem && cpu == ownCPU {
			return own, nil
		}
		name := "sockeye-" + system + "-" + cpu
		for _, dir := range folders {
			if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.Mode().IsRegular() {
				return filepath.Join(dir, name), nil
			}
		}
		return "", &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: name,
			Message: text("there is no binary for the board here", "本机没有适用于该开发板的程序"),
			Hint:    text("make cross builds it into dist; --binary names one", "make cross 会将其构建到 dist；--binary 可指定文件")}
	}
}

// ParseTarget takes apart USER@BOARD[:PORT]; without USER it is the one given.
func ParseTarget(s, user string) (who, hostPort string, err error) {
	who, host := user, s
	if n := strings.LastIndexByte(s, '@'); n >= 0 {
		who, host = s[:n], s[n+1:]
	}
	port := uint64(22)
	if n := strings.LastIndexByte(host, ':'); n >= 0 && strings.Count(host, ":") == 1 || strings.HasPrefix(host, "[") && strings.Contains(host, "]:") {
		if port, err = strconv.ParseUint(host[n+1:], 10, 16); err != nil || port == 0 {
			host = ""
		} else {
			host = host[:n]
		}
	}
	host = strings.Trim(host, "[]")
	if who == "" || host == "" || strings.ContainsAny(host, " /@") {
		return "", "", &sockeye.Error{Kind: sockeye.Invalid, Target: s,
			Message: text("this is not USER@BOARD or USER@BOARD:PORT", "不是 用户@开发板 或 用户@开发板:端口 的形式"), Hint: text("such as pi@192.168.1.88", "例如 pi@192.168.1.88")}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return who, host + ":" + strconv.FormatUint(port, 10), nil
}
