package sockeye

import (
	"net/netip"
	"slices"
	"strings"
)

// Group is the multicast group that the endpoint's address names, with its zone; zero
// for any other address, and for a name.
func (e Endpoint) Group() netip.Addr {
	traits := e.Address.network().Traits()
	if ip, err := netip.ParseAddr(e.Address.Host); err == nil && traits.IP && !traits.Connections && ip.Unmap().IsMulticast() {
		return ip.Unmap()
	}
	return netip.Addr{}
}

// InterfaceWords are the interfaces that Interface names.
func (o *Options) InterfaceWords() (words []string) {
	for word := range strings.SplitSeq(o.Interface, ",") {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// GroupNeedsInterface reports whether nobody can send to a multicast group without saying on
// which interface: every network has one of it (RFC 4291 section 2.7).
func GroupNeedsInterface(group netip.Addr) bool {
	return group.Is6() && group.Zone() == "" && (group.IsLinkLocalMulticast() || group.IsInterfaceLocalMulticast())
}

// NoGroupInterface is the error of such a group where no interface is said.
func NoGroupInterface(group netip.Addr) *Error {
	return &Error{Kind: Invalid, Op: "set", Target: "interface",
		Message: Text{group.String() + " is a group of one network: say on which interface", group.String() + " 只在一个网络内有效：需要指定网卡"},
		Hint: Text{"write interface eth0, or [" + group.String() + "%eth0]:PORT as the address; sockeye addrs lists the interfaces",
			"写明网卡 interface eth0，或把地址写成 [" + group.String() + "%eth0]:端口；sockeye addrs 列出网卡"}}
}

// checkGroup notes what is wrong with a multicast group, and with options that are only
// for one.
func (v *problems) checkGroup(e Endpoint) {
	group, o := e.Group(), &e.Options
	_, notName := netip.ParseAddr(e.Address.Host)
	other := !group.IsValid() && (notName == nil || e.Address.Host == "") // surely no group
	if words := o.InterfaceWords(); other && len(words) > 1 {
		v.add("interface", Text{"only a multicast group takes several interfaces", "只有组播组可以使用多块网卡"}, Text{"write one of them", "请只写一块网卡"})
	}
	if other && len(o.GroupSources) > 0 && e.Takes("group-source") {
		v.add("group-source", Text{"is for a multicast group, and this address is none", "用于组播组，而此地址不是组播地址"},
			Text{"write a group: udp://232.1.2.3:5000", "请写组播地址：udp://232.1.2.3:5000"})
	}
	if !group.IsValid() {
		return
	}
	if e.Mode == Listen && e.Address.Port == 0 {
		v.add("address", Text{"a multicast group needs a port: senders must know it", "组播组需要端口：发送者必须知道它"}, Text{"write udp://" + e.Address.Host + ":5000", "写成 udp://" + e.Address.Host + ":5000"})
	}
	if e.Mode == Connect && o.Interface == "" && GroupNeedsInterface(group) {
		*v = append(*v, NoGroupInterface(group))
	}
	if zone := group.Zone(); zone != "" && o.Interface != "" && !slices.Equal(o.InterfaceWords(), []string{zone}) {
		v.add("interface", Text{"is another one than that of the address, %" + zone, "与地址中的网卡 %" + zone + " 不同"}, Text{"write it once", "请只写一处"})
	}
	for _, s := range o.GroupSources {
		if s.Unmap().Is4() != group.Is4() || s.IsMulticast() || s.IsUnspecified() {
			v.add("group-source", Text{s.String() + " cannot send to the group " + group.String(), s.String() + " 不可能向组播组 " + group.String() + " 发送"},
				Text{"write the address of a sender, of the group's family", "请写发送者的地址，与组播组同为 IPv4 或 IPv6"})
		}
	}
}
