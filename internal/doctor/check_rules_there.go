package doctor

import (
	"fmt"
	"slices"

	"sockeye"
	"sockeye/internal/netinfo"
)

// checkRulesThere is what is left when the program there listens as it should: rules, and what
// is on the way.
func checkRulesThere(f, other *Facts, p Path) (Finding, bool) {
	there := *other
	there.Network = f.Network
	list := there.listening(f.transport())
	if other.didNotSee("sockets") || other.Port != f.Port || len(list) == 0 {
		return Finding{}, false
	}
	probe := p.TCP
	if f.isUDP() {
		probe = p.UDP
	}
	evidence := probeEvidence("connect", probe)
	if sender := f.icmpOf(p, probe); f.fromOther(sender) && probe.Outcome != Open {
		return rejectedThere(f, p, sender, evidence), true
	}
	if other.rulesDrop(f) && !f.open(p) && probe.Outcome != Reset {
		return rulesThere(f, other, p, probe), true
	}
	switch {
	case f.isUDP() && probe.Outcome == Silent:
		return silentThere(f, other, evidence, socketEvidence(list[0])), true
	case probe.Outcome != Refused && probe.Outcome != Silent && probe.Outcome != Failed:
		return Finding{}, false
	case f.Firewall.Drops:
		return Finding{}, false // this machine's own rules, of which checkFirewall tells
	}
	listens := fmt.Sprintf("%s listens there", list[0].Local)
	if probe.Outcome == Silent {
		return lostThere(f, other, p, evidence, listens), true
	}
	if f.mayRefuseItself(p) {
		return refusedSomewhere(f, other, p, evidence, listens), true
	}
	if other.rulesPass(f) {
		return wrong(CheckThere, CauseFirewallRejects, StationNetwork,
			say("the program there listens, and the rules of that machine let port %d pass: a firewall on the way rejects it", "那里的程序在监听，那台机器的规则也放行端口 %d：途中的防火墙拒绝了它", f.Port),
			letPassOnWay(f, p), evidence, listens), true
	}
	return wrong(CheckThere, CauseFirewallRejects, StationThere,
		say("the program there listens, but a firewall there or on the way rejects port %d", "那里的程序在监听，但那里或途中的防火墙拒绝了端口 %d", f.Port), allowClient(f, other, p), evidence, listens), true
}

// refusedSomewhere is a reset of which it is not even known that it came from outside.
func refusedSomewhere(f, other *Facts, p Path, evidence, listens string) Finding {
	text := say("the program there listens, but port %d is refused: by a firewall there or on the way, or by a rule of this machine; which of them cannot be told", "那里的程序在监听，但端口 %d 被拒绝：可能是那里或途中的防火墙，也可能是本机的规则；无法判断是哪一种", f.Port)
	allow := allowClient(f, other, p)
	if other.rulesPass(f) {
		text = say("the program there listens, and the rules of that machine let port %d pass: a firewall on the way refuses it, or a rule of this machine does; which of them cannot be told", "那里的程序在监听，那台机器的规则也放行端口 %d：可能是途中的防火墙，也可能是本机的规则拒绝了它；无法判断是哪一种", f.Port)
		allow = letPassOnWay(f, p)
	}
	own := say("this machine's administrator sees whether its own rules do: sudo sockeye doctor %s; if not, ", "本机管理员可查看是否为本机规则：sudo sockeye doctor %s；如果不是，", f.again())
	return unknown(CheckThere, text, sockeye.Text{En: own.En + allow.En, Zh: own.Zh + allow.Zh}, evidence, listens)
}

// rulesDrop says that the rules of the other machine were read and keep the port closed, as f
// asks for it.
func (other *Facts) rulesDrop(f *Facts) bool {
	return other.Firewall.Drops && other.transport() == f.transport()
}

// rulesPass says that they were read and let it pass.
func (other *Facts) rulesPass(f *Facts) bool {
	return other.Firewall.Read && !other.Firewall.Drops && other.transport() == f.transport()
}

