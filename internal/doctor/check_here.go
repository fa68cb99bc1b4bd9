package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"sockeye"
	"sockeye/internal/netinfo"
)

// The causes at a port of this machine.
const (
	CausePortTaken      = "port-taken"
	CauseTimeWait       = "time-wait"
	CausePrivileged     = "privileged-port"
	CauseNotOurAddress  = "not-our-address"
	CauseLoopbackOnly   = "loopback-only"
	CauseFamilyMismatch = "family-mismatch"
	CauseBacklogFull    = "backlog-full"
	CauseNotAccepting   = "not-accepting"
	CauseNoWayBack      = "no-way-back"
	CauseReversePath    = "reverse-path-filter"
	CauseExcludedPort   = "excluded-port"
	CauseFileLimit      = "file-limit"
)

// checkHere judges who listens on this machine's port.
func checkHere(f *Facts) []Finding {
	if f.ToListen {
		return []Finding{checkBind(f)}
	}
	list := f.listening(f.transport())
	if len(list) == 0 && f.Firewall.Moves {
		return []Finding{unknown(CheckHere,
			say("no program of this machine listens on port %d: a rule hands it on to another port or machine (NAT), and whether it arrives there cannot be told", "本机没有程序监听端口 %d：有一条规则把它转往别的端口或机器（NAT），无法判断能否到达那里", f.Port),
			say("ask for what the rule names, or from a client: sockeye doctor ADDRESS:%d; the rule: %s (%s)", "请检查该规则所指的目标，或从客户端询问：sockeye doctor 地址:%d；规则：%s（%s）", f.Port, showRules(f.Firewall.Tool), f.Firewall.Rule), f.Firewall.Rule)}
	}
	if len(list) == 0 {
		return []Finding{nobodyListens(f)}
	}
	var found []Finding
	for _, s := range list {
		text := say("%s listens on %s", "%[2]s 由%[1]s监听", owner(s), s.Local)
		if s.Interface != "" {
			text = joined(text, say(", for what comes in by %s alone (SO_BINDTODEVICE)", "，只接收从 %s 进来的数据（SO_BINDTODEVICE）", s.Interface))
		}
		if s.Signed {
			text = joined(text, say(", and takes from some clients only what is signed (TCP MD5)", "，并要求部分客户端签名（TCP MD5）"))
		}
		found = append(found, fine(CheckHere, text, socketEvidence(s)))
	}
	found = append(found, checkReach(f, list)...)
	found = append(found, checkQueues(f)...)
	return append(found, checkCounters(f)...)
}

// checkBind judges whether a program of this user may listen on the port.
func checkBind(f *Facts) Finding {
	evidence := "bind: " + f.BindErrno
	command := listenCommand(f.transport(), f.Port)
	switch f.BindErrno {
	case "":
		return fine(CheckHere, say("port %d is free", "端口 %d 空闲", f.Port))
	case "EACCES", "EPERM":
		if f.Limits.Unprivileged > 0 && int(f.Port) < f.Limits.Unprivileged {
			return wrong(CheckHere, CausePrivileged, StationProgram,
				say("ports below %d are for privileged programs", "%d 以下的端口只供特权程序使用", f.Limits.Unprivileged),
				say("use a port from %[1]d on, run sudo %[2]s, or allow it: sudo sysctl net.ipv4.ip_unprivileged_port_start=%[3]d", "请使用 %[1]d 及以上的端口，或运行 sudo %[2]s，或放开限制：sudo sysctl net.ipv4.ip_unprivileged_port_start=%[3]d", f.Limits.Unprivileged, command, f.Port), evidence)
		}
		if found, said := checkExcluded(f, evidence); said {
			return found
		}
	case "EADDRNOTAVAIL":
		return wrong(CheckHere, CauseNotOurAddress, StationInterface,
			say("this machine has no address %s", "本机没有 %s 这个地址", f.Host),
			say("listen on :%d for all addresses of this machine, which this lists: sockeye addrs", "监听 :%d 则包括本机全部地址；查看本机地址：sockeye addrs", f.Port), evidence)
	case "EADDRINUSE":
		return portTaken(f, evidence)
	}
	return unknown(CheckHere, say("the system refuses the port: %s", "系统拒绝了该端口：%s", f.BindErrno), sockeye.Text{}, evidence)
}

