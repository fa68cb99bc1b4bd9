package doctor

import (
	"bytes"
	"fmt"
	"time"

	"sockeye"
)

// The causes at the port there.
const (
	CauseNothingListens  = "nothing-listens"
	CauseRefused         = "refused" // nothing listens there, or a firewall there says so
	CauseUnreachable     = "unreachable"
	CauseOtherTransport  = "other-transport"
	CauseFirewallThere   = "firewall-there"
	CauseFirewallRejects = "firewall-rejects"
	CauseAcceptedReset   = "accepted-reset"
	CauseOtherProtocol   = "other-protocol"
	CauseFirewallHere    = "firewall-here"
	CauseRoutingLoop     = "routing-loop"
	CauseHopLimit        = "hop-limit"
)

// checkThere judges what came back from the port.
func checkThere(f *Facts) []Finding {
	if f.ToListen {
		return nil
	}
	var list []Finding
	good := false
	for _, p := range f.Paths {
		if p.Route.Errno != "" || p.Address.IsMulticast() || f.broadcast(p.Address) {
			continue
		}
		found := checkPort(f, p)
		good = good || found.Verdict == OK
		list = append(list, found)
	}
	if good {
		list = softened(list)
	}
	return list
}

func checkPort(f *Facts, p Path) Finding {
	if f.isUDP() {
		return checkUDPPort(f, p)
	}
	evidence := probeEvidence("connect", p.TCP)
	switch p.TCP.Outcome {
	case Open:
		return speech(f, p, evidence)
	case Ended:
		return fine(CheckThere, say("port %d is open; the program there closed the connection at once", "端口 %d 已打开；那里的程序随即关闭了连接", f.Port), evidence)
	case Reset:
		return wrong(CheckThere, CauseAcceptedReset, StationPort,
			say("accepted and reset at once: a program listens there, but turns this connection away", "接受后立即被重置：那里有程序在监听，但拒绝了这个连接"),
			say("see what the program there says: it may be full, or let only certain addresses in", "请查看那里的程序的提示：可能已满，或只允许某些地址"), evidence)
	case Refused:
		return refused(f, p, evidence)
	case Silent:
		return silent(f, p, evidence)
	case Failed:
		return failed(f, p, evidence)
	}
	return unknown(CheckThere, say("the port was not tried for long enough: this machine was too busy", "该端口尝试的时间不够：本机过于繁忙"),
		say("ask again when this machine has less to do", "请在本机空闲一些时再次询问"))
}

