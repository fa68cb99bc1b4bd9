package netinfo

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"sockeye"
)

// localAddr is an address of this machine that a call of package net wanted.
type localAddr struct {
	network sockeye.Network // TCP or UDP
	netip.AddrPort
}

// localAddrOf is the local address that a failed call wanted: what it was to listen
// on, or the chosen source of a connection. The zero place was left to the system.
func localAddrOf(err error) localAddr {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return localAddr{}
	}
	wanted := op.Source
	if op.Op == "listen" {
		wanted = op.Addr
	}
	if wanted == nil {
		return localAddr{}
	}
	p := localAddr{sockeye.Network(op.Net), AddrPort(wanted)}
	if !p.Addr().IsValid() { // package net's spelling of every address
		ip := netip.IPv6Unspecified()
		if p.network.Family() == 4 {
			ip = netip.IPv4Unspecified()
		}
		p.AddrPort = netip.AddrPortFrom(ip, p.Port())
	}
	p.network = p.network.Transport()
	return p
}

// explainNotAvailable tells apart what EADDRNOTAVAIL means: the address is not
// on this machine, it is not ready yet, it has no free port left (connect(2)).
func explainNotAvailable(e *sockeye.Error, local localAddr) {
	ip := local.Addr()
	chosen := ip.IsValid() && !ip.IsUnspecified()
	here, err := HasAddress(asListed(ip))
	switch {
	case chosen && err == nil && !here:
		e.Message = sockeye.Text{
			En: fmt.Sprintf("this machine has no address %s", ip),
			Zh: fmt.Sprintf("本机没有 %s 这个地址", ip)}
		e.Hint = sockeye.Text{
			En: `"sockeye addrs" lists this machine's addresses; :port alone listens on all of them`,
			Zh: "sockeye addrs 列出本机全部地址；只写 :端口 则监听所有地址"}
	case e.Op == "listen":
		e.Message = sockeye.Text{En: "this address is not ready", Zh: "这个地址尚未就绪"}
		e.Hint = sockeye.Text{
			En: "a new IPv6 address is first checked for a double in the network: try again in a few seconds",
			Zh: "新的 IPv6 地址要先检查网络中是否重复：请过几秒再试"}
	case local.Port() != 0:
		e.Kind = sockeye.AddressInUse
		explainInUse(e, local)
	case !chosen && lacksFamily(e.Target):
		e.Message = sockeye.Text{En: "this machine has no IPv6 address to connect from", Zh: "本机没有可用于连接的 IPv6 地址"}
		e.Hint = sockeye.Text{En: "use the IPv4 address, or switch IPv6 on", Zh: "请改用 IPv4 地址，或启用 IPv6"}
	default:
		explainExhausted(e)
	}
}

// asListed is an address as the system lists its own: without zone, and one for
// all of 127.0.0.0/8.
func asListed(ip netip.Addr) netip.Addr {
	if ip.Is4() && ip.IsLoopback() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return ip.WithZone("")
}

// lacksFamily reports whether the target is an IPv6 address while this machine
// has none: Linux with IPv6 switched off says EADDRNOTAVAIL then.
func lacksFamily(target string) bool {
	ip := literalOf(target)
	if !ip.Is6() {
		return false
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() {
			return false
		}
	}
	return true
}

// literalOf is the IP address in a target, invalid if it has a name.
func literalOf(target string) netip.Addr {
	a, err := sockeye.ParseAddress(target)
	if err != nil {
		return netip.Addr{}
	}
	ip, _ := netip.ParseAddr(a.Host)
	return ip.Unmap()
}

// explainExhausted says that every port of the system's range is taken.
func explainExhausted(e *sockeye.Error) {
	e.Kind = sockeye.PortsExhausted
	e.Message = sockeye.Text{En: "no free port is left", Zh: "没有空闲端口了"}
	if low, high, ok := portRange(); ok {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("no free port is left: all of %d to %d are used up here", low, high),
			Zh: fmt.Sprintf("没有空闲端口了：%d 到 %d 已全部用完", low, high)}
	}
	if e.Op == "listen" {
		e.Hint = sockeye.Text{
			En: "close what is no longer needed, or choose a port outside of that range",
			Zh: "请关闭不再需要的程序，或自行指定范围之外的端口"}
		return
	}
	e.Hint = sockeye.Text{
		En: "wait a minute for ended connections to let go of theirs (TIME_WAIT), add source addresses (--source), or widen net.ipv4.ip_local_port_range",
		Zh: "请等一分钟让已结束的连接释放端口（TIME_WAIT），或用 --source 增加源地址，或调大 net.ipv4.ip_local_port_range"}
}

// explainZone explains a link-local IPv6 address whose zone is missing or is no
// interface here. RFC 4007 section 11: such an address means something only
// together with its link. It says false if that is not the matter.
func explainZone(e *sockeye.Error, n syscall.Errno) bool {
	switch n {
	case syscall.EINVAL, syscall.EADDRNOTAVAIL, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENODEV, syscall.ENXIO:
	default:
		return false
	}
	a, err := sockeye.ParseAddress(e.Target)
	if err != nil {
		return false
	}
	return explainZoneOf(a, e)
}

// CheckZone says that an address names an interface that this machine does not have, as an
// error of connecting to it does. It is nil for all other addresses.
func CheckZone(a sockeye.Address) error {
	ip, err := netip.ParseAddr(a.Host)
	e := &sockeye.Error{Op: "connect", Target: a.String()}
	if err != nil || ip.Zone() == "" || !explainZoneOf(a, e) {
		return nil
	}
	return e
}

// explainZoneOf is explainZone for an address that was taken apart.
func explainZoneOf(a sockeye.Address, e *sockeye.Error) bool {
	ip, err := netip.ParseAddr(a.Host)
	if err != nil || !ip.IsLinkLocalUnicast() || ip.Is4() || zoneIsHere(ip.Zone()) {
		return false
	}
	e.Kind = sockeye.Invalid
	e.Message = sockeye.Text{
		En: "a link-local address needs the interface it is on, written after %",
		Zh: "链路本地地址需要在 % 后面写明所在的网卡"}
	if ip.Zone() != "" {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("this machine has no interface %q", ip.Zone()),
			Zh: fmt.Sprintf("本机没有网卡 %q", ip.Zone())}
	}
	links := linkNames()
	if len(links) == 0 {
		e.Hint = sockeye.Text{
			En: "no interface here has a link-local IPv6 address: connect a cable or Wi-Fi first",
			Zh: "本机没有带 IPv6 链路本地地址的网卡：请先连接网线或 Wi-Fi"}
		return true
	}
	a.Host = ip.WithZone(links[0]).String()
	e.Hint = sockeye.Text{
		En: fmt.Sprintf("for example %s; the interfaces here: %s", a, strings.Join(links, ", ")),
		Zh: fmt.Sprintf("例如 %s；本机可选的网卡：%s", a, strings.Join(links, "、"))}
	return true
}

// zoneIsHere reports whether a zone names an interface of this machine, by name
// or number.
func zoneIsHere(zone string) bool {
	all, err := net.Interfaces()
	if err != nil {
		return true // nothing to say then
	}
	for _, i := range all {
		if zone == i.Name || zone == fmt.Sprint(i.Index) {
			return true
		}
	}
	return false
}

// linkNames are the interfaces that have a link-local IPv6 address.
func linkNames() []string {
	var names []string
	all, _ := net.Interfaces()
	for _, i := range all {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				names = append(names, i.Name)
				break
			}
		}
	}
	return names
}