// rejectedThere is an ICMP error while the program there listens: who sent it is at fault.
func rejectedThere(f *Facts, p Path, sender Probe, evidence string) Finding {
	found := rejected(f, p, sender, evidence)
	if found.Cause == CauseUnreachable { // the machine is there
		found.Next = say("the program there listens: look on %s for the route to %s, and for a rule that rejects", "那里的程序在监听：请在 %s 上查看通往 %s 的路由，以及拒绝它的规则", sender.From, p.Address)
	}
	return found
}

// rulesThere are rules of the other machine that keep the port closed.
func rulesThere(f, other *Facts, p Path, probe Probe) Finding {
	cause, text := CauseFirewallThere, say("the program there listens, but the rules of that machine drop port %d", "那里的程序在监听，但那台机器的规则丢弃了端口 %d", f.Port)
	if probe.Outcome == Refused || probe.Outcome == Failed {
		cause, text = CauseFirewallRejects, say("the program there listens, but the rules of that machine reject port %d", "那里的程序在监听，但那台机器的规则拒绝了端口 %d", f.Port)
	}
	return wrong(CheckThere, cause, StationThere, text, allowClient(f, other, p), probeEvidence("connect", probe), "there: the rules keep it closed")
}

// silentThere is a datagram that a program there may have received in silence.
func silentThere(f, other *Facts, evidence, listens string) Finding {
	see := say("see whether the program there shows it; whether datagrams arrive shows sockeye doctor --serve :%d there in place of the program", "请看那里的程序是否收到；数据报是否到达，可在那里停下程序后运行 sockeye doctor --serve :%d 查看", f.Port)
	if other.rulesPass(f) {
		return unknown(CheckThere,
			say("a program there receives on UDP port %d, and the rules of that machine let it pass; that nothing came back says nothing: it may have received in silence, or something on the way dropped it", "那里有程序在接收 UDP 端口 %d，那台机器的规则也放行它；没有返回说明不了什么：可能收下而不应答，也可能在途中被丢弃", f.Port),
			see, evidence, listens)
	}
	rules := say("; whether its rules drop it tells its administrator: sudo %s", "；它的规则是否丢弃数据报，由那里的管理员运行 sudo %s 得知", f.doctorThere())
	return unknown(CheckThere,
		say("a program there receives on UDP port %d; that nothing came back says nothing: it may have received in silence, or a firewall there or on the way dropped it", "那里有程序在接收 UDP 端口 %d；没有返回说明不了什么：可能收下而不应答，也可能被那里或途中的防火墙丢弃", f.Port),
		sockeye.Text{En: see.En + rules.En, Zh: see.Zh + rules.Zh}, evidence, listens)
}

