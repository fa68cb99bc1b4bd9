// Package service keeps a device file running: a unit of systemd with a sandbox, a daemon
// of launchd, or a task of Windows that starts with the machine. It says what is to be
// written and run; Apply does it.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"sockeye"
)

// Service is a device file that the system keeps running.
type Service struct {
	// Name is that of the file without its ending: the system's name is sockeye-NAME.
	Name string
	// Program is the absolute path of sockeye, File that of the device file.
	Program, File string
	// Lines says that the file uses GPIO lines, Proc that it reads what the machine says of
	// itself in /proc, and Serial that it opens serial ports: the sandbox leaves them in.
	Lines, Proc, Serial bool
}

// Change is what a change of a service writes, runs, removes, and runs after that.
type Change struct {
	Write  []ChangedFile
	Run    [][]string
	Remove []string
	After  [][]string
}

// ChangedFile is a file to write.
type ChangedFile struct {
	Path string
	Text string
	Mode os.FileMode
}

// Named is the service of a file.
func Named(file, program string) (*Service, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`).MatchString(name) {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Target: file,
			Message: sockeye.Text{En: "a service is named after its file, and this name cannot be one", Zh: "服务以文件名命名，而这个名称不可用"},
			Hint:    sockeye.Text{En: "name the file with letters, digits, _ . and -", Zh: "文件名请只用字母、数字、_ . -"}}
	}
	return &Service{Name: name, Program: program, File: path}, nil
}

// ID is the system's name of the service.
func (s *Service) ID() string { return "sockeye-" + s.Name }

// Manager keeps services: "systemd", "launchd" or "windows".
type Manager string

// The managers.
const (
	Systemd Manager = "systemd"
	Launchd Manager = "launchd"
	Windows Manager = "windows"
)

// ManagerOf is that of an operating system, "" if there is none that is known.
func ManagerOf(system string) Manager {
	return map[string]Manager{"linux": Systemd, "darwin": Launchd, "windows": Windows}[system]
}

// Install is what makes the service run, now and when the machine starts. device is the
// text of the device file.
func (m Manager) Install(s *Service, device []byte) Change {
	switch m {
	case Launchd:
		return Change{Write: []ChangedFile{{s.plistPath(), s.plist(), 0o644}}, Run: [][]string{{"launchctl", "bootstrap", "system", s.plistPath()}}}
	case Windows:
		return Change{Run: [][]string{
			{"schtasks", "/create", "/f", "/tn", s.ID(), "/sc", "onstart", "/ru", "SYSTEM", "/tr", windowsCommand(s)},
			{"schtasks", "/run", "/tn", s.ID()}}}
	}
	p := Change{Write: []ChangedFile{{s.copyPath(), string(device), 0o600}, {s.unitPath(), s.Unit(), 0o644}}}
	if s.programPath() != s.Program {
		p.Run = append(p.Run, []string{"install", "-D", "-m", "755", s.Program, s.programPath()})
	}
	p.Run = append(p.Run, []string{"systemctl", "daemon-reload"}, []string{"systemctl", "enable", s.ID()}, []string{"systemctl", "restart", s.ID()})
	return p
}

// Uninstall is what takes the service away. What waits in its queues stays unless purge is
// set.
func (m Manager) Uninstall(s *Service, purge bool) Change {
	switch m {
	case Launchd:
		return Change{Run: [][]string{{"launchctl", "bootout", "system/" + s.ID()}}, Remove: []string{s.plistPath()}}
	case Windows:
		return Change{Run: [][]string{{"schtasks", "/end", "/tn", s.ID()}, {"schtasks", "/delete", "/f", "/tn", s.ID()}}}
	}
	p := Change{Run: [][]string{{"systemctl", "disable", "--now", s.ID()}}, Remove: []string{s.unitPath(), s.copyPath(), s.ownProgramPath()}, After: [][]string{{"systemctl", "daemon-reload"}}}
	if purge {
		p.Run = append(p.Run, []string{"systemctl", "clean", "--what=state", s.ID()})
	}
	return p
}

// Status is the command that shows how it is.
func (m Manager) Status(s *Service) []string {
	switch m {
	case Launchd:
		return []string{"launchctl", "print", "system/" + s.ID()}
	case Windows:
		return []string{"schtasks", "/query", "/v", "/fo", "list", "/tn", s.ID()}
	}
	return []string{"systemctl", "--no-pager", "status", s.ID()}
}

// Logs is the command that shows what it said, nil where nobody keeps that.
func (m Manager) Logs(s *Service, follow bool) []string {
	switch m {
	case Launchd:
		return []string{"tail", "-n", "200", s.logPath()}
	case Windows:
		return nil
	}
	args := []string{"journalctl", "--no-pager", "-n", "200", "-u", s.ID()}
	if follow {
		args = append(args, "-f")
	}
	return args
}

// Apply carries a plan out: files first, then programs, whose output goes to out, then what
// is removed, and the programs after that.
func (p Change) Apply(ctx context.Context, out io.Writer) error {
	for _, f := range p.Write {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return refused("write", f.Path, err)
		}
		if err := replace(f); err != nil {
			return refused("write", f.Path, err)
		}
	}
	for _, args := range p.Run {
		if err := Run(ctx, args, out); err != nil {
			return err
		}
	}
	for _, path := range p.Remove {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return refused("remove", path, err)
		}
	}
	for _, args := range p.After {
		if err := Run(ctx, args, out); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file whole or not at all.
func replace(f ChangedFile) error {
	t, err := os.CreateTemp(filepath.Dir(f.Path), ".sockeye-*")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.WriteString(f.Text)
	err = errors.Join(err, t.Chmod(f.Mode), t.Sync(), t.Close())
	if err != nil {
		return err
	}
	return os.Rename(t.Name(), f.Path)
}

// Run runs a program of the system.
func Run(ctx context.Context, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return &sockeye.Error{Kind: sockeye.Unsupported, Op: "start", Target: args[0], Err: err,
			Message: sockeye.Text{En: "this machine does not have it: services are kept by systemd, launchd or Windows", Zh: "本机没有这个程序：服务由 systemd、launchd 或 Windows 管理"},
			Hint:    sockeye.Text{En: "run sockeye device FILE.toml from what starts programs here", Zh: "请用本机的启动方式运行 sockeye device FILE.toml"}}
	}
	if err != nil {
		return &sockeye.Error{Kind: sockeye.System, Op: "start", Target: strings.Join(args, " "), Err: err}
	}
	return nil
}

func refused(op, path string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: op, Target: path, Err: err}
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		e.Err = inner.Err
	}
	if errors.Is(err, os.ErrPermission) {
		e.Kind = sockeye.AccessDenied
		e.Hint = sockeye.Text{En: "services belong to the machine: run it as root, or with sudo", Zh: "服务属于整台机器：请以 root 或 sudo 运行"}
	}
	return e
}

func (s *Service) unitPath() string { return "/etc/systemd/system/" + s.ID() + ".service" }
func (s *Service) copyPath() string { return "/etc/sockeye/" + s.Name + ".toml" }

// programPath is what a unit of systemd runs: the program where it is if that is a place for
// programs, else a copy. The sandbox sees no home directory, where deploy puts the program.
func (s *Service) programPath() string {
	for _, dir := range []string{"/usr/", "/opt/", "/bin/"} {
		if strings.HasPrefix(s.Program, dir) {
			return s.Program
		}
	}
	return s.ownProgramPath()
}

func (s *Service) ownProgramPath() string { return "/usr/local/lib/sockeye/" + s.ID() }

func (s *Service) plistPath() string { return "/Library/LaunchDaemons/" + s.ID() + ".plist" }
func (s *Service) logPath() string   { return "/Library/Logs/" + s.ID() + ".log" }

func windowsCommand(s *Service) string {
	return fmt.Sprintf(`"%s" device --quiet "%s"`, s.Program, s.File)
}