// speech looks at what the server said by itself, or answered.
func speech(f *Facts, p Path, evidence string) Finding {
	port := p.TCP.Port
	spoken := ""
	switch said := p.TCP.Said; {
	case bytes.HasPrefix(said, []byte("SSH-")):
		spoken = "SSH"
	case bytes.HasPrefix(said, []byte("HTTP/")):
		spoken = "HTTP"
	default:
		spoken = map[string]string{replyHTTP: "HTTP", replyTLS: "TLS"}[p.TCP.Reply]
	}
	switch meant := f.Network.Traits().TLS; {
	case meant && spoken == "TLS":
		return fine(CheckThere, say("port %d is open, and the program there speaks TLS", "端口 %d 已打开，那里的程序使用 TLS", port), evidence)
	case meant && (spoken != "" || p.TCP.Reply != "" || len(p.TCP.Said) > 0):
		text := say("port %d is open, but it speaks no TLS", "端口 %d 已打开，但没有使用 TLS", port)
		if spoken != "" {
			text = say("port %d is open, but it speaks %s without TLS", "端口 %d 已打开，但使用的是不带 TLS 的 %s", port, spoken)
		}
		return wrong(CheckThere, CauseOtherProtocol, StationPort, text,
			say("leave TLS out: sockeye connect %s; or check the port number with the program there", "请不用 TLS：sockeye connect %s；或与那里的程序核对端口号", f.hostPort()), evidence)
	case f.unanswered(p):
		return unknown(CheckThere,
			say("port %d is open, and did not answer a TLS hello: the program there is busy with another client, or speaks no TLS", "端口 %d 已打开，但没有应答 TLS 握手：那里的程序正忙于另一个客户端，或者不使用 TLS", port),
			say("see whether the program there speaks TLS, and serves more than one client at a time; without TLS: sockeye connect %s", "请查看那里的程序是否使用 TLS，以及能否同时服务多个客户端；不用 TLS：sockeye connect %s", f.hostPort()), evidence)
	case spoken != "":
		return wrong(CheckThere, CauseOtherProtocol, StationPort,
			say("port %d is open, but it speaks %s, no plain TCP", "端口 %d 已打开，但使用的是 %s，不是普通 TCP", port, spoken),
			say("check the port number with the program there; for TLS use sockeye connect tls://…, for HTTP a browser", "请与那里的程序核对端口号；TLS 请用 sockeye connect tls://…，HTTP 请用浏览器"), evidence)
	}
	found := fine(CheckThere, say("port %d is open: connected in %s", "端口 %d 已打开：%s 内接通", port, shortTime(p.TCP.Took)), evidence)
	switch {
	case len(p.TCP.Said) > 0:
	case p.TCP.Reply == replyEcho:
		found.Text = say("port %d is open: connected in %s; the program there sends back what it gets", "端口 %d 已打开：%s 内接通；那里的程序原样发回收到的内容", port, shortTime(p.TCP.Took))
	case p.TCP.Reply == replyOther:
		found.Text = say("port %d is open: connected in %s; the program there answers, but speaks neither TLS nor HTTP", "端口 %d 已打开：%s 内接通；那里的程序有应答，但使用的既不是 TLS，也不是 HTTP", port, shortTime(p.TCP.Took))
	case p.TCP.Asked:
		found.Text = say("port %d is open: connected in %s; the program there did not answer a TLS hello or a line of HTTP: it speaks something else, or is busy with another client", "端口 %d 已打开：%s 内接通；那里的程序没有应答 TLS 握手和一行 HTTP：它使用别的协议，或正忙于另一个客户端", port, shortTime(p.TCP.Took))
	default:
		found.Text = say("port %d is open: connected in %s; the program there says nothing by itself", "端口 %d 已打开：%s 内接通；那里的程序没有主动说话", port, shortTime(p.TCP.Took))
		found.Next = say("if it stays silent, ask whether it speaks TLS or HTTP: sockeye doctor --ask %s", "如果一直没有应答，可询问它是否使用 TLS 或 HTTP：sockeye doctor --ask %s", f.hostPort())
	}
	return found
}

// unanswered says that TLS was meant, and that the server did not answer when it was begun.
func (f *Facts) unanswered(p Path) bool {
	return f.Network.Traits().TLS && p.TCP.Asked && p.TCP.Reply == "" && len(p.TCP.Said) == 0
}

// refused tells what sent the reset or the ICMP error as far as it can be told: a closed port
// and a firewall that resets are the same from here.
func refused(f *Facts, p Path, evidence string) Finding {
	if p.TCP.From.IsValid() { // a closed TCP port resets (RFC 9293 section 3.10.7.1) and sends no ICMP
		return rejected(f, p, p.TCP, evidence)
	}
	if p.TCP.Origin == FromHere && p.Route.Kind == "unicast" {
		return wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("a rule of this machine refuses the connection, or hands it to a port of this machine: nothing left it", "本机的一条规则拒绝了连接，或把它转给了本机的端口：没有数据离开本机"),
			say("look for a rule for outgoing traffic: %s", "请查看出站规则：%s", showRules(f.Firewall.Tool)), evidence, "Ip.OutTransmits, lo: what was sent went over loopback")
	}
	if p.TCP.Origin != FromOutside && p.Route.Kind == "unicast" && p.Early.State == "" && p.Route.Interface != "" && !f.interfaceOf(p.Route.Interface).Virtual && !p.Neighbour.Silent() && f.sawNeighbours() {
		return wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("a rule of this machine rejects the connection: it was refused before anything was sent", "本机的一条规则拒绝了连接：数据还没有发出就被拒绝"),
			say("look for a rule for outgoing traffic: %s", "请查看出站规则：%s", showRules(f.Firewall.Tool)), evidence, "ip neighbour: no entry for the next hop")
	}
	if p.UDP.Outcome == Open {
		return wrong(CheckThere, CauseOtherTransport, StationPort,
			say("TCP port %d is refused there, but a program answers on UDP port %[1]d", "那里的 TCP 端口 %d 被拒绝，但有程序在 UDP 端口 %[1]d 应答", f.Port),
			say("use udp://%s here, or start a TCP server there", "请在这里使用 udp://%s，或在那里启动 TCP 服务器", f.hostPort()), evidence, probeEvidence("udp", p.UDP))
	}
	text := say("refused: the machine is there, but nothing listens on port %d for this address, or a firewall there refuses it; from here both look the same", "被拒绝：主机在线，但没有程序为这个地址监听端口 %d，或那里的防火墙拒绝了它；从这里看两者相同", f.Port)
	next := say("start the server there: %s; if it runs, let that machine tell which it is: %s", "请在那里启动服务器：%s；如果已经启动，请让那台机器说明是哪一种：%s", listenCommand(f.transport(), f.Port), f.doctorThere())
	if f.mayRefuseItself(p) {
		text = say("refused: nothing listens on port %d there for this address, a firewall there refuses it, or a rule of this machine does; from here they look the same", "被拒绝：那里没有程序为这个地址监听端口 %d，或那里的防火墙拒绝了它，也可能是本机的规则拒绝的；从这里看都相同", f.Port)
		own := say("; whether it is a rule of this machine, its administrator sees: sudo sockeye doctor %s", "；是否为本机规则，由本机管理员查看：sudo sockeye doctor %s", f.again())
		next = sockeye.Text{En: next.En + own.En, Zh: next.Zh + own.Zh}
	}
	if p.UDP.Outcome == Silent && p.OtherUDP.Outcome == Refused {
		next = sockeye.Text{En: next.En + "; should it be UDP? udp://" + f.hostPort() + " was not refused", Zh: next.Zh + "；是否应该用 UDP？udp://" + f.hostPort() + " 没有被拒绝"}
	}
	return wrong(CheckThere, CauseRefused, StationPort, text, next, evidence, probeEvidence("udp", p.UDP))
}

