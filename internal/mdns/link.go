package mdns

import (
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// port is where responders listen (RFC 6762 section 5).
const port = 5353

var (
	group4 = net.IPv4(224, 0, 0, 251)
	group6 = net.ParseIP("ff02::fb")
)

// maxPacket is the longest message (RFC 6762 section 17).
const maxPacket = 9000

// link is one family of one interface: a socket that sends to the group there.
type link struct {
	iface    net.Interface
	prefixes []netip.Prefix // of the interface
	pc       net.PacketConn
	read     func([]byte) (n, ifIndex int, from net.Addr, err error)
	group    *net.UDPAddr
}

// packet is what came to a link.
type packet struct {
	link *link
	from netip.AddrPort
	data []byte
}

// dial opens a link to ask by, from a port of its own, to which answers come.
func dial(i net.Interface, family int) (*link, error) {
	pc, err := net.ListenPacket(network(family), ":0")
	if err != nil {
		return nil, err
	}
	return newLink(i, family, pc.(*net.UDPConn))
}

// listen opens a link to answer by: in the group, on port 5353.
func listen(i net.Interface, family int) (*link, error) {
	group := group4
	if family == 6 {
		group = group6
	}
	pc, err := net.ListenMulticastUDP(network(family), &i, &net.UDPAddr{IP: group, Port: port})
	if err != nil {
		return nil, err
	}
	return newLink(i, family, pc)
}

func network(family int) string {
	if family == 6 {
		return "udp6"
	}
	return "udp4"
}

// newLink sets what the group needs: the interface to send by, other programs of this
// machine that hear it, and a TTL of 255 (RFC 6762 section 11). Where the system tells on
// which interface a datagram came, those of other interfaces are left to their links.
func newLink(i net.Interface, family int, pc *net.UDPConn) (*link, error) {
	l := &link{iface: i, prefixes: prefixesOf(i, family), pc: pc}
	var err error
	if family == 6 {
		p := ipv6.NewPacketConn(pc)
		l.group = &net.UDPAddr{IP: group6, Port: port, Zone: i.Name}
		l.read = func(b []byte) (int, int, net.Addr, error) {
			n, m, from, err := p.ReadFrom(b)
			if m != nil {
				return n, m.IfIndex, from, err
			}
			return n, 0, from, err
		}
		p.SetControlMessage(ipv6.FlagInterface, true)
		p.SetMulticastHopLimit(255)
		p.SetHopLimit(255)
		p.SetMulticastLoopback(true)
		err = p.SetMulticastInterface(&i)
	} else {
		p := ipv4.NewPacketConn(pc)
		l.group = &net.UDPAddr{IP: group4, Port: port}
		l.read = func(b []byte) (int, int, net.Addr, error) {
			n, m, from, err := p.ReadFrom(b)
			if m != nil {
				return n, m.IfIndex, from, err
			}
			return n, 0, from, err
		}
		p.SetControlMessage(ipv4.FlagInterface, true)
		p.SetMulticastTTL(255)
		p.SetTTL(255)
		p.SetMulticastLoopback(true)
		err = p.SetMulticastInterface(&i)
	}
	if err != nil {
		pc.Close()
		return nil, err
	}
	return l, nil
}

// prefixesOf are the networks of an interface, with its own addresses in them.
func prefixesOf(i net.Interface, family int) (list []netip.Prefix) {
	addrs, _ := i.Addrs() // of an interface that has vanished there are none
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if ip = ip.Unmap(); !ok || ip.Is4() != (family == 4) {
			continue
		}
		bits, _ := n.Mask.Size()
		list = append(list, netip.PrefixFrom(ip, bits))
	}
	return list
}

// onLink says whether an address is of this link: what comes from elsewhere is not believed
// (RFC 6762 section 11).
func (l *link) onLink(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLinkLocalUnicast() || slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// serve gives what comes to out until the link is closed.
func (l *link) serve(out chan<- packet, done <-chan struct{}) {
	buf := make([]byte, maxPacket)
	for {
		n, ifIndex, from, err := l.read(buf)
		if err != nil {
			return
		}
		if ifIndex != 0 && ifIndex != l.iface.Index {
			continue
		}
		to, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		p := packet{l, to.AddrPort(), slices.Clone(buf[:n])}
		if !l.onLink(p.from.Addr()) {
			continue
		}
		select {
		case out <- p:
		case <-done:
			return
		}
	}
}

// send sends to the group. What cannot be sent is lost as on any link: it is said again.
func (l *link) send(data []byte) {
	if len(data) > 0 {
		l.pc.WriteTo(data, l.group)
	}
}

// sendTo sends to one machine.
func (l *link) sendTo(data []byte, to netip.AddrPort) {
	if len(data) > 0 {
		l.pc.WriteTo(data, net.UDPAddrFromAddrPort(to))
	}
}

// openLinks opens the links of all interfaces, in both families as far as they are there.
// It fails where there is none.
func openLinks(open func(net.Interface, int) (*link, error)) (links []*link, err error) {
	list, err := interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		for _, family := range []int{4, 6} {
			if len(prefixesOf(i, family)) == 0 {
				continue
			}
			l, failed := open(i, family)
			if failed != nil {
				err = failed
				continue
			}
			links = append(links, l)
		}
	}
	if len(links) > 0 {
		return links, nil
	}
	return nil, err
}

func closeLinks(links []*link) {
	for _, l := range links {
		l.pc.Close()
	}
}