// checkExcluded judges whether the system keeps the port from all programs.
func checkExcluded(f *Facts, evidence string) (Finding, bool) {
	for _, r := range f.Excluded {
		if r.Holds(f.Port) {
			return wrong(CheckHere, CauseExcludedPort, StationProgram,
				say("the system keeps ports %d to %d from all programs (Hyper-V, WSL and Docker reserve such ranges)", "系统保留了端口 %d 到 %d，任何程序都不能使用（Hyper-V、WSL、Docker 会保留这样的范围）", r.First, r.Last),
				say("use port %d; all ranges: netsh interface ipv4 show excludedportrange protocol=%s", "请改用端口 %d；查看全部范围：netsh interface ipv4 show excludedportrange protocol=%s", f.portOutside(), f.transport()), evidence, fmt.Sprintf("excludedportrange: %d %d", r.First, r.Last)), true
		}
	}
	return Finding{}, false
}

// portOutside is the next port that is in no excluded range.
func (f *Facts) portOutside() uint16 {
	for port := int(f.Port) + 1; port <= 65535; port++ {
		if !slices.ContainsFunc(f.Excluded, func(r netinfo.PortRange) bool { return r.Holds(uint16(port)) }) {
			return uint16(port)
		}
	}
	return sockeye.DefaultPort
}

// portTaken says who has the port.
func portTaken(f *Facts, evidence string) Finding {
	if list := f.listening(f.transport()); len(list) > 0 {
		s := list[0]
		return wrong(CheckHere, CausePortTaken, StationProgram,
			say("%s listens on %s already", "%[2]s 已被%[1]s监听", owner(s), s.Local),
			say("stop that program (%s shows it), or use another port", "请停止那个程序（%s 可查看），或换一个端口", ownersCommand(f.System, f.transport(), f.Port)), evidence, socketEvidence(s))
	}
	for _, s := range f.Sockets {
		if s.State == "TIME-WAIT" && s.Local.Port() == f.Port {
			return wrong(CheckHere, CauseTimeWait, StationProgram,
				say("a connection that ended less than a minute ago keeps the port (TIME_WAIT)", "不到一分钟前结束的连接仍占着这个端口（TIME_WAIT）"),
				say("wait a minute, or let the program set SO_REUSEADDR as sockeye does: %s", "请等一分钟，或让程序设置 SO_REUSEADDR（sockeye 已设置）：%s", listenCommand(f.transport(), f.Port)), evidence, socketEvidence(s))
		}
	}
	for _, s := range f.Sockets {
		if s.Local.Port() == f.Port && s.Network == f.transport() && f.System == "linux" && f.isEphemeral() {
			return wrong(CheckHere, CausePortTaken, StationProgram,
				say("%s has a connection from %s: the system takes source ports from %d to %d", "%s的连接使用了源端口 %s：系统从 %d 到 %d 中分配源端口", owner(s), s.Local, f.Limits.EphemeralLow, f.Limits.EphemeralHigh),
				say("use a port below %d, or keep this one for servers: sudo sysctl net.ipv4.ip_local_reserved_ports=%d", "请使用 %d 以下的端口，或为服务器保留它：sudo sysctl net.ipv4.ip_local_reserved_ports=%d", f.Limits.EphemeralLow, f.Port), evidence, socketEvidence(s), "ip_local_reserved_ports: "+f.Limits.Reserved)
		}
		if s.Local.Port() == f.Port && s.Network == f.transport() {
			return wrong(CheckHere, CausePortTaken, StationProgram,
				say("%s has a connection on %s", "%s的连接正在使用 %s", owner(s), s.Local),
				say("use another port, or stop that program (%s shows it)", "请换一个端口，或停止那个程序（%s 可查看）", ownersCommand(f.System, f.transport(), f.Port)), evidence, socketEvidence(s))
		}
	}
	return wrong(CheckHere, CausePortTaken, StationProgram,
		say("another program has bound port %d, without listening yet", "另一个程序占用了端口 %d，但尚未监听", f.Port),
		say("find it: %s; or use another port", "请查找它：%s；或换一个端口", ownersCommand(f.System, f.transport(), f.Port)), evidence)
}

