package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
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
	cmd.AddCommand(a.sessionOpenCommand(), a.sessionListCommand(), a.sessionPeersCommand(), a.sessionSendCommand(), a.sessionPlayCommand(), a.sessionRunsCommand(), a.sessionStopCommand(), a.sessionPauseCommand(), a.sessionResumeCommand(), a.sessionTailCommand(), a.sessionLinesCommand(), a.sessionRulesCommand(), a.sessionSetCommand(), a.sessionCloseCommand())
	return cmd
}

// workbench is the one that this user runs.
func (a *app) workbench() (client.Client, error) {
	return client.Attach(a.Ctx, &client.AttachOptions{Language: a.Lang, Getenv: a.Env})
}

// apiOf asks what package client has no call for: rules, lists, and answers as JSON.
func apiOf(c client.Client) *api.Client { return c.(interface{ API() *api.Client }).API() }

// askWorkbench sends one request to the workbench that runs.
func (a *app) askWorkbench(method, path string, in, out any) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	return apiOf(c).Ask(a.Ctx, method, path, in, out)
}

func (a *app) sessionOpenCommand() *cobra.Command {
	var f endpointFlags
	var echo, asJSON bool
	var from, upstream string
	var allow guardFlag
	cmd := &cobra.Command{
		Use:   "open MODE [ADDRESS]",
		Short: a.t("Open a session: listen or connect", "打开会话：listen 或 connect"),
		Long: a.t(`Open a session in the running workbench. MODE is listen or connect; ADDRESS is as
for these commands. The session's name is printed. With --from-workspace the endpoint
of the workspace with that name is opened as the file says it, with its rules.`,
			`在正在运行的工作台中打开会话。MODE 为 listen 或 connect；ADDRESS 与这两个命令相同。
成功后输出会话名。--from-workspace 则按工作区文件打开其中这个名称的端点，规则一并生效。`),
		Example: `  sockeye session open listen :10000
  sockeye session open connect 192.168.1.88:10000 --reconnect
  sockeye session open listen udp://:10000 --echo
  sockeye session open --from-workspace meter`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if from != "" {
				return a.openFromWorkspace(cmd, from, args, asJSON)
			}
			if len(args) == 0 {
				return terminal.Usage("MODE", sockeye.Text{En: "listen or connect is missing", Zh: "缺少 listen 或 connect"}, terminal.HelpHint(cmd))
			}
			mode, def := sockeye.Mode(args[0]), ""
			switch mode {
			case sockeye.Listen:
			case sockeye.Connect:
				def = "localhost"
			default:
				return terminal.Usage("MODE", sockeye.Text{En: fmt.Sprintf("%q is neither listen nor connect", mode), Zh: fmt.Sprintf("%q 既不是 listen 也不是 connect", mode)}, terminal.HelpHint(cmd))
			}
			ep, badEndpoint := f.endpoint(mode, args[1:], def, a.defaultPort())
			_, badGuard := workspace.Allowed(allow.words)
			if err := terminal.Together(badEndpoint, guardFault(badGuard)); err != nil {
				return err
			}
			c, err := a.workbench()
			if err != nil {
				return err
			}
			defer c.Close()
			how := &client.OpenOptions{Echo: echo, LiftGuards: allow.words}
			if upstream != "" {
				how.Upstream = &sockeye.Endpoint{Mode: sockeye.Connect}
				if err := how.Upstream.ReadAddress(upstream, a.defaultPort()); err != nil {
					return err
				}
			}
			opened, err := c.Open(a.Ctx, ep, how)
			if err != nil {
				return err
			}
			var s api.Session
			if err := apiOf(c).Ask(a.Ctx, "GET", "/sessions/"+opened.ID, nil, &s); err != nil {
				return err
			}
			return a.printOpened(s, asJSON)
		},
	}
	takesAddress(cmd, 1)
	fs := cmd.Flags()
	fs.StringVar(&from, "from-workspace", "", a.t("open this endpoint of the workspace", "打开工作区中的这个端点"))
	fs.BoolVar(&echo, "echo", false, a.t("send everything back", "收到什么就发回什么"))
	fs.StringVar(&upstream, "upstream", "", a.t("relay: give each peer a connection of its own to this address", "转发：为每个连接对象各连接一次该地址"))
	allow.register(a, fs)
	fs.BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	f.register(a, fs)
	f.registerListen(a, fs)
	f.registerConnect(a, fs)
	return cmd
}

