package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	mac     = []byte{2, 0, 0, 0, 0, 1}
	macs    = bytes.Repeat(mac, 2)
	ipv4    = []byte{8, 0}
	ipv6    = []byte{0x86, 0xDD}
	snap    = []byte{0xAA, 0xAA, 3, 0, 0, 0, 8, 0}
	address = netip.MustParseAddr
)

func join(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			out = append(out, p...)
		case int:
			out = append(out, byte(p))
		case byte:
			out = append(out, p)
		case uint16:
			out = binary.BigEndian.AppendUint16(out, p)
		case uint32:
			out = binary.BigEndian.AppendUint32(out, p)
		default:
			panic(fmt.Sprintf("%T", p))
		}
	}
	return out
}

// linkCase is a way for a packet to come. Wrap puts a header around an IP packet.
type linkCase struct {
	name string
	link layers.LinkType
	six  bool // IPv6
	wrap func(ip []byte) []byte
}

// before is a header in front.
func before(head ...any) func([]byte) []byte {
	return func(ip []byte) []byte { return append(join(head...), ip...) }
}

// tunnelled is a packet in one of another pair of hosts.
func tunnelled(t testing.TB, protocol layers.IPProtocol, head ...any) func([]byte) []byte {
	return func(inner []byte) []byte {
		return inIP(t, address("192.0.2.1"), address("192.0.2.2"), protocol, gopacket.Payload(append(join(head...), inner...)))
	}
}

func inUDP(t testing.TB, port uint16, head ...any) func([]byte) []byte {
	return func(inner []byte) []byte {
		udp := &layers.UDP{SrcPort: 50000, DstPort: layers.UDPPort(port)}
		return inIP(t, address("192.0.2.1"), address("192.0.2.2"), layers.IPProtocolUDP, udp, gopacket.Payload(append(join(head...), inner...)))
	}
}

// attribute is one of NFLOG, filled up to four bytes.
func attribute(order binary.AppendByteOrder, kind uint16, value []byte) []byte {
	out := order.AppendUint16(nil, uint16(4+len(value)))
	out = order.AppendUint16(out, kind)
	return append(append(out, value...), make([]byte, -len(value)&3)...)
}

func nflogOf(order binary.AppendByteOrder) func([]byte) []byte {
	return func(ip []byte) []byte {
		return join(2, 0, 0, 0, attribute(order, 1, []byte{8, 0, 1, 0}), attribute(order, 10, []byte("in\x00")), attribute(order, 9, ip))
	}
}

// dot11 is a data frame of a station to its access point.
var dot11 = join(0x08, 0x01, 0, 0, mac, macs, 0, 0)

