package cli

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/terminal"
)

// connectFlags are the flags of connect.
type connectFlags struct {
	endpointFlags
	viewFlags
	terminal.InputFlags
	terminal.TimedFlags
	expect, expectHex  string
	timeout            time.Duration
	sendOnly, recvOnly bool
	zero               bool
	terminal.DumpFlags
	terminal.ExecFlags
}

func (a *app) connectCommand() *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use:   "connect ADDRESS",
		Short: a.t("Connect to a server, send and receive", "连接服务器，收发数据"),
		Long: a.t(`Connect to a TCP or UDP server.

On a terminal, what the server sends is shown as it comes, and what you type goes
to it. Otherwise standard input goes to the socket and the socket to standard
output, as with nc: the end of input finishes our sending, and the command exits
when both directions are done.`,
			`连接 TCP 或 UDP 服务器。

在终端中：实时显示对方发来的数据，输入的内容会发送给对方。
不在终端中：标准输入发往套接字，套接字写到标准输出，与 nc 相同；
输入结束后结束发送方向，双方都结束后退出。`),
		Example: `  sockeye connect 192.168.1.111:10000
  echo hello | sockeye connect localhost 10000
  sockeye connect localhost:10000 --send 'AT\r\n' --expect OK --timeout 2s
  sockeye connect localhost:10000 --send 'ping {{seq}}\n' --every 500ms --repeat 10
  sockeye connect udp://192.168.1.88:10000 --send-hex '01 03 00 00 00 0a c5 cd' --hex`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(a, cmd, args)
			if err != nil {
				return err
			}
			return a.connect(&f, p)
		},
	}
	a.checks(cmd, 0, func(words []string) error {
		_, err := f.plan(a, cmd, words)
		return err
	})
	cmd.ValidArgsFunction = f.completeAddress
	f.register(a, cmd.Flags())
	return cmd
}

// register adds the flags to fs, which refer to f.
func (f *connectFlags) register(a *app, fs *pflag.FlagSet) {
	f.endpointFlags.register(a, fs)
	f.registerConnect(a, fs)
	f.DisplayFlags.Register(a.Terminal, fs)
	f.RecordFlags.Register(a.Terminal, fs)
	f.InputFlags.Register(a.Terminal, fs)
	fs.Var(terminal.PayloadText(&f.Send), "send", a.t(`send TEXT (with escapes such as \r\n and fields such as {{seq}}) instead of standard input`, `发送文本（支持 \r\n 等转义和 {{seq}} 等字段），不读标准输入`))
	fs.Var(terminal.PayloadHex(&f.SendHex), "send-hex", a.t("send these bytes, written in hex", "发送十六进制数据"))
	f.TimedFlags.Register(a.Terminal, fs)
	f.TimedFlags.RegisterFile(a.Terminal, fs, true)
	fs.Var(terminal.ExpectedText(&f.expect), "expect", a.t("exit 0 as soon as TEXT was received, 3 if it was not", "收到该文本立即以 0 退出，否则以 3 退出"))
	fs.Var(terminal.ExpectedHex(&f.expectHex), "expect-hex", a.t("the same for bytes written in hex", "同上，期望内容为十六进制"))
	fs.Var(terminal.DurationOf(&f.timeout), "timeout", a.t("how long to wait for what is expected (default 10s), or altogether", "等待期望内容的时间（默认 10s），或总时间"))
	fs.BoolVar(&f.sendOnly, "send-only", false, a.t("only send; exit at the end of input", "只发送，输入结束即退出"))
	fs.BoolVar(&f.recvOnly, "recv-only", false, a.t("only receive; leave standard input alone", "只接收，不读标准输入"))
	fs.BoolVarP(&f.zero, "zero", "z", false, a.t("only say whether the port is open: exit 0 or 1", "只检查端口是否打开，以 0 或 1 退出"))
	f.ExecFlags.Register(a.Terminal, fs)
	f.DumpFlags.Register(a.Terminal, fs)
	f.pageFlags.register(a, fs)
	f.HubFlags.Register(a.Terminal, fs)
}