func (a *app) printOpened(s api.Session, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(s)
	}
	_, err := fmt.Fprintf(a.Out, "%s  %s\n", s.ID, sessionWhere(s.Mode, s.Address, s.Locals))
	return err
}

// openFromWorkspace opens an endpoint of the running workbench's workspace.
func (a *app) openFromWorkspace(cmd *cobra.Command, name string, args []string, asJSON bool) error {
	if len(args) > 0 {
		return terminal.Usage("--from-workspace", sockeye.Text{En: "not together with MODE and ADDRESS", Zh: "不能与 MODE、ADDRESS 同时使用"}, terminal.HelpHint(cmd))
	}
	other := ""
	local := cmd.LocalNonPersistentFlags()
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "from-workspace" && f.Name != "json" && local.Lookup(f.Name) != nil {
			other = f.Name
		}
	})
	if other != "" {
		return terminal.Usage("--"+other, sockeye.Text{En: "the workspace says how the endpoint is opened", Zh: "端点的打开方式由工作区决定"}, sockeye.Text{En: "change it there", Zh: "请在工作区中修改"})
	}
	var w api.Workspace
	if err := a.askWorkbench("GET", "/workspace", nil, &w); err != nil {
		return err
	}
	var opened api.Sessions
	if err := a.askWorkbench("POST", "/workspace/open", api.OpenWorkspace{Stamp: w.Stamp, Endpoint: name}, &opened); err != nil {
		return err
	}
	for _, s := range opened.Sessions {
		if err := a.printOpened(s, asJSON); err != nil {
			return err
		}
	}
	return nil
}