func linkCases(t testing.TB) []linkCase {
	const ethernet, raw = layers.LinkTypeEthernet, layers.LinkTypeRaw
	cases := []linkCase{
		{"Ethernet", ethernet, false, before(macs, ipv4)},
		{"Ethernet, IPv6", ethernet, true, before(macs, ipv6)},
		{"Ethernet, filled up", ethernet, false, func(ip []byte) []byte { return join(macs, ipv4, ip, make([]byte, 10)) }},
		{"VLAN", ethernet, false, before(macs, uint16(0x8100), uint16(7), ipv4)},
		{"QinQ", ethernet, false, before(macs, uint16(0x88A8), uint16(7), uint16(0x8100), uint16(8), ipv4)},
		{"QinQ of old", ethernet, true, before(macs, uint16(0x9100), uint16(7), uint16(0x8100), uint16(8), ipv6)},
		{"802.3 with SNAP", ethernet, false, func(ip []byte) []byte { return join(macs, uint16(len(ip)+8), snap, ip) }},
		{"MPLS", ethernet, false, before(macs, uint16(0x8847), uint32(16<<12|255), uint32(17<<12|1<<8|255))},
		{"PPPoE", ethernet, false, func(ip []byte) []byte {
			return join(macs, uint16(0x8864), 0x11, 0, uint16(1), uint16(len(ip)+2), uint16(0x21), ip)
		}},
		{"raw IP", raw, false, before()},
		{"raw IPv6", raw, true, before()},
		{"raw IPv4 alone", layers.LinkTypeIPv4, false, before()},
		{"raw IPv6 alone", layers.LinkTypeIPv6, true, before()},
		{"Linux cooked", layers.LinkTypeLinuxSLL, false, before(0, 0, 0, 1, 0, 6, mac, 0, 0, ipv4)},
		{"Linux cooked, with a VLAN tag", layers.LinkTypeLinuxSLL, false, before(0, 0, 0, 1, 0, 6, mac, 0, 0, uint16(0x8100), uint16(7), ipv4)},
		{"Linux cooked, version 2", layers.LinkTypeLinuxSLL2, false, before(ipv4, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, mac, 0, 0)},
		{"NFLOG of a small-endian machine", layers.LinkType(239), false, nflogOf(binary.LittleEndian)},
		{"PPP", layers.LinkTypePPP, false, before(0xFF, 3, uint16(0x21))},
		{"PPP without address", layers.LinkTypePPP, true, before(uint16(0x57))},
		{"PPP in HDLC", layers.LinkTypePPP_HDLC, false, before(0xFF, 3, uint16(0x21))},
		{"PPP with a direction", layers.LinkType(204), false, before(1, 0xFF, 3, uint16(0x21))},
		{"Cisco HDLC", layers.LinkTypeC_HDLC, false, before(0x0F, 0, ipv4)},
		{"802.11", layers.LinkTypeIEEE802_11, false, before(dot11, snap)},
		{"802.11 with quality of service", layers.LinkTypeIEEE802_11, false, before(0x88, 0x02, 0, 0, mac, macs, 0, 0, 0, 0, snap)},
		{"802.11 between access points", layers.LinkTypeIEEE802_11, false, before(0x08, 0x03, 0, 0, mac, macs, 0, 0, mac, snap)},
		{"radiotap", layers.LinkTypeIEEE80211Radio, false, before(0, 0, 8, 0, 0, 0, 0, 0, dot11, snap)},
		{"radiotap with a checksum behind", layers.LinkTypeIEEE80211Radio, false, func(ip []byte) []byte {
			return join(0, 0, 9, 0, 2, 0, 0, 0, 0x10, dot11, snap, ip, uint32(0x01020304))
		}},
		{"GRE", raw, false, tunnelled(t, layers.IPProtocolGRE, uint16(0), ipv4)},
		{"GRE with key and number", raw, false, tunnelled(t, layers.IPProtocolGRE, uint16(0x3000), ipv4, uint32(9), uint32(1))},
		{"GRE with Ethernet", raw, false, tunnelled(t, layers.IPProtocolGRE, uint16(0), uint16(0x6558), macs, ipv4)},
		{"PPTP", raw, false, func(ip []byte) []byte {
			return tunnelled(t, layers.IPProtocolGRE, uint16(0x3001), uint16(0x880B), uint16(len(ip)+4), uint16(1), uint32(1), 0xFF, 3, uint16(0x21))(ip)
		}},
		{"IP in IP", raw, false, tunnelled(t, layers.IPProtocolIPv4)},
		{"IPv6 in IP", raw, true, tunnelled(t, layers.IPProtocolIPv6)},
		{"VXLAN", raw, false, inUDP(t, 4789, 8, 0, 0, 0, 0, 0, 1, 0, macs, ipv4)},
		{"Geneve", raw, false, inUDP(t, 6081, 0, 0, uint16(0x6558), uint32(1<<8), macs, ipv4)},
		{"Token Ring", layers.LinkTypeTokenRing, false, before(0x10, 0x40, macs, snap)},
		{"FDDI", layers.LinkTypeFDDI, false, before(0x50, macs, snap)},
		{"IPv6 with options", raw, true, func(ip []byte) []byte {
			ip = join(ip[:40], ip[6], 0, 1, 4, uint32(0), ip[40:])
			ip[6] = 60
			binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-40))
			return ip
		}},
	}
	for _, family := range []uint32{2, 24, 28, 30} {
		six := family != 2
		cases = append(cases,
			linkCase{fmt.Sprint("BSD loopback of a small-endian machine, family ", family), layers.LinkTypeNull, six, before(binary.LittleEndian.AppendUint32(nil, family))},
			linkCase{fmt.Sprint("BSD loopback of a big-endian machine, family ", family), layers.LinkTypeNull, six, before(family)},
			linkCase{fmt.Sprint("OpenBSD loopback, family ", family), layers.LinkTypeLoop, six, before(family)})
	}
	return cases
}

