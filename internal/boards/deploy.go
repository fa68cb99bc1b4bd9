package boards

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/deploy"
	"sockeye/internal/payload"
	"sockeye/internal/service"
	"sockeye/internal/terminal"
)

// deployFlags are the flags of deploy.
type deployFlags struct {
	through               uint16
	reload, install       bool
	trust                 bool
	binary, key, hostFile string
}

func (a *boardCommands) deployCommand() *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy USER@BOARD [FILE.toml | PROGRAM.py] [-- COMMAND...]",
		Short: a.t("Put a program on a board over SSH and run it there", "通过 SSH 把程序放到开发板上运行"),
		Long: a.t(`Put a program on a board over SSH and run it there; what it prints comes here, and Ctrl-C
ends it there, too. A device file brings sockeye for the board's processor along; a
program in Python runs with the board's python3; behind -- is a command of the board's own.`,
			`通过 SSH 把程序放到开发板上运行；其输出显示在这里，Ctrl-C 也会结束那边的程序。
设备文件会连同适合该处理器的 sockeye 一起复制；Python 程序用开发板的 python3 运行；
-- 之后是开发板自带的命令。`),
		Example: `  sockeye deploy pi@192.168.1.88 client.py
  sockeye deploy pi@192.168.1.88 greenhouse.toml --reload
  sockeye deploy pi@192.168.1.88 client.py --through 10000
  sockeye deploy pi@192.168.1.88 -- uname -a`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.deploy(cmd, &f, args) },
	}
	fs := cmd.Flags()
	fs.Uint16Var(&f.through, "through", 0, a.t("let the board reach this port of this computer at its own 127.0.0.1, whatever firewall is between", "让开发板通过自己的 127.0.0.1 访问本机的这个端口，不受防火墙影响"))
	fs.BoolVar(&f.reload, "reload", false, a.t("run it anew when the file changes", "文件变化时重新运行"))
	fs.BoolVar(&f.install, "install", false, a.t("install the device file as a service instead of running it", "把设备文件安装为服务，而不是直接运行"))
	fs.BoolVar(&f.trust, "trust-new-host", false, a.t("trust the key of a board that is not known yet", "信任尚未见过的开发板密钥"))
	fs.StringVar(&f.binary, "binary", "", a.t("the sockeye to copy (default: this one, or dist/sockeye-SYSTEM-CPU)", "要复制的 sockeye 程序（默认：本程序，或 dist/sockeye-系统-处理器）"))
	fs.StringVar(&f.key, "key", "", a.t("the private key to log in with (default: ssh-agent, ~/.ssh/id_ed25519 and others)", "登录用的私钥（默认：ssh-agent、~/.ssh/id_ed25519 等）"))
	fs.StringVar(&f.hostFile, "known-hosts", "", a.t("the file of trusted keys (default ~/.ssh/known_hosts)", "受信任密钥的文件（默认 ~/.ssh/known_hosts）"))
	cmd.MarkFlagFilename("binary")
	cmd.MarkFlagFilename("key")
	cmd.MarkFlagFilename("known-hosts")
	return cmd
}

func (a *boardCommands) deploy(cmd *cobra.Command, f *deployFlags, args []string) error {
	job, target, err := f.job(a, cmd, args)
	if err != nil {
		return err
	}
	login, err := f.login(a, target)
	if err != nil {
		return err
	}
	for {
		asItIs := versionOf(job.File)
		exit, changed, err := a.deployOnce(login, job, f.reload, asItIs)
		switch {
		case a.Ctx.Err() != nil:
			return a.Interrupted()
		case changed:
			fmt.Fprintf(a.Err, a.t("%s has changed: it runs anew\n", "%s 已变化：重新运行\n"), payload.SafeString(job.File))
		case err != nil:
			return err
		case f.reload:
			fmt.Fprintf(a.Err, a.t("it ended with code %d; it runs anew when %s changes\n", "程序以代码 %d 结束；%s 变化后会重新运行\n"), exit, payload.SafeString(job.File))
			if awaitChange(a.Ctx, job.File, asItIs) != nil {
				return a.Interrupted()
			}
		case exit != 0:
			return terminal.Exit{Code: exit}
		default:
			return nil
		}
	}
}

// deployOnce connects and runs the job, until it ends or, with watch, its file is no longer
// as it is.
func (a *boardCommands) deployOnce(login deploy.SSHLogin, job *deploy.Job, watch bool, asItIs fileVersion) (exit int, changed bool, err error) {
	ctx, cancel := context.WithCancel(a.Ctx)
	defer cancel()
	board, err := deploy.Dial(ctx, login)
	if err != nil {
		return 0, false, err
	}
	defer board.Close()
	watched := make(chan bool, 1)
	if watch {
		go func() {
			different := awaitChange(ctx, job.File, asItIs) == nil
			watched <- different
			if different {
				cancel()
			}
		}()
	}
	exit, err = board.Run(ctx, job)
	cancel()
	return exit, watch && <-watched, err
}

// filePollInterval is how often a file is looked at.
const filePollInterval = 200 * time.Millisecond