// lostThere is silence though the program there listens and its machine has a way back: what is
// known of its rules, and which ports answer, say where packets are lost.
func lostThere(f, other *Facts, p Path, evidence, listens string) Finding {
	if lost, may := f.mayDropAnswers(p); may {
		own, allow := say("this machine's administrator sees whether its own rules do: sudo sockeye doctor %s; if not, ", "本机管理员可查看是否为本机规则：sudo sockeye doctor %s；如果不是，", f.again()), allowClient(f, other, p)
		return unknown(CheckThere,
			say("the program there listens, but nothing comes back: a firewall there or on the way drops port %d, or a rule of this machine drops the answers; which of them cannot be told", "那里的程序在监听，但没有任何返回：可能是那里或途中的防火墙丢弃了端口 %d，也可能是本机的规则丢弃了应答；无法判断是哪一种", f.Port),
			sockeye.Text{En: own.En + allow.En, Zh: own.Zh + allow.Zh}, evidence, lost)
	}
	there := *other
	there.Network = f.Network
	signed := slices.IndexFunc(there.listening(f.transport()), func(s netinfo.SocketInfo) bool { return s.Signed && s.Takes(p.Address) })
	switch {
	case !f.answeredBeside(p):
		return lostBetween(f, other, p, evidence, listens)
	case signed >= 0:
		return wantsSignatures(f, other, p, evidence, there.listening(f.transport())[signed])
	case other.rulesPass(f):
		return wrong(CheckThere, CauseFirewallOnWay, StationNetwork,
			say("the program there listens, and the rules of that machine let port %d pass: a firewall on the way drops it", "那里的程序在监听，那台机器的规则也放行端口 %d：途中的防火墙丢弃了它", f.Port),
			letPassOnWay(f, p), evidence, listens, probeEvidence("beside", p.OtherTCP))
	}
	allow, way := allowClient(f, other, p), letPassOnWay(f, p)
	if f.interfaceOf(p.Route.Interface).Virtual {
		way = joined(way, say("; it goes through the virtual adapter %s (VPN, container or virtual machine)", "；数据经过虚拟网卡 %s（VPN、容器或虚拟机）", p.Route.Interface))
	}
	return wrong(CheckThere, CauseFirewallBetween, StationNetwork,
		say("the program there listens, but a firewall there or on the way drops port %d: other ports answer (seldom the server does so itself, which wants signatures: TCP MD5)", "那里的程序在监听，但那里或途中的防火墙丢弃了端口 %d：其他端口有应答（少数情况下是服务器自己丢弃的，它要求签名：TCP MD5）", f.Port),
		sockeye.Text{En: allow.En + "\nif its rules let it pass, " + way.En, Zh: allow.Zh + "\n如果它的规则放行，" + way.Zh}, evidence, listens, probeEvidence("beside", p.OtherTCP))
}

// wantsSignatures is a server that takes nothing unsigned from some clients, maybe from this one.
func wantsSignatures(f, other *Facts, p Path, evidence string, s netinfo.SocketInfo) Finding {
	next := say("see in the settings of the server there (BGP: password of the neighbour) whether this client has to sign; if not, ", "请在那里服务器的设置中查看是否要求本机签名（BGP：邻居的密码）；如果不要求，")
	way := letPassOnWay(f, p)
	if !other.rulesPass(f) {
		way = allowClient(f, other, p)
	}
	return unknown(CheckThere,
		say("the program there listens, and takes from some clients only what is signed (TCP MD5): it drops what this client sends, or a firewall drops port %d; which of them cannot be told", "那里的程序在监听，并要求部分客户端签名（TCP MD5）：可能是它丢弃了本机未签名的数据，也可能是防火墙丢弃了端口 %d；无法判断是哪一种", f.Port),
		joined(next, way), evidence, socketEvidence(s))
}

// lostBetween is a machine that answers on no port, though it is on.
func lostBetween(f, other *Facts, p Path, evidence, listens string) Finding {
	text := say("the program there listens, but nothing at all comes back from that machine: its firewall drops, what is between (access point, switch, host of a virtual machine) does not pass it on, or its answers go to a wrong hardware address", "那里的程序在监听，但那台机器没有任何返回：它的防火墙丢弃了数据、中间的设备（无线路由器、交换机、虚拟机的宿主机）没有转发，或它把应答发往错误的硬件地址")
	next := say("tell its rules by its administrator: sudo %s; see there which hardware address it has for this machine: %s; and try the way back: sockeye doctor %s", "请那里的管理员用 sudo %s 说明它的规则；在那里查看它记录的本机硬件地址：%s；并检查返回的路：sockeye doctor %s", f.doctorThere(), neighboursCommand(other.System), backTo(f, p))
	if f.farAway(p) {
		text = say("the program there listens, but nothing at all comes back from that machine: its firewall drops, a router on the way does not pass on, or the way back from it leads elsewhere", "那里的程序在监听，但那台机器没有任何返回：它的防火墙丢弃了数据、途中的路由器没有转发，或它返回的路通往别处")
		next = say("tell its rules by its administrator: sudo %s; try the way back from there: sockeye doctor %s", "请那里的管理员用 sudo %s 说明它的规则；并从那里检查返回的路：sockeye doctor %s", f.doctorThere(), backTo(f, p))
	}
	if other.rulesPass(f) {
		text = say("the program there listens, and the rules of that machine let port %d pass, but nothing comes back: it is lost on the way there or back", "那里的程序在监听，那台机器的规则也放行端口 %d，但没有任何返回：数据在去程或回程途中丢失", f.Port)
		next = say("try the way back from there: sockeye doctor %s", "请从那里检查返回的路：sockeye doctor %s", backTo(f, p))
	}
	at, gateway := f.interfaceOf(p.Route.Interface), p.Route.Gateway
	between := sockeye.Text{}
	switch {
	case at.Virtual:
		text = joined(text, say("; it goes through the virtual adapter %s (VPN, container or virtual machine)", "；数据经过虚拟网卡 %s（VPN、容器或虚拟机）", at.Name))
		between = say("; see that the program behind %s runs and passes on to %s, or try without it", "；请确认 %s 后面的程序在运行并转发到 %s，或停用它再试", at.Name, p.Address)
	case gateway.IsValid():
		between = say("; on the router %s see that it forwards, and its route and rules for %s", "；请在路由器 %s 上确认它在转发，并查看它对 %s 的路由和规则", gateway, p.Address)
	}
	return wrong(CheckThere, CauseLostBetween, StationNetwork, text, joined(next, between), evidence, listens, probeEvidence("beside", p.OtherTCP))
}

