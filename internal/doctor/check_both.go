package doctor

import (
	"net/netip"
	"slices"
	"strings"
)

// The causes that only both sides together tell.
const (
	CauseWrongAddress     = "wrong-address"
	CauseDuplicateAddress = "duplicate-address"
	CauseIsolation        = "isolation"
	CauseWrongMask        = "wrong-mask"
	CauseOtherAddress     = "other-address"
	CauseBothListen       = "both-listen"
	CauseBothConnect      = "both-connect"
	CauseFirewallBetween  = "firewall-between" // there or on the way
	CauseFirewallOnWay    = "firewall-on-way"
	CauseLostBetween      = "lost-between" // on the way there or back
)

// checkBoth judges with what the other machine says of itself. It says something only where
// both together say more than one.
func checkBoth(f, other *Facts) []Finding {
	if f.Host == "" {
		return checkBothListen(f, other)
	}
	if found, said := checkSharedAddress(f, other); said {
		return []Finding{found}
	}
	if len(f.Paths) == 0 || f.Local || f.ToListen { // about this machine alone
		return nil
	}
	p := f.Paths[0]
	for _, found := range checkPath(f, p) {
		if found.Verdict == Wrong && found.Cause != CauseNoNeighbour {
			return nil // this side knows by itself
		}
	}
	if checkPort(f, p).Cause == CauseFirewallHere {
		return nil // and so it does of its own rules
	}
	for _, check := range []func(*Facts, *Facts, Path) (Finding, bool){checkAddressThere, checkRoles, checkNeighbourThere, checkWayBack, checkListenerThere, checkRulesThere} {
		if found, said := check(f, other, p); said {
			return []Finding{found}
		}
	}
	return nil
}

// checkCode says that a code tells nothing of what was asked: it is of another port, or of this
// very machine.
func checkCode(f, other *Facts) (Finding, bool) {
	switch {
	case other == nil || f.Port == 0 || f.Fault != nil:
		return Finding{}, false
	case other.Port != f.Port:
		return unknown(CheckThere,
			say("the code of the other machine was made for port %d, but port %d is asked: it does not tell what listens there", "对方机器的代码是为端口 %d 生成的，而所问的是端口 %d：它不能说明那里有什么在监听", other.Port, f.Port),
			say("make it anew on that machine: %s; or ask port %d here", "请在那台机器上重新生成：%s；或在这里改问端口 %d", f.doctorThere(), other.Port)), true
	case f.Host != "" && !f.Local && sameMachine(f, other):
		return unknown(CheckThere,
			say("the code is this machine's own: it does not tell of the other one", "这是本机自己的代码：它不能说明对方的情况"),
			say("run it on the other machine: %s", "请在对方机器上运行：%s", f.doctorThere())), true
	}
	return Finding{}, false
}

// sameMachine says that two facts have the same hardware addresses.
func sameMachine(f, other *Facts) bool {
	same := false
	for _, i := range other.Interfaces {
		if i.HardwareAddress == "" || i.Virtual {
			continue
		}
		if !slices.ContainsFunc(f.Interfaces, func(ours InterfaceFacts) bool { return ours.HardwareAddress == i.HardwareAddress }) {
			return false
		}
		same = true
	}
	return same
}

// checkBothListen judges two machines of which each waits for the other one to connect.
func checkBothListen(f, other *Facts) []Finding {
	there := *other
	there.Network = f.Network
	if f.isUDP() || other.Port != f.Port || len(f.listening(f.transport())) == 0 || len(there.listening(f.transport())) == 0 {
		return nil
	}
	for _, s := range f.Sockets {
		if s.State == "ESTABLISHED" {
			return nil // a client has come
		}
	}
	return []Finding{wrong(CheckConversation, CauseBothListen, StationProgram,
		say("both machines listen on port %d, and neither connects", "两台机器都在监听端口 %d，没有一方发起连接", f.Port),
		say("let one of them connect: sockeye connect ADDRESS:%d", "请让其中一方发起连接：sockeye connect 地址:%d", f.Port))}
}

// checkSharedAddress judges whether the address that was asked for is of both machines, so that
// what is sent to it stays here.
func checkSharedAddress(f, other *Facts) (Finding, bool) {
	if !f.Local || f.ToListen {
		return Finding{}, false
	}
	for _, p := range f.Paths {
		ours, _ := f.interfaceWith(p.Address)
		theirs, has := other.interfaceWith(p.Address)
		if !has.IsValid() || p.Address.IsLoopback() || theirs.HardwareAddress == "" || f.hasHardware(theirs.HardwareAddress) {
			continue
		}
		return wrong(CheckWay, CauseDuplicateAddress, StationInterface,
			say("both machines have the address %s: what is sent to it stays on this one", "两台机器都使用地址 %s：发往它的数据不会离开本机", p.Address),
			say("give one of them another address: %s", "请更改其中一台的地址：%s", addressesCommand(f.System, ours.Name)), "there: "+theirs.HardwareAddress+" "+has.String()), true
	}
	return Finding{}, false
}

