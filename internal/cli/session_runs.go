package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

func (a *app) sessionPlayCommand() *cobra.Command {
	var to []string
	cmd := &cobra.Command{
		Use:   "play SESSION FILE",
		Short: a.t("Send a list in a session", "在会话中发送列表"),
		Long: a.t(`Begin to send a list to all peers of a session, or to some. FILE is as for --send-list
of connect; its variables are those of the workbench's workspace. The workbench goes on
with it; its name is printed.`,
			`开始向会话的全部或部分连接对象发送列表。FILE 的写法与 connect 的 --send-list 相同；变量取自工作台的工作区。
由工作台继续发送，成功后输出其名称。`),
		Example: `  sockeye session play s1 boot.toml
  sockeye session play s1 tests.toml#handshake --to 2`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 2); err != nil {
				return err
			}
			if len(args) == 1 {
				return terminal.Usage("FILE", sockeye.Text{En: "which list is missing", Zh: "缺少列表文件"}, terminal.HelpHint(cmd))
			}
			l, err := a.ReadList("FILE", args[1])
			if err != nil {
				return err
			}
			list := workspace.ListOf(&l.List)
			return a.startRun(args[0], to, api.StartRun{Name: l.Name, List: &list})
		},
	}
	registerTo(a, cmd, &to)
	return cmd
}

func registerTo(a *app, cmd *cobra.Command, to *[]string) {
	cmd.Flags().Var(terminal.WordsOf(to), "to", a.t("send to this peer: its number, alias, address or port; several by commas (default: all)", "发送对象：编号、别名、地址或端口，多个用逗号分隔（默认全部）"))
}

// startRun begins to send in a session, and prints what the run is called.
func (a *app) startRun(session string, to []string, in api.StartRun) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	if in.To, in.All, err = a.recipients(c, session, to); err != nil {
		return err
	}
	var r api.Run
	if err := apiOf(c).Ask(a.Ctx, "POST", "/sessions/"+session+"/runs", in, &r); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Out, r.ID)
	return err
}

func (a *app) sessionRunsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "runs SESSION",
		Short:   a.t("List what a session sends by itself", "列出会话正在自动发送的内容"),
		Long:    a.t("List the lists and files that a session is sending, or sent last, and how far they are.", "列出会话正在发送或刚发送过的列表和文件，以及进度。"),
		Example: `  sockeye session runs s1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 1); err != nil {
				return err
			}
			var list api.Runs
			if err := a.askWorkbench("GET", "/sessions/"+args[0]+"/runs", nil, &list); err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(list)
			}
			rows := [][]string{{a.t("run", "编号"), a.t("list", "列表"), a.t("state", "状态"), a.t("messages", "消息"), a.t("bytes", "字节"), a.t("failed", "失败"), a.t("skipped", "跳过"), a.t("late", "平均延迟")}}
			for _, r := range list.Runs {
				rows = append(rows, []string{r.ID, terminal.Safe(r.Name), a.runState(r), a.runSteps(r), fmt.Sprint(r.Bytes), fmt.Sprint(r.Failed), fmt.Sprint(r.Skipped),
					time.Duration(r.MeanLate * float64(time.Millisecond)).Round(10 * time.Microsecond).String()})
			}
			return a.PrintTable(rows, a.t("nothing is being sent", "没有正在发送的内容"))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *app) runState(r api.Run) string {
	switch {
	case r.Paused:
		return a.t("paused", "已暂停")
	case r.Running:
		return a.t("sending", "正在发送")
	}
	return a.t("ended", "已结束")
}

func (a *app) runSteps(r api.Run) string {
	if r.File != nil {
		return a.fileSteps(r)
	}
	if r.Total == 0 {
		return fmt.Sprint(r.Steps)
	}
	return fmt.Sprintf("%d/%d", r.Steps, r.Total)
}

func (a *app) sessionStopCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stop SESSION [RUN...]",
		Short: a.t("Stop sending lists and files", "停止发送列表和文件"),
		Long: a.t("Stop sending lists and files at once; without RUN, all of the session's.",
			"立即停止发送列表和文件；不写 RUN 则停止该会话的全部。"),
		Example: `  sockeye session stop s1
  sockeye session stop s1 r2`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args[:min(1, len(args))], 1); err != nil {
				return err
			}
			runs := args[1:]
			if err := expectSessions(cmd, append([]string{args[0]}, runs...), 0); err != nil { // they are named alike
				return err
			}
			if len(runs) == 0 {
				var list api.Runs
				if err := a.askWorkbench("GET", "/sessions/"+args[0]+"/runs", nil, &list); err != nil {
					return err
				}
				for _, r := range list.Runs {
					if r.Running {
						runs = append(runs, r.ID)
					}
				}
			}
			for _, id := range runs {
				if err := a.askWorkbench("DELETE", "/sessions/"+args[0]+"/runs/"+id, api.None{}, nil); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
