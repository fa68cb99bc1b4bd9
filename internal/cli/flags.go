package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// endpointFlags are the flags that describe an endpoint, for every command that
// opens one.
type endpointFlags struct {
	udp, only4, only6 bool
	numeric           bool // hosts are addresses: no DNS
	sources           []string
	o                 sockeye.Options
	noDelay           bool
	keepAlive         bool
	reusePort         bool
	broadcast         bool
	kernelTime        bool
	selfConnect       bool
	overCap           string
	prefer            int
	allowFile         string // ncat's: a list of peers to let in
	denyFile          string
	readFile          func(flag, path string) ([]byte, error)
}

// register adds the flags both modes share.
func (f *endpointFlags) register(a *app, fs *pflag.FlagSet) {
	o := &f.o
	fs.BoolVarP(&f.udp, "udp", "u", false, a.t("UDP instead of TCP", "使用 UDP（默认 TCP）"))
	fs.BoolVarP(&f.only4, "ipv4", "4", false, a.t("IPv4 only", "仅 IPv4"))
	fs.BoolVarP(&f.only6, "ipv6", "6", false, a.t("IPv6 only", "仅 IPv6"))
	fs.BoolVarP(&f.numeric, "nodns", "n", false, a.t("HOST is an IP address: look up no name", "主机必须是 IP 地址，不查询域名"))
	fs.VarP(terminal.DurationOf(&o.IdleTimeout), "idle-timeout", "i", a.t("close a peer on which nothing crossed for this long", "连接空闲多久后关闭"))
	fs.StringVar(&o.Interface, "interface", "", a.t("use only this network interface (Linux)", "只使用这块网卡（Linux）"))
	fs.BoolVar(&f.noDelay, "no-delay", true, a.t("TCP_NODELAY: send small messages at once", "TCP_NODELAY：小数据立即发送"))
	fs.BoolVar(&f.keepAlive, "keepalive", true, a.t("probe idle TCP peers", "探测空闲的 TCP 连接"))
	fs.Var(terminal.DurationOf(&o.KeepAliveIdle), "keepalive-idle", a.t("idle time before the first probe (default 5s)", "首次探测前的空闲时间（默认 5s）"))
	fs.Var(terminal.DurationOf(&o.KeepAliveInterval), "keepalive-interval", a.t("time between probes (default 5s)", "探测间隔（默认 5s）"))
	fs.IntVar(&o.KeepAliveCount, "keepalive-count", 0, a.t("unanswered probes until the peer is dead (default 3)", "多少次无应答后判定断开（默认 3）"))
	fs.Var(terminal.DurationOf(&o.UserTimeout), "user-timeout", a.t("TCP_USER_TIMEOUT: close when nothing sent was acknowledged for this long, though the peer answers (Linux)", "TCP_USER_TIMEOUT：已发送数据这么久未被确认就断开，即使对方仍有应答（Linux）"))
	fs.IntVar(&o.ReceiveBuffer, "recv-buffer", 0, a.t("SO_RCVBUF in bytes", "SO_RCVBUF，字节"))
	fs.IntVar(&o.SendBuffer, "send-buffer", 0, a.t("SO_SNDBUF in bytes", "SO_SNDBUF，字节"))
	fs.IntVar(&o.ReadSize, "read-size", 0, a.t("most bytes one read takes (default 65536)", "单次最多接收的字节数（默认 65536）"))
	fs.Var(terminal.DurationOf(&o.HalfOpen), "half-open", a.t("how long a peer that finished sending stays (without TIME: 1m); otherwise it leaves when all is sent", "对方结束发送后连接保留多久（不写时间为 1m）；不用此项则发完即断开"))
	fs.Lookup("half-open").NoOptDefVal = sockeye.HalfOpenTime.String()
	fs.Var(terminal.DurationOf(&o.HalfOpen), "fin-idle", "")
	fs.MarkHidden("fin-idle") // the old name
	fs.Var(terminal.DurationOf(&o.SendTimeout), "send-timeout", a.t("how long a send waits for a peer that does not read", "对方不接收时发送最多等待多久"))
	fs.BoolVar(&f.broadcast, "broadcast", false, a.t("allow sending to a broadcast address", "允许向广播地址发送"))
	fs.BoolVar(&f.reusePort, "reuse-port", false, a.t("SO_REUSEPORT: share the port with other processes (Linux)", "SO_REUSEPORT：与其他进程共用端口（Linux）"))
	fs.BoolVar(&f.kernelTime, "kernel-time", false, a.t("stamp datagrams when the kernel received them (Linux)", "使用内核接收时刻作为数据报时间（Linux）"))
}

