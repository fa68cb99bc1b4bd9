package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// relayFlags are the flags of relay.
type relayFlags struct {
	endpointFlags
	faults faultFlag
	share  string
	routes []string
	terminal.DisplayFlags
	terminal.RecordFlags
}

func (a *app) relayCommand() *cobra.Command {
	var f relayFlags
	cmd := &cobra.Command{
		Use:   "relay LISTEN UPSTREAM",
		Short: a.t("Pass on what crosses between two sides, and show it", "在两端之间转发数据并显示"),
		Long: a.t(`Listen, connect to the upstream once for each peer, and pass on what either side
sends, as it is unless --fault says otherwise. Both sides are shown and recorded: what
came from the peer (←) and what went to the upstream (→), and the way back. Who finishes
sending, resets or reads slowly does so for the other side too. Flags are of the side that listens; options of the
upstream stand behind a ? in its address.

With --share all peers share one connection to the upstream, such as a serial port: what
it sends goes to each of them. It is dialled with the first peer, and again when it is gone.

--fault says what goes wrong on the way, in the words of toxiproxy and netem, and may be
given more than once: latency, rate, slice, merge, drop, duplicate, reorder, corrupt,
truncate, blackhole, stall, reset, refuse, half-close, hold. With --frame it hits whole
frames. docs/relay.md has the language.`,
			`监听端口，为每个连接对象各连接一次上游，并把任何一方发来的数据原样转给另一方。
两侧都会显示和记录：从连接对象收到的（←）、发往上游的（→），以及返回的数据。一方结束发送、重置或读得慢，
另一方也会如此。命令行选项属于监听一侧；上游的选项写在其地址的 ? 之后。

加 --share 时，全部连接对象共用一个上游连接（如串口）：上游发来的内容转给每一个。它随第一个连接对象建立，中断后重连。

--fault 按 toxiproxy 与 netem 的用语在途中注入故障，可重复使用：latency、rate、slice、merge、drop、duplicate、
reorder、corrupt、truncate、blackhole、stall、reset、refuse、half-close、hold。加 --frame 时以整帧为单位。
写法见 docs/relay.zh-CN.md。`),
		Example: `  sockeye relay :10001 192.168.1.88:10000
  sockeye relay tcp://:4000 'serial:///dev/ttyUSB0?baud=9600'
  sockeye relay tcp://:4000 'serial:///dev/ttyUSB0?baud=9600' --share one
  sockeye relay :8000 localhost:1883 --upstream 'localhost:80 when prefix:GET'
  sockeye relay udp://:5000 udp://192.168.1.88:5000 --hex
  sockeye relay :10001 192.168.1.88:10000 --fault 'latency 100ms jitter 20ms to upstream'
  sockeye relay :10001 192.168.1.88:10000 --frame line --fault 'drop 5% when contains:LED'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(a, cmd, args)
			if err != nil {
				return err
			}
			return a.relay(&f, p)
		},
	}
	a.checks(cmd, 1, func(words []string) error {
		_, err := f.plan(a, cmd, words)
		return err
	})
	fs := cmd.Flags()
	f.endpointFlags.register(a, fs)
	f.registerListen(a, fs)
	f.faults.register(a, fs)
	registerShare(a, fs, &f.share)
	fs.StringArrayVar(&f.routes, "upstream", nil, a.t("another upstream for some peers: ADDRESS peer 10.0.0.0/8 when prefix:GET (again for more)", "部分连接对象的另一个上游：地址 peer 10.0.0.0/8 when prefix:GET（可重复）"))
	f.DisplayFlags.Register(a.Terminal, fs)
	f.RecordFlags.Register(a.Terminal, fs)
	cmd.RegisterFlagCompletionFunc("fault", completeFaults)
	return cmd
}

// registerShare registers the flag that has peers share the upstream.
func registerShare(a *app, fs *pflag.FlagSet, share *string) {
	fs.StringVar(share, "share", "", a.t("one connection to the upstream for all peers, to which one (there longest) or all may write", "全部连接对象共用一个上游连接，one（最早加入者）或 all 可写入"))
}

// relayPlan is what the command line of relay means.
type relayPlan struct {
	ep, upstream sockeye.Endpoint
	how          core.RelayOptions
}

// plan reads the command line; the error is everything that is wrong with it.
func (f *relayFlags) plan(a *app, cmd *cobra.Command, words []string) (p relayPlan, err error) {
	if len(words) != 2 {
		return p, terminal.Together(terminal.Usage(strings.Join(words, " "), sockeye.Text{En: "two addresses are needed: where to listen, and the upstream", Zh: "需要两个地址：监听地址和上游地址"}, terminal.HelpHint(cmd)),
			f.asFlags(f.o.Check()))
	}
	var badEndpoint, badRoutes, badFaults error
	p.ep, badEndpoint = f.endpoint(sockeye.Listen, words[:1], "", a.defaultPort())
	p.upstream.Mode = sockeye.Connect
	badUpstream := p.upstream.ReadAddress(words[1], a.defaultPort())
	if o := &p.upstream.Options; badUpstream == nil {
		if p.ep.Options.Broadcast == sockeye.On && p.upstream.Address.Network.Traits().Forgeable() && o.Broadcast == sockeye.Default {
			o.Broadcast = sockeye.On // it is the upstream that would be one
		}
		badUpstream = f.asFlags(core.CheckEndpoint(p.upstream))
	}
	p.how.Share = core.Writers(f.share)
	p.how.Routes, badRoutes = core.ParseRoutes(f.routes, a.defaultPort())
	p.how.Faults, badFaults = f.faults.set(f.Frame)
	err = terminal.Together(badEndpoint, badUpstream, faultsAsFlags(badRoutes), badFaults, faultsAsFlags(p.how.Validate()))
	if err == nil {
		err = faultsAsFlags(core.ValidateRelay(p.ep, p.upstream, p.how))
	}
	return p, err
}

func (a *app) relay(f *relayFlags, p relayPlan) error {
	ep, upstream, how := p.ep, p.upstream, p.how
	show, err := f.RecordFlags.Form(a.Terminal, &f.DisplayFlags)
	if err != nil {
		return err
	}
	f.Verbose = f.Verbose || terminal.IsTerminal(a.Err)
	if how.Faults != nil && !f.Quiet {
		f.Status = fmt.Sprintf(a.t("faults are active: %s", "故障已启用：%s"), terminal.Safe(strings.Join(how.Faults.Texts(), "; ")))
		fmt.Fprintln(a.Err, f.Status)
	}
	l, err := a.Start(show, &f.DisplayFlags, false, &f.RecordFlags, ep)
	if err != nil {
		return err
	}
	s, err := l.Bench.OpenRelay(a.Ctx, ep, upstream, how)
	if err != nil {
		return l.Finish(f.asFlags(err))
	}
	return l.Finish(a.serveUntil(l, s, nil, nil))
}
