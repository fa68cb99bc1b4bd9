package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/boards"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// listenFlags are the flags of listen.
type listenFlags struct {
	endpointFlags
	viewFlags
	terminal.InputFlags
	terminal.TimedFlags
	once, keepOpen bool
	port           uint16
	portGiven      bool
	source         string
	wait           string // how long to try to connect, which a server does not
	allow          guardFlag
	announce       boards.AnnounceFlag
	ncatForm       bool // "sockeye -l": one peer unless -k
	keepOpenGiven  bool
	terminal.DumpFlags
	terminal.AnswerFlags
	sendOnly, recvOnly bool
}

func (a *app) listenCommand() *cobra.Command {
	var f listenFlags
	cmd := &cobra.Command{
		Use:   "listen [ADDRESS]",
		Short: a.t("Open a server, show what peers send, answer them", "打开服务器，显示收到的数据并应答"),
		Long: a.t(`Open a TCP, UDP or Unix socket server (default tcp://:10000).

On a terminal, what peers send is shown as it comes, and what you type goes to
them; /help lists what else can be typed. Otherwise standard input goes to all
peers, and received bytes come out on standard output, as with ncat.`,
			`打开 TCP、UDP 或 Unix 套接字服务器（默认 tcp://:10000）。

在终端中：实时显示对方发来的数据，输入的内容会发送给对方；输入 /help 查看更多命令。
不在终端中：标准输入发送给所有连接对象，收到的字节写到标准输出，与 ncat 相同。`),
		Example: `  sockeye listen
  sockeye listen :8080 --echo
  sockeye listen udp://:10000 --hex
  sockeye listen 127.0.0.1:0 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(a, cmd, args)
			if err != nil {
				return err
			}
			return a.listen(&f, p)
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

// emptyBacklog is the error of a backlog that was given and holds nobody.
func emptyBacklog(given bool, n int) error {
	if !given || n != 0 { // what is negative the option refuses itself
		return nil
	}
	return terminal.Usage("--backlog", sockeye.Text{
		En: fmt.Sprintf("%d: a queue has room for at least one connection", n),
		Zh: fmt.Sprintf("%d：队列至少要能容纳一个连接", n)},
		sockeye.Text{En: "leave it out for the system's largest", Zh: "不写则取系统上限"})
}

// register adds the flags to fs, which refer to f.
func (f *listenFlags) register(a *app, fs *pflag.FlagSet) {
	f.endpointFlags.register(a, fs)
	f.registerListen(a, fs)
	f.DisplayFlags.Register(a.Terminal, fs)
	f.RecordFlags.Register(a.Terminal, fs)
	f.InputFlags.Register(a.Terminal, fs)
	fs.Var(terminal.PayloadText(&f.Send), "send", a.t("with --every or --repeat: what to send to all peers", "配合 --every 或 --repeat：发送给全部连接对象的内容"))
	fs.Var(terminal.PayloadHex(&f.SendHex), "send-hex", a.t("the same, written in hex", "同上，十六进制"))
	f.TimedFlags.Register(a.Terminal, fs)
	f.TimedFlags.RegisterFile(a.Terminal, fs, false)
	fs.BoolVar(&f.Echo, "echo", false, a.t("send everything back", "收到什么就发回什么"))
	f.allow.register(a, fs)
	fs.BoolVar(&f.once, "once", false, a.t("serve one peer, then exit", "服务一个连接后退出"))
	f.ExecFlags.Register(a.Terminal, fs)
	fs.BoolVar(&f.Broker, "broker", false, a.t("pass what one peer sends to all others", "把一个连接对象发来的内容转发给其余全部"))
	fs.BoolVar(&f.Chat, "chat", false, a.t("the same with who says it: <user3> hello", "同上，并注明是谁：<user3> hello"))
	fs.BoolVar(&f.sendOnly, "send-only", false, a.t("only send; exit at the end of input", "只发送，输入结束即退出"))
	fs.BoolVar(&f.recvOnly, "recv-only", false, a.t("only receive; leave standard input alone", "只接收，不读标准输入"))
	f.DumpFlags.Register(a.Terminal, fs)
	f.pageFlags.register(a, fs)
	f.HubFlags.Register(a.Terminal, fs)
	f.announce.Register(a.Terminal, fs)
	f.registerNcat(fs)
}

// registerNcat adds ncat's letters for what ADDRESS says, hidden.
func (f *listenFlags) registerNcat(fs *pflag.FlagSet) {
	fs.BoolVarP(&f.keepOpen, "keep-open", "k", true, "")
	fs.BoolVarP(&f.ncatForm, "listen", "l", false, "")
	fs.Uint16VarP(&f.port, "port", "p", 0, "")
	fs.StringVarP(&f.source, "source", "s", "", "")
	fs.VarP(terminal.CheckedText(&f.wait, isTime), "wait", "w", "")
	for _, name := range []string{"keep-open", "listen", "port", "source", "wait"} {
		fs.MarkHidden(name)
	}
}

// endsAfterOne makes "sockeye -l" serve one peer, as "ncat -l" does, unless -k was
// given; the command listen stays open by itself. UDP has no end of a peer.
func (f *listenFlags) endsAfterOne(ep sockeye.Endpoint) bool {
	return f.once || !f.keepOpen || f.ncatForm && !f.keepOpenGiven && !f.Broker && !f.Chat && ep.Address.Network.Traits().Connections
}

func isTime(s string) error {
	_, err := sockeye.ParseTime(s)
	return err
}

// ncatAddress is the address where -p and -s say a part of it, as with ncat: the words are
// then a host alone.
func (f *listenFlags) ncatAddress(words []string, missing uint16) ([]string, error) {
	if !f.portGiven && f.source == "" {
		return words, nil
	}
	addr := sockeye.Address{Host: f.source, Port: missing}
	if f.portGiven {
		addr.Port = f.port
	}
	switch {
	case len(words) == 0:
	case len(words) > 1 || f.source != "":
		return nil, terminal.Usage(strings.Join(words, " "), sockeye.Text{En: "the address is given twice", Zh: "地址重复了"}, sockeye.Text{En: "write HOST:PORT, or -s and -p", Zh: "请写 主机:端口，或使用 -s 和 -p"})
	default:
		host, err := sockeye.ParseAddressPort(words[0], f.port)
		if err != nil {
			return nil, err
		}
		if host.Port != f.port || host.Host == "" {
			return nil, terminal.Usage(words[0], sockeye.Text{En: "the port is given twice", Zh: "端口重复了"}, sockeye.Text{En: "leave -p out, or write a host alone", Zh: "请去掉 -p，或只写主机"})
		}
		return []string{host.String()}, nil
	}
	return []string{addr.HostPort()}, nil
}

// settle sets the flags and options that follow from others.
func (f *listenFlags) settle(a *app, ep *sockeye.Endpoint) {
	if f.once = f.endsAfterOne(*ep); f.once {
		ep.Options.MaxPeers = 1
	}
	f.Verbose = f.Verbose || terminal.IsTerminal(a.Err)
	f.Unheard = f.Unheard || f.sendOnly
	if f.sendOnly && f.QuitAfter < 0 {
		f.QuitAfter = 0
	}
	if ep.Address.Network.Traits().Connections {
		a.WarnOfFileLimit(ep.Options.MaxPeers)
	}
}

// listenPlan is what the command line of listen means.
type listenPlan struct {
	ep     sockeye.Endpoint
	show   terminal.OutputFormat
	list   *terminal.TimedList
	answer terminal.Answer
}

// plan reads the command line; the error is everything that is wrong with it.
func (f *listenFlags) plan(a *app, cmd *cobra.Command, words []string) (p listenPlan, err error) {
	f.keepOpenGiven, f.portGiven = cmd.Flags().Changed("keep-open"), cmd.Flags().Changed("port")
	badBacklog := emptyBacklog(cmd.Flags().Changed("backlog"), f.o.Backlog)
	words, badEndpoint := f.ncatAddress(words, a.defaultPort())
	if badEndpoint == nil {
		p.ep, badEndpoint = f.endpoint(sockeye.Listen, words, "", a.defaultPort())
	}
	var badForm, badList, badAnswer error
	p.show, badForm = f.RecordFlags.Form(a.Terminal, &f.DisplayFlags)
	badInput := f.InputFlags.Parse(&f.DisplayFlags)
	allow, badGuards := workspace.Allowed(f.allow.words)
	p.list, badList = f.SendList(a.Terminal, &f.InputFlags)
	p.answer, badAnswer = f.Answer(a.Terminal, &p.ep)
	if badList == nil && p.list == nil && f.Send+f.SendHex != "" {
		badList = terminal.Usage("--send", sockeye.Text{En: "when should it be sent?", Zh: "何时发送？"}, sockeye.Text{En: "add --every 1s", Zh: "请加上 --every 1s"})
	}
	p.answer.Allow = allow
	return p, terminal.Together(f.pageFlags.check(a, cmd), badBacklog, badEndpoint, badForm, badInput, guardFault(badGuards), badList, badAnswer, f.announce.Check())
}

func (a *app) listen(f *listenFlags, p listenPlan) (err error) {
	ep, show, list, answer := p.ep, p.show, p.list, p.answer
	if f.attach {
		return f.pageFlags.open(a, terminal.Attachment{Endpoint: ep, Open: &client.OpenOptions{Echo: f.Echo, LiftGuards: f.allow.words}, Display: &f.DisplayFlags, Format: show, Input: &f.InputFlags})
	}
	runs := answer.Program != nil
	if runs {
		a.WarnOfProgram(answer.Program, ep)
	}
	f.Unheard = runs
	f.settle(a, &ep)
	if f.Dump, err = f.DumpFlags.Open(a.Terminal); err != nil {
		return err
	}
	reads := !runs && (!f.recvOnly || list != nil)
	l, err := f.begin(a, show, reads, ep)
	if err != nil {
		return err
	}
	l.Bench.SetLookup(a.Lookup(&f.PayloadFlags))
	answer.Changeable = f.ui && !runs && answer.Broker == nil // the page may set rules
	once := f.awaitEnd(l)
	if list == nil && !f.Echo && reads && l.Pipes() {
		l.Sent = terminal.Linger(&ep)
		l.Finishes = f.once && ep.Address.Network.Traits().HalfClose
	}
	s, err := l.Bench.Open(a.Ctx, ep, answer)
	if err != nil {
		return l.Finish(f.asFlags(err))
	}
	if err := f.announce.Session(a.Terminal, l, ep, s.Locals()); err != nil {
		return l.Finish(err)
	}
	var input <-chan error
	if reads {
		input = l.ServeInput(s, &f.InputFlags, f.Pace, list)
	}
	return l.Finish(a.serveUntil(l, s, once, input))
}

// awaitEnd is closed when the one peer of --once has left.
func (f *listenFlags) awaitEnd(l *terminal.Runner) <-chan struct{} {
	if !f.once {
		return nil
	}
	return l.AwaitEvent(0, sockeye.Left)
}

// serveUntil returns when a server, its one peer, the input, the person or the view ends.
func (a *app) serveUntil(l *terminal.Runner, s *core.Session, once <-chan struct{}, input <-chan error) error {
	select {
	case <-a.Ctx.Done():
		s.StopAccepting()
		return l.Interrupted()
	case <-once:
	case err := <-input:
		return err
	case <-s.Done():
	case <-l.ViewDone:
	}
	return nil
}
