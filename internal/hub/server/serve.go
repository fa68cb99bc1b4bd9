package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	NodeOptions
	cluster   ClusterOptions
	routes    string
	advertise string
	page      string
	replicas  int
	keep      Retention
	budget    Budget
}

func (p *hubProgram) serveCommand() *cobra.Command {
	f := serveFlags{budget: Budget{Bytes: 64 << 20, Messages: 20_000, Pause: time.Minute}}
	cmd := &cobra.Command{
		Use: "serve", Short: p.T("Run the hub", "运行集线服务"),
		Long: p.T(`Run the hub: a NATS server with JetStream, which keeps what boards publish. Every
write is on the disk before it is acknowledged. All connections have TLS, and only who
was enrolled is let in; it listens on this machine alone unless --listen says more.

  sockeye hub enrol desk-1       makes a code, once for each board
  sockeye device --hub CODE …    on the board: trades the code, and publishes from now on
  sockeye hub ls                 shows the boards`,
			`运行集线服务：带 JetStream 的 NATS 服务器，保存各开发板发布的事件。每次写入落盘后才确认。
所有连接都使用 TLS，只有注册过的开发板可以进入；除非 --listen 另行指定，只监听本机。

  sockeye hub enrol desk-1       为每块开发板生成一个注册码
  sockeye device --hub CODE …    在开发板一侧：兑换注册码，此后持续发布
  sockeye hub ls                 查看开发板`),
		Example: `  sockeye hub
  sockeye hub --listen :4222 --name hub.school.example
  sockeye hub --nats tls://nats1:4222,tls://nats2:4222 --replicas 3`,
		Args: terminal.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(&f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.Listen, "listen", "127.0.0.1:4222", p.T("where boards connect; :4222 is the network, too", "开发板连接的地址；:4222 对网络开放"))
	fs.StringVar(&f.advertise, "advertise", "", p.T("HOST:PORT,HOST:PORT that codes tell boards to connect to (default: an address of --listen)", "写入注册码的 主机:端口,主机:端口（默认取自 --listen）"))
	fs.Var(terminal.WordsOf(&f.Names), "name", p.T("name of this machine for its certificate, besides its addresses", "证书中除地址外的本机名称"))
	fs.StringVar(&f.MQTT, "mqtt", "", p.T("take MQTT 3.1.1 clients of the account at HOST:PORT", "在 主机:端口 接受本账户的 MQTT 3.1.1 客户端"))
	fs.StringVar(&f.WebSocket, "websocket", "", p.T("take NATS over WebSocket at HOST:PORT", "在 主机:端口 接受 WebSocket 上的 NATS"))
	fs.StringVar(&f.Leaf, "leaf", "", p.T("take leaf nodes of sites at HOST:PORT", "在 主机:端口 接受站点的叶节点"))
	fs.StringVar(&f.cluster.Name, "cluster", "", p.T("be one server of the cluster of this name", "作为此名称集群中的一台服务器"))
	fs.StringVar(&f.cluster.Node, "node", "", p.T("this server's own name in the cluster", "本服务器在集群中的名称"))
	fs.StringVar(&f.cluster.Listen, "cluster-listen", "127.0.0.1:6222", p.T("where the other servers connect", "其他服务器连接的地址"))
	fs.StringVar(&f.routes, "routes", "", p.T("where the other servers are: HOST:PORT,HOST:PORT", "其他服务器的地址：主机:端口,主机:端口"))
	fs.StringVar(&f.page, "page", fmt.Sprintf("127.0.0.1:%d", pagePort), p.T("where the page of the hub is served, on this machine; off is nowhere", "集线服务页面的地址，仅限本机；off 表示不提供页面"))
	fs.IntVar(&f.replicas, "replicas", 0, p.T("how many servers keep each event: 1, 3 or 5 (default: 3 in a cluster, else 1)", "每个事件保存在几台服务器上：1、3 或 5（默认集群为 3，否则为 1）"))
	fs.Var(terminal.ByteSizeOf(&f.keep.Bytes), "keep-size", p.T("delete the oldest events beyond this size", "总大小超过此值时删除最旧的事件"))
	fs.Var(terminal.DurationOf(&f.keep.Board.Age), "keep-age", p.T("delete events older than this", "删除早于此时间的事件"))
	fs.Var(terminal.ByteSizeOf(&f.keep.Board.Bytes), "keep-board", p.T("delete the oldest events of a board beyond this size", "每块开发板的数据超过此值时删除其最旧的事件"))
	fs.Int64Var(&f.keep.PerSession, "keep-messages", 0, p.T("keep this many messages of each session of each board", "每块开发板的每个会话最多保留的消息数"))
	fs.Var(terminal.ByteSizeOf(&f.budget.Bytes), "board-rate", p.T("bytes that a board may send a second; 0 is no bound (default 64MiB)", "每块开发板每秒可发送的字节数，0 表示不限（默认 64MiB）"))
	fs.Int64Var(&f.budget.Messages, "board-messages", f.budget.Messages, p.T("messages that a board may send a second; 0 is no bound", "每块开发板每秒可发送的消息数，0 表示不限"))
	fs.Var(terminal.DurationOf(&f.budget.Pause), "board-pause", p.T("how long a board that sends more is not let in, twice as long each time (default 1m)", "超出后多久不允许连接，每次加倍（默认 1m）"))
	return cmd
}

func (p *hubProgram) serve(f *serveFlags) error {
	dir, err := p.directory()
	if err != nil {
		return err
	}
	if f.replicas == 0 {
		f.replicas = 1
		if f.cluster.Name != "" {
			f.replicas = 3
		}
	}
	pages, err := listenForPage(f.page)
	if err != nil {
		return err
	}
	if pages != nil {
		defer pages.Close()
	}
	a, err := LoadAuthority(dir)
	if err != nil {
		return err
	}
	at := hubAddress{Here: p.nats, Told: p.nats}
	if p.nats == "" {
		node, err := p.startNode(a, f, dir)
		if err != nil {
			return err
		}
		defer node.Close()
		at = hubAddress{Here: "tls://" + local(node.Addr()), Told: f.codeURLs(node.Addr()), Pin: node.Pin()}
	}
	service, err := StartService(p.Ctx, a, ServiceOptions{URLs: at.Here, Pin: at.Pin, Replicas: f.replicas, Keep: f.keep, Budget: f.budget, Say: p.notice})
	if err != nil {
		if p.Ctx.Err() != nil {
			return p.Interrupted()
		}
		return err
	}
	defer service.Close()
	if p.Env("GOGC") == "" { // else whoever runs it has chosen
		go tendMemory(p.Ctx)
	}
	return p.run(service, at, pages, dir)
}

// run says where the hub and its page are, if it has one, and serves until the program is
// told to end.
func (p *hubProgram) run(service *EnrolmentService, at hubAddress, pages net.Listener, dir string) error {
	if err := at.leave(dir); err != nil {
		return err
	}
	fmt.Fprintf(p.Out, p.T("Sockeye hub: %s\n", "Sockeye 集线服务：%s\n"), at.Told)
	if pages != nil {
		page, err := p.servePage(service, pages, dir)
		if err != nil {
			return err
		}
		defer page.end()
		fmt.Fprintf(p.Out, p.T("Page: %s (good once, for a minute; sockeye hub page opens another)\n", "页面：%s（一分钟内有效，只能用一次；sockeye hub page 可再打开一个）\n"), payload.SafeString(page.server.NewTicket().URL))
	}
	<-p.Ctx.Done()
	return p.Interrupted()
}

func (p *hubProgram) startNode(a *Operator, f *serveFlags, dir string) (*NATSServer, error) {
	o := f.NodeOptions
	o.Dir, o.Log = dir, func(line string) { p.notice(Notice{time.Now(), sockeye.Text{En: line}}) }
	if f.cluster.Name != "" {
		if f.cluster.Node == "" {
			return nil, terminal.Usage("--node", sockeye.Text{En: "each server of a cluster needs a name of its own", Zh: "集群中每台服务器都需要自己的名称"}, sockeye.Text{En: "add --node a", Zh: "请加上 --node a"})
		}
		c := f.cluster
		if f.routes != "" {
			c.Routes = strings.Split(f.routes, ",")
		}
		o.Cluster = &c
	}
	for at := range strings.SplitSeq(f.advertise, ",") {
		if host, _, err := net.SplitHostPort(at); err == nil {
			o.Names = append(o.Names, host)
		}
	}
	return StartNode(a, o)
}

// notice prints a line about what happened.
func (p *hubProgram) notice(n Notice) {
	fmt.Fprintf(p.Err, "%s %s\n", n.Time.Format("15:04:05"), payload.SafeString(n.Text.In(p.Lang)))
}

// local is the address by which this machine reaches a listener of its own.
func local(at netip.AddrPort) string {
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port())
	}
	return at.String()
}

// codeURLs are the URLs that codes have.
func (f *serveFlags) codeURLs(at netip.AddrPort) string {
	addresses := f.advertise
	if addresses == "" {
		if ip := outwardAddress(); at.Addr().IsUnspecified() && ip.IsValid() {
			at = netip.AddrPortFrom(ip, at.Port())
		}
		addresses = local(at)
	}
	return "tls://" + strings.ReplaceAll(addresses, ",", ",tls://")
}

// outwardAddress is the address with which this machine would reach another network. No
// packet is sent.
func outwardAddress() netip.Addr {
	c, err := (&net.Dialer{}).DialContext(context.Background(), "udp4", "192.0.2.1:9") // RFC 5737
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
