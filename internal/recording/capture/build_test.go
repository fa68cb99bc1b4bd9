package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// built is a packet of a capture that a test makes.
type built struct {
	link layers.LinkType
	data []byte
	cut  int           // bytes that the capture does not hold
	at   time.Duration // since the first one; 0: a millisecond after the one before
}

var epoch = time.Unix(1_700_000_000, 0)

// times gives every packet its moment.
func times(packets []built) (out []time.Time) {
	at := epoch
	for _, p := range packets {
		at = at.Add(time.Millisecond)
		if p.at != 0 {
			at = epoch.Add(p.at)
		}
		out = append(out, at)
	}
	return out
}

func (p *built) info(at time.Time) gopacket.CaptureInfo {
	return gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(p.data) - p.cut, Length: len(p.data)}
}

// pcapOf is a pcap file of packets of one link.
func pcapOf(t testing.TB, packets ...built) []byte {
	t.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, packets[0].link); err != nil {
		t.Fatal(err)
	}
	moments := times(packets)
	for i, p := range packets {
		if err := w.WritePacket(p.info(moments[i]), p.data[:len(p.data)-p.cut]); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// pcapngOf is a pcapng file with an interface for each link.
func pcapngOf(t testing.TB, packets ...built) []byte {
	t.Helper()
	var file bytes.Buffer
	describe := func(l layers.LinkType) pcapgo.NgInterface { return pcapgo.NgInterface{LinkType: l, Name: "if"} }
	w, err := pcapgo.NewNgWriterInterface(&file, describe(packets[0].link), pcapgo.NgWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	known := map[layers.LinkType]int{packets[0].link: 0}
	moments := times(packets)
	for i, p := range packets {
		if _, ok := known[p.link]; !ok {
			if known[p.link], err = w.AddInterface(describe(p.link)); err != nil {
				t.Fatal(err)
			}
		}
		info := p.info(moments[i])
		info.InterfaceIndex = known[p.link]
		if err := w.WritePacket(info, p.data[:len(p.data)-p.cut]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

var (
	client4, server4 = netip.MustParseAddrPort("10.0.0.2:40000"), netip.MustParseAddrPort("10.0.0.1:10000")
	client6, server6 = netip.MustParseAddrPort("[fd00::2]:40000"), netip.MustParseAddrPort("[fd00::1]:10000")
)

// raw is a packet that begins with its IP header.
func raw(data []byte) built { return built{link: layers.LinkTypeRaw, data: data} }

// serialized is layers one in the other, with lengths and checksums.
func serialized(t testing.TB, all ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b.Bytes())
}

// inIP is the packet with a transport layer in it.
func inIP(t testing.TB, from, to netip.Addr, protocol layers.IPProtocol, upper ...gopacket.SerializableLayer) []byte {
	t.Helper()
	var ip interface {
		gopacket.SerializableLayer
		gopacket.NetworkLayer
	}
	if from.Is4() {
		ip = &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: protocol, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	} else {
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	}
	for _, l := range upper {
		if sums, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := sums.SetNetworkLayerForChecksum(ip); err != nil {
				t.Fatal(err)
			}
		}
	}
	return serialized(t, append([]gopacket.SerializableLayer{ip}, upper...)...)
}

func udpPacket(t testing.TB, from, to netip.AddrPort, text string) []byte {
	t.Helper()
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	return inIP(t, from.Addr(), to.Addr(), layers.IPProtocolUDP, udp, gopacket.Payload(text))
}

// flow makes the segments of one direction of a connection.
type flow struct {
	t        testing.TB
	from, to netip.AddrPort
}

// flows are the client's and the server's.
func flows(t testing.TB) (client, server flow) {
	return flow{t, client4, server4}, flow{t, server4, client4}
}

// segment is one with flags of "SAFR" and a payload.
func (f flow) segment(flags string, seq, ack uint32, text string) built {
	f.t.Helper()
	tcp := &layers.TCP{SrcPort: layers.TCPPort(f.from.Port()), DstPort: layers.TCPPort(f.to.Port()), Seq: seq, Ack: ack, Window: 65535}
	for _, c := range flags {
		switch c {
		case 'S':
			tcp.SYN = true
		case 'A':
			tcp.ACK = true
		case 'F':
			tcp.FIN = true
		case 'R':
			tcp.RST = true
		}
	}
	return raw(inIP(f.t, f.from.Addr(), f.to.Addr(), layers.IPProtocolTCP, tcp, gopacket.Payload(text)))
}

// fragmentsOf cuts an IPv4 or IPv6 packet into fragments of a size.
func fragmentsOf(packet []byte, size int, id uint32) (out [][]byte) {
	six := packet[0]>>4 == 6
	head := 20
	if six {
		head = 40
	}
	payload := packet[head:]
	for at := 0; at < len(payload); at += size {
		end := min(at+size, len(payload))
		more := end < len(payload)
		p := bytes.Clone(packet[:head])
		if six {
			f := make([]byte, 8)
			f[0], p[6] = p[6], 44
			binary.BigEndian.PutUint16(f[2:], uint16(at))
			if more {
				f[3] |= 1
			}
			binary.BigEndian.PutUint32(f[4:], id)
			p = append(append(p, f...), payload[at:end]...)
			binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
		} else {
			place := uint16(at / 8)
			if more {
				place |= 0x2000
			}
			p = append(p, payload[at:end]...)
			binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
			binary.BigEndian.PutUint16(p[4:], uint16(id))
			binary.BigEndian.PutUint16(p[6:], place)
			binary.BigEndian.PutUint16(p[10:], 0)
			binary.BigEndian.PutUint16(p[10:], ^foldedSum(p[:20]))
		}
		out = append(out, p)
	}
	return out
}

func foldedSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return uint16(sum)
}
