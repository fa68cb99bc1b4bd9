package cli

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/netinfo"
	"sockeye/internal/terminal"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	once, json bool
	port       uint16
}

// demoDisplay bounds how long the demo's end in good order may take.
var demoDisplay = terminal.DisplayFlags{Drain: 5 * time.Second}

func (a *app) demoCommand() *cobra.Command {
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
		Args: a.noArguments,
		RunE: func(*cobra.Command, []string) error { return a.demo(f) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.once, "once", false, a.t("exit after the last step", "演示结束后退出"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON event per line, and nothing else", "只输出事件，每个事件一行 JSON"))
	fs.Uint16Var(&f.port, "port", f.port, a.t("the PC's port; another one is taken if it is not free", "电脑端口；被占用时自动换一个"))
	return cmd
}

func (a *app) demo(f demoFlags) error {
	bench := core.New(0)
	if f.json {
		l := a.Follow(bench, 0, "", terminal.JSONLines, &demoDisplay, nil, false)
		s := a.newWalkthrough(bench, io.Discard, f)
		err := s.step()
		if err == nil && !f.once {
			err = l.UntilStopped(nil)
		}
		return l.Finish(err)
	}
	s := a.newWalkthrough(bench, a.Out, f)
	if err := s.step(); err != nil || f.once {
		ctx, cancel := context.WithTimeout(a.Hurry, demoDisplay.Drain)
		defer cancel()
		bench.Shutdown(ctx)
		return err
	}
	_, next := bench.Span()
	s.invite()
	l := a.Follow(bench, next, s.pc.ID(), terminal.Lines, &demoDisplay, nil, true)
	return l.Finish(l.UntilStopped(s.pc))
}

// invite says how to bring a board of one's own.
func (s *walkthrough) invite() {
	a := s.app
	list, _ := netinfo.Interfaces() // without any, this machine is still there
	board, ok := netinfo.BoardAddress(list)
	if !ok {
		board = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	port := s.pc.Locals()[0].Port()
	fmt.Fprintf(s.out, a.t(`
That was the whole experiment. The server stays open for a board of your own.
On the board, with Sockeye:

    %s

or with the tutorial's Python program, two lines changed:

    addr=('%s',%d)
    if not text: break      # for "if text == '': pass", which never ends

`, `
整个实验到此完成。服务器保持打开，等待你自己的开发板。
在开发板上用 Sockeye：

    %s

或者用教程里的 Python 程序，改两行：

    addr=('%s',%d)
    if not text: break      # 代替 if text == '': pass，否则连接断开后会空转

`), deviceLine(board, port), board, port)
	if !ok {
		fmt.Fprintln(s.out, a.t("(This computer is on no network: only programs on it can connect.)\n", "（本机没有连接网络：只有本机上的程序能够连接。）\n"))
	}
	if terminal.IsTerminal(a.In) && terminal.IsTerminal(s.out) {
		fmt.Fprintln(s.out, a.t("What you type goes to the board. Ctrl-C ends.", "输入的内容会发送给开发板。按 Ctrl-C 结束。"))
	} else {
		fmt.Fprintln(s.out, a.t("Ctrl-C ends.", "按 Ctrl-C 结束。"))
	}
}