// registerListen adds the flags of a listening endpoint.
func (f *endpointFlags) registerListen(a *app, fs *pflag.FlagSet) {
	o := &f.o
	fs.Var(&prefixes{&o.AllowPeers}, "allow-peer", a.t("let only these in: IP addresses and ranges, 192.168.1.0/24,10.0.0.7", "只允许这些地址连接：IP 或地址段，如 192.168.1.0/24,10.0.0.7"))
	fs.Var(&prefixes{&o.DenyPeers}, "deny-peer", a.t("never let these in", "拒绝这些地址"))
	fs.Var(&prefixes{&o.AllowPeers}, "allow", "") // ncat's names
	fs.Var(&prefixes{&o.DenyPeers}, "deny", "")
	f.readFile = a.ReadFile
	fs.StringVar(&f.allowFile, "allowfile", "", "")
	fs.StringVar(&f.denyFile, "denyfile", "", "")
	for _, name := range []string{"allow", "deny", "allowfile", "denyfile"} {
		fs.MarkHidden(name)
	}
	fs.IntVar(&o.Backlog, "backlog", 0, a.t("connections the kernel queues before they are accepted (default: the system's most)", "等待接受的连接队列长度（默认取系统上限）"))
	fs.IntVarP(&o.MaxPeers, "max-peers", "m", 0, a.t("most peers at a time (default 8192)", "最多同时连接数（默认 8192）"))
	fs.StringVar(&f.overCap, "over-cap", "refuse", a.t("what to do beyond max-peers: refuse (RST) or pause (let them queue)", "超过上限时：refuse（RST 拒绝）或 pause（排队等待）"))
}

// registerConnect adds the flags of a connecting endpoint.
func (f *endpointFlags) registerConnect(a *app, fs *pflag.FlagSet) {
	o := &f.o
	fs.VarP(terminal.WordsOf(&f.sources), "source", "s", a.t("local address to connect from; several are tried in turn", "本地源地址；可写多个，依次尝试"))
	fs.Uint16VarP(&o.SourcePort, "source-port", "p", 0, a.t("local port to connect from", "本地源端口"))
	fs.VarP(terminal.DurationOf(&o.ConnectTimeout), "wait", "w", a.t("how long one attempt to connect may take (default 10s)", "单次连接的超时时间（默认 10s）"))
	fs.IntVar(&f.prefer, "prefer", 0, a.t("address family to try first: 4 or 6", "优先尝试的地址族：4 或 6"))
	fs.BoolVar(&o.Reconnect, "reconnect", false, a.t("connect again for ever, waiting 0.5s to 30s", "断开后不断重连，间隔 0.5s 到 30s"))
	fs.BoolVar(&f.selfConnect, "self-connect", false, a.t("allow a connection to itself", "允许连接到自身"))
}

