package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"sockeye/internal/netinfo"
)

// The causes on the way.
const (
	CauseNoNetwork      = "no-network"
	CauseLinkDown       = "link-down"
	CauseNoRoute        = "no-route"
	CauseRouteForbids   = "route-forbids"
	CauseNoNeighbour    = "no-neighbour"
	CauseGatewaySilent  = "gateway-silent"
	CauseSizeBlackHole  = "mtu-black-hole"
	CausePortsExhausted = "ports-exhausted"
	CauseWrongNeighbour = "wrong-neighbour"
)

// checkWay judges interface, route, neighbour and packet size.
func checkWay(f *Facts) []Finding {
	if found, said := checkOwnDuplicate(f); said && f.Local {
		return []Finding{found}
	}
	if f.aboutMachine() {
		connected := checkInterfaces(f)
		if connected.Verdict != OK {
			return []Finding{connected}
		}
		return append([]Finding{connected}, checkGateways(f)...)
	}
	if len(f.Paths) == 0 {
		return []Finding{checkInterfaces(f)}
	}
	var list []Finding
	good := false
	for _, p := range f.Paths {
		if f.ToListen || p.Address.IsMulticast() {
			continue
		}
		found := checkPath(f, p)
		good = good || !hasCause(found)
		list = append(list, found...)
	}
	if good { // one of several addresses that works is enough
		list = softened(list)
	}
	return list
}

// softened makes faults of one address evidence only, since another one works.
func softened(list []Finding) []Finding {
	for n := range list {
		if list[n].Verdict == Wrong && list[n].Cause != CauseSizeBlackHole {
			list[n].Verdict, list[n].Cause = CannotTell, ""
		}
	}
	return list
}

// checkInterfaces says how the machine is connected at all.
func checkInterfaces(f *Facts) Finding {
	if f.didNotSee("interfaces") {
		return unknown(CheckWay, say("the system does not list its network interfaces", "系统没有给出网卡列表"), say("look: sockeye addrs", "请查看：sockeye addrs"))
	}
	down := ""
	for _, i := range f.Interfaces {
		if i.Loopback {
			continue
		}
		if i.Up && i.Carrier && len(i.Prefixes) > 0 {
			return fine(CheckWay, say("%s is connected: %s", "%s 已连接：%s", i.Name, i.Prefixes[0]))
		}
		if down == "" && !i.Virtual {
			down = i.Name
		}
	}
	if f.Port != 0 && f.loopbackOnly() {
		return fine(CheckWay, say("only this machine can connect: no interface is connected", "没有连接网络，只有本机可以连接"))
	}
	next := say("connect the cable or Wi-Fi", "请接好网线或连接 Wi-Fi")
	if down != "" {
		next = say("connect the cable of %s, or switch the interface on: %s", "请接好 %s 的网线，或启用网卡：%s", down, upCommand(f.System, down))
	}
	return wrong(CheckWay, CauseNoNetwork, StationInterface, say("no network interface is connected", "没有任何网卡连接到网络"), next)
}

// loopbackOnly says that all that listens on the port does so for this machine alone.
func (f *Facts) loopbackOnly() bool {
	list := f.listening(f.transport())
	for _, s := range list {
		if !s.Local.Addr().IsLoopback() && !f.interfaceOf(s.Interface).Loopback {
			return false
		}
	}
	return len(list) > 0
}

