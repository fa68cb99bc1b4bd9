// Package capture reads what other programs captured, pcap and pcapng of
// tcpdump, dumpcap and Wireshark, as Sockeye's events: connections put together
// from their packets, datagrams as they are. It keeps the libraries that know
// link layers away from the rest, and reads nothing that Sockeye wrote.
package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"sockeye"
	"sockeye/internal/pcapng"
)

// Known says whether a file begins as a capture does.
func Known(r io.Reader) bool {
	_, err := open(r)
	return err == nil
}

// packets is what pcapgo's two readers have in common.
type packets interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// opened is a capture file and the link type of each of its interfaces.
type opened struct {
	packets
	link func(iface int) layers.LinkType
}

// mostPacket bounds one packet: more than any link carries (Linux hands GRO
// batches to a capture as packets of up to 64 KiB, and jumbo ones of 512 KiB).
const mostPacket = 1 << 20

func open(r io.Reader) (o opened, err error) {
	defer recovered(&err)
	buffered := bufio.NewReaderSize(r, 1<<20)
	magic, err := buffered.Peek(4)
	if err != nil {
		return opened{}, errors.New("too short for a capture")
	}
	if string(magic) == "\x0a\x0d\x0d\x0a" {
		ng, err := pcapgo.NewNgReader(buffered, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return opened{}, err
		}
		return opened{ng, func(n int) layers.LinkType {
			i, err := ng.Interface(n)
			if err != nil {
				return layers.LinkTypeNull
			}
			return i.LinkType
		}}, nil
	}
	old, err := pcapgo.NewReader(buffered)
	if err != nil {
		return opened{}, err
	}
	if old.Snaplen() > mostPacket {
		old.SetSnaplen(mostPacket)
	}
	return opened{old, func(int) layers.LinkType { return old.LinkType() }}, nil
}

// recovered makes a panic of a library on a hostile file an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("not a sound capture: %v", p)
	}
}

// CaptureOptions are how to read a capture.
type CaptureOptions struct {
	// Lost is told of packets that could not be made events; may be nil.
	Lost func(pcapng.Damage)
}

// Reader gives the events of a capture. It belongs to one goroutine.
type Reader struct {
	opened
	o     CaptureOptions
	queue []sockeye.Event // made and not given out yet
	at    int
	err   error // the end

	seq      uint64
	count    int64 // of packets
	sessions map[serverKey]*sockeye.Session
	datagram map[fiveTuple]*sockeye.Peer
	peers    uint64
	strange  map[layers.LinkType]bool // told of
	tcp      *tcpAssembly
}

type (
	serverKey struct {
		network string
		server  netip.AddrPort
	}
	fiveTuple struct {
		network       string
		local, remote netip.AddrPort
	}
)

// NewReader reads the head of a capture.
func NewReader(r io.Reader, o CaptureOptions) (*Reader, error) {
	file, err := open(r)
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Err: err,
			Message: sockeye.Text{En: "not a capture: " + err.Error(), Zh: "不是抓包文件：" + err.Error()}}
	}
	d := &Reader{opened: file, o: o, sessions: map[serverKey]*sockeye.Session{}, datagram: map[fiveTuple]*sockeye.Peer{}, strange: map[layers.LinkType]bool{}}
	if d.o.Lost == nil {
		d.o.Lost = func(pcapng.Damage) {}
	}
	d.tcp = newAssembly(d)
	return d, nil
}

// Next is the next event; io.EOF is the end. Its Data may be kept.
func (d *Reader) Next() (sockeye.Event, error) {
	for d.at == len(d.queue) {
		d.queue, d.at = d.queue[:0], 0
		if d.err != nil {
			return sockeye.Event{}, d.err
		}
		if d.err = d.packet(); d.err != nil {
			d.tcp.finish()
		}
	}
	e := d.queue[d.at]
	d.queue[d.at] = sockeye.Event{}
	d.at++
	return e, nil
}

