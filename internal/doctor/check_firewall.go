package doctor

import "sockeye"

// CauseFirewallDrops is a rule of this machine that keeps clients out.
const CauseFirewallDrops = "firewall-drops"

// checkFirewall judges this machine's rules, where they may be read.
func checkFirewall(f *Facts) []Finding {
	if f.Port == 0 || f.Fault != nil {
		return nil
	}
	w := f.Firewall
	switch {
	case !w.Read:
		return []Finding{unknown(CheckFirewall, say("the rules of this machine can be read by its administrator only", "只有管理员才能读取本机的防火墙规则"), say("look: %s", "请查看：%s", showRules(w.Tool)))}
	case w.Drops && f.Local:
		return []Finding{wrong(CheckFirewall, CauseFirewallDrops, StationFirewall,
			say("this machine's firewall keeps port %d closed", "本机防火墙封闭了端口 %d", f.Port),
			sayAllow(w.Tool, f), w.Rule)}
	case w.Drops:
		return []Finding{wrong(CheckFirewall, CauseFirewallHere, StationFirewall,
			say("this machine's firewall lets nothing out to port %d", "本机防火墙不允许发往端口 %d", f.Port),
			say("take that rule away: %s shows it", "请删除该规则：%s 可查看", showRulesToDelete(w.Tool)), w.Rule)}
	case w.Unclear:
		return []Finding{unknown(CheckFirewall, say("the rules of this machine are more than the doctor understands", "本机的规则超出了诊断程序的理解范围"), say("look: %s", "请查看：%s", showRules(w.Tool)), w.Rule)}
	}
	return []Finding{fine(CheckFirewall, say("the rules of this machine let port %d pass", "本机规则放行端口 %d", f.Port))}
}

// sayAllow is the command that opens the port of this machine.
func sayAllow(tool string, f *Facts) sockeye.Text {
	command := allowCommand(tool, f.transport(), f.Port)
	return say("let this one port in: %s", "只放行这个端口：%s", command)
}