// Captures come with the link layer of the interface they were made on. The
// datagrams are the same in all of them, and those that tshark finds.
func TestLinkLayers(t *testing.T) {
	var all []built
	for _, c := range linkCases(t) {
		client, server := client4, server4
		if c.six {
			client, server = client6, server6
		}
		packets := []built{
			{link: c.link, data: c.wrap(udpPacket(t, client, server, "question "+c.name))},
			{link: c.link, data: c.wrap(udpPacket(t, server, client, "answer "+c.name))},
		}
		all = append(all, packets...)
		t.Run(c.name, func(t *testing.T) {
			want := []string{"opened", "joined", "received question " + c.name, "sent answer " + c.name}
			for _, file := range [][]byte{pcapOf(t, packets...), pcapngOf(t, packets...)} {
				events, lost := read(t, file)
				if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
					t.Errorf("%s %q", diff, lost)
				}
			}
		})
	}
	file := pcapngOf(t, all...)
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other datagrams:\n%s", diff)
	}
}

// What tshark of today does not open, or opens with a setting only.
func TestLinkLayersBesides(t *testing.T) {
	radiotapPadded := []byte{0, 0, 9, 0, 2, 0, 0, 0, 0x20}
	for _, c := range []linkCase{
		{"NFLOG of a big-endian machine", layers.LinkType(239), false, nflogOf(binary.BigEndian)},
		{"BSD loopback with a family of Linux", layers.LinkTypeNull, true, before(10, 0, 0, 0)},
		{"BSD loopback with half a family", layers.LinkTypeNull, false, before(0x0F, 0, 4, 0)},
		{"PPP with a short protocol", layers.LinkTypePPP, false, before(0x21)},
		{"radiotap, header filled up", layers.LinkTypeIEEE80211Radio, false, before(radiotapPadded, 0x88, 0x01, 0, 0, mac, macs, 0, 0, 0, 0, 0, 0, snap)},
		{"radiotap of several words", layers.LinkTypeIEEE80211Radio, false, before(0, 0, 28, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, uint32(0), uint32(0), 0x20, 0, 0, 0, 0x88, 0x01, 0, 0, mac, macs, 0, 0, 0, 0, 0, 0, snap)},
		{"PPI", layers.LinkType(192), false, before(0, 0, 8, 0, 105, 0, 0, 0, dot11, snap)},
		{"PKTAP", layers.LinkType(258), false, before(12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, macs, ipv4)},
		{"PFLOG", layers.LinkTypePFLog, false, before(61, 2, 0, 0, make([]byte, 60))},
		{"ENC", layers.LinkType(109), false, before(2, 0, 0, 0, uint32(0), uint32(0))},
		{"PPPoE alone", layers.LinkType(51), false, func(ip []byte) []byte { return join(0x11, 0, uint16(1), uint16(len(ip)+2), uint16(0x21), ip) }},
		{"Prism", layers.LinkType(119), false, before(make([]byte, 144), dot11, snap)},
		{"AVS", layers.LinkType(163), false, before(uint32(0x80211001), uint32(64), make([]byte, 56), dot11, snap)},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := client4, server4
			if c.six {
				client, server = client6, server6
			}
			events, lost := read(t, pcapOf(t, built{link: c.link, data: c.wrap(udpPacket(t, client, server, "question"))}))
			if diff := cmp.Diff([]string{"opened", "joined", "received question"}, events); diff != "" || len(lost) > 0 {
				t.Errorf("%s %q", diff, lost)
			}
		})
	}
}