// endpoint makes the endpoint that flags and address words mean: def where there are no
// words, and a port where they have none.
func (f *endpointFlags) endpoint(mode sockeye.Mode, words []string, def string, missing uint16) (sockeye.Endpoint, error) {
	typed := strings.Join(words, " ")
	if typed == "" {
		typed = def
	}
	addr, err := sockeye.ParseAddressPort(typed, missing)
	if err != nil {
		return sockeye.Endpoint{}, err
	}
	if addr.Network, err = f.network(addr); err != nil {
		return sockeye.Endpoint{}, err
	}
	if _, err := netip.ParseAddr(addr.Host); f.numeric && addr.Host != "" && err != nil {
		return sockeye.Endpoint{}, terminal.Usage("--nodns", sockeye.Text{En: fmt.Sprintf("%q is a name", addr.Host), Zh: fmt.Sprintf("%q 是名称", addr.Host)},
			sockeye.Text{En: "write its IP address; sockeye resolve " + addr.Host + " looks it up", Zh: "请写 IP 地址；sockeye resolve " + addr.Host + " 可以查询"})
	}
	o := f.o
	for _, s := range f.sources {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			return sockeye.Endpoint{}, terminal.Usage("--source",
				sockeye.Text{En: fmt.Sprintf("%q is not an IP address", s), Zh: fmt.Sprintf("%q 不是 IP 地址", s)},
				sockeye.Text{En: "sockeye addrs lists this machine's addresses", Zh: "sockeye addrs 列出本机地址"})
		}
		o.Sources = append(o.Sources, ip)
	}
	o.NoDelay, o.KeepAlive = sockeye.ChoiceOf(f.noDelay), sockeye.ChoiceOf(f.keepAlive)
	o.ReusePort, o.Broadcast = sockeye.ChoiceOf(f.reusePort), sockeye.ChoiceOf(f.broadcast)
	o.KernelTime, o.SelfConnect = sockeye.ChoiceOf(f.kernelTime), sockeye.ChoiceOf(f.selfConnect)
	for _, file := range []struct {
		flag, path string
		to         *[]netip.Prefix
	}{{"--allowfile", f.allowFile, &o.AllowPeers}, {"--denyfile", f.denyFile, &o.DenyPeers}} {
		if file.path == "" {
			continue
		}
		list, err := f.prefixesIn(file.flag, file.path)
		if err != nil {
			return sockeye.Endpoint{}, err
		}
		*file.to = append(*file.to, list...)
	}
	o.Prefer, o.OverCap = f.prefer, sockeye.OverCap(f.overCap)
	ep := sockeye.Endpoint{Mode: mode, Address: addr, Options: o}
	return ep, asFlags(ep.Validate())
}

// asFlags names the flags, as they are typed, in what Validate says of options.
func asFlags(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var all []error
	for _, err := range joined.Unwrap() {
		e := *sockeye.ErrorOf(err)
		switch e.Target {
		case "address":
		case "receive-buffer":
			e.Op, e.Target = "", "--recv-buffer"
		case "connect-timeout":
			e.Op, e.Target = "", "--wait"
		default:
			e.Op, e.Target = "", "--"+e.Target
		}
		all = append(all, &e)
	}
	return errors.Join(all...)
}

// network combines the scheme that was typed with -u, -4 and -6.
func (f *endpointFlags) network(a sockeye.Address) (sockeye.Network, error) {
	if f.only4 && f.only6 {
		return "", terminal.Usage("-4 -6", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
			sockeye.Text{En: "without either, both families are used", Zh: "都不写则两种地址都用"})
	}
	n := a.Network
	if f.udp {
		n = sockeye.Network(strings.Replace(string(n), "tcp", "udp", 1))
	}
	want := 0
	if f.only4 {
		want = 4
	} else if f.only6 {
		want = 6
	}
	if want == 0 {
		return n, nil
	}
	if ip, err := netip.ParseAddr(a.Host); n.Family() != 0 && n.Family() != want || err == nil && ip.Unmap().Is4() != (want == 4) {
		return "", terminal.Usage(fmt.Sprintf("-%d", want), sockeye.Text{
			En: fmt.Sprintf("%s is not IPv%d", a, want), Zh: fmt.Sprintf("%s 不是 IPv%d", a, want)},
			sockeye.Text{En: "leave the flag out", Zh: "请去掉这个选项"})
	}
	return n.Transport() + sockeye.Network(strconv.Itoa(want)), nil
}