// packet takes in one packet.
func (d *Reader) packet() (err error) {
	defer recovered(&err)
	data, info, err := d.ReadPacketData()
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			d.lost(pcapng.Torn, "the file ends in the middle of a packet", "文件在一个数据包中间结束")
			return io.EOF
		}
		if !errors.Is(err, io.EOF) {
			d.lost(pcapng.Broken, "the rest cannot be read: "+err.Error(), "其余部分无法读取："+err.Error())
			return io.EOF
		}
		return err
	}
	d.count++
	link := d.link(info.InterfaceIndex)
	p := gopacket.NewPacket(data, decoderOf(link), gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	network := p.NetworkLayer()
	if network == nil {
		if len(p.Layers()) == 1 && p.ErrorLayer() != nil && !d.strange[link] {
			d.strange[link] = true
			d.lost(pcapng.Broken, fmt.Sprintf("link type %d is not known here: its packets are left out", link), fmt.Sprintf("不认识链路类型 %d：此类数据包未导入", link))
		}
		return nil // ARP and the like: not ours to tell of
	}
	if fragment(network) {
		d.lost(pcapng.Broken, "an IP fragment: datagrams in fragments are left out", "IP 分片：分片的数据报未导入")
		return nil
	}
	switch t := p.TransportLayer().(type) {
	case *layers.TCP:
		d.tcp.packet(network.NetworkFlow(), t, info)
	case *layers.UDP:
		d.udp(network, t, info)
	}
	return nil
}

// decoderOf is what reads packets of a link type. The library lacks the two that
// say which IP they hold (https://www.tcpdump.org/linktypes.html).
func decoderOf(l layers.LinkType) gopacket.Decoder {
	switch l {
	case layers.LinkTypeIPv4:
		return layers.LayerTypeIPv4
	case layers.LinkTypeIPv6:
		return layers.LayerTypeIPv6
	}
	return l
}

func fragment(n gopacket.NetworkLayer) bool {
	ip, ok := n.(*layers.IPv4)
	return ok && (ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0)
}

// lost reports a packet, by its number as Wireshark counts.
func (d *Reader) lost(kind pcapng.DamageKind, en, zh string) {
	d.o.Lost(pcapng.Damage{Kind: kind, What: sockeye.Text{
		En: fmt.Sprintf("packet %d: %s", d.count, en), Zh: fmt.Sprintf("第 %d 个数据包：%s", d.count, zh)}})
}

func (d *Reader) add(e sockeye.Event) {
	d.seq++
	e.Seq = d.seq
	d.queue = append(d.queue, e)
}

// session is the session of a server's address, opened when first seen.
func (d *Reader) session(network string, server netip.AddrPort, at gopacket.CaptureInfo) *sockeye.Session {
	key := serverKey{network, server}
	s := d.sessions[key]
	if s == nil {
		s = &sockeye.Session{ID: fmt.Sprintf("s%d", len(d.sessions)+1), Endpoint: sockeye.Endpoint{Mode: sockeye.Listen,
			Address: sockeye.Address{Network: sockeye.Network(network), Host: server.Addr().String(), Port: server.Port()}}}
		d.sessions[key] = s
		d.add(sockeye.Event{Kind: sockeye.Opened, Session: s, Time: at.Timestamp, Detail: &sockeye.Detail{Locals: []netip.AddrPort{server}}})
	}
	return s
}

// peer makes the peer of a server and joins it.
func (d *Reader) peer(network string, server, client netip.AddrPort, at gopacket.CaptureInfo) *sockeye.Peer {
	s := d.session(network, server, at)
	d.peers++
	p := &sockeye.Peer{ID: d.peers, Session: s, Network: network, Local: server, Remote: client}
	d.add(sockeye.Event{Kind: sockeye.Joined, Session: s, Peer: p, Time: at.Timestamp})
	return p
}

// udp makes an event of a datagram. Of two addresses that were not seen before,
// the one with the smaller port is the server.
func (d *Reader) udp(n gopacket.NetworkLayer, u *layers.UDP, info gopacket.CaptureInfo) {
	from, ok1 := endOf(n.NetworkFlow().Src(), uint16(u.SrcPort))
	to, ok2 := endOf(n.NetworkFlow().Dst(), uint16(u.DstPort))
	if !ok1 || !ok2 {
		return
	}
	received := fiveTuple{"udp", to, from}
	sent := fiveTuple{"udp", from, to}
	kind, p := sockeye.Received, d.datagram[received]
	if p == nil {
		if p = d.datagram[sent]; p != nil {
			kind = sockeye.Sent
		}
	}
	if p == nil {
		if from.Port() < to.Port() {
			kind, received = sockeye.Sent, sent
		}
		p = d.peer("udp", received.local, received.remote, info)
		d.datagram[received] = p
	}
	e := sockeye.Event{Kind: kind, Session: p.Session, Peer: p, Time: info.Timestamp, Data: u.Payload}
	if info.CaptureLength < info.Length {
		e.Detail = &sockeye.Detail{Datagram: int(u.Length) - 8}
	}
	d.add(e)
}

func endOf(e gopacket.Endpoint, port uint16) (netip.AddrPort, bool) {
	ip, ok := netip.AddrFromSlice(e.Raw())
	return netip.AddrPortFrom(ip.Unmap(), port), ok
}
