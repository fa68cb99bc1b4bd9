package doctor

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"sockeye"
)

// The causes at the port there.
const (
	CauseNothingListens  = "nothing-listens"
	CauseOtherTransport  = "other-transport"
	CauseFirewallThere   = "firewall-there"
	CauseFirewallRejects = "firewall-rejects"
	CauseNoAnswer        = "no-answer"
	CauseAcceptedReset   = "accepted-reset"
	CauseOtherProtocol   = "other-protocol"
	CauseFirewallHere    = "firewall-here"
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
		return speech(p, evidence)
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
	return unknown(CheckThere, say("the port was not tried", "没有尝试该端口"), sockeye.Text{})
}

// speech looks at what the server said by itself, or answered.
func speech(p Path, evidence string) Finding {
	port := p.TCP.Port
	spoken := ""
	switch said := p.TCP.Said; {
	case bytes.HasPrefix(said, []byte("SSH-")):
		spoken = "SSH"
	case bytes.HasPrefix(said, []byte("HTTP/")):
		spoken = "HTTP"
	default:
		spoken = map[string]string{"http": "HTTP", "tls": "TLS"}[p.TCP.Reply]
	}
	if spoken != "" {
		return wrong(CheckThere, CauseOtherProtocol, StationPort,
			say("port %d is open, but it speaks %s, no plain TCP", "端口 %d 已打开，但使用的是 %s，不是普通 TCP", port, spoken),
			say("check the port number with the program there; for TLS use sockeye connect tls://…, for HTTP a browser", "请与那里的程序核对端口号；TLS 请用 sockeye connect tls://…，HTTP 请用浏览器"), evidence)
	}
	return fine(CheckThere, say("port %d is open: connected in %s", "端口 %d 已打开：%s 内接通", port, shortTime(p.TCP.Took)), evidence)
}

// refused tells a closed port from rules that say the same.
func refused(f *Facts, p Path, evidence string) Finding {
	if p.Route.Kind == "unicast" && p.Early.State == "" && p.Route.Interface != "" && !f.interfaceOf(p.Route.Interface).Virtual && !p.Neighbour.Silent() && f.sawNeighbours() {
		return wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("a rule of this machine rejects the connection: it was refused before anything was sent", "本机的一条规则拒绝了连接：数据还没有发出就被拒绝"),
			say("look for a rule for outgoing traffic: %s", "请查看出站规则：%s", showRules(f.Firewall.Tool)), evidence, "ip neighbour: no entry for the next hop")
	}
	if p.UDP.Outcome == Open || p.UDP.Outcome == Silent && p.OtherUDP.Outcome == Refused {
		return wrong(CheckThere, CauseOtherTransport, StationPort,
			say("no program listens on TCP port %d there, but one receives UDP on it", "那里没有程序监听 TCP 端口 %d，但有程序在接收这个 UDP 端口", f.Port),
			say("use udp://%s here, or start a TCP server there", "请在这里使用 udp://%s，或在那里启动 TCP 服务器", f.hostPort()), evidence, probeEvidence("udp", p.UDP))
	}
	next := say("start the server there: %s; if it runs, compare the port, and the address it listens on: %s", "请在那里启动服务器：%s；如果已经启动，请核对端口和监听地址：%s", listenCommand(f.transport(), f.Port), doctorThere(f.Port))
	return wrong(CheckThere, CauseNothingListens, StationPort,
		say("refused: the machine is there, but nothing listens on port %d for this address", "被拒绝：主机在线，但没有程序为这个地址监听端口 %d", f.Port), next, evidence)
}

// sawNeighbours says that this system tells of its neighbours.
func (f *Facts) sawNeighbours() bool { return f.System == "linux" }

func (f *Facts) hostPort() string {
	return strings.TrimPrefix(sockeye.Address{Network: sockeye.UDP, Host: f.Host, Port: f.Port}.String(), "udp://")
}