// backTo is this machine's address and port, as the other machine asks for them.
func backTo(f *Facts, p Path) string {
	return sockeye.Address{Network: sockeye.TCP, Host: p.Route.Source.WithZone("").String(), Port: f.Port}.String()
}

// answeredBeside says that the machine answered on a port beside, itself.
func (f *Facts) answeredBeside(p Path) bool {
	for _, probe := range []Probe{p.OtherTCP, p.OtherUDP} {
		if probe.Answers() && (!probe.From.IsValid() || probe.From == p.Address.WithZone("")) {
			return true
		}
	}
	return false
}

// letPassOnWay is what to do on a machine between.
func letPassOnWay(f *Facts, p Path) sockeye.Text {
	if gateway := p.Route.Gateway; gateway.IsValid() {
		return say("let the router %s, and those behind it, pass this one port (%s %d) to %s", "请在路由器 %s 及其后的路由器上放行发往 %[4]s 的这一个端口（%[2]s %[3]d）", gateway, f.transport(), f.Port, p.Address)
	}
	return say("look at what is between: the access point, the switch, the host of a virtual machine; let this one port (%s %d) pass to %s there", "请查看中间的设备：无线路由器、交换机、虚拟机的宿主机，并在那里放行发往 %[3]s 的这一个端口（%[1]s %[2]d）", f.transport(), f.Port, p.Address)
}

// mayDropAnswers says that a rule of this machine may drop what comes back: its rules are not
// known, and packets came in that went to no program, or nobody counts them. Why is evidence.
// One packet may be another machine's; each SYN that is sent again is answered again.
func (f *Facts) mayDropAnswers(p Path) (why string, may bool) {
	if f.Firewall.Read && !f.Firewall.Unclear {
		return "", false
	}
	if f.System != "linux" || !p.Address.Is4() {
		return "", true
	}
	came, taken := f.Grown["Ip.InReceives"], f.Grown["Ip.InDelivers"]+f.Grown["Ip.ForwDatagrams"]
	return fmt.Sprintf("InReceives +%d, InDelivers and ForwDatagrams +%d", came, taken), came > taken+1
}

// allowClient says how to let the port in on the other machine, whose rules may depend on who
// the client is.
func allowClient(f, other *Facts, p Path) sockeye.Text {
	allow := allowThere(other.Firewall.Tool, f.transport(), f.Port)
	if source := p.Route.Source; source.IsValid() && !p.Route.Gateway.IsValid() && (other.Firewall.Tool == "nft" || other.Firewall.Tool == "") {
		client := say("\nif the rule depends on the client: this one is %s", "\n如果规则取决于客户端：这个客户端是 %s", source)
		allow = sockeye.Text{En: allow.En + client.En, Zh: allow.Zh + client.Zh}
	}
	return allow
}