// fileVersion tells one state of a file from another: its time and size.
type fileVersion struct {
	at   time.Time
	size int64
}

// versionOf is that of now, the zero one while an editor has the file away.
func versionOf(path string) fileVersion {
	st, err := os.Stat(path)
	if err != nil {
		return fileVersion{}
	}
	return fileVersion{st.ModTime(), st.Size()}
}

// awaitChange waits until a file that is not empty has another version.
func awaitChange(ctx context.Context, path string, from fileVersion) error {
	tick := time.NewTicker(filePollInterval)
	defer tick.Stop()
	for {
		if now := versionOf(path); now.size > 0 && (now.size != from.size || !now.at.Equal(from.at)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// job is what the words and flags mean.
func (f *deployFlags) job(a *boardCommands, cmd *cobra.Command, args []string) (*deploy.Job, string, error) {
	words, command := args, []string(nil)
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		words, command = args[:n], args[n:]
	}
	if len(words) > 2 {
		return nil, "", terminal.Usage(words[2], terminal.TooMany(words[2]), terminal.HelpHint(cmd))
	}
	if len(words) == 0 {
		return nil, "", terminal.ExpectArguments(cmd, words, 1)
	}
	job := &deploy.Job{Command: command, Through: f.through, Install: f.install, Out: a.Out, Err: a.Err}
	if len(words) == 2 {
		job.File = words[1]
	}
	wrong := f.faults(job)
	own, err := os.Executable()
	wrong = append(wrong, err)
	job.Binary = deploy.BinaryIn(own, runtime.GOOS, runtime.GOARCH, "dist", filepath.Dir(own))
	if f.binary != "" {
		job.Binary = func(string, string) (string, error) { return f.binary, nil }
	}
	return job, words[0], errors.Join(wrong...)
}

// faults are what is wrong with what is to be deployed.
func (f *deployFlags) faults(job *deploy.Job) (wrong []error) {
	ext := filepath.Ext(job.File)
	switch {
	case job.File == "" && len(job.Command) == 0:
		wrong = append(wrong, terminal.Usage("deploy", sockeye.Text{En: "what is to run is missing", Zh: "缺少要运行的内容"}, sockeye.Text{En: "give a device file, a program in Python, or -- and a command", Zh: "请给出设备文件、Python 程序，或 -- 加命令"}))
	case job.File != "" && ext != ".py" && ext != ".toml":
		wrong = append(wrong, terminal.Usage(job.File, sockeye.Text{En: "it ends neither with .py nor with .toml", Zh: "文件名既不以 .py 也不以 .toml 结尾"}, sockeye.Text{En: "copy other programs with scp, and run them behind --", Zh: "其他程序请用 scp 复制，再在 -- 之后运行"}))
	case ext == ".toml" && len(job.Command) > 0:
		wrong = append(wrong, terminal.Usage("--", sockeye.Text{En: "a device file takes no command", Zh: "设备文件不接受命令"}, sockeye.Text{}))
	}
	if job.File != "" {
		if _, err := os.Stat(job.File); err != nil {
			wrong = append(wrong, terminal.FileError("open", job.File, err))
		}
	}
	if f.install && ext != ".toml" {
		wrong = append(wrong, terminal.Usage("--install", sockeye.Text{En: "it is for device files", Zh: "只用于设备文件"}, sockeye.Text{}))
	} else if f.install {
		_, err := service.Named(job.File, "")
		wrong = append(wrong, err)
	}
	if f.reload && (job.File == "" || f.install) {
		wrong = append(wrong, terminal.Usage("--reload", sockeye.Text{En: "there is no file that runs", Zh: "没有正在运行的文件"}, sockeye.Text{}))
	}
	return wrong
}

// login is how to reach the board.
func (f *deployFlags) login(a *boardCommands, target string) (deploy.SSHLogin, error) {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	who, hostPort, err := deploy.ParseTarget(target, name)
	if err != nil {
		return deploy.SSHLogin{}, err
	}
	home := a.Env("HOME")
	if home == "" {
		home, _ = os.UserHomeDir()
	}
	ssh := filepath.Join(home, ".ssh")
	l := deploy.SSHLogin{User: who, HostPort: hostPort, KnownHosts: f.hostFile, Agent: a.Env("SSH_AUTH_SOCK")}
	if l.KnownHosts == "" {
		l.KnownHosts = filepath.Join(ssh, "known_hosts")
	}
	l.Keys = []string{f.key}
	if f.key == "" {
		l.Keys = []string{filepath.Join(ssh, "id_ed25519"), filepath.Join(ssh, "id_ecdsa"), filepath.Join(ssh, "id_rsa")}
	} else if _, err := os.Stat(f.key); err != nil {
		return l, terminal.FileError("open", f.key, err)
	}
	if a.MayAsk() {
		l.Ask = a.AskSecret
	}
	l.Trust = func(hostPort, fingerprint string) bool {
		return f.trust || a.AskYes(fmt.Sprintf(a.t("The board %s is not known. Its key is %s. Trust it?", "尚未见过开发板 %s，其密钥为 %s。是否信任？"), hostPort, fingerprint))
	}
	return l, nil
}
