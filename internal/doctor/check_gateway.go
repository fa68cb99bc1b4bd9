package doctor

import (
	"slices"

	"sockeye"
	"sockeye/internal/netinfo"
)

// lookAtGateways finds what the system knows of the gateways already; nothing is sent to them.
func (f *Facts) lookAtGateways() {
	for _, ip := range f.Gateways {
		var known netinfo.Neighbour
		if way, err := netinfo.RouteTo(ip); err == nil {
			known, _ = netinfo.NeighbourOf(ip, way.Index)
		}
		f.GatewayNeighbours = append(f.GatewayNeighbours, known)
	}
}

// checkGateways judges whether the machine reaches other networks than its own.
func checkGateways(f *Facts) (list []Finding) {
	if len(f.Gateways) == 0 && !f.didNotSee("gateways") {
		return []Finding{fine(CheckWay, say("there is no gateway: only machines of these networks can be reached", "没有网关：只能到达这些网段内的机器"))}
	}
	for n, ip := range f.Gateways {
		var known netinfo.Neighbour
		if n < len(f.GatewayNeighbours) {
			known = f.GatewayNeighbours[n]
		}
		evidence := "ip neighbour: " + ip.String() + " " + known.State + " " + known.HardwareAddress
		switch {
		case known.Silent():
			list = append(list, wrong(CheckWay, CauseGatewaySilent, StationNetwork,
				say("the gateway %s does not answer: nothing leaves this network", "网关 %s 没有应答：数据出不了本网段", ip),
				say("check the gateway's address and that the router is on; %s shows it", "请核对网关地址，并确认路由器已开机；%s 可查看", routesCommand(f.System)), evidence))
		case known.Answered():
			list = append(list, fine(CheckWay, say("the gateway %s is there", "网关 %s 在线", ip), evidence))
		default:
			list = append(list, unknown(CheckWay, say("whether the gateway %s answers is not known: nothing was sent through it lately", "不清楚网关 %s 是否应答：最近没有经过它发送数据", ip),
				sockeye.Text{En: "ask for an address behind it: sockeye doctor HOST:PORT", Zh: "请检查它后面的一个地址：sockeye doctor 主机:端口"}))
		}
	}
	// one that is there is enough
	if there := slices.DeleteFunc(slices.Clone(list), func(f Finding) bool { return f.Verdict != OK }); len(there) > 0 {
		return there
	}
	return list
}