// silent tells the reasons for no answer at all.
func silent(f *Facts, p Path, evidence string) Finding {
	if found, here := droppedHere(f, p, evidence); here {
		return found
	}
	other := probeEvidence("connect beside", p.OtherTCP)
	if p.OtherTCP.Answers() || p.OtherUDP.Answers() {
		return wrong(CheckThere, CauseFirewallThere, StationThere,
			say("no answer from port %d, though the machine answers on other ports: a firewall there drops it (or the server's queue is full)", "端口 %d 没有应答，而这台机器的其他端口有应答：那里的防火墙丢弃了它（或服务器的队列已满）", f.Port),
			allowThere("", f.transport(), f.Port), evidence, other)
	}
	if !p.Route.Gateway.IsValid() && p.Neighbour.Answered() {
		return wrong(CheckThere, CauseFirewallThere, StationThere,
			say("the machine is there, but answers nothing: its firewall drops port %d, or it has no way back", "这台机器在线，但不作任何应答：它的防火墙丢弃了端口 %d，或者它没有回来的路由", f.Port),
			allowThere("", f.transport(), f.Port), evidence, other, "ip neighbour: "+p.Neighbour.State)
	}
	return wrong(CheckThere, CauseNoAnswer, StationNetwork,
		say("nothing came back from %s: it is off, its address is another one, or a firewall on the way drops", "%s 没有任何应答：可能已关机、地址不对，或途中的防火墙丢弃了数据", p.Address),
		say("only the other side can tell these apart: run %s there, and give its code to sockeye doctor --with", "只有对方能够分辨：请在那里运行 %s，再把代码交给 sockeye doctor --with", doctorThere(f.Port)), evidence, other)
}

// droppedHere says that a rule of this machine drops what is sent: the kernel asked nobody
// for the hardware address, or counted sends that failed.
func droppedHere(f *Facts, p Path, evidence string) (Finding, bool) {
	words := []string{evidence}
	switch {
	case f.Grown["TcpExt.TCPRetransFail"] > 0:
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
	case "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EPROTO", "EOPNOTSUPP":
		if p.Neighbour.Silent() && !p.Route.Gateway.IsValid() || p.TCP.Took > 2*time.Second {
			return unknown(CheckThere, say("the port could not be reached", "无法到达该端口"), sockeye.Text{}, evidence)
		}
		return rejected(f, p, evidence)
	}
	return unknown(CheckThere, say("the system said %s", "系统报告 %s", p.TCP.Errno), sockeye.Text{}, evidence)
}

// rejected is an ICMP error that a firewall or a router sent.
func rejected(f *Facts, p Path, evidence string) Finding {
	who := say("a firewall there or a router on the way", "那里的防火墙或途中的路由器")
	for _, probe := range []Probe{p.TCP, p.UDP, p.OtherUDP} {
		if probe.From.IsValid() && probe.Errno == p.TCP.Errno {
			who = say("%s", "%s", probe.From)
			evidence += fmt.Sprintf("; ICMP %d/%d from %s", probe.ICMPType, probe.ICMPCode, probe.From)
		}
	}
	return wrong(CheckThere, CauseFirewallRejects, StationThere,
		sockeye.Text{En: who.En + " rejects it: an ICMP error came back at once", Zh: who.Zh + "拒绝了它：立即返回了 ICMP 错误"},
		allowThere("", f.transport(), f.Port), evidence)
}

// checkUDPPort judges a UDP port: only what comes back is certain.
func checkUDPPort(f *Facts, p Path) Finding {
	evidence := probeEvidence("udp", p.UDP)
	switch p.UDP.Outcome {
	case Open:
		return fine(CheckThere, say("UDP port %d answers", "UDP 端口 %d 有应答", f.Port), evidence)
	case Refused:
		if p.TCP.Outcome == Open || p.TCP.Outcome == Ended {
			return wrong(CheckThere, CauseOtherTransport, StationPort,
				say("no program receives UDP port %d there, but one listens on it with TCP", "那里没有程序接收 UDP 端口 %d，但有程序用 TCP 监听", f.Port),
				say("use tcp://%s here, or start a UDP receiver there", "请在这里使用 tcp://%s，或在那里启动 UDP 接收程序", f.hostPort()), evidence)
		}
		return wrong(CheckThere, CauseNothingListens, StationPort,
			say("no program receives UDP port %d there (ICMP port unreachable)", "那里没有程序接收 UDP 端口 %d（ICMP 端口不可达）", f.Port),
			say("start the receiver there: %s", "请在那里启动接收程序：%s", listenCommand(sockeye.UDP, f.Port)), evidence)
	case Failed:
		if p.UDP.Errno == "EPERM" {
			found, _ := droppedHere(f, p, evidence)
			return found
		}
		if p.UDP.From.IsValid() && !p.Neighbour.Silent() {
			p.TCP = p.UDP
			return rejected(f, p, evidence)
		}
	}
	if p.OtherUDP.Outcome == Refused {
		return fine(CheckThere, say("UDP port %d took a datagram: another port says that nothing is there, this one does not", "UDP 端口 %d 收下了数据报：别的端口报告没有程序，而这个没有", f.Port), evidence, probeEvidence("udp beside", p.OtherUDP))
	}
	return unknown(CheckThere, say("nothing came back from UDP port %d: UDP does not say whether anybody received it", "UDP 端口 %d 没有返回任何内容：UDP 不会告知是否有人收到", f.Port),
		say("ask the other side: %s", "请在对方运行：%s", doctorThere(f.Port)), evidence)
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
