package sockeye

import "time"

// Sets of schemes that options are of.
var (
	overTCP = []Network{TCP}
	overUDP = []Network{UDP}
	overIP  = []Network{TCP, UDP}

	onPath  = []Network{Unix, Unixgram}
	streams = []Network{TCP, Unix}
)

// Headings of options in a form.
var (
	topicPeers      = Text{"Peers", "连接对象"}
	topicConnecting = Text{"Connecting", "建立连接"}
	topicSocket     = Text{"Socket", "套接字"}
	topicProbes     = Text{"Keepalive", "保活"}
	topicBuffers    = Text{"Buffers", "缓冲区"}
)

// HalfOpenTime is how long half-open is where it is wanted and no time is given.
const HalfOpenTime = time.Minute

// Limits of options, chosen so that a typing error cannot take the machine down.
const (
	maxPeersLimit  = 1 << 20
	maxBufferBytes = 1 << 30
	maxBacklog     = 1 << 16
)

// AllOptions are the options of endpoints, in the order in which help shows them.
// Nobody writes to it.
var AllOptions = OptionTable{
	{Name: "idle-timeout", Topic: topicPeers, Short: "i", Kind: OptionTime,
		field: func(o *Options) any { return &o.IdleTimeout },
		Defaults: []OptionDefault{{Schemes: overUDP, Mode: Listen, Value: 5 * time.Minute},
			{Text: Text{"never", "不限"}}},
		Label: Text{"Close when idle for", "空闲多久后关闭"},
		Help:  Text{"close a peer on which nothing crossed for this long", "连接空闲多久后关闭"}},
	{Name: "allow-peers", Topic: topicPeers, Aliases: []string{"allow-peer"}, FlagAliases: []string{"allow"}, Kind: OptionPrefixes, Schemes: overIP, Mode: Listen,
		field: func(o *Options) any { return &o.AllowPeers },
		Label: Text{"Only these peers", "仅允许"},
		Help:  Text{"let only these in: IP addresses and ranges, 192.168.1.0/24,10.0.0.7", "只允许这些地址连接：IP 或地址段，如 192.168.1.0/24,10.0.0.7"},
		Note:  Text{"Others are reset (UDP: dropped) and told of once a second at most", "其余的会被重置（UDP：丢弃），每秒最多提示一次"}},
	{Name: "deny-peers", Topic: topicPeers, Aliases: []string{"deny-peer"}, FlagAliases: []string{"deny"}, Kind: OptionPrefixes, Schemes: overIP, Mode: Listen,
		field: func(o *Options) any { return &o.DenyPeers },
		Label: Text{"Never these peers", "拒绝"},
		Help:  Text{"never let these in", "拒绝这些地址"},
		Note:  Text{"It goes before `--allow-peers`", "优先于 `--allow-peers`"}},
	{Name: "backlog", Topic: topicSocket, Kind: OptionCount, Schemes: streams, Mode: Listen, Most: maxBacklog,
		field:    func(o *Options) any { return &o.Backlog },
		Defaults: []OptionDefault{{Text: Text{"the system's most", "系统上限"}}},
		Label:    Text{"Accept queue", "等待队列长度"},
		Help:     Text{"connections the kernel queues before they are accepted", "等待接受的连接队列长度"}},
	{Name: "mode", Topic: topicSocket, Prominent: true, Kind: OptionChoice, Schemes: onPath, Mode: Listen,
		field:    func(o *Options) any { return &o.SocketMode },
		Defaults: []OptionDefault{{Value: 600}},
		Words: []OptionWord{{"600", Text{"lets only the own user connect", "只允许本用户连接"}},
			{"660", Text{"the group too", "同组用户也可以"}}, {"666", Text{"everybody on this machine", "本机所有用户都可以"}}},
		Label: Text{"Who may connect", "谁可以连接"},
		Help:  Text{"permission bits of the socket's file: 600, 660 or 666", "套接字文件的权限：600、660 或 666"},
		Note:  Text{"The file never has more, not even for a moment, whatever the umask. A name without a file (`unix://@name`) is open to everybody on this machine", "无论 umask 如何，文件的权限任何时刻都不会超出。没有文件的名称（`unix://@name`）对本机所有用户开放"}},
	{Name: "max-peers", Topic: topicPeers, Short: "m", FlagAliases: []string{"max-conns"}, Kind: OptionCount, Mode: Listen, Most: maxPeersLimit,
		field:    func(o *Options) any { return &o.MaxPeers },
		Defaults: []OptionDefault{{Value: 8192}},
		Label:    Text{"Most peers", "最多连接数"},
		Help:     Text{"most peers at a time", "最多同时连接数"},
		Note:     Text{"UDP forgets its oldest peer for a new one", "UDP 会为新的对象移除最早的"}},
	{Name: "source", Topic: topicConnecting, Short: "s", Aliases: []string{"sources"}, Kind: OptionAddresses, Schemes: overIP, Mode: Connect,
		field: func(o *Options) any { return &o.Sources },
		Label: Text{"Local address", "本地地址"},
		Help:  Text{"local address to connect from; several are tried in turn", "本地源地址；可写多个，依次尝试"}},
	{Name: "source-port", Topic: topicConnecting, Short: "p", Kind: OptionPort, Schemes: overIP, Mode: Connect, Most: 65535,
		field:    func(o *Options) any { return &o.SourcePort },
		Defaults: []OptionDefault{{Text: Text{"any", "任意"}}},
		Label:    Text{"Local port", "本地端口"},
		Help:     Text{"local port to connect from", "本地源端口"}},
	{Name: "connect-timeout", Topic: topicConnecting, Short: "w", FlagAliases: []string{"wait"}, Kind: OptionTime, Mode: Connect,
		field:    func(o *Options) any { return &o.ConnectTimeout },
		Defaults: []OptionDefault{{Value: 10 * time.Second}},
		Label:    Text{"Connect timeout", "连接超时"},
		Help:     Text{"how long one attempt to connect may take", "单次连接的超时时间"}},
	{Name: "reconnect", Topic: topicConnecting, Kind: OptionSwitch, Mode: Connect,
		field: func(o *Options) any { return &o.Reconnect },
		Label: Text{"Reconnect", "断开后重连"},
		Help:  Text{"connect again for ever, waiting 0.5s to 30s", "断开后不断重连，间隔 0.5s 到 30s"},
		Note:  Text{"The waits are random, between 0.5s and a limit that grows to 30s, so that many clients do not come back together", "间隔是随机的，在 0.5s 与逐渐增大到 30s 的上限之间，众多客户端不会同时回来"}},

	{Name: "interface", Topic: topicSocket, Kind: OptionInterface, Schemes: overIP, System: "Linux", Expert: true,
		field: func(o *Options) any { return &o.Interface },
		Label: Text{"Network interface", "网卡"},
		Help:  Text{"use only this network interface", "只使用这块网卡"}},
	{Name: "no-delay", Topic: topicBuffers, Kind: OptionSwitch, Schemes: overTCP, Expert: true,
		field:    func(o *Options) any { return &o.NoDelay },
		Defaults: []OptionDefault{{Value: On}},
		Label:    Text{"Send small messages at once", "小数据立即发送"},
		Help:     Text{"TCP_NODELAY: send small messages at once", "TCP_NODELAY：小数据立即发送"},
		Note:     Text{"Off, the kernel gathers them (Nagle's algorithm)", "关闭时由内核合并（Nagle 算法）"}},
	{Name: "keepalive", Topic: topicProbes, Kind: OptionSwitch, Schemes: overTCP, Expert: true,
		field:    func(o *Options) any { return &o.KeepAlive },
		Defaults: []OptionDefault{{Value: On}},
		Label:    Text{"Probe idle peers", "探测空闲连接"},
		Help:     Text{"probe idle TCP peers", "探测空闲的 TCP 连接"},
		Note:     Text{"It finds a silent peer dead: by default after 5s of silence, with 3 probes 5s apart", "用于发现没有声息的对方已断开：默认静默 5s 后每 5s 探测一次，共 3 次"}},
	{Name: "keepalive-idle", Topic: topicProbes, Kind: OptionTime, Schemes: overTCP, Expert: true,
		field:    func(o *Options) any { return &o.KeepAliveIdle },
		Defaults: []OptionDefault{{Value: 5 * time.Second}},
		Label:    Text{"First probe after", "首次探测前空闲"},
		Help:     Text{"idle time before the first probe", "首次探测前的空闲时间"}},
	{Name: "keepalive-interval", Topic: topicProbes, Kind: OptionTime, Schemes: overTCP, Expert: true,
		field:    func(o *Options) any { return &o.KeepAliveInterval },
		Defaults: []OptionDefault{{Value: 5 * time.Second}},
		Label:    Text{"Between probes", "探测间隔"},
		Help:     Text{"time between probes", "探测间隔"}},
	{Name: "keepalive-count", Topic: topicProbes, Kind: OptionCount, Schemes: overTCP, Most: 127, Expert: true,
		field:    func(o *Options) any { return &o.KeepAliveCount },
		Defaults: []OptionDefault{{Value: 3}},
		Label:    Text{"Unanswered probes", "无应答次数"},
		Help:     Text{"unanswered probes until the peer is dead", "多少次无应答后判定断开"}},
	{Name: "user-timeout", Topic: topicProbes, Kind: OptionTime, Schemes: overTCP, Least: -1, System: "Linux", Expert: true,
		field: func(o *Options) any { return &o.UserTimeout },
		Label: Text{"Give up unacknowledged data after", "未确认数据的时限"},
		Help: Text{"TCP_USER_TIMEOUT: close when nothing sent was acknowledged for this long, though the peer answers",
			"TCP_USER_TIMEOUT：已发送数据这么久未被确认就断开，即使对方仍有应答"},
		Note: Text{"Without it a peer that acknowledges, the probes of its closed window included, may read as slowly as it likes; one that answers nothing at all is given up in the time in which keepalive finds a silent one dead, at most 20s. A negative time leaves both to the system",
			"不用此项时，只要对方仍有确认（包括对零窗口探测的应答），读得多慢都可以；完全没有应答的对方，在保活判定静默连接断开所需的时间内断开，最多 20s。负数表示都由系统决定"}},
	{Name: "receive-buffer", Topic: topicBuffers, Aliases: []string{"recv-buffer"}, Kind: OptionBytes, Schemes: overIP, Most: maxBufferBytes, Expert: true,
		field: func(o *Options) any { return &o.ReceiveBuffer },
		Defaults: []OptionDefault{{Schemes: overUDP, Value: 4 << 20},
			{Text: Text{"the system's choice", "系统决定"}}},
		Label: Text{"Receive buffer", "接收缓冲区"},
		Help:  Text{"SO_RCVBUF: the kernel's receive buffer", "SO_RCVBUF：内核接收缓冲区"},
		Note: Text{"Datagrams that find no room in it are a gap in the record, with their number (Linux)",
			"放不下而被丢弃的数据报在记录中显示为缺口，并注明数量（Linux）"}},
	{Name: "send-buffer", Topic: topicBuffers, Kind: OptionBytes, Most: maxBufferBytes, Expert: true,
		field:    func(o *Options) any { return &o.SendBuffer },
		Defaults: []OptionDefault{{Text: Text{"the system's choice", "系统决定"}}},
		Label:    Text{"Send buffer", "发送缓冲区"},
		Help:     Text{"SO_SNDBUF: the kernel's send buffer", "SO_SNDBUF：内核发送缓冲区"},
		Note: Text{"For a TCP peer that does not read, the system queues up to 4 MB; with more than 256 peers, 256 KiB (Linux), unless this is given",
			"对不接收的 TCP 对方，系统最多为其排队 4 MB；超过 256 个连接时为 256 KiB（Linux），除非写了此项"}},
	{Name: "read-size", Topic: topicBuffers, Kind: OptionBytes, Most: maxBufferBytes, Expert: true,
		field:    func(o *Options) any { return &o.ReadSize },
		Defaults: []OptionDefault{{Value: 64 << 10}}, // the largest datagram is 65,527 bytes
		Label:    Text{"Most bytes of a read", "单次接收上限"},
		Help:     Text{"most bytes one read takes", "单次最多接收的字节数"},
		Note:     Text{"Of a longer datagram the rest is lost, and the event says so. `device` has `--recv`", "更长的数据报其余部分会丢失，事件中会注明。`device` 用 `--recv`"}},
	{Name: "half-open", Topic: topicPeers, Aliases: []string{"fin-idle"}, Kind: OptionTime, Schemes: streams, Bare: HalfOpenTime, Expert: true,
		field: func(o *Options) any { return &o.HalfOpen },
		Label: Text{"Keep peers that finished sending for", "对方结束发送后保留"},
		Help: Text{"how long a peer that finished sending stays (without TIME: 1m); otherwise it leaves when all is sent",
			"对方结束发送后连接保留多久（不写时间为 1m）；不用此项则发完即断开"},
		Note: Text{"The time is that without our sending anything. In files and JSON `true` is 1m, and `false` is off", "时间从本方最后一次发送算起。文件和 JSON 中 `true` 为 1m，`false` 为关闭"}},
	{Name: "send-timeout", Topic: topicPeers, Kind: OptionTime, Expert: true,
		field:    func(o *Options) any { return &o.SendTimeout },
		Defaults: []OptionDefault{{Text: Text{"for ever", "一直等待"}}},
		Label:    Text{"Send timeout", "发送超时"},
		Help:     Text{"how long a send waits for a peer that does not read", "对方不接收时发送最多等待多久"}},
	{Name: "broadcast", Topic: topicSocket, Kind: OptionSwitch, Schemes: overUDP, Expert: true,
		field: func(o *Options) any { return &o.Broadcast },
		Label: Text{"Allow broadcast", "允许广播"},
		Help:  Text{"allow sending to a broadcast address", "允许向广播地址发送"}},
	{Name: "reuse-address", Topic: topicSocket, Kind: OptionSwitch, Schemes: overIP, Mode: Listen, Expert: true,
		field:    func(o *Options) any { return &o.ReuseAddress },
		Defaults: []OptionDefault{{Schemes: overTCP, Text: Text{"on", "开启"}}, {Text: Text{"off", "关闭"}}},
		Label:    Text{"Reuse the address", "重用地址"},
		Help:     Text{"SO_REUSEADDR: listen although old connections of the port are not forgotten", "SO_REUSEADDR：端口上的旧连接尚未消失时也能监听"},
		Note:     Text{"On Windows it is off", "Windows 上为关闭"}},
	{Name: "reuse-port", Topic: topicSocket, Kind: OptionSwitch, Schemes: overIP, System: "Linux", Expert: true,
		field: func(o *Options) any { return &o.ReusePort },
		Label: Text{"Share the port", "共用端口"},
		Help:  Text{"SO_REUSEPORT: share the port with other processes", "SO_REUSEPORT：与其他进程共用端口"}},
	{Name: "kernel-time", Topic: topicSocket, Kind: OptionSwitch, Schemes: overUDP, System: "Linux", Expert: true,
		field: func(o *Options) any { return &o.KernelTime },
		Label: Text{"The kernel's time", "内核时间"},
		Help:  Text{"stamp datagrams when the kernel received them", "使用内核接收时刻作为数据报时间"}},
	{Name: "over-cap", Topic: topicPeers, Kind: OptionChoice, Schemes: streams, Mode: Listen, Expert: true,
		field:    func(o *Options) any { return &o.OverCap },
		Defaults: []OptionDefault{{Value: RefuseOverCap}},
		Words: []OptionWord{{string(RefuseOverCap), Text{"resets the connection", "表示重置连接"}},
			{string(PauseOverCap), Text{"lets it wait in the kernel's queue", "表示在内核队列中等待"}}},
		Label: Text{"Beyond the most peers", "超过上限时"},
		Help:  Text{"what to do beyond max-peers: refuse (RST) or pause (let them queue)", "超过上限时：refuse（RST 拒绝）或 pause（排队等待）"}},
	{Name: "prefer", Topic: topicConnecting, Kind: OptionChoice, Schemes: overIP, Mode: Connect, Expert: true,
		field:    func(o *Options) any { return &o.Prefer },
		Defaults: []OptionDefault{{Text: Text{"the resolver's order", "按解析器给出的顺序"}}},
		Words:    []OptionWord{{"4", Text{"is IPv4", "为 IPv4"}}, {"6", Text{"is IPv6", "为 IPv6"}}},
		Label:    Text{"Address family first", "优先的地址族"},
		Help:     Text{"address family to try first: 4 or 6", "优先尝试的地址族：4 或 6"}},
	{Name: "self-connect", Topic: topicConnecting, Kind: OptionSwitch, Schemes: overTCP, Mode: Connect, Expert: true,
		field: func(o *Options) any { return &o.SelfConnect },
		Label: Text{"Allow a connection to itself", "允许连接到自身"},
		Help:  Text{"allow a connection to itself, which TCP can make on loopback", "允许连接到自身（TCP 在环回上可能发生）"}},
}
