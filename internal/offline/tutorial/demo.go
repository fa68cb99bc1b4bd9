package tutorial

import (
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/terminal"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	once, json bool
	port       uint16
}

func (a *tutorialCommands) demoCommand() *cobra.Command {
	f := demoFlags{port: sockeye.DefaultPort}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: a.t("Show the whole experiment on this computer, step by step", "在本机一步步演示整个实验"),
		Long: a.t(`Show the whole experiment in one program, over real sockets of this computer: the
PC opens a server, the board connects and says hello, the PC answers, the board
sends it back. Each step names the socket call behind it.

Afterwards the server stays open on all addresses for a board of your own.`,
			`在一个程序里用本机的真实套接字演示整个实验：电脑打开服务器，开发板连接并问好，
电脑应答，开发板回传。每一步都标出背后的套接字函数。

演示之后服务器保持打开，等待你自己的开发板连接。`),
		Example: `  sockeye demo
  sockeye demo --once
  sockeye demo --once --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error { return a.demo(f) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.once, "once", false, a.t("exit after the last step", "演示结束后退出"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON event per line, and nothing else", "只输出事件，每个事件一行 JSON"))
	fs.Uint16Var(&f.port, "port", f.port, a.t("the PC's port; another one is taken if it is not free", "电脑端口；被占用时自动换一个"))
	cmd.AddCommand(a.tcpDemoCommand())
	return cmd
}

func (a *tutorialCommands) demo(f demoFlags) error {
	return a.Walkthrough(terminal.WalkthroughOptions{Once: f.once, JSON: f.json, Port: f.port})
}