// checkPath judges the way to one address.
func checkPath(f *Facts, p Path) []Finding {
	if p.Route.Kind == "local" || p.Address.IsLoopback() {
		return []Finding{fine(CheckWay, say("%s is inside this machine", "%s 在本机内部", p.Address))}
	}
	if p.TCP.Errno == "EADDRNOTAVAIL" && p.Route.Errno == "" && f.owns(p.Route.Source) {
		return []Finding{wrong(CheckWay, CausePortsExhausted, StationProgram,
			say("no free source port is left for this address: %d to %d are taken", "通往这个地址的源端口已用完：%d 到 %d 全部被占用", f.Limits.EphemeralLow, f.Limits.EphemeralHigh),
			say("wait a minute for ended connections (TIME_WAIT), or widen the range: %s", "请等一分钟让已结束的连接（TIME_WAIT）释放，或扩大范围：%s", morePortsCommand(f.System)),
			"connect: EADDRNOTAVAIL", "reserved: "+f.Limits.Reserved)}
	}
	if p.Route.Errno != "" {
		return []Finding{checkRoute(f, p)}
	}
	at := f.interfaceOf(p.Route.Interface)
	if at.Name != "" && (!at.Up || !at.Carrier) && !p.Neighbour.Answered() {
		if at.Virtual {
			return []Finding{virtualDown(f, p, at)}
		}
		return []Finding{wrong(CheckWay, CauseLinkDown, StationInterface,
			say("%s has no link: nothing is at the other end of its cable", "%s 没有链路：网线另一端没有设备", at.Name),
			say("plug the cable in at both ends, or join the Wi-Fi network; %s shows the link", "请把网线两端插好，或连接 Wi-Fi；%s 显示链路状态", linkCommand(f.System, at.Name)),
			fmt.Sprintf("%s: up=%v carrier=%v", at.Name, at.Up, at.Carrier))}
	}
	if found, said := checkCaught(f, p); said {
		return []Finding{found}
	}
	list := []Finding{routeFinding(f, p, at)}
	if found, said := checkDuplicate(p); said {
		list = append(list, found)
	}
	if found, said := checkNeighbour(f, p); said {
		list = append(list, found)
	}
	if found, said := checkSize(f.System, p); said {
		list = append(list, found)
	}
	return list
}

// checkDuplicate judges whether two machines answer for the address: to our question, or
// because the hardware address changed while this machine looked.
func checkDuplicate(p Path) (Finding, bool) {
	both := p.Answering
	if early := p.Early.HardwareAddress; len(both) < 2 && p.Early.Answered() && p.Neighbour.Answered() && early != p.Neighbour.HardwareAddress {
		both = []string{early, p.Neighbour.HardwareAddress}
	}
	if len(both) < 2 || p.Route.Gateway.IsValid() {
		return Finding{}, false
	}
	return wrong(CheckWay, CauseDuplicateAddress, StationNetwork,
		say("two machines have the address %s: both answer, and packets go to the one or the other", "有两台机器使用地址 %s：双方都应答，数据包时而到这台、时而到那台", p.Address),
		say("give one of them another address: their hardware addresses are %s and %s", "请更改其中一台的地址：它们的硬件地址是 %s 和 %s", both[0], both[1]), "arp: "+both[0], "arp: "+both[1]), true
}

// checkOwnDuplicate judges whether the system gave up an address of its own.
func checkOwnDuplicate(f *Facts) (Finding, bool) {
	for _, i := range f.Interfaces {
		for _, ip := range i.Duplicates {
			return wrong(CheckWay, CauseDuplicateAddress, StationInterface,
				say("another machine has this machine's address %s on %s: the system does not use it", "另一台机器占用了本机 %[2]s 上的地址 %[1]s：系统已停用它", ip, i.Name),
				say("give this machine or that one another address; %s shows it", "请更改本机或那台机器的地址；%s 可查看", addressesCommand(f.System, i.Name)), fmt.Sprintf("%s: %s dadfailed", i.Name, ip)), true
		}
	}
	return Finding{}, false
}

// checkRoute says why there is no way.
func checkRoute(f *Facts, p Path) Finding {
	show := routeCommand(f.System, p.Address.String())
	evidence := []string{show + ": " + p.Route.Errno}
	switch p.Route.Errno {
	case "EACCES", "EINVAL", "EHOSTUNREACH":
		return forbidden(f, p, evidence)
	}
	if found, said := checkLinks(f, p, evidence); said {
		return found
	}
	for _, i := range f.Interfaces {
		for _, ours := range i.Prefixes {
			if !i.Loopback && ours.Addr().Is4() == p.Address.Is4() && !ours.Addr().IsLinkLocalUnicast() {
				evidence = append(evidence, arithmetic(ours, p.Address)...)
			}
		}
	}
	return wrong(CheckWay, CauseNoRoute, StationInterface,
		say("no route: %s is in another network than this machine, and no gateway leads there", "没有路由：%s 与本机不在同一网段，也没有网关通往那里", p.Address),
		say("give both machines addresses of one network, or set the gateway: %s", "请让两台机器使用同一网段的地址，或设置网关：%s", gatewayCommand(f.System, p.Address.Is6())), evidence...)
}

// forbiddenBy are the kinds of routes by the error that the system gives for them (ip-route(8)).
var forbiddenBy = map[string]string{"EACCES": "prohibit", "EINVAL": "blackhole", "EHOSTUNREACH": "unreachable"}