// isEphemeral says that the system may take the port for a connection of any program, and
// that it was not reserved.
func (f *Facts) isEphemeral() bool {
	return int(f.Port) >= f.Limits.EphemeralLow && int(f.Port) <= f.Limits.EphemeralHigh
}

// nobodyListens says what is on the port instead.
func nobodyListens(f *Facts) Finding {
	if f.didNotSee("sockets") {
		return unknown(CheckHere, say("this system does not tell who listens", "本系统不提供监听信息"), say("look: %s", "请查看：%s", ownersCommand(f.System, f.transport(), f.Port)))
	}
	other := sockeye.UDP
	if f.isUDP() {
		other = sockeye.TCP
	}
	if list := f.listening(other); len(list) > 0 {
		s := list[0]
		return wrong(CheckHere, CauseOtherTransport, StationProgram,
			say("nothing listens on %[3]s port %[2]d, but %[1]s has the port with %[4]s", "没有程序使用 %[3]s 端口 %[2]d，而%[1]s以 %[4]s 使用它", owner(s), f.Port, f.transport(), other),
			say("start a server for it: %s; or let the other side use %s", "请启动相应的服务器：%s；或让对方改用 %s", listenCommand(f.transport(), f.Port), other), socketEvidence(s))
	}
	return wrong(CheckHere, CauseNothingListens, StationProgram,
		say("no program of this machine listens on port %d", "本机没有程序监听端口 %d", f.Port),
		say("start the server: %s", "请启动服务器：%s", listenCommand(f.transport(), f.Port)), ownersCommand(f.System, f.transport(), f.Port)+": nothing")
}

// checkReach judges from where the listening sockets can be reached.
func checkReach(f *Facts, list []netinfo.SocketInfo) []Finding {
	if f.Host != "" {
		if p := f.Paths; len(p) == 1 && !listensFor(list, p[0].Address) {
			return []Finding{familyOrAddress(f, list, p[0].Address)}
		}
		return nil
	}
	if f.loopbackOnly() {
		return []Finding{onLoopback(f, list[0])}
	}
	if found, said := checkV6Only(f, list); said {
		return []Finding{found}
	}
	return nil
}

// onLoopback is a server that only programs of its own machine reach.
func onLoopback(f *Facts, s netinfo.SocketInfo) Finding {
	text := say("the server listens on %s only: no other machine can reach it", "服务器只监听 %s：其他机器无法连接", s.Local)
	if !s.Local.Addr().IsLoopback() {
		text = say("the server takes only what comes in by %s (SO_BINDTODEVICE): no other machine can reach it", "服务器只接收从 %s 进来的数据（SO_BINDTODEVICE）：其他机器无法连接", s.Interface)
	}
	return wrong(CheckHere, CauseLoopbackOnly, StationProgram, text,
		say("let it listen on all addresses: %s", "请让它监听所有地址：%s", listenCommand(f.transport(), f.Port)), socketEvidence(s))
}

// checkV6Only judges a server that takes clients of IPv6 alone, by a setting of its socket
// that nobody sees.
func checkV6Only(f *Facts, list []netinfo.SocketInfo) (Finding, bool) {
	n := slices.IndexFunc(list, func(s netinfo.SocketInfo) bool { return s.V6Only })
	if n < 0 || listensFor4(list) {
		return Finding{}, false
	}
	next := say("let it listen on both families: %s", "请让它同时监听两种地址：%s", listenCommand(f.transport(), f.Port))
	if !f.reachedByIPv6() {
		return wrong(CheckHere, CauseFamilyMismatch, StationProgram,
			say("the server takes clients of IPv6 alone (IPV6_V6ONLY), and this machine has no address of IPv6 for them", "服务器只接受 IPv6 客户端（IPV6_V6ONLY），而本机没有可供访问的 IPv6 地址"), next, socketEvidence(list[n])), true
	}
	return unknown(CheckHere,
		say("the server takes clients of IPv6 alone (IPV6_V6ONLY): those of IPv4 are refused", "服务器只接受 IPv6 客户端（IPV6_V6ONLY）：IPv4 客户端会被拒绝"), next, socketEvidence(list[n])), true
}

