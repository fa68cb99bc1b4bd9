package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"sockeye"
)

// CauseRouteCaught is a VPN or virtual adapter that takes what is meant for the machine's own
// network.
const CauseRouteCaught = "route-caught"

// holds says that an address is in a network of the interface.
func (i InterfaceFacts) holds(ip netip.Addr) bool {
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) })
}

// farAway says that there is more between the machines than one network.
func (f *Facts) farAway(p Path) bool {
	at := f.interfaceOf(p.Route.Interface)
	return p.Route.Gateway.IsValid() || at.Virtual || len(at.Prefixes) > 0 && !at.holds(p.Address)
}

// passedBy is the interface whose own network an address is in, though its way leads through
// another one, a virtual adapter.
func (f *Facts) passedBy(to netip.Addr, through string) (InterfaceFacts, bool) {
	if at := f.interfaceOf(through); !at.Virtual || at.holds(to) {
		return InterfaceFacts{}, false
	}
	for _, i := range f.Interfaces {
		if !i.Virtual && !i.Loopback && i.Up && i.Carrier && i.holds(to) {
			return i, true
		}
	}
	return InterfaceFacts{}, false
}

// checkCaught judges whether a virtual adapter has caught the way: through the interface of the
// address's own network the machine answers, and so it does not.
func checkCaught(f *Facts, p Path) (Finding, bool) {
	own, passed := f.passedBy(p.Address, p.Route.Interface)
	if !passed || !p.Direct.Answers() || p.TCP.Answers() || p.UDP.Answers() {
		return Finding{}, false
	}
	by := p.Route.Interface
	return wrong(CheckWay, CauseRouteCaught, StationInterface,
		say("%[1]s is in the network of %[2]s and answers there, but a route sends it through the virtual adapter %[3]s (VPN, container or virtual machine), where nothing comes back", "%[1]s 属于 %[2]s 的网段，并在那里有应答，但一条路由把它送进了虚拟网卡 %[3]s（VPN、容器或虚拟机），那里没有任何返回", p.Address, own.Name, by),
		say("let the VPN leave out this network, or stop it; the route: %s", "请让 VPN 排除这个网段，或停用它；查看路由：%s", routeCommand(f.System, p.Address.String())),
		probeEvidence("connect", p.TCP), probeEvidence("udp", p.UDP), probeEvidence("connect through "+own.Name, p.Direct)), true
}

// virtualDown is a virtual adapter that nobody serves.
func virtualDown(f *Facts, p Path, at InterfaceFacts) Finding {
	found := wrong(CheckWay, CauseLinkDown, StationInterface,
		say("the way to %[2]s leads through the virtual adapter %[1]s (VPN, container or virtual machine), and no program is at its other end", "通往 %[2]s 的路经过虚拟网卡 %[1]s（VPN、容器或虚拟机），而它的另一端没有程序", at.Name, p.Address),
		say("start the VPN, or whatever has this adapter; if it is not to be used, the route has to go: %s shows it", "请启动 VPN 或使用该网卡的程序；如果不需要它，请删除这条路由：%s 可查看", routeCommand(f.System, p.Address.String())),
		fmt.Sprintf("%s: up=%v carrier=%v", at.Name, at.Up, at.Carrier))
	if !at.Up {
		found.Next = joined(found.Next, say("; to switch it on: %s", "；启用它：%s", upCommand(f.System, at.Name)))
	}
	return found
}

// silentBehind are the reasons for no answer through a virtual adapter.
func silentBehind(f *Facts, p Path, evidence string) Finding {
	text := say("nothing came back from %s through the virtual adapter %s (VPN, container or virtual machine): what is behind it does not pass it on, the machine is off or has no way back, or a firewall there or on the way drops; from here they look the same", "经过虚拟网卡 %[2]s（VPN、容器或虚拟机）没有收到 %[1]s 的任何应答：它后面没有转发、那台机器已关机或没有回来的路由，或那里或途中的防火墙丢弃了数据；从这里看都相同", p.Address, p.Route.Interface)
	next := say("see that the VPN is connected and leads to that network, or try without it\n", "请确认 VPN 已连接并通往那个网段，或停用它再试\n")
	if own, passed := f.passedBy(p.Address, p.Route.Interface); passed {
		next = say("%s is in the network of %s: let the VPN leave it out, or stop it\n", "%s 属于 %s 的网段：请让 VPN 排除它，或停用 VPN\n", p.Address, own.Name)
	}
	return unknown(CheckThere, text, joined(next, onlyThere(f)), evidence, probeEvidence("connect beside", p.OtherTCP), probeEvidence("connect past it", p.Direct))
}

// networkStop is what the way's network is called in the picture.
func (d *Diagnosis) networkStop(p Path) (label sockeye.Text, note string) {
	at := d.Facts.interfaceOf(p.Route.Interface)
	switch {
	case at.Virtual:
		label = say("VPN or virtual network", "VPN 或虚拟网络")
	case p.Route.Gateway.IsValid():
		label = say("gateway", "网关")
	case !at.holds(p.Address) && len(at.Prefixes) > 0:
		label = say("network", "网络")
	default:
		label = say("same network", "同一网段")
	}
	if p.Route.Gateway.IsValid() {
		note = p.Route.Gateway.String()
	}
	return label, note
}