// forbidden is an address that a route forbids, or a rule that chooses among tables. The row is
// the smallest network of that kind, since the system told the kind.
func forbidden(f *Facts, p Path, evidence []string) Finding {
	kind := forbiddenBy[p.Route.Errno]
	var rows []netinfo.RouteEntry
	for _, r := range f.Routes.Rows {
		if r.Kind == kind {
			rows = append(rows, r)
		}
	}
	text := say("a route of this machine forbids %s", "本机的一条路由禁止访问 %s", p.Address)
	if row, found := netinfo.BestEntry(rows, p.Address); found {
		return wrong(CheckWay, CauseRouteForbids, StationInterface, text,
			say("delete the route that forbids it: %s", "请删除禁止它的路由：%s", deleteRouteCommand(f.System, row)), append(evidence, row.Kind+" "+row.To.String())...)
	}
	for _, r := range f.Routes.Rules {
		if r.Kind == kind && r.IPv6 == p.Address.Is6() && (!r.To.IsValid() || r.To.Contains(p.Address.WithZone(""))) {
			return wrong(CheckWay, CauseRouteForbids, StationInterface,
				say("a rule of this machine's routing (ip rule) forbids %s", "本机的一条路由规则（ip rule）禁止访问 %s", p.Address),
				say("delete the rule that forbids it: %s", "请删除禁止它的规则：%s", deleteRuleCommand(r)), append(evidence, fmt.Sprintf("ip rule: %d %s", r.Priority, r.Kind))...)
		}
	}
	return wrong(CheckWay, CauseRouteForbids, StationInterface, text,
		say("find what forbids it, and delete it: %s", "请找到禁止它的路由并删除：%s", perSystem(f.System, "ip route show table all; ip rule", "route print", "netstat -rn")), evidence...)
}

// checkLinks judges whether an interface without a link is why there is no way: one that has
// an address of the network asked for, or any if none is connected.
func checkLinks(f *Facts, p Path, evidence []string) (Finding, bool) {
	connected := slices.ContainsFunc(f.Interfaces, func(i InterfaceFacts) bool { return !i.Loopback && i.Up && i.Carrier && len(i.Prefixes) > 0 })
	for _, i := range f.Interfaces {
		meant := slices.ContainsFunc(i.Prefixes, func(ours netip.Prefix) bool { return ours.Contains(p.Address.WithZone("")) })
		switch {
		case i.Loopback || i.Virtual || i.Up && i.Carrier || connected && !meant:
		case i.Up:
			return wrong(CheckWay, CauseLinkDown, StationInterface,
				say("%s has no link, and there is no other way to %s", "%s 没有链路，也没有其他通往 %s 的路", i.Name, p.Address),
				say("plug the cable in at both ends, or join the Wi-Fi network", "请把网线两端插好，或连接 Wi-Fi"), evidence...), true
		default:
			return wrong(CheckWay, CauseLinkDown, StationInterface,
				say("%s is switched off, and there is no other way to %s", "%s 没有启用，也没有其他通往 %s 的路", i.Name, p.Address),
				say("switch it on: %s", "请启用它：%s", upCommand(f.System, i.Name)), evidence...), true
		}
	}
	return Finding{}, false
}

// routeFinding says which way is taken.
func routeFinding(f *Facts, p Path, at InterfaceFacts) Finding {
	evidence := []string{fmt.Sprintf("%s: dev %s", routeCommand(f.System, p.Address.String()), p.Route.Interface)}
	if p.Route.Source.IsValid() {
		evidence[0] += fmt.Sprintf(" src %s", p.Route.Source)
	}
	if p.Route.Gateway.IsValid() {
		evidence[0] += fmt.Sprintf(" via %s", p.Route.Gateway)
	}
	for _, ours := range at.Prefixes {
		if ours.Addr() == p.Route.Source {
			evidence = append(evidence, arithmetic(ours, p.Address)...)
		}
	}
	switch {
	case p.Route.Interface == "":
		return unknown(CheckWay, say("the system does not tell the way", "系统没有给出通路"), say("look: %s", "请查看：%s", routeCommand(f.System, p.Address.String())))
	case at.Virtual && at.holds(p.Address):
		return fine(CheckWay, say("the network of the virtual adapter %s (VPN, container or virtual machine)", "虚拟网卡 %s 所在的网段（VPN、容器或虚拟机）", at.Name), evidence...)
	case at.Virtual:
		return fine(CheckWay, say("through the virtual adapter %s (VPN, container or virtual machine)", "经过虚拟网卡 %s（VPN、容器或虚拟机）", at.Name), evidence...)
	case p.Route.Gateway.IsValid():
		return fine(CheckWay, say("another network, through the gateway %s on %s", "在另一网段，经 %[2]s 上的网关 %[1]s", p.Route.Gateway, p.Route.Interface), evidence...)
	case at.holds(p.Address) || len(at.Prefixes) == 0:
		return fine(CheckWay, say("the same network, on %s", "同一网段，经 %s", p.Route.Interface), evidence...)
	}
	return fine(CheckWay, say("straight out of %s by a route, without a gateway", "按路由直接从 %s 发出，不经网关", p.Route.Interface), evidence...)
}