// listensFor4 says that one of the sockets takes connections to an address of IPv4.
func listensFor4(list []netinfo.SocketInfo) bool {
	return slices.ContainsFunc(list, func(s netinfo.SocketInfo) bool {
		return s.Local.Addr().Is4() || s.Local.Addr() == netip.IPv6Unspecified() && !s.V6Only
	})
}

// reachedByIPv6 says that a server here listens for IPv6, and that the machine has an address
// that others can use without naming an interface.
func (f *Facts) reachedByIPv6() bool {
	for _, s := range f.listening(f.transport()) {
		for _, ip := range f.Addresses() {
			if at := s.Local.Addr(); ip.Is6() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && (at == netip.IPv6Unspecified() || at == ip) {
				return true
			}
		}
	}
	return false
}

// listensFor says that one of the sockets takes connections to an address.
func listensFor(list []netinfo.SocketInfo, ip netip.Addr) bool {
	return slices.ContainsFunc(list, func(s netinfo.SocketInfo) bool { return s.Takes(ip) })
}

// familyOrAddress says which address a server here listens on instead.
func familyOrAddress(f *Facts, list []netinfo.SocketInfo, ip netip.Addr) Finding {
	s := list[0]
	cause := CauseLoopbackOnly
	if s.Local.Addr().Is4() != ip.Is4() {
		cause = CauseFamilyMismatch
	} else if !s.Local.Addr().IsLoopback() {
		cause = CauseOtherAddress
	}
	to := reachable(s.Local, ip)
	return wrong(CheckHere, cause, StationProgram,
		say("the server listens on %s, not on %s", "服务器监听的是 %s，而不是 %s", s.Local, ip),
		sockeye.Text{En: fmt.Sprintf("connect to %s, or let it listen on all addresses: %s", to.En, listenCommand(f.transport(), f.Port)), Zh: fmt.Sprintf("请连接%s，或让它监听所有地址：%s", to.Zh, listenCommand(f.transport(), f.Port))}, socketEvidence(s))
}

// reachable is what to connect to instead of ip where a server listens at an address: all
// addresses of a family are no destination.
func reachable(at netip.AddrPort, ip netip.Addr) sockeye.Text {
	literal := func(a netip.AddrPort) sockeye.Text { return sockeye.Text{En: a.String(), Zh: " " + a.String()} }
	switch {
	case !at.Addr().IsUnspecified():
		return literal(at)
	case at.Addr().Is4() && ip.IsLoopback():
		return literal(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()))
	case at.Addr().Is4():
		return say("its IPv4 address", "它的 IPv4 地址")
	case ip.IsLoopback():
		return literal(netip.AddrPortFrom(netip.IPv6Loopback(), at.Port()))
	}
	return say("its IPv6 address", "它的 IPv6 地址")
}

