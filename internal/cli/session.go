package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

func (a *app) sessionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "session COMMAND [SESSION]",
		Short: a.t("Drive a running workbench from the shell", "在终端中操作正在运行的工作台"),
		Long: a.t(`Open, list, watch, feed and close the sessions of the workbench that "sockeye ui"
runs: the same ones as in its page.`,
			`打开、列出、查看、发送和关闭 sockeye ui 所运行工作台的会话，与页面中的是同一批。`),
		Args: terminal.OnlyKnownCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.sessionOpenCommand(), a.sessionListCommand(), a.sessionPeersCommand(), a.sessionSendCommand(), a.sessionPublishCommand(), a.sessionPlayCommand(), a.sessionRunsCommand(), a.sessionStopCommand(), a.sessionPauseCommand(), a.sessionResumeCommand(), a.sessionTailCommand(), a.sessionPairsCommand(), a.sessionCommentCommand(), a.sessionLinesCommand(), a.sessionRulesCommand(), a.sessionFaultCommand(), a.sessionHeldCommand(), a.sessionSetCommand(), a.sessionCloseCommand())
	return cmd
}

// workbench is the one that this user runs.
func (a *app) workbench() (client.Client, error) {
	return client.Attach(a.Ctx, &client.AttachOptions{Language: a.Lang, Getenv: a.Env})
}

// apiOf asks what package client has no call for: rules, lists, and answers as JSON.
func apiOf(c client.Client) *api.HTTPClient { return c.(interface{ API() *api.HTTPClient }).API() }

// askWorkbench sends one request to the workbench that runs.
func (a *app) askWorkbench(method, path string, in, out any) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	return apiOf(c).Ask(a.Ctx, method, path, in, out)
}

func (a *app) sessionListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   a.t("List the sessions", "列出会话"),
		Long:    a.t("List the sessions of the running workbench, closed ones too.", "列出正在运行的工作台中的会话，包括已关闭的。"),
		Example: `  sockeye session ls`,
		Args:    terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.workbench()
			if err != nil {
				return err
			}
			defer c.Close()
			if asJSON {
				var list api.Sessions
				if err := apiOf(c).Ask(a.Ctx, "GET", "/sessions", nil, &list); err != nil {
					return err
				}
				return a.PrintJSON(list)
			}
			sessions, err := c.Sessions(a.Ctx)
			if err != nil {
				return err
			}
			rows := [][]string{{a.t("session", "会话"), a.t("endpoint", "端点"), a.t("state", "状态"), a.t("peers", "连接对象"), a.t("received", "接收"), a.t("sent", "发送")}}
			for _, s := range sessions {
				var locals []string
				for _, l := range s.Locals {
					locals = append(locals, l.String())
				}
				rows = append(rows, []string{s.ID, sessionWhere(s.Endpoint.Mode, s.Endpoint.Address.String(), locals), a.sessionState(&s), fmt.Sprint(s.Peers),
					a.Amount(s.Counters.ReceivedBytes, s.Counters.ReceivedMessages, s.ReceiveRate), a.Amount(s.Counters.SentBytes, s.Counters.SentMessages, s.SendRate)})
			}
			return a.PrintTable(rows, a.t("no session is open", "没有会话"))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// sessionState is whether a session is open, how many rules answer it, and how many faults
// are between the sides of a relay.
func (a *app) sessionState(s *client.Session) string {
	state := a.stateName(s.State)
	if s.State == client.Closed {
		return state
	}
	if s.Rules > 0 {
		state += fmt.Sprintf(a.t(", %d rules", "，%d 条规则"), s.Rules)
	}
	switch {
	case s.Faults == 0:
	case s.FaultsUntil.IsZero():
		state += fmt.Sprintf(a.t(", faults: %d", "，故障：%d"), s.Faults)
	default:
		state += fmt.Sprintf(a.t(", faults: %d until %s", "，故障：%d，至 %s"), s.Faults, clock(s.FaultsUntil))
	}
	return state
}

