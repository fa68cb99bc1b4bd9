package cli

import (
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// sessionSetCommand changes options of a session that is open.
func (a *app) sessionSetCommand() *cobra.Command {
	var f endpointFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "set SESSION",
		Short: a.t("Change options of an open session", "更改已打开会话的选项"),
		Long: a.t(`Change options of an open session, for its peers and those who will join. Only those
below can be changed while it is open; =off turns one off.`,
			`更改已打开会话的选项，对现有和以后的连接对象都生效。会话打开期间只能更改以下选项；=off 表示关闭。`),
		Example: `  sockeye session set s1 --quick-ack
  sockeye session set s1 --cork=off`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 1); err != nil {
				return err
			}
			if len(f.typed) == 0 {
				return terminal.Usage("session set", sockeye.Text{En: "nothing is to be changed", Zh: "没有要更改的选项"}, terminal.HelpHint(cmd))
			}
			var s api.Session
			in := api.SetSession{Options: &api.Options{Options: f.o}}
			if err := a.askWorkbench("PATCH", "/sessions/"+args[0], in, &s); err != nil {
				return err
			}
			return a.printOpened(s, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	f.registerOptions(a, fs, sockeye.AllOptions.Live(), "")
	return cmd
}