// mayRefuseItself says that a rule of this machine may have made the reset: its rules are not
// known, and neither is that the reset came from outside.
func (f *Facts) mayRefuseItself(p Path) bool {
	return f.System == "linux" && p.Route.Kind == "unicast" && p.TCP.Outcome == Refused && !p.TCP.From.IsValid() && p.TCP.Origin != FromOutside &&
		(!f.Firewall.Read || f.Firewall.Unclear)
}

// sawNeighbours says that this system tells of its neighbours.
func (f *Facts) sawNeighbours() bool { return f.System == "linux" }

func (f *Facts) hostPort() string {
	return sockeye.Address{Host: f.Host, Port: f.Port}.HostPort()
}

// again is the address to write in a command, without the path that may have been typed: a
// shell reads some of its characters.
func (f *Facts) again() string {
	return sockeye.Address{Network: f.Network, Host: f.Host, Port: f.Port}.Short()
}

// silent tells the reasons for no answer at all.
func silent(f *Facts, p Path, evidence string) Finding {
	if found, here := droppedHere(f, p, evidence); here {
		return found
	}
	other := probeEvidence("connect beside", p.OtherTCP)
	if p.OtherTCP.Answers() || p.OtherUDP.Answers() {
		return unknown(CheckThere,
			say("no answer from port %d, though the machine answers on another: a firewall there or on the way drops it, or the server's queue of connections is full (backlog)", "端口 %d 没有应答，而这台机器的另一个端口有应答：可能是那里或途中的防火墙丢弃了它，也可能是服务器的连接队列已满（backlog）", f.Port),
			onlyThere(f), evidence, other, probeEvidence("udp beside", p.OtherUDP))
	}
	if f.interfaceOf(p.Route.Interface).Virtual && !p.Neighbour.Answered() {
		return silentBehind(f, p, evidence)
	}
	if !p.Route.Gateway.IsValid() && p.Neighbour.State == "PERMANENT" {
		return unknown(CheckThere,
			say("nothing came back, and the hardware address of %s was entered by hand: it may be another machine's, or a firewall there drops port %d", "没有任何应答，而 %s 的硬件地址是手工设置的：它可能属于另一台机器，也可能是那里的防火墙丢弃了端口 %d", p.Address, f.Port),
			say("delete the entry, so that it is asked for anew: %s", "请删除该条目，让系统重新查询：%s", deleteNeighbourCommand(f.System, p.Address.String(), p.Route.Interface)), evidence, other, "ip neighbour: PERMANENT")
	}
	if !p.Route.Gateway.IsValid() && p.Neighbour.Answered() {
		return unknown(CheckThere,
			say("a machine has the address, but answers nothing: its firewall drops port %d, or it has no way back", "有机器使用这个地址，但不作任何应答：它的防火墙丢弃了端口 %d，或者它没有回来的路由", f.Port),
			onlyThere(f), evidence, other, "ip neighbour: "+p.Neighbour.State)
	}
	return unknown(CheckThere,
		say("nothing came back from %s: it is off, its address is another one, a firewall there or on the way drops, or it has no way back; from here they look the same", "%s 没有任何应答：可能已关机、地址不对、那里或途中的防火墙丢弃了数据，或者它没有回来的路由；从这里看都相同", p.Address),
		onlyThere(f), evidence, other)
}

