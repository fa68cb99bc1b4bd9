package doctor

import (
	"net/netip"
	"slices"

	"sockeye/internal/netinfo"
)

// checkWayBack judges whether the other machine can answer.
func checkWayBack(f, other *Facts, p Path) (Finding, bool) {
	from := p.Route.Source.WithZone("")
	if !from.IsValid() || from.IsLoopback() || f.owns(p.Address) || f.heardFrom(p) {
		return Finding{}, false
	}
	if f.interfaceOf(p.Route.Interface).Virtual { // that machine sees the VPN's address, or its host's
		return Finding{}, false
	}
	row, found, told := other.rowTo(from)
	switch {
	case !told:
		return Finding{}, false
	case !found:
		return wrong(CheckWay, CauseNoWayBack, StationThere,
			say("that machine cannot answer: it has no route back to %s", "那台机器无法应答：它没有返回 %s 的路由", from),
			say("set the gateway there: %s", "请在那里设置网关：%s", gatewayCommand(other.System, from.Is6()))), true
	case row.Forbids():
		return wrong(CheckWay, CauseNoWayBack, StationThere,
			say("that machine cannot answer: a route of it forbids %s", "那台机器无法应答：它的一条路由禁止访问 %s", from),
			say("delete that route there: %s", "请在那里删除这条路由：%s", deleteRouteCommand(other.System, row)), "there: "+row.Kind+" "+row.To.String()), true
	case (netinfo.Neighbour{State: row.GatewayState}).Silent():
		return wrong(CheckWay, CauseGatewaySilent, StationThere,
			say("that machine cannot answer: its gateway %s is silent, and leads back to %s", "那台机器无法应答：通往 %[2]s 的网关 %[1]s 没有应答", row.Gateway, from),
			say("check the gateway's address there: %s shows it", "请在那里核对网关地址：%s 可查看", routesCommand(other.System)), "there: "+row.To.String()+" via "+row.Gateway.String()+" "+row.GatewayState), true
	}
	in, _ := other.interfaceWith(p.Address)
	if from.Is4() && in.Strict && in.Name != "" && row.Interface != "" && row.Interface != in.Name {
		return wrong(CheckWay, CauseReversePath, StationThere,
			say("that machine drops what comes from %s: the way back leads out of another interface than it comes in by (reverse-path filter)", "那台机器丢弃来自 %s 的数据：返回路由的网卡与进来的网卡不同（反向路径过滤）", from),
			say("correct the route back there, or use loose mode: sudo sysctl net.ipv4.conf.all.rp_filter=2", "请在那里修正返回的路由，或改为宽松模式：sudo sysctl net.ipv4.conf.all.rp_filter=2"), "there: "+row.To.String()+" leads back"), true
	}
	return Finding{}, false
}

// heardFrom says that the machine at the address answered something: there is a way back.
func (f *Facts) heardFrom(p Path) bool {
	for _, probe := range []Probe{p.TCP, p.UDP, p.OtherTCP, p.OtherUDP} {
		if probe.From.IsValid() || probe.Answers() {
			return true // or a router did, which is at fault then
		}
	}
	return false
}

// rowTo is the row of the routing table that the machine takes to an address. That there is
// none is known only if told is true.
func (f *Facts) rowTo(ip netip.Addr) (row netinfo.RouteEntry, found, told bool) {
	var rows []netinfo.RouteEntry
	for _, r := range f.Routes.Rows {
		if r.Table == 0 {
			rows = append(rows, r)
		}
	}
	told = !f.didNotSee("routes") && !f.Routes.ByRules && len(f.Routes.Rules) == 0
	if !told && f.System != "linux" && !f.didNotSee("gateways") { // each stands for a default route
		told = true
		for _, gateway := range f.Gateways {
			all, _ := gateway.WithZone("").Prefix(0)
			rows = append(rows, netinfo.RouteEntry{To: all, Gateway: gateway, Kind: "unicast"})
		}
	}
	for _, i := range f.Interfaces {
		for _, p := range i.Prefixes {
			if i.Up && !slices.ContainsFunc(rows, func(r netinfo.RouteEntry) bool { return r.To == p.Masked() }) {
				rows = append(rows, netinfo.RouteEntry{To: p.Masked(), Interface: i.Name, Kind: "unicast"})
			}
		}
	}
	row, found = netinfo.BestEntry(rows, ip)
	return row, found, told
}
