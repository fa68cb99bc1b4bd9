package doctor

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sockeye"
)

// The causes of addresses.
const (
	CauseInvalidAddress = "invalid-address"
	CauseNoSuchName     = "no-such-name"
	CauseNameServer     = "name-server"
	CauseBroadcast      = "broadcast-address"
	CauseMulticast      = "multicast-address"
	CauseNoZone         = "no-zone"
	CauseWrongFamily    = "wrong-family"
)

// checkAddress judges what was typed and what its name means.
func checkAddress(f *Facts) []Finding {
	if f.Asked == "" {
		return nil
	}
	if f.Fault != nil {
		return []Finding{addressFault(f)}
	}
	if f.Host == "" {
		return []Finding{fine(CheckAddress, say("port %d of this machine (%s)", "本机端口 %d（%s）", f.Port, f.transport()))}
	}
	var list []Finding
	for _, p := range f.Paths {
		if fault, bad := unusable(f, p.Address); bad {
			return []Finding{fault}
		}
		if meant := f.withBrackets(p); meant != "" {
			return []Finding{wrong(CheckAddress, CauseInvalidAddress, StationProgram,
				say("%s was read as one address without a port, and nobody answers at it: the brackets before the port are missing", "%s 被当作一个没有端口的地址，而那里没有应答：端口前缺少方括号", f.Host),
				say("did you mean %s?", "是否想输入 %s？", meant))}
		}
		list = append(list, fine(CheckAddress, addressText(f, p.Address)))
	}
	return list
}

// withBrackets is an IPv6 address with its last group as the port, if it was typed without
// brackets and nobody answers at the whole; else "".
func (f *Facts) withBrackets(p Path) string {
	at := strings.LastIndexByte(f.Host, ':')
	if !f.PortAssumed || at < 0 || p.TCP.Answers() || p.UDP.Answers() || p.Neighbour.Answered() && !p.Route.Gateway.IsValid() {
		return ""
	}
	ip, err := netip.ParseAddr(f.Host[:at])
	port, bad := strconv.ParseUint(f.Host[at+1:], 10, 16)
	if err != nil || bad != nil || port == 0 {
		return ""
	}
	return netip.AddrPortFrom(ip, uint16(port)).String()
}

// addressFault is an address that cannot be used at all.
func addressFault(f *Facts) Finding {
	if f.Fault.Kind == sockeye.Unsupported { // it may well be right
		return unknown(CheckAddress, f.Fault.Message, f.Fault.Hint)
	}
	cause := map[sockeye.ErrorKind]string{
		sockeye.NoSuchHost: CauseNoSuchName, sockeye.NameServer: CauseNameServer, sockeye.WrongFamily: CauseWrongFamily,
		sockeye.TimedOut: CauseNameServer,
	}[f.Fault.Kind]
	if cause == "" {
		cause = CauseInvalidAddress
	}
	return wrong(CheckAddress, cause, StationProgram, f.Fault.Message, f.Fault.Hint)
}

// unusable says why nobody is reached at an address.
func unusable(f *Facts, ip netip.Addr) (Finding, bool) {
	switch {
	case f.broadcast(ip):
		return wrong(CheckAddress, CauseBroadcast, StationProgram,
			say("%s is no machine: it is the broadcast or network address of this network", "%s 不是某台机器的地址：它是本网段的广播地址或网络地址", ip),
			say("write the other machine's own address, or use sockeye connect udp://%s --broadcast to send to all", "请写对方机器自己的地址；要发给所有机器，请用 sockeye connect udp://%s --broadcast", netip.AddrPortFrom(ip, f.Port))), true
	case ip.IsMulticast() && !f.isUDP():
		return wrong(CheckAddress, CauseMulticast, StationProgram,
			say("%s is a multicast group: TCP connects to one machine only", "%s 是组播地址：TCP 只能连接一台机器", ip),
			say("use udp:// with this address", "请对这个地址使用 udp://")), true
	case ip.Is6() && ip.IsLinkLocalUnicast() && ip.Zone() == "":
		return wrong(CheckAddress, CauseNoZone, StationProgram,
			say("%s is a link-local address without its interface", "%s 是链路本地地址，但没有写明网卡", ip),
			say("write the interface behind it, for example %s", "请在后面写上网卡，例如 %s", ip.WithZone(f.likelyZone()))), true
	}
	return Finding{}, false
}

// likelyZone is an interface that has a link-local address.
func (f *Facts) likelyZone() string {
	for _, i := range f.Interfaces {
		for _, p := range i.Prefixes {
			if i.Up && !i.Loopback && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				return i.Name
			}
		}
	}
	return "eth0"
}

// addressText says what kind of address one is, and how its network compares with ours.
func addressText(f *Facts, ip netip.Addr) sockeye.Text {
	name := say("%s", "%s", ip)
	if ip.String() != f.Host {
		name = say("%s means %s", "%s 即 %s", f.Host, ip)
	}
	kind := sockeye.Text{}
	switch {
	case ip.IsLoopback():
		kind = say("this machine itself (loopback)", "本机自己（环回地址）")
	case f.owns(ip):
		kind = say("an address of this machine", "本机的地址")
	case ip.IsPrivate():
		kind = say("a private address", "私有地址")
	case ip.IsLinkLocalUnicast():
		kind = say("a link-local address", "链路本地地址")
	case ip.IsMulticast():
		kind = say("a multicast group", "组播地址")
	default:
		kind = say("an address of the Internet", "互联网地址")
	}
	if f.PortAssumed {
		port := say("; no port was written, so %d is asked", "；没有写端口，因此检查 %d", f.Port)
		kind = sockeye.Text{En: kind.En + port.En, Zh: kind.Zh + port.Zh}
	}
	return sockeye.Text{En: name.En + ": " + kind.En, Zh: name.Zh + "：" + kind.Zh}
}

// arithmetic draws why two IPv4 addresses are in one network, or are not.
func arithmetic(ours netip.Prefix, theirs netip.Addr) []string {
	if !ours.Addr().Is4() || !theirs.Is4() {
		return nil
	}
	mask := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), ours.Bits()).Masked().Addr()
	other, _ := theirs.Prefix(ours.Bits())
	sign := "="
	if other != ours.Masked() {
		sign = "≠"
	}
	return []string{
		fmt.Sprintf("%-15s & %s = %s", ours.Addr(), mask, ours.Masked().Addr()),
		fmt.Sprintf("%-15s & %s = %s  %s", theirs, mask, other.Addr(), sign),
	}
}
