package doctor

// CauseFirewallDrops is a rule of this machine that keeps clients out.
const CauseFirewallDrops = "firewall-drops"

// checkFirewall judges this machine's rules, where they may be read, and the edge of what
// this machine runs in.
func checkFirewall(f *Facts) []Finding {
	if f.Port == 0 || f.Fault != nil {
		return nil
	}
	list := checkRules(f)
	if found, said := checkPlace(f); said {
		list = append(list, found)
	}
	return list
}

// checkPlace tells of the edge that clients of other machines have to cross, if this system
// runs inside another one.
func checkPlace(f *Facts) (Finding, bool) {
	if !f.Local || f.Host != "" && f.loopbackOnly() {
		return Finding{}, false
	}
	switch f.Place {
	case "wsl":
		return unknown(CheckFirewall, say("this is WSL: other machines reach Windows, which hands port %d on only if it is told to", "这里是 WSL：其他机器访问的是 Windows，只有设置后它才会转交端口 %d", f.Port),
			say("in Windows, as administrator: netsh interface portproxy add v4tov4 listenport=%[1]d connectport=%[1]d connectaddress=WSL-ADDRESS; or networkingMode=mirrored in .wslconfig", "在 Windows 中以管理员运行：netsh interface portproxy add v4tov4 listenport=%[1]d connectport=%[1]d connectaddress=WSL地址；或在 .wslconfig 中设置 networkingMode=mirrored", f.Port), "/proc/sys/kernel/osrelease: microsoft"), true
	case "docker", "container":
		return unknown(CheckFirewall, say("this is a container: other machines reach its host, and port %d only if it was published", "这里是容器：其他机器访问的是宿主机，端口 %d 只有发布后才可访问", f.Port),
			say("start the container with -p %[1]d:%[1]d, for UDP with -p %[1]d:%[1]d/udp, or with --network=host", "启动容器时加上 -p %[1]d:%[1]d（UDP 为 -p %[1]d:%[1]d/udp），或使用 --network=host", f.Port), "/.dockerenv, /run/.containerenv"), true
	}
	return Finding{}, false
}

// checkRules judges this machine's rules, where they may be read.
func checkRules(f *Facts) []Finding {
	w := f.Firewall
	switch {
	case !w.Read:
		return []Finding{rulesNotRead(f)}
	case w.Drops && w.Answers:
		return []Finding{wrong(CheckFirewall, map[bool]string{true: CauseFirewallDrops, false: CauseFirewallHere}[f.Local], StationFirewall,
			say("this machine's firewall drops the answers from port %d", "本机防火墙丢弃了来自端口 %d 的应答", f.Port),
			say("let the answers pass: %s", "放行这些应答：%s", w.acceptCommand(f.transport(), f.Port, f.Local)), w.Rule)}
	case w.Drops && f.Local:
		return []Finding{wrong(CheckFirewall, CauseFirewallDrops, StationFirewall,
			say("this machine's firewall keeps port %d closed", "本机防火墙封闭了端口 %d", f.Port),
			say("let this one port in: %s", "只放行这个端口：%s", w.acceptCommand(f.transport(), f.Port, true)), w.Rule)}
	case w.Drops:
		return []Finding{wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("this machine's firewall lets nothing out to port %d", "本机防火墙不允许发往端口 %d", f.Port),
			say("let this one port out: %s", "只放行发往这个端口的数据：%s", w.acceptCommand(f.transport(), f.Port, false)), w.Rule)}
	case w.Unclear:
		return []Finding{rulesUnclear(f)}
	}
	return []Finding{fine(CheckFirewall, say("the rules of this machine let port %d pass", "本机规则放行端口 %d", f.Port))}
}

// rulesNotRead is of rules that only an administrator may read.
func rulesNotRead(f *Facts) Finding {
	text := say("the rules of this machine can be read by its administrator only", "只有管理员才能读取本机的防火墙规则")
	next := say("look: %s", "请查看：%s", showRules(f.Firewall.Tool))
	if f.rulesDecide() {
		text = say("whether this machine's firewall lets port %d in cannot be told: its rules can be read by its administrator only", "无法判断本机防火墙是否放行端口 %d：只有管理员才能读取它的规则", f.Port)
		if f.System == "linux" {
			next = say("ask as administrator: %s; or ask from a client: sockeye doctor ADDRESS:%d", "请以管理员身份询问：%s；或从客户端询问：sockeye doctor 地址:%d", ruleCommand(f.transport(), f.Port), f.Port)
		}
	}
	return unknown(CheckFirewall, text, next)
}

// rulesUnclear is of rules that were read, and do not tell what becomes of the port.
func rulesUnclear(f *Facts) Finding {
	w := f.Firewall
	text := say("whether the rules of this machine let port %d pass cannot be told: one is more than the doctor understands", "无法判断本机规则是否放行端口 %d：其中一条超出了诊断程序的理解范围", f.Port)
	next := say("look: %s (%s)", "请查看：%s（%s）", showRules(w.Tool), w.Rule)
	switch {
	case w.DropsIPv6:
		text = say("the rules of this machine let port %d pass over IPv4, and drop it over IPv6", "本机规则对 IPv4 放行端口 %d，对 IPv6 则丢弃", f.Port)
		next = say("if clients use IPv6: %s", "如果客户端使用 IPv6：%s", w.acceptCommand(f.transport(), f.Port, f.Local))
	case w.TooMany:
		text = say("whether the rules of this machine let port %d pass cannot be told: they are too many to be read in time", "无法判断本机规则是否放行端口 %d：规则太多，来不及读完", f.Port)
	case w.Moves:
		text = say("a rule of this machine hands port %d on to another port or machine (NAT): whether it arrives cannot be told", "本机的一条规则把端口 %d 转往别的端口或机器（NAT）：无法判断能否到达", f.Port)
	case w.ByClient:
		text = say("whether the rules of this machine let port %d pass depends on the client", "本机规则是否放行端口 %d 取决于客户端", f.Port)
	}
	return unknown(CheckFirewall, text, next, w.Rule)
}

// rulesDecide says that the question is whether clients reach this machine's port, and that
// none was seen to.
func (f *Facts) rulesDecide() bool {
	return f.Local && f.Host == "" && f.Port != 0 && !f.ToListen && !f.hasClient()
}

// rulesUnknown says that this machine's rules decide, and are not known.
func (f *Facts) rulesUnknown() bool {
	return f.rulesDecide() && (!f.Firewall.Read || f.Firewall.Unclear)
}
