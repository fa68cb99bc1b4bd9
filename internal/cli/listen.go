package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/netinfo"
)

// listenFlags are the flags of listen.
type listenFlags struct {
	endpointFlags
	displayFlags
	recordFlags
	inputFlags
	timedFlags
	echo, once, keepOpen bool
	port                 uint16
	source               string
	allow                allowFlag
}

func (a *app) listenCommand() *cobra.Command {
	var f listenFlags
	cmd := &cobra.Command{
		Use:   "listen [ADDRESS]",
		Short: a.t("Open a server, show what peers send, answer them", "打开服务器，显示收到的数据并应答"),
		Long: a.t(`Open a TCP or UDP server (default tcp://:10000).

On a terminal, what peers send is shown as it comes, and what you type goes to
them; /help lists what else can be typed. Otherwise standard input goes to all
peers, and received bytes come out on standard output, as with ncat.`,
			`打开 TCP 或 UDP 服务器（默认 tcp://:10000）。

在终端中：实时显示对方发来的数据，输入的内容会发送给对方；输入 /help 查看更多命令。
不在终端中：标准输入发送给所有连接对象，收到的字节写到标准输出，与 ncat 相同。`),
		Example: `  sockeye listen
  sockeye listen :8080 --echo
  sockeye listen udp://:10000 --hex
  sockeye listen 127.0.0.1:0 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("backlog") && f.o.Backlog <= 0 {
				return usage("--backlog", sockeye.Text{
					En: fmt.Sprintf("%d: a queue has room for at least one connection", f.o.Backlog),
					Zh: fmt.Sprintf("%d：队列至少要能容纳一个连接", f.o.Backlog)},
					sockeye.Text{En: "leave it out for the system's largest", Zh: "不写则取系统上限"})
			}
			return a.listen(&f, args)
		},
	}
	fs := cmd.Flags()
	f.endpointFlags.register(a, fs)
	f.registerListen(a, fs)
	f.displayFlags.register(a, fs)
	f.recordFlags.register(a, fs)
	f.inputFlags.register(a, fs)
	fs.StringVar(&f.send, "send", "", a.t("with --every or --repeat: what to send to all peers", "配合 --every 或 --repeat：发送给全部连接对象的内容"))
	fs.StringVar(&f.sendHex, "send-hex", "", a.t("the same, written in hex", "同上，十六进制"))
	f.timedFlags.register(a, fs)
	f.timedFlags.registerFile(a, fs, false)
	fs.BoolVar(&f.echo, "echo", false, a.t("send everything back", "收到什么就发回什么"))
	f.allow.register(a, fs)
	fs.BoolVar(&f.once, "once", false, a.t("serve one peer, then exit", "服务一个连接后退出"))
	fs.BoolVarP(&f.keepOpen, "keep-open", "k", true, "")
	fs.Uint16VarP(&f.port, "port", "p", 0, "")
	fs.StringVarP(&f.source, "source", "s", "", "")
	for _, name := range []string{"keep-open", "port", "source"} { // ncat's letters for what ADDRESS says
		fs.MarkHidden(name)
	}
	return cmd
}

func (a *app) listen(f *listenFlags, words []string) error {
	if f.port != 0 || f.source != "" {
		addr := sockeye.Address{Host: f.source, Port: f.port}
		if f.port == 0 {
			addr.Port = sockeye.DefaultPort
		}
		words = []string{addr.HostPort()}
	}
	ep, err := f.endpoint(sockeye.Listen, words, "")
	if err != nil {
		return err
	}
	show, err := f.recordFlags.form(a, &f.displayFlags)
	if err != nil {
		return err
	}
	if err := f.inputFlags.parse(&f.displayFlags); err != nil {
		return err
	}
	allow, err := f.allow.allowed()
	if err != nil {
		return err
	}
	list, err := f.sendList(&f.inputFlags)
	if err != nil {
		return err
	}
	if list == nil && f.send+f.sendHex != "" {
		return usage("--send", sockeye.Text{En: "when should it be sent?", Zh: "何时发送？"}, sockeye.Text{En: "add --every 1s", Zh: "请加上 --every 1s"})
	}
	if f.once {
		ep.Options.MaxPeers = 1
	}
	f.verbose = f.verbose || isTerminal(a.Err)
	if ep.Address.Network.Transport() == sockeye.TCP {
		a.warnOfFileLimit(ep.Options.MaxPeers, netinfo.DescriptorLimit())
	}
	l, err := a.start(show, &f.displayFlags, true, &f.recordFlags, ep)
	if err != nil {
		return err
	}
	l.bench.SetLookup(a.lookup(&f.payloadFlags))
	var once <-chan struct{}
	if f.once {
		once = l.awaitEvent(0, sockeye.Left)
	}
	if list == nil && !f.echo && l.pipes() {
		l.sent = linger(&ep)
		l.finishes = f.once && ep.Address.Network.Transport() == sockeye.TCP
	}
	s, err := l.bench.Open(a.ctx, ep, core.Answer{Echo: f.echo, Allow: allow})
	if err != nil {
		return l.finish(err)
	}
	input := l.serveInput(s, &f.inputFlags, f.pace, list)
	select {
	case <-a.ctx.Done():
		s.StopAccepting()
		err = l.interrupted()
	case <-once:
	case err = <-input:
	case <-s.Done():
	case <-l.viewDone:
	}
	return l.finish(err)
}

// ownFiles is how many descriptors a server needs besides its peers', rounded up:
// standard streams, listeners, the poller, a spare.
const ownFiles = 32

// warnOfFileLimit says so if the peers that were asked for (0: none in particular)
// cannot all have a descriptor.
func (a *app) warnOfFileLimit(peers int, limit uint64) {
	if limit == 0 || uint64(peers+ownFiles) <= limit {
		return
	}
	fmt.Fprintf(a.Err, a.t(
		"warning: --max-peers %d: this process may open %d files, so only about %d peers fit\nhint: raise the limit before starting: ulimit -n %d (systemd: LimitNOFILE=%[4]d)\n",
		"警告：--max-peers %d：本进程最多打开 %d 个文件，只容得下约 %d 个连接\n提示：启动前先提高上限：ulimit -n %d（systemd：LimitNOFILE=%[4]d）\n"),
		peers, limit, max(0, int(limit)-ownFiles), peers+ownFiles)
}