// clock is the time of day here.
func clock(t time.Time) string { return t.Local().Format("15:04:05") }

func (a *app) stateName(state client.SessionState) string {
	return map[client.SessionState]string{client.Open: a.t("open", "已打开"), client.Connecting: a.t("connecting", "正在连接"), client.Closed: a.t("closed", "已关闭")}[state]
}

func (a *app) sessionPeersCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "peers SESSION",
		Short:   a.t("List a session's peers", "列出会话的连接对象"),
		Long:    a.t("List the peers of a session with their counters.", "列出会话的连接对象和收发统计。"),
		Example: `  sockeye session peers s1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 1); err != nil {
				return err
			}
			c, err := a.workbench()
			if err != nil {
				return err
			}
			defer c.Close()
			if asJSON {
				var list api.Peers
				if err := apiOf(c).Ask(a.Ctx, "GET", "/sessions/"+args[0]+"/peers", nil, &list); err != nil {
					return err
				}
				return a.PrintJSON(list)
			}
			peers, err := c.Peers(a.Ctx, args[0])
			if err != nil {
				return err
			}
			rows := [][]string{{"#", a.t("alias", "别名"), a.t("address", "地址"), a.t("state", "状态"), a.t("received", "接收"), a.t("sent", "发送"),
				a.t("unacknowledged", "未确认"), a.t("resent", "重传")}}
			for _, p := range peers {
				window, resent := uint32(0), ""
				if p.TCP != nil {
					window, resent = p.TCP.SendWindow, fmt.Sprint(p.TCP.Retransmits)
				}
				rows = append(rows, []string{fmt.Sprint(p.ID), terminal.Safe(p.Alias()), a.PeerAddress(p),
					a.PeerState(string(p.Network), p.State) + a.PeerTrouble(p.HalfOpen, p.NotReadingFor, window, p.Queued),
					a.Amount(p.Counters.ReceivedBytes, p.Counters.ReceivedMessages, p.ReceiveRate), a.Amount(p.Counters.SentBytes, p.Counters.SentMessages, p.SendRate),
					terminal.Unacknowledged(string(p.Network), p.Unsent), resent})
			}
			return a.PrintTable(rows, a.t("no peer is connected", "没有连接对象"))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// expectSessions checks that sessions are named, most of them at most (0: any number).
func expectSessions(cmd *cobra.Command, args []string, most int) error {
	hint := sockeye.Text{En: "sockeye session ls lists the sessions", Zh: "sockeye session ls 列出会话"}
	if len(args) == 0 {
		return terminal.Usage("SESSION", sockeye.Text{En: "which session?", Zh: "缺少会话名"}, hint)
	}
	if most > 0 && len(args) > most {
		return terminal.Usage(args[most], sockeye.Text{En: "one word too many", Zh: "多余的参数"}, terminal.HelpHint(cmd))
	}
	if most > 0 {
		args = args[:1]
	}
	for _, s := range args {
		if strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			return terminal.Usage(s, sockeye.Text{En: "is not the name of a session", Zh: "不是会话名"}, hint)
		}
	}
	return nil
}

func (a *app) sessionCloseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "close SESSION...",
		Short: a.t("Close sessions in good order", "正常关闭会话"),
		Long: a.t(`Close sessions in good order. A session that is closed already is taken from the
list; its events stay.`,
			`正常关闭会话。已经关闭的会话会从列表中移除，其事件仍然保留。`),
		Example: `  sockeye session close s1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 0); err != nil {
				return err
			}
			c, err := a.workbench()
			if err != nil {
				return err
			}
			defer c.Close()
			for _, id := range args {
				if err := c.CloseSession(a.Ctx, id); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// workbenchGone says that the workbench ended, which ends a view of it in good order.
func workbenchGone(ctx context.Context, err error) bool {
	return ctx.Err() == nil && err != nil && sockeye.ErrorOf(err).Kind == sockeye.Closed
}