// One frame of 802.11 may hold several (A-MSDU).
func TestAggregatedFrames(t *testing.T) {
	subframe := func(text string, last bool) []byte {
		ip := udpPacket(t, client4, server4, text)
		b := join(macs, uint16(len(ip)+8), snap, ip)
		if !last {
			b = append(b, make([]byte, -len(b)&3)...)
		}
		return b
	}
	file := pcapOf(t, built{link: layers.LinkTypeIEEE802_11, data: join(0x88, 0x01, 0, 0, mac, macs, 0, 0, 0x80, 0, subframe("one", false), subframe("three", false), subframe("two", true))})
	events, lost := read(t, file)
	want := []string{"opened", "joined", "received one", "received three", "received two"}
	if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
		t.Errorf("%s %q", diff, lost)
	}
	if diff := cmp.Diff([]string{"one", "three", "two"}, ours(t, file).Datagrams); diff != "" {
		t.Error(diff)
	}
}

// What is left out is told, with how much of it there was.
func TestLeftOut(t *testing.T) {
	ip := udpPacket(t, client4, server4, "question")
	packet := func(link layers.LinkType, data []byte) []built {
		return []built{{link: link, data: data}, {link: link, data: data}}
	}
	for _, c := range []struct {
		name    string
		packets []built
		want    string
	}{
		{"a link that is not known", packet(147, ip), "left out: 2 packets (72 bytes): link type 147 is not known here"},
		{"a link that is not looked into", packet(220, ip), "left out: 2 packets (72 bytes): link type 220 (USB) is not looked into"},
		{"ARP", packet(layers.LinkTypeEthernet, join(macs, uint16(0x0806), make([]byte, 28))), "left out: 2 packets (84 bytes): ARP"},
		{"ICMP", packet(layers.LinkTypeRaw, inIP(t, client4.Addr(), server4.Addr(), layers.IPProtocolICMPv4, gopacket.Payload("12345678"))), "left out: 2 packets (56 bytes): ICMP"},
		{"a frame that is encrypted", packet(layers.LinkTypeIEEE802_11, join(0x08, 0x41, 0, 0, mac, macs, 0, 0, make([]byte, 30))), "left out: 2 packets (108 bytes): 802.11 frames that are encrypted: Wireshark can decrypt them with the network's key"},
		{"a header that is cut off", packet(layers.LinkTypeRaw, ip[:23]), "left out: 2 packets (46 bytes): with headers that are cut off or wrong"},
		{"an address family", packet(layers.LinkTypeNull, join(7, 0, 0, 0, make([]byte, 16))), "left out: 2 packets (40 bytes): address family 7"},
		{"one of two", []built{raw(ip), raw(ip[:23])}, "left out: 1 packet (23 bytes): with headers that are cut off or wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, lost := read(t, pcapOf(t, c.packets...)); !slices.Equal(lost, []string{c.want}) {
				t.Errorf("got %q, want %q", lost, c.want)
			}
		})
	}
}

// However deep tunnels are, reading a packet ends.
func TestTunnelsInTunnels(t *testing.T) {
	deep := func(n int) []byte {
		p := udpPacket(t, client4, server4, "inside")
		for range n {
			p = tunnelled(t, layers.IPProtocolIPv4)(p)
		}
		return p
	}
	if events, lost := read(t, pcapOf(t, raw(deep(10)))); len(events) != 3 || len(lost) > 0 {
		t.Errorf("ten tunnels: %q, %q", events, lost)
	}
	if events, lost := read(t, pcapOf(t, raw(deep(20)))); len(events) != 0 || len(lost) != 1 {
		t.Errorf("twenty tunnels: %q, %q", events, lost)
	}
}