// checkRoles judges two machines of which each connects to the other.
func checkRoles(f, other *Facts, p Path) (Finding, bool) {
	there := *other
	there.Network = f.Network
	if !other.Connects || f.isUDP() || p.TCP.Outcome == Open || other.Port != f.Port || len(there.listening(f.transport())) > 0 {
		return Finding{}, false
	}
	return wrong(CheckConversation, CauseBothConnect, StationProgram,
		say("both machines connect, and neither listens on port %d", "两台机器都在发起连接，没有一方监听端口 %d", f.Port),
		say("let one of them listen: %s", "请让其中一方监听：%s", listenCommand(f.transport(), f.Port))), true
}

// checkAddressThere judges whether the other machine has the address at all.
func checkAddressThere(f, other *Facts, p Path) (Finding, bool) {
	if f.owns(p.Address) || slices.Contains(other.Addresses(), p.Address.WithZone("")) || f.open(p) { // behind a NAT it has another
		return Finding{}, false
	}
	var list []string
	for _, ip := range other.Addresses() {
		if !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			list = append(list, ip.String())
		}
	}
	return wrong(CheckAddress, CauseWrongAddress, StationProgram,
		say("%s is not an address of that machine: it has %s", "%s 不是那台机器的地址：它的地址是 %s", p.Address, strings.Join(list, ", ")),
		say("use that address here (behind a NAT, the router's address and a port forwarding)", "请在这里改用该地址（在 NAT 后面则用路由器地址并设置端口转发）")), true
}

// checkNeighbourThere compares hardware addresses and masks.
func checkNeighbourThere(f, other *Facts, p Path) (Finding, bool) {
	if p.Route.Gateway.IsValid() || p.Route.Kind != "unicast" || f.open(p) {
		return Finding{}, false
	}
	at, theirs := other.interfaceWith(p.Address)
	if p.Neighbour.State == "PERMANENT" && !other.hasHardware(p.Neighbour.HardwareAddress) {
		return wrong(CheckWay, CauseWrongNeighbour, StationInterface,
			say("the hardware address of %s was entered by hand here, and is not that machine's", "本机手工设置了 %s 的硬件地址，但它不是那台机器的", p.Address),
			say("delete the entry, so that it is asked for anew: %s", "请删除该条目，让系统重新查询：%s", deleteNeighbourCommand(f.System, p.Address.String(), p.Route.Interface)),
			"ip neighbour: "+p.Neighbour.HardwareAddress+" PERMANENT", "there: "+at.HardwareAddress), true
	}
	if p.Neighbour.Answered() && !other.hasHardware(p.Neighbour.HardwareAddress) {
		return wrong(CheckWay, CauseDuplicateAddress, StationNetwork,
			say("two machines have the address %s: another one answers here (or a repeater does in its name)", "有两台机器使用地址 %s：应答的是另一台（或是代它应答的中继器）", p.Address),
			say("give one of them another address; the one that answers has the hardware address %s", "请更改其中一台的地址；应答者的硬件地址是 %s", p.Neighbour.HardwareAddress), "ip neighbour: "+p.Neighbour.HardwareAddress), true
	}
	if !p.Neighbour.Silent() {
		return Finding{}, false
	}
	if theirs.IsValid() && (!at.Up || !at.Carrier) {
		return wrong(CheckWay, CauseLinkDown, StationNetwork,
			say("the interface of that machine has no link", "那台机器的网卡没有链路"), say("plug in its cable", "请接好它的网线")), true
	}
	if theirs.IsValid() && !theirs.Contains(p.Route.Source) {
		return wrong(CheckWay, CauseWrongMask, StationInterface,
			say("the masks do not fit: this machine takes %s for its neighbour, but that machine's network %s does not have %s", "子网掩码不一致：本机把 %s 当作同网段，而对方网段 %s 不包含 %s", p.Address, theirs.Masked(), p.Route.Source),
			say("give both the same mask, or set a gateway: %s", "请让双方使用相同的掩码，或设置网关：%s", addressesCommand(f.System, p.Route.Interface)), arithmetic(theirs, p.Route.Source)...), true
	}
	return wrong(CheckWay, CauseIsolation, StationNetwork,
		say("both machines have addresses of one network, but cannot reach each other: the access point or switch keeps them apart, or they are in two networks with the same numbers", "两台机器的地址属于同一网段，却互相不可达：无线路由器或交换机将它们隔离了，或者它们在两个地址相同的网络中"),
		say("connect both to the same access point or switch; switch off client isolation (guest network) there, or use a cable", "请让双方连接同一个无线路由器或交换机；在那里关闭 AP 隔离（访客网络），或使用网线")), true
}

// interfaceWith is the interface that has an address, with its prefix; both are zero if
// none has it.
func (f *Facts) interfaceWith(ip netip.Addr) (InterfaceFacts, netip.Prefix) {
	for _, i := range f.Interfaces {
		if n := i.indexOf(ip); n >= 0 {
			return i, i.Prefixes[n]
		}
	}
	return InterfaceFacts{}, netip.Prefix{}
}

// indexOf is where among the interface's prefixes an address is, -1 if it has it not.
func (i InterfaceFacts) indexOf(ip netip.Addr) int {
	return slices.IndexFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Addr() == ip.WithZone("") })
}

// hasHardware says that an interface has a hardware address, or that none is known.
func (f *Facts) hasHardware(address string) bool {
	known := false
	for _, i := range f.Interfaces {
		if i.HardwareAddress == address {
			return true
		}
		known = known || i.HardwareAddress != "" && !i.Loopback
	}
	return !known
}
