package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// sessionSetCommand changes options of a session that is open.
func (a *app) sessionSetCommand() *cobra.Command {
	var f endpointFlags
	var asJSON bool
	var peers []string
	cmd := &cobra.Command{
		Use:   "set SESSION",
		Short: a.t("Change options of an open session", "更改已打开会话的选项"),
		Long: a.t(`Change options of an open session, for its peers and those who will join, or with
--peer for some peers alone. Only those below can be changed while it is open; =off
turns one off.`,
			`更改已打开会话的选项，对现有和以后的连接对象都生效；加 --peer 则只对这些连接对象生效。会话打开期间
只能更改以下选项；=off 表示关闭。`),
		Example: `  sockeye session set s1 --quick-ack
  sockeye session set s1 --peer kitchen --cork=off`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 1); err != nil {
				return err
			}
			if len(f.typed) == 0 {
				return terminal.Usage("session set", sockeye.Text{En: "nothing is to be changed", Zh: "没有要更改的选项"}, terminal.HelpHint(cmd))
			}
			options := &api.Options{Options: f.o}
			if len(peers) > 0 {
				return asFlagsOf(a.setPeers(args[0], peers, options))
			}
			var s api.Session
			if err := a.askWorkbench("PATCH", "/sessions/"+args[0], api.SetSession{Options: options}, &s); err != nil {
				return asFlagsOf(err)
			}
			return a.printOpened(s, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	fs.Var(terminal.WordsOf(&peers), "peer", a.t("only for this peer: number, alias, address or port; or several, with commas", "只对此连接对象生效：编号、别名、地址或端口；多个用逗号分隔"))
	f.registerOptions(a, fs, sockeye.AllOptions.Live(), "")
	return cmd
}

// setPeers changes options for some peers alone.
func (a *app) setPeers(session string, words []string, options *api.Options) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	there, err := c.Peers(a.Ctx, session)
	if err != nil {
		return err
	}
	var ids []uint64
	for _, word := range words {
		found := peersNamed(there, word)
		if len(found) == 0 {
			return terminal.Usage("--peer", sockeye.Text{En: word + ": no such peer", Zh: word + "：没有这个连接对象"},
				sockeye.Text{En: "sockeye session peers " + session + " lists them", Zh: "sockeye session peers " + session + " 列出全部"})
		}
		ids = append(ids, found...)
	}
	for _, id := range unique(ids) {
		if err := apiOf(c).Ask(a.Ctx, "PATCH", fmt.Sprintf("/sessions/%s/peers/%d", session, id), api.SetPeer{Options: options}, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.Out, "#%d\n", id)
	}
	return nil
}

// asFlagsOf names the flags in what the workbench says of options.
func asFlagsOf(err error) error {
	var all []error
	for _, one := range sockeye.SplitErrors(err) {
		e, ok := errors.AsType[*sockeye.Error](one)
		if ok && strings.HasPrefix(e.Target, "options.") {
			named := *e
			named.Op, named.Target = "", "--"+strings.ReplaceAll(strings.TrimPrefix(e.Target, "options."), "_", "-")
			one = &named
		}
		all = append(all, one)
	}
	return terminal.Together(all...)
}