// onlyThere is what to do where only the other side can tell: ask it, and what is likeliest.
func onlyThere(f *Facts) sockeye.Text {
	ask := say("let that machine tell: run %s there, and give its code to sockeye doctor %s --with CODE here", "请让那台机器说明：在那里运行 %s，再在这里运行 sockeye doctor %s --with 代码", f.doctorThere(), f.again())
	allow := allowThere("", f.transport(), f.Port)
	return sockeye.Text{En: ask.En + "\nif it is its firewall, " + allow.En, Zh: ask.Zh + "\n如果是它的防火墙，" + allow.Zh}
}

// droppedHere says that a rule of this machine drops what is sent: the kernel asked nobody
// for the hardware address, or counted sends that failed.
func droppedHere(f *Facts, p Path, evidence string) (Finding, bool) {
	words := []string{evidence}
	switch {
	case f.Grown["TcpExt.TCPRetransFail"] > 1: // of the whole machine: the SYN is sent again twice or more
		words = append(words, fmt.Sprintf("TCPRetransFail +%d", f.Grown["TcpExt.TCPRetransFail"]))
	case p.UDP.Errno == "EPERM" || p.OtherTCP.Errno == "EPERM" || p.OtherUDP.Errno == "EPERM":
		words = append(words, "sendto: EPERM")
	case f.sawNeighbours() && p.Route.Kind == "unicast" && p.Early.State == "" && p.Route.Interface != "" && !f.interfaceOf(p.Route.Interface).Virtual:
		words = append(words, "ip neighbour: no entry for the next hop")
	default:
		return Finding{}, false
	}
	return wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
		say("a rule of this machine drops the connection before it leaves", "本机的一条规则在数据发出之前就丢弃了它"),
		say("look for a rule for outgoing traffic: %s", "请查看出站规则：%s", showRules(f.Firewall.Tool)), words...), true
}

// failed tells the errors that came back.
func failed(f *Facts, p Path, evidence string) Finding {
	switch p.TCP.Errno {
	case "EPERM":
		found, _ := droppedHere(f, Path{UDP: Probe{Errno: "EPERM"}}, evidence)
		return found
	case "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EPROTO", "EOPNOTSUPP", "EACCES":
		if p.Neighbour.Silent() || p.TCP.Took > 2*time.Second && !f.fromOther(p.TCP) {
			return unknown(CheckThere, say("the port could not be reached", "无法到达该端口"), sockeye.Text{}, evidence)
		}
		return rejected(f, p, p.TCP, evidence)
	}
	return unknown(CheckThere, say("the system said %s", "系统报告 %s", p.TCP.Errno), sockeye.Text{}, evidence)
}

// fromOther says that another machine sent an ICMP error.
func (f *Facts) fromOther(p Probe) bool { return p.From.IsValid() && !f.owns(p.From) }

// icmpOf is the probe with the sender of its ICMP error: the same error of UDP may tell it. A
// reset is no such error.
func (f *Facts) icmpOf(p Path, probe Probe) Probe {
	if probe.Outcome != Failed || probe.From.IsValid() {
		return probe
	}
	for _, other := range []Probe{p.UDP, p.OtherUDP} {
		if other.From.IsValid() && other.Errno == probe.Errno {
			probe = other
		}
	}
	return probe
}

