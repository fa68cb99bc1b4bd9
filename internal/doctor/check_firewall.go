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
		return []Finding{unknown(CheckFirewall, say("the rules of this machine can be read by its administrator only", "只有管理员才能读取本机的防火墙规则"), say("look: %s", "请查看：%s", showRules(w.Tool)))}
	case w.Drops && f.Local:
		return []Finding{wrong(CheckFirewall, CauseFirewallDrops, StationFirewall,
			say("this machine's firewall keeps port %d closed", "本机防火墙封闭了端口 %d", f.Port),
			say("let this one port in: %s", "只放行这个端口：%s", w.acceptCommand(f.transport(), f.Port, true)), w.Rule)}
	case w.Drops:
		return []Finding{wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("this machine's firewall lets nothing out to port %d", "本机防火墙不允许发往端口 %d", f.Port),
			say("let this one port out: %s", "只放行发往这个端口的数据：%s", w.acceptCommand(f.transport(), f.Port, false)), w.Rule)}
	case w.Unclear:
		return []Finding{unknown(CheckFirewall, say("the rules of this machine are more than the doctor understands", "本机的规则超出了诊断程序的理解范围"), say("look: %s", "请查看：%s", showRules(w.Tool)), w.Rule)}
	}
	return []Finding{fine(CheckFirewall, say("the rules of this machine let port %d pass", "本机规则放行端口 %d", f.Port))}
}