// checkQueues judges whether the program accepts.
func checkQueues(f *Facts) []Finding {
	for _, q := range f.Queues {
		evidence := fmt.Sprintf("ss -ltn: %s Recv-Q %d Send-Q %d", q.Local, q.Waiting, q.Backlog)
		switch {
		case q.Waiting == 0:
		case f.Files.Spent():
			return []Finding{wrong(CheckHere, CauseFileLimit, StationProgram,
				say("the program has %d files open and may have no more: accept fails (EMFILE); waiting: %d connections", "程序已打开 %d 个文件，达到上限：accept 失败（EMFILE），%d 个连接在等待", f.Files.Open, q.Waiting),
				say("let it close what it does not need, or start it with a higher limit: ulimit -n %d", "请让程序关闭不需要的连接，或提高上限后再启动：ulimit -n %d", 4*f.Files.Limit), evidence, fmt.Sprintf("/proc/PID/limits: Max open files %d", f.Files.Limit))}
		case q.Full() || q.Waiting == q.Backlog && f.Grown["TcpExt.ListenOverflows"] > 0:
			return []Finding{wrong(CheckHere, CauseBacklogFull, StationProgram,
				say("the queue is full: %d connections not accepted yet, room for %d", "队列已满：%d 个连接等待接受，只能容纳 %d 个", q.Waiting, q.Backlog),
				say("the program has to call accept; a larger backlog helps for a moment only", "程序需要调用 accept；加大 backlog 只能暂时缓解"), evidence, fmt.Sprintf("ListenOverflows +%d", f.Grown["TcpExt.ListenOverflows"]))}
		default:
			return []Finding{wrong(CheckHere, CauseNotAccepting, StationProgram,
				say("the program does not accept connections; waiting: %d", "%d 个连接在等待：程序没有接受它们", q.Waiting),
				say("the program has to call accept: is it stopped, or busy with its first connection?", "程序需要调用 accept：它是否已暂停，或正忙于第一个连接？"), evidence)}
		}
	}
	return nil
}

// checkCounters judges what the kernel dropped while this machine looked.
func checkCounters(f *Facts) []Finding {
	if f.hasClient() { // the counters are the whole machine's
		return nil
	}
	switch grown := f.Grown; {
	case grown["TcpExt.IPReversePathFilter"] > 0:
		return []Finding{wrong(CheckWay, CauseReversePath, StationInterface,
			say("nobody is connected, and this machine just dropped packets that came in by another interface than the way back leads out of (reverse-path filter)", "没有人连接，而本机刚刚丢弃了数据包：进来的网卡与返回路由的网卡不同（反向路径过滤）"),
			say("correct the route to the client, or use loose mode: sudo sysctl net.ipv4.conf.all.rp_filter=2", "请修正通往客户端的路由，或改为宽松模式：sudo sysctl net.ipv4.conf.all.rp_filter=2"), fmt.Sprintf("IPReversePathFilter +%d", grown["TcpExt.IPReversePathFilter"]))}
	case grown["Ip.OutNoRoutes"] > 0 && f.Host == "":
		return []Finding{wrong(CheckWay, CauseNoWayBack, StationInterface,
			say("nobody is connected, and this machine could not send: it has no route back to who asks", "没有人连接，而本机有数据发不出去：没有返回请求者的路由"),
			say("set the gateway: %s", "请设置网关：%s", gatewayCommand(f.System, false)), fmt.Sprintf("OutNoRoutes +%d", grown["Ip.OutNoRoutes"]))}
	}
	return nil
}

// hasClient says that somebody of another machine is connected to the port.
func (f *Facts) hasClient() bool {
	return slices.ContainsFunc(f.Sockets, func(s netinfo.SocketInfo) bool {
		return s.State == "ESTABLISHED" && s.Local.Port() == f.Port && !f.owns(s.Remote.Addr())
	})
}

func owner(s netinfo.SocketInfo) string {
	switch {
	case s.PID > 0:
		return fmt.Sprintf("%s (pid %d)", s.Program, s.PID)
	case s.Program != "":
		return s.Program
	case s.UID < 0:
		return "?"
	}
	return fmt.Sprintf("uid %d", s.UID)
}

func socketEvidence(s netinfo.SocketInfo) string {
	line := fmt.Sprintf("%s %s %s", s.Network, s.State, s.Local)
	if s.Remote.IsValid() {
		line += " " + s.Remote.String()
	}
	if s.Interface != "" {
		line += " dev " + s.Interface
	}
	if s.V6Only {
		line += " v6only"
	}
	if s.Signed {
		line += " md5"
	}
	if s.Queued+s.Unread > 0 {
		line += fmt.Sprintf(" queued %d unread %d", s.Queued, s.Unread)
	}
	if s.Drops > 0 {
		line += fmt.Sprintf(" drops %d", s.Drops)
	}
	if s.Timer != "" {
		line += fmt.Sprintf(" timer %s, sent again %d times", s.Timer, s.Retransmits)
	}
	return line
}
