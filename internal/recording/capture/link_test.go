package capture

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Captures come with the link layer of the interface they were made on: a cable,
// a tagged cable, tcpdump's -i any (two forms), the loopback of a BSD or a Mac, a
// tunnel. The bytes of the conversation are the same in all of them.
func TestLinkLayers(t *testing.T) {
	ipv4 := binary.BigEndian.AppendUint16(nil, uint16(layers.EthernetTypeIPv4))
	mac := []byte{2, 0, 0, 0, 0, 1}
	cable := bytes.Join([][]byte{mac, mac}, nil)
	for _, c := range []struct {
		name string
		link layers.LinkType
		head []byte
	}{
		{"Ethernet", layers.LinkTypeEthernet, append(bytes.Clone(cable), ipv4...)},
		{"Ethernet with a VLAN tag", layers.LinkTypeEthernet, bytes.Join([][]byte{cable, {0x81, 0, 0, 7}, ipv4}, nil)},
		{"raw IP", layers.LinkTypeRaw, nil},
		{"raw IPv4", layers.LinkTypeIPv4, nil},
		{"Linux cooked", layers.LinkTypeLinuxSLL, bytes.Join([][]byte{{0, 0, 0, 1, 0, 6}, mac, {0, 0}, ipv4}, nil)},
		{"Linux cooked, version 2", layers.LinkTypeLinuxSLL2, bytes.Join([][]byte{ipv4, {0, 0, 0, 0, 0, 3, 0, 1, 0, 6}, mac, {0, 0}}, nil)},
		{"BSD loopback", layers.LinkTypeNull, []byte{2, 0, 0, 0}},
		{"OpenBSD loopback", layers.LinkTypeLoop, []byte{0, 0, 0, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, nano := range []bool{false, true} {
				events, lost := read(t, datagrams(t, c.link, c.head, nano))
				want := []string{"opened", "joined", "received question", "sent answer"}
				if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
					t.Errorf("nanoseconds %v: %s %v", nano, diff, lost)
				}
			}
		})
	}
}

// Packets of a link that is not known are left out, which is told once.
func TestUnknownLink(t *testing.T) {
	events, lost := read(t, datagrams(t, 147, nil, false))
	if want := []string{"packet 1: link type 147 is not known here: its packets are left out"}; len(events) > 0 || !cmp.Equal(want, lost) {
		t.Errorf("%q %q", events, lost)
	}
}

// datagrams is a pcap file of a question and its answer, behind a link header.
func datagrams(t *testing.T, link layers.LinkType, head []byte, nano bool) []byte {
	t.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if nano {
		w = pcapgo.NewWriterNanos(&file)
	}
	if err := w.WriteFileHeader(65535, link); err != nil {
		t.Fatal(err)
	}
	client, server := net.IPv4(10, 0, 0, 2), net.IPv4(10, 0, 0, 1)
	for i, d := range []struct {
		from, to         net.IP
		source, destined layers.UDPPort
		text             string
	}{{client, server, 40000, 10000, "question"}, {server, client, 10000, 40000, "answer"}} {
		ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: d.from, DstIP: d.to}
		udp := &layers.UDP{SrcPort: d.source, DstPort: d.destined}
		if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		packet := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(packet, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, udp, gopacket.Payload(d.text)); err != nil {
			t.Fatal(err)
		}
		all := append(bytes.Clone(head), packet.Bytes()...)
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_000, int64(i+1)*1000), CaptureLength: len(all), Length: len(all)}
		if err := w.WritePacket(info, all); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}
