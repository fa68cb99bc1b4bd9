package boards

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/device"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
	"sockeye/internal/service"
	"sockeye/internal/terminal"
)

func (a *boardCommands) serviceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: a.t("Keep a device file running, also after a restart of the machine", "让设备文件一直运行，机器重启后也自动运行"),
		Long: a.t(`Keep a device file running: a systemd unit in a sandbox on Linux, a daemon of launchd
on macOS, a task that starts with the machine on Windows. It is started again when it
ends, and what it had measured is still in its queues.`,
			`让设备文件一直运行：在 Linux 上是带沙箱的 systemd 单元，在 macOS 上是 launchd 守护进程，
在 Windows 上是随机器启动的计划任务。进程结束后会自动重启，测得的数据仍在队列中。`),
		Args: terminal.OnlyKnownCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.serviceInstallCommand(), a.serviceUninstallCommand(), a.serviceStatusCommand(), a.serviceLogsCommand())
	return cmd
}

func (a *boardCommands) serviceInstallCommand() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "install FILE.toml",
		Short: a.t("Install a device file as a service, and start it", "把设备文件安装为服务并启动"),
		Long: a.t(`Install a device file as a service that runs now and whenever the machine starts. The file is
checked first. On Linux it is copied to /etc/sockeye, readable for root alone.`,
			`把设备文件安装为服务：立即运行，并随机器启动。会先检查文件。
在 Linux 上文件会复制到 /etc/sockeye，仅 root 可读。`),
		Example: "  sudo sockeye service install greenhouse.toml\n  sockeye service install --dry-run greenhouse.toml",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service(cmd, args)
			if err != nil {
				return err
			}
			text, err := a.describe(s, args[0])
			if err != nil {
				return err
			}
			return a.apply(manager().Install(s, text), dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, a.t("print what would be written and run", "只打印将要写入和执行的内容"))
	return cmd
}

func (a *boardCommands) serviceUninstallCommand() *cobra.Command {
	var dry, purge bool
	cmd := &cobra.Command{
		Use:   "uninstall FILE.toml",
		Short: a.t("Stop a service and take it away", "停止并移除服务"),
		Long: a.t(`Stop the service of a device file and take it away. What waits in its queues stays,
unless --purge is given.`,
			`停止并移除设备文件的服务。除非加 --purge，队列中等待的数据会保留。`),
		Example: "  sudo sockeye service uninstall greenhouse.toml",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service(cmd, args)
			if err != nil {
				return err
			}
			return a.apply(manager().Uninstall(s, purge), dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, a.t("print what would be run and removed", "只打印将要执行和删除的内容"))
	cmd.Flags().BoolVar(&purge, "purge", false, a.t("also what waits in its queues", "同时删除队列中等待的数据"))
	return cmd
}

func (a *boardCommands) serviceStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status FILE.toml",
		Short: a.t("Show how a service is", "查看服务状态"),
		Long: a.t(`Show how the service of a device file is, as the system tells it.`,
			`按系统提供的信息显示设备文件服务的状态。`),
		Example: "  sockeye service status greenhouse.toml",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service(cmd, args)
			if err != nil {
				return err
			}
			return service.Run(a.Ctx, manager().Status(s), a.Out)
		},
	}
}

func (a *boardCommands) serviceLogsCommand() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs FILE.toml",
		Short: a.t("Show what a service said", "查看服务的日志"),
		Long: a.t(`Show the last lines that the service of a device file said.`,
			`显示设备文件服务最近的日志。`),
		Example: "  sockeye service logs --follow greenhouse.toml",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service(cmd, args)
			if err != nil {
				return err
			}
			words := manager().Logs(s, follow)
			if words == nil {
				return &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: s.ID(),
					Message: sockeye.Text{En: "Windows keeps no log of a task", Zh: "Windows 不保存计划任务的日志"}, Hint: sockeye.Text{En: "run sockeye device FILE.toml in a terminal", Zh: "请在终端中运行 sockeye device FILE.toml"}}
			}
			return service.Run(a.Ctx, words, a.Out)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, a.t("go on with what comes", "持续显示新日志"))
	return cmd
}

func manager() service.Manager { return service.ManagerOf(runtime.GOOS) }

// service is the one that the words of a command mean.
func (a *boardCommands) service(cmd *cobra.Command, args []string) (*service.Service, error) {
	if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
		return nil, err
	}
	if manager() == "" {
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "start", Target: "service"}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return service.Named(args[0], program)
}

// describe checks the device file, says what its service has to see, and gives its text.
func (a *boardCommands) describe(s *service.Service, path string) ([]byte, error) {
	f, err := device.Read(path)
	if err != nil {
		return nil, err
	}
	if manager() == service.Systemd { // the file is copied, and what it names is not
		if err := f.Elsewhere(); err != nil {
			return nil, err
		}
	}
	for _, sensor := range f.Sensors {
		kind, _, _ := strings.Cut(sensor.Read, "/")
		switch kind {
		case "gpio":
			s.Lines = true
		case "cpu", "load", "memory", "uptime", "wifi", "disk":
			s.Proc = true
		}
	}
	s.Lines = s.Lines || len(f.Commands.Lines) > 0
	for _, t := range f.Targets {
		var to sockeye.Endpoint // that of a web service is none
		s.Serial = s.Serial || to.ReadAddress(t.Address, sockeye.DefaultPort) == nil && to.Address.Network.Traits().Line
	}
	return regular.ReadFile(path, device.MaxFile)
}

// apply carries a plan out, or prints it.
func (a *boardCommands) apply(p service.Change, dry bool) error {
	if !dry {
		return p.Apply(a.Ctx, a.Out)
	}
	for _, f := range p.Write {
		if filepath.Ext(f.Path) == ".toml" { // it may have passwords in it
			fmt.Fprintf(a.Out, a.t("# copy to %s, readable for root alone\n", "# 复制到 %s，仅 root 可读\n"), f.Path)
			continue
		}
		fmt.Fprintf(a.Out, a.t("# write %s\n%s", "# 写入 %s\n%s"), f.Path, f.Text)
	}
	for _, words := range p.Run {
		fmt.Fprintln(a.Out, "# "+payload.SafeString(strings.Join(words, " ")))
	}
	for _, path := range p.Remove {
		fmt.Fprintf(a.Out, a.t("# remove %s\n", "# 删除 %s\n"), path)
	}
	for _, words := range p.After {
		fmt.Fprintln(a.Out, "# "+payload.SafeString(strings.Join(words, " ")))
	}
	return nil
}