func (f *connectFlags) request(a *app) (terminal.Exchange, error) {
	r := terminal.Exchange{Asked: cmp.Or(f.expect, f.expectHex), Input: &f.InputFlags, Pace: f.Pace, Timeout: f.timeout, SendOnly: f.sendOnly, RecvOnly: f.recvOnly}
	var badSend, badList, badFile, badExpect error
	r.Send, badSend = terminal.ParseEither(f.Write, "--send", f.Send, "--send-hex", f.SendHex)
	if badSend == nil { // the list may be what is sent again and again
		r.List, badList = f.SendList(a.Terminal, &f.InputFlags)
	}
	if f.File != "" && (r.Send != nil || r.List != nil) {
		badFile = terminal.Usage("--send-file", sockeye.Text{En: "only one thing can be sent", Zh: "只能发送一种内容"}, sockeye.Text{En: "leave out --send and --send-list", Zh: "请去掉 --send 与 --send-list"})
	}
	r.Expect, badExpect = f.Expectation(f.expect, f.expectHex)
	return r, terminal.Together(badSend, badList, badFile, badExpect)
}

// fileToSend is the file of --send-file, or "".
func (f *connectFlags) fileToSend(a *app) (string, error) {
	if f.File == "" {
		return "", nil
	}
	path, err := a.File("--send-file", f.File)
	if err == nil {
		err = terminal.CheckFile(path)
	}
	return path, err
}

// connectPlan is what the command line of connect means.
type connectPlan struct {
	ep     sockeye.Endpoint
	show   terminal.OutputFormat
	req    terminal.Exchange
	answer terminal.Answer
}

// plan reads the command line; the error is everything that is wrong with it.
func (f *connectFlags) plan(a *app, cmd *cobra.Command, words []string) (p connectPlan, err error) {
	var badEndpoint, badForm, badRequest, badAnswer error
	p.ep, badEndpoint = f.endpoint(sockeye.Connect, words, "*", a.defaultPort())
	p.show, badForm = f.RecordFlags.Form(a.Terminal, &f.DisplayFlags)
	badInput := f.InputFlags.Parse(&f.DisplayFlags)
	p.req, badRequest = f.request(a)
	p.answer, badAnswer = f.ExecFlags.Answer(a.Terminal)
	return p, terminal.Together(f.pageFlags.check(a, cmd), badEndpoint, badForm, badInput, badRequest, badAnswer)
}

func (a *app) connect(f *connectFlags, p connectPlan) (err error) {
	ep, show, req, answer := p.ep, p.show, p.req, p.answer
	if f.attach {
		return f.pageFlags.open(a, terminal.Attachment{Endpoint: ep, Open: &client.OpenOptions{}, Display: &f.DisplayFlags, Format: show, Input: &f.InputFlags})
	}
	if req.File, err = f.fileToSend(a); err != nil {
		return err
	}
	typing := !req.Sends() && req.Expect == nil && !f.recvOnly && answer.Program == nil
	if answer.Program != nil {
		terminal.ForProgram(&ep)
	}
	if f.zero {
		return a.Probe(ep, f.Drain, f.Verbose)
	}
	f.Unheard = answer.Program != nil || f.sendOnly
	if f.Dump, err = f.DumpFlags.Open(a.Terminal); err != nil {
		return err
	}
	f.EndTells = !ep.Options.Reconnect && req.Expect == nil
	l, err := f.begin(a, show, typing, ep)
	if err != nil {
		return err
	}
	l.Bench.SetLookup(a.Lookup(&f.PayloadFlags))
	answer.Changeable = f.ui && answer.Program == nil
	req.RecvOnly = f.recvOnly || answer.Program != nil
	if !l.Interactive() && !req.RecvOnly && req.List == nil && (req.Sends() || req.Expect == nil) {
		l.Sent = terminal.Linger(&ep)
	}
	s, err := l.Bench.Open(a.Ctx, ep, answer)
	if err != nil {
		return l.Finish(f.asFlags(err))
	}
	return l.Finish(l.RunExchange(s, req))
}
