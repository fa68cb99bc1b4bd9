package capture

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"

	"sockeye"
	"sockeye/internal/pcapng"
)

// tcpAssembly puts TCP connections together from their segments.
type tcpAssembly struct {
	reader    *Reader
	assembler *reassembly.Assembler
	over      bool // the file has ended: what is closed now did not close by itself
}

// The pages, of about 2 KiB, that wait for a missing segment: of one connection
// and of all. Beyond, the segment counts as lost.
const (
	waitingEach = 1 << 12
	waitingAll  = 1 << 14
)

func newAssembly(d *Reader) *tcpAssembly {
	t := &tcpAssembly{reader: d}
	t.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(t))
	t.assembler.MaxBufferedPagesPerConnection = waitingEach
	t.assembler.MaxBufferedPagesTotal = waitingAll
	return t
}

// capturedAt is the context of one segment.
type capturedAt struct{ info gopacket.CaptureInfo }

func (s *capturedAt) GetCaptureInfo() gopacket.CaptureInfo { return s.info }

func (t *tcpAssembly) packet(flow gopacket.Flow, tcp *layers.TCP, info gopacket.CaptureInfo) {
	t.assembler.AssembleWithContext(flow, tcp, &capturedAt{info})
}

// finish gives out what waits for segments that the file does not have.
func (t *tcpAssembly) finish() {
	t.over = true
	t.assembler.FlushAll()
}

// New is called with the first segment of a connection (reassembly.StreamFactory).
func (t *tcpAssembly) New(network, _ gopacket.Flow, tcp *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	from, _ := endOf(network.Src(), uint16(tcp.SrcPort))
	to, _ := endOf(network.Dst(), uint16(tcp.DstPort))
	c := &tcpConnection{assembly: t, firstIsPeer: true, server: to, client: from}
	_, known := t.reader.sessions[serverKey{"tcp", from}]
	switch {
	case tcp.SYN && !tcp.ACK:
	case tcp.SYN, known, from.Port() < to.Port():
		c.firstIsPeer, c.server, c.client = false, from, to
	}
	return c
}

// tcpConnection is one TCP connection of the capture, seen from its server.
type tcpConnection struct {
	assembly       *tcpAssembly
	server, client netip.AddrPort
	firstIsPeer    bool          // the first segment came from the client
	peer           *sockeye.Peer // nil until there is something to tell: a last ACK alone is no connection

	finished bool // a FIN was told of: the first one names the end
	reason   sockeye.Reason
	reset    bool
	last     time.Time
}

// Accept takes every segment; one that begins in the middle of a connection
// starts where it is (reassembly.Stream).
func (c *tcpConnection) Accept(tcp *layers.TCP, info gopacket.CaptureInfo, dir reassembly.TCPFlowDirection, next reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	c.last = info.Timestamp
	if c.peer == nil && (tcp.SYN || len(tcp.Payload) > 0) {
		c.peer = c.assembly.reader.peer("tcp", c.server, c.client, info)
	}
	if next == -1 && !tcp.SYN {
		*start = true
	}
	if tcp.RST && !c.reset {
		c.reset = true
		c.reason = sockeye.ReasonAborted
		if c.fromPeer(dir) {
			c.reason = sockeye.ReasonReset
		}
	}
	return true
}

func (c *tcpConnection) fromPeer(dir reassembly.TCPFlowDirection) bool {
	return (dir == reassembly.TCPDirClientToServer) == c.firstIsPeer
}

// ReassembledSG takes the next bytes of one direction (reassembly.Stream).
func (c *tcpConnection) ReassembledSG(sg reassembly.ScatterGather, ac reassembly.AssemblerContext) {
	d := c.assembly.reader
	dir, _, end, skip := sg.Info()
	n, _ := sg.Lengths()
	at := ac.GetCaptureInfo().Timestamp
	if n > 0 {
		at = sg.CaptureInfo(0).Timestamp
	}
	kind, reason := sockeye.Sent, sockeye.ReasonLocal
	if c.fromPeer(dir) {
		kind, reason = sockeye.Received, sockeye.ReasonEOF
	}
	if skip > 0 {
		c.add(sockeye.Event{Kind: sockeye.Gap, Time: at, Detail: &sockeye.Detail{Lost: sockeye.Lost{Bytes: uint64(skip)}}})
		d.o.Lost(pcapng.Damage{Kind: pcapng.Broken, What: sockeye.Text{
			En: fmt.Sprintf("%d bytes from or to %s are not in the capture", skip, c.client),
			Zh: fmt.Sprintf("与 %[2]s 之间有 %[1]d 字节不在抓包文件中", skip, c.client)}})
	}
	if n > 0 {
		c.add(sockeye.Event{Kind: kind, Time: at, Data: append([]byte(nil), sg.Fetch(n)...)})
	}
	if !end || c.reset || c.assembly.over {
		return
	}
	if !c.finished {
		c.finished, c.reason = true, reason
	}
	c.add(sockeye.Event{Kind: sockeye.Finished, Time: at, Detail: &sockeye.Detail{Reason: reason}})
}

// ReassemblyComplete is called when both directions have ended (reassembly.Stream).
func (c *tcpConnection) ReassemblyComplete(reassembly.AssemblerContext) bool {
	if c.reason != "" && (!c.assembly.over || c.reset) {
		c.add(sockeye.Event{Kind: sockeye.Left, Time: c.last, Detail: &sockeye.Detail{Reason: c.reason}})
	}
	return true
}

func (c *tcpConnection) add(e sockeye.Event) {
	if c.peer == nil {
		return
	}
	e.Peer, e.Session = c.peer, c.peer.Session
	c.assembly.reader.add(e)
}