// rejected is an ICMP error that a firewall or a router sent.
func rejected(f *Facts, p Path, probe Probe, evidence string) Finding {
	probe = f.icmpOf(p, probe)
	if !probe.From.IsValid() {
		return wrong(CheckThere, CauseFirewallRejects, StationThere,
			say("a firewall there or a router on the way rejects it: an ICMP error came back at once", "那里的防火墙或途中的路由器拒绝了它：立即返回了 ICMP 错误"),
			allowThere("", f.transport(), f.Port), evidence)
	}
	word, who := icmpWord(probe), probe.From
	evidence += fmt.Sprintf("; %s from %s", word, who)
	switch {
	case !f.fromOther(probe):
		return wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("a rule of this machine rejects the connection: %s", "本机的一条规则拒绝了连接：%s", word),
			say("look for a rule for outgoing traffic: %s", "请查看出站规则：%s", showRules(f.Firewall.Tool)), evidence)
	case isTimeExceeded(probe):
		return tooManyHops(p, probe, evidence)
	case who == p.Address.WithZone(""):
		return wrong(CheckThere, CauseFirewallRejects, StationThere,
			say("a firewall on %s rejects port %d: it sent %s", "%s 上的防火墙拒绝了端口 %d：它返回了 %s", who, f.Port, word),
			allowThere("", f.transport(), f.Port), evidence)
	case isUnreachable(probe):
		return wrong(CheckThere, CauseUnreachable, StationNetwork,
			say("the router %s says that it does not reach %s: %s", "路由器 %s 报告无法到达 %s：%s", who, p.Address, word),
			say("see that the machine is on and has this address; if it has, that router lacks the route, or a rule of it rejects: for certainty run %s there", "请确认那台机器已开机并使用这个地址；如果是，则该路由器缺少路由，或它的规则拒绝了数据：要确认请在那里运行 %s", f.doctorThere()), evidence)
	}
	return wrong(CheckThere, CauseFirewallRejects, StationNetwork,
		say("%s on the way rejects port %d: it sent %s", "途中的 %s 拒绝了端口 %d：它返回了 %s", who, f.Port, word),
		say("let %s pass this one port (%s %d) to %s: it is a router or firewall between", "请在 %s 上放行发往 %[4]s 的这一个端口（%[2]s %[3]d）：它是途中的路由器或防火墙", who, f.transport(), f.Port, p.Address), evidence)
}

// wholeWay is a hop limit that no way through the Internet uses up: systems begin with 64 or
// more (RFC 1700), for ways of some thirty routers at most.
const wholeWay = 60

// tooManyHops is a packet that was passed on as often as it may be. Who says so is the router
// that had it last.
func tooManyHops(p Path, probe Probe, evidence string) Finding {
	who := probe.From
	if probe.HopLimit > 0 && probe.HopLimit < wholeWay {
		text := say("the packet did not get far enough: it may pass %[1]d routers (TTL, hop limit), and %[2]s was the last", "数据包没有走完全程：它最多经过 %[1]d 个路由器（TTL），%[2]s 是最后一个", probe.HopLimit, who)
		return wrong(CheckWay, CauseHopLimit, StationInterface, text,
			say("raise the limit here: sudo sysctl %s=64; if it is no better then, routers pass the packet in a circle", "请在本机提高上限：sudo sysctl %s=64；如果没有好转，则是路由器在循环转发", hopLimitSetting(p)), evidence, fmt.Sprintf("hop limit %d", probe.HopLimit))
	}
	found := wrong(CheckThere, CauseRoutingLoop, StationNetwork,
		say("the routers pass what is sent to %s in a circle (routing loop), until %s drops it: %s", "路由器之间循环转发发往 %s 的数据（路由环路），直到 %s 将其丢弃：%s", p.Address, who, icmpWord(probe)),
		say("on %[1]s and the routers beside it compare the route to %[2]s: one sends it back where it came from; traceroute -n %[2]s shows which take part", "请在 %[1]s 及其相邻的路由器上核对通往 %[2]s 的路由：其中一台把数据送了回去；traceroute -n %[2]s 可查看有哪些路由器", who, p.Address), evidence)
	if probe.HopLimit > 0 {
		found.Evidence = append(found.Evidence, fmt.Sprintf("hop limit %d", probe.HopLimit))
	}
	return found
}

// hopLimitSetting is where Linux has the limit that packets begin with.
func hopLimitSetting(p Path) string {
	if p.Address.Is4() {
		return "net.ipv4.ip_default_ttl"
	}
	return "net.ipv6.conf." + p.Route.Interface + ".hop_limit"
}