// checkNeighbour judges whether the next hop told its hardware address.
func checkNeighbour(f *Facts, p Path) (Finding, bool) {
	hop := p.Route.NextHop(p.Address)
	evidence := fmt.Sprintf("ip neighbour: %s dev %s %s %s", hop, p.Route.Interface, p.Neighbour.HardwareAddress, p.Neighbour.State)
	switch {
	case p.Neighbour.State == "" || p.Neighbour.State == "NOARP": // nobody is asked for a hardware address
		return Finding{}, false
	case p.Neighbour.State == "PERMANENT" && !p.TCP.Answers() && !p.UDP.Answers():
		return unknown(CheckWay, say("the hardware address of %s was entered by hand, so that nobody was asked for it", "%s 的硬件地址是手工设置的，没有向任何机器查询", hop),
			say("to have it asked for anew: %s", "要让系统重新查询：%s", deleteNeighbourCommand(f.System, hop.String(), p.Route.Interface)), evidence), true
	case !p.Neighbour.Silent() || p.TCP.Answers() || p.UDP.Answers():
		return fine(CheckWay, say("%s answers on the cable", "%s 在链路上有应答", hop), evidence), true
	case p.Route.Gateway.IsValid():
		return wrong(CheckWay, CauseGatewaySilent, StationNetwork,
			say("the gateway %s does not answer: nothing leaves this network", "网关 %s 没有应答：数据出不了本网段", hop),
			say("check the gateway's address and that the router is on; %s shows it", "请核对网关地址，并确认路由器已开机；%s 可查看", routesCommand(f.System)), evidence), true
	}
	return wrong(CheckWay, CauseNoNeighbour, StationNetwork,
		say("nobody in this network answers for the address %s", "本网段内没有机器应答地址 %s", hop),
		say("compare it with what \"sockeye addrs\" shows on that machine, and see that it is on and in the same network (a guest Wi-Fi keeps machines apart); for certainty: %s", "请与那台机器上 sockeye addrs 显示的地址核对，并确认它已开机、在同一网络（访客 Wi-Fi 会隔离设备）；要确认请在那台机器运行 %s", f.doctorThere()), evidence), true
}

// checkSize judges whether full packets get through.
func checkSize(system string, p Path) (Finding, bool) {
	s := p.Size
	if s.Small != Refused || s.Large == NotTried || s.Large == Open || s.Large == Failed && s.MTU <= 0 {
		return Finding{}, false
	}
	switch {
	case s.Large == Refused:
		return fine(CheckWay, say("packets of %d bytes get through", "%d 字节的数据包可以通过", s.Bytes)), true
	case s.Large == Failed:
		return fine(CheckWay, say("a router said that it passes %d bytes at most; TCP adapts", "路由器告知最多通过 %d 字节，TCP 会自行适应", s.MTU)), true
	}
	evidence := []string{fmt.Sprintf("UDP, DF: 29 bytes answered, %d bytes not", s.Bytes)}
	if s.Passed > 0 {
		evidence = append(evidence, fmt.Sprintf("%d bytes answered", s.Passed))
	}
	fits := max(s.Passed, 576)
	return wrong(CheckWay, CauseSizeBlackHole, StationNetwork,
		say("large packets vanish on the way without a word (MTU black hole): %d bytes do not arrive, small ones do", "大数据包在途中无声丢失（MTU 黑洞）：%d 字节到不了，小包可以", s.Bytes),
		say("until the router is mended, make packets smaller here: %s", "在路由器修好之前，请在本机减小数据包：%s", mtuCommand(system, p.Route.Interface, fits)), evidence...), true
}
