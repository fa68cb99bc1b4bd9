package cli

import (
	"errors"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

func (a *app) hubCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hub [ARGUMENTS]",
		Short: a.t("Run the hub, where the journals of many boards come together", "运行集线服务：汇集众多开发板的记录"),
		Long: a.t(`Run the hub, or drive one that runs. This starts the program sockeye-hub, which is
installed beside sockeye, with the same arguments; "sockeye-hub --help" shows its flags.

  sockeye hub                 run it
  sockeye hub enrol NAME      make a code that enrols one board
  sockeye hub ls              show the boards
  sockeye hub send …          have boards send
  sockeye hub export …        write what it has as a recording
  sockeye hub keep NAME       bound what is kept of a board
  sockeye hub revoke NAME     take a board's permissions away`,
			`运行集线服务，或操作正在运行的集线服务。本命令启动与 sockeye 安装在一起的程序
sockeye-hub，参数相同；sockeye-hub --help 列出其选项。

  sockeye hub                 运行
  sockeye hub enrol NAME      生成注册码，注册一块开发板
  sockeye hub ls              列出开发板
  sockeye hub send …          让开发板发送
  sockeye hub export …        把已有内容写成记录
  sockeye hub keep NAME       限制一块开发板保留的数据
  sockeye hub revoke NAME     吊销一块开发板`),
		Example: `  sockeye hub
  sockeye hub enrol plant-a/press-7 --label kind=press`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
				return a.writeHelp(cmd)
			}
			return a.startHub(args)
		},
	}
}

// startHub runs sockeye-hub in this command's place: its streams, its signals, its exit
// code.
func (a *app) startHub(args []string) error {
	cmd, err := a.HubCommand(args...)
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.In, a.Out, a.Err
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case <-a.Ctx.Done():
		err = passOn(cmd.Process, a, ended)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return terminal.Exit{Code: exit.ExitCode()}
	}
	return err
}

// passOn hands signals on: the first asks the hub to end, the second ends it.
func passOn(hub *os.Process, a *app, ended <-chan error) error {
	hub.Signal(os.Interrupt)
	select {
	case err := <-ended:
		return err
	case <-a.ForceStop.Done():
		hub.Kill()
		return <-ended
	}
}