// checkUDPPort judges a UDP port: only what comes back is certain.
func checkUDPPort(f *Facts, p Path) Finding {
	evidence := probeEvidence("udp", p.UDP)
	switch p.UDP.Outcome {
	case Open:
		return fine(CheckThere, say("UDP port %d answers", "UDP 端口 %d 有应答", f.Port), evidence)
	case Refused:
		if p.UDP.From.IsValid() && p.UDP.From != p.Address.WithZone("") {
			return rejected(f, p, p.UDP, evidence)
		}
		if p.TCP.Outcome == Open || p.TCP.Outcome == Ended {
			return wrong(CheckThere, CauseOtherTransport, StationPort,
				say("UDP port %d is refused there, but a program listens on TCP port %[1]d", "那里的 UDP 端口 %d 被拒绝，但有程序监听 TCP 端口 %[1]d", f.Port),
				say("use tcp://%s here, or start a UDP receiver there", "请在这里使用 tcp://%s，或在那里启动 UDP 接收程序", f.hostPort()), evidence, probeEvidence("connect", p.TCP))
		}
		return wrong(CheckThere, CauseRefused, StationPort,
			say("refused (ICMP port unreachable): no program receives UDP port %d there, or a firewall there refuses it; from here both look the same", "被拒绝（ICMP 端口不可达）：那里没有程序接收 UDP 端口 %d，或那里的防火墙拒绝了它；从这里看两者相同", f.Port),
			say("start the receiver there: %s; if it runs, let that machine tell which it is: %s", "请在那里启动接收程序：%s；如果已经启动，请让那台机器说明是哪一种：%s", listenCommand(sockeye.UDP, f.Port), f.doctorThere()), evidence)
	case Failed:
		if p.UDP.Errno == "EPERM" {
			found, _ := droppedHere(f, p, evidence)
			return found
		}
		if p.UDP.From.IsValid() && !p.Neighbour.Silent() {
			return rejected(f, p, p.UDP, evidence)
		}
	}
	if list := f.listening(sockeye.UDP); f.Local && len(list) > 0 && p.UDP.Outcome == Silent {
		return fine(CheckThere, say("UDP port %d took a datagram: a program of this machine receives on it, and did not answer", "UDP 端口 %d 收下了数据报：本机有程序在接收，它没有应答", f.Port), evidence, socketEvidence(list[0]))
	}
	text := say("nothing came back from UDP port %d, which says nothing: a program may have received it in silence, or a firewall dropped it", "UDP 端口 %d 没有返回任何内容，这说明不了什么：可能有程序收下而不应答，也可能被防火墙丢弃", f.Port)
	if p.OtherUDP.Outcome == Refused {
		text = say("nothing came back from UDP port %d, while another port there says that nobody receives: a program received it in silence, or a firewall dropped it", "UDP 端口 %d 没有返回任何内容，而那里的另一个端口报告无人接收：可能有程序收下而不应答，也可能被防火墙丢弃", f.Port)
	}
	if at := f.interfaceOf(p.Route.Interface); at.Virtual {
		text = joined(text, say("; it goes through the virtual adapter %s (VPN, container or virtual machine), which may not lead there", "；数据经过虚拟网卡 %s（VPN、容器或虚拟机），它可能不通往那里", at.Name))
	}
	return unknown(CheckThere, text, onlyThereUDP(f), evidence, probeEvidence("udp beside", p.OtherUDP))
}

// onlyThereUDP is how to find out whether datagrams arrive.
func onlyThereUDP(f *Facts) sockeye.Text {
	return say("see whether the program there shows it; or let that machine tell: run %s there, and give its code to sockeye doctor %s --with CODE here; whether datagrams arrive shows %s there in place of the program",
		"请看那里的程序是否收到；或让那台机器说明：在那里运行 %s，再在这里运行 sockeye doctor %s --with 代码；数据报是否到达，可在那里停下程序后运行 %s 查看", f.doctorThere(), f.again(), fmt.Sprintf("sockeye doctor --serve :%d", f.Port))
}

func probeEvidence(call string, p Probe) string {
	if p.Outcome == NotTried {
		return ""
	}
	s := fmt.Sprintf("%s :%d: %s in %s", call, p.Port, p.Outcome, shortTime(p.Took))
	if p.Errno != "" {
		s += " (" + p.Errno + ")"
	}
	if len(p.Said) > 0 {
		s += fmt.Sprintf(", said %q", p.Said[:min(len(p.Said), 60)])
	}
	return s
}

func shortTime(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