// sessionWhere is where a session is bound, or whereto it connects.
func sessionWhere(mode sockeye.Mode, address string, locals []string) string {
	if mode == sockeye.Listen && len(locals) > 0 {
		transport, _, _ := strings.Cut(address, "://")
		address = transport + "://" + strings.Join(locals, ", ")
	}
	return payload.SafeString(string(mode) + " " + address)
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

// sessionState is whether a session is open, and how many rules answer it.
func (a *app) sessionState(s *client.Session) string {
	if s.Rules > 0 && s.State != client.Closed {
		return a.stateName(s.State) + fmt.Sprintf(a.t(", %d rules", "，%d 条规则"), s.Rules)
	}
	return a.stateName(s.State)
}

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
				rows = append(rows, []string{fmt.Sprint(p.ID), payload.SafeString(p.Alias()), a.PeerAddress(p),
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

func (a *app) sessionSendCommand() *cobra.Command {
	var asHex bool
	var to []string
	var ending, prefix, suffix string
	var every time.Duration
	var repeat int
	var file fileToSend
	cmd := &cobra.Command{
		Use:   "send SESSION [TEXT]",
		Short: a.t("Send to the peers of a session", "向会话的连接对象发送"),
		Long: a.t(`Send TEXT, in which escapes such as \r\n and \x01 are understood, or bytes written in
hex, to all peers of a session or to some. With --every the workbench goes on sending,
and what that is called is printed: see session runs and session stop. With --file it
sends a file as it is, to each peer at its own pace, and goes on when this command has
ended.`,
			`向会话的全部或部分连接对象发送 TEXT（支持 \r\n、\x01 等转义）或十六进制数据。
加 --every 时由工作台持续发送，并输出其名称，参见 session runs 与 session stop。
加 --file 时原样发送文件，各连接对象互不影响；本命令结束后由工作台继续发送。`),
		Example: `  sockeye session send s1 'LED ON\n'
  sockeye session send s1 --hex '01 03 00 00 00 0A C5 CD' --to kitchen
  sockeye session send s1 'ping {{seq}}\n' --every 500ms
  sockeye session send s1 --file firmware.bin --rate 10k`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if repeat < 0 {
				return terminal.TooFew(repeat)
			}
			if asHex && len(args) > 2 {
				args = []string{args[0], strings.Join(args[1:], " ")}
			}
			if err := expectSessions(cmd, args, 2); err != nil {
				return err
			}
			if file.path != "" {
				if len(args) > 1 || asHex || every > 0 || ending+prefix+suffix != "" {
					return terminal.Usage("--file", sockeye.Text{En: "a file is sent as it is, and nothing with it", Zh: "文件按原样发送，不能附加其他内容"}, terminal.HelpHint(cmd))
				}
				return a.sendFile(args[0], to, &file)
			}
			if file.chunk+file.rate > 0 {
				return terminal.Usage("--chunk --rate", sockeye.Text{En: "these set the pace of a file", Zh: "这些选项设置发送文件的节奏"}, sockeye.Text{En: "add --file PATH", Zh: "请加上 --file PATH"})
			}
			if len(args) == 1 {
				return terminal.Usage("TEXT", sockeye.Text{En: "what to send is missing", Zh: "缺少要发送的内容"}, terminal.HelpHint(cmd))
			}
			message := client.Payload{Text: args[1], Hex: asHex, LineEnding: ending, Prefix: prefix, Suffix: suffix}
			if every > 0 {
				return a.startRun(args[0], to, api.StartRun{Payload: payloadOf(message), EveryMS: float64(every.Microseconds()) / 1000, Times: repeat})
			}
			if repeat != 0 {
				return terminal.Usage("--repeat", sockeye.Text{En: "how long apart is missing", Zh: "缺少间隔"}, sockeye.Text{En: "add --every 1s", Zh: "请加上 --every 1s"})
			}
			c, err := a.workbench()
			if err != nil {
				return err
			}
			defer c.Close()
			ids, all, err := a.recipients(c, args[0], to)
			if err != nil {
				return err
			}
			if all {
				ids = nil
			}
			sent, err := c.SendPayload(a.Ctx, args[0], message, ids...)
			if sent == nil && err != nil {
				return err
			}
			return a.showSent(sent)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asHex, "hex", false, a.t("TEXT is bytes written in hex", "TEXT 是十六进制数据"))
	registerTo(a, cmd, &to)
	fs.StringVar(&file.path, "file", "", a.t("send this file as it is", "原样发送此文件"))
	fs.Var(terminal.ByteSizeOf(&file.chunk), "chunk", a.t("most bytes of the file at a time", "文件每次最多发送的字节数"))
	fs.Var(terminal.ByteSizeOf(&file.rate), "rate", a.t("most bytes of the file in a second", "文件每秒最多发送的字节数"))
	fs.Var(terminal.DurationOf(&every), "every", a.t("send TEXT again and again, this long apart", "按此间隔反复发送 TEXT"))
	fs.IntVar(&repeat, "repeat", 0, a.t("how often in all (default with --every: for ever)", "总共发送多少次（配合 --every 时默认不限）"))
	terminal.RegisterAround(a.Terminal, fs, &prefix, &suffix)
	fs.StringVar(&ending, "line-ending", "", a.t("append lf, crlf or cr", "附加 lf、crlf 或 cr"))
	return cmd
}

// payloadOf is a payload for the API.
func payloadOf(p client.Payload) *api.Payload {
	out := &api.Payload{Kind: "text", Text: p.Text, Escapes: true, LineEnding: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	if p.Hex {
		out.Kind, out.Escapes = "hex", false
	}
	return out
}

func (a *app) showSent(sent []client.Delivery) error {
	var failed error
	for _, d := range sent {
		if d.Err != nil {
			failed = terminal.Exit{Code: terminal.ExitNetwork}
			fmt.Fprintf(a.Err, "sockeye: #%d: %s\n", d.Peer, payload.SafeString(d.Err.Reason(a.Lang)))
			continue
		}
		fmt.Fprintf(a.Out, a.t("#%d: %s\n", "#%d：%s\n"), d.Peer, a.ByteCount(d.Sent))
	}
	return failed
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
