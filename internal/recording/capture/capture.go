// Package capture reads what other programs captured, pcap and pcapng of tcpdump,
// dumpcap and Wireshark, compressed or not, as Sockeye's events: connections put
// together from their packets, datagrams as they are. A packet goes from the file
// (formats, pcap, pcapng) through its link (link, wireless) and IP (network,
// fragment) to the stream of its connection (tcp, judge, half). It reads nothing that Sockeye
// wrote.
package capture

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
)

// Skipped is the kind of damage that is none: packets that hold no data of TCP or
// UDP, that Sockeye does not look into, or whose data came before; and what had to be
// guessed, all of which is shown.
const Skipped pcapng.DamageKind = "skipped"

const damaged = pcapng.Broken

// Check looks at the beginning of a file. The error, for one that NewReader does
// not read, is an *sockeye.Error that says what the file is.
func Check(r io.Reader) error {
	_, err := open(r, bufferSize)
	return err
}

// CaptureOptions are how to read a capture.
type CaptureOptions struct {
	// Lost is told of packets that could not be made events; may be nil.
	Lost func(pcapng.Damage)
}

// What is remembered at once. Beyond, the one that was used longest ago is
// forgotten; when it comes again it is a new one. A capture may be nothing but first
// packets of connections, each smaller than what is remembered of it: so that memory
// does not grow faster than the file, there are freeEntries of a kind, and more of them
// only for so many bytes of file that were read.
const (
	maxSessions    = 1 << 14
	maxUDPPeers    = 1 << 16
	maxConnections = 1 << 16

	freeEntries        = 1 << 13
	bytesPerConnection = 1280 // with its peer and a session of its own
	bytesPerUDPPeer    = 1280
)

// bounded is how many entries of a table there may be by now.
func (d *Reader) bounded(most int, bytes int64) int {
	return int(min(int64(most), freeEntries+d.input.n/bytes))
}

// Reader gives the events of a capture. It belongs to one goroutine.
type Reader struct {
	input *counted // the file as it is on the disk
	file  packets
	o     CaptureOptions
	queue []sockeye.Event // made and not given out yet
	read  int             // events of queue that are given out
	err   error           // the end

	count        int64     // of packets
	at           time.Time // of the packet
	packetLength int       // its true length
	nested       int       // headers in it so far, see deeper
	comment      string    // what somebody wrote on it, as long as no event has it

	seq       uint64
	opened    int // sessions
	joined    uint64
	sessions  *recent[serverKey, *sockeye.Session]
	udpPeers  *recent[addressPair, *sockeye.Peer]
	fragments *fragments
	tcp       *tcpAssembly
	skipped   map[skipReason]*leftOut
	reasons   []*leftOut // in the order they were met
}

type serverKey struct {
	network string
	server  netip.AddrPort
}

// addressPair is two addresses, the smaller one first.
type addressPair [2]netip.AddrPort

func pairOf(a, b netip.AddrPort) addressPair {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return addressPair{a, b}
}

// NewReader reads the head of a capture.
func NewReader(r io.Reader, o CaptureOptions) (*Reader, error) { return newReader(r, o, bufferSize) }

// newReader is NewReader with another buffer, in bytes: for a file of some hundred bytes the usual
// one takes longer to make than the file to read.
func newReader(r io.Reader, o CaptureOptions, buffer int) (*Reader, error) {
	input := &counted{r: r}
	file, err := open(input, buffer)
	if err != nil {
		return nil, err
	}
	if o.Lost == nil {
		o.Lost = func(pcapng.Damage) {}
	}
	d := &Reader{input: input, file: file, o: o, at: time.Unix(0, 0).UTC(), skipped: map[skipReason]*leftOut{},
		sessions: newRecent[serverKey, *sockeye.Session](maxSessions, nil),
		udpPeers: newRecent[addressPair, *sockeye.Peer](maxUDPPeers, nil)}
	d.fragments = newFragments(d)
	d.tcp = newAssembly(d)
	return d, nil
}

// Next is the next event; io.EOF is the end. Its Data may be kept. Any other error
// is an *sockeye.Error for a file that is not read to its end.
func (d *Reader) Next() (sockeye.Event, error) {
	for d.read == len(d.queue) {
		d.queue, d.read = d.queue[:0], 0
		if d.err != nil {
			err := d.err
			d.err = io.EOF
			return sockeye.Event{}, err
		}
		if d.err = d.packet(); d.err != nil {
			d.finish()
		}
	}
	e := d.queue[d.read]
	d.queue[d.read] = sockeye.Event{}
	d.read++
	return e, nil
}

// packet reads one packet.
func (d *Reader) packet() error {
	p, err := d.file.next()
	var bad *damageError
	if errors.As(err, &bad) {
		kind := damaged
		if bad.torn {
			kind = pcapng.Torn
		}
		d.lostAt(d.count+1, kind, bad.what)
		return io.EOF
	}
	if err != nil {
		return err
	}
	d.count++
	if !p.at.IsZero() {
		d.at = p.at
	}
	d.packetLength, d.nested = p.length, 0
	d.fragments.expire(d.at)
	d.comment = p.comment
	made := len(d.queue)
	d.link(p.link, p.captured)
	d.placeComment(made)
	return nil
}

// placeComment gives the packet's comment to the first event that the packet made, from made
// on, if it made no message; if it made nothing, it is told of.
func (d *Reader) placeComment(made int) {
	for i := made; i < len(d.queue) && d.comment != ""; i++ {
		if e := &d.queue[i]; e.Peer != nil && (e.Detail == nil || e.Detail.Comment == nil) {
			d.takeComment(e)
		}
	}
	d.lostComment(d.comment)
	d.comment = ""
}

// lostComment tells of a comment that no event has.
func (d *Reader) lostComment(text string) {
	if text != "" {
		d.lostAt(d.count, Skipped, sockeye.Text{
			En: "a comment is on no message, so it is only shown here: " + text,
			Zh: "有一条注释不属于任何消息，只在此显示：" + text})
	}
}

// takeComment gives the packet's comment to an event.
func (d *Reader) takeComment(e *sockeye.Event) {
	detail := sockeye.Detail{}
	if e.Detail != nil {
		detail = *e.Detail
	}
	detail.Comment, d.comment = &sockeye.Comment{Text: d.comment}, ""
	e.Detail = &detail
}

// finish gives out what waits for packets that the file does not have.
func (d *Reader) finish() {
	for d.fragments.all.drop() {
	}
	d.tcp.finish()
	d.reportSkipped()
}

func (d *Reader) lost(kind pcapng.DamageKind, what sockeye.Text) {
	d.o.Lost(pcapng.Damage{Kind: kind, What: what})
}

// lostAt reports a packet by its number, as Wireshark counts.
func (d *Reader) lostAt(number int64, kind pcapng.DamageKind, what sockeye.Text) {
	d.lost(kind, sockeye.Text{
		En: fmt.Sprintf("packet %d: %s", number, what.En), Zh: fmt.Sprintf("第 %d 个数据包：%s", number, what.Zh)})
}

func (d *Reader) add(e sockeye.Event) {
	d.seq++
	e.Seq, e.Time = d.seq, d.at
	if d.comment != "" && (e.Kind == sockeye.Received || e.Kind == sockeye.Sent) {
		d.takeComment(&e)
	}
	d.queue = append(d.queue, e)
}

// session is the session of a server's address, opened when first seen.
func (d *Reader) session(network string, server netip.AddrPort) *sockeye.Session {
	key := serverKey{network, server}
	s, ok := d.sessions.get(key)
	if !ok {
		d.opened++
		s = &sockeye.Session{ID: fmt.Sprintf("s%d", d.opened), Endpoint: sockeye.Endpoint{Mode: sockeye.Listen,
			Address: sockeye.Address{Network: sockeye.Network(network), Host: server.Addr().String(), Port: server.Port()}}}
		d.sessions.put(key, s)
		d.add(sockeye.Event{Kind: sockeye.Opened, Session: s, Detail: &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.IPSocketAddr(server)}}})
	}
	return s
}

// peer makes the peer of a server and joins it.
func (d *Reader) peer(network string, server, client netip.AddrPort, detail *sockeye.Detail) *sockeye.Peer {
	s := d.session(network, server)
	d.joined++
	p := &sockeye.Peer{ID: d.joined, Session: s, Network: sockeye.Network(network), Local: sockeye.IPSocketAddr(server), Remote: sockeye.IPSocketAddr(client)}
	d.add(sockeye.Event{Kind: sockeye.Joined, Session: s, Peer: p, Detail: detail})
	return p
}

// udpPeer is the peer of a datagram between two addresses, and whether it sent it.
// Of two addresses that were not seen before, the one with the smaller port is the
// server.
func (d *Reader) udpPeer(from, to netip.AddrPort) (p *sockeye.Peer, received bool) {
	key := pairOf(from, to)
	p, ok := d.udpPeers.get(key)
	if !ok {
		server, client := to, from
		var detail *sockeye.Detail
		if from.Port() < to.Port() { // as for one that a session sends to before it hears from it
			server, client, detail = from, to, &sockeye.Detail{Reason: sockeye.ReasonLocal}
		}
		p = d.peer("udp", server, client, detail)
		d.udpPeers.most = d.bounded(maxUDPPeers, bytesPerUDPPeer)
		d.udpPeers.put(key, p)
	}
	return p, p.Local.AddrPort() == to
}

// datagram makes an event of a datagram.
func (d *Reader) datagram(from, to netip.AddrPort, payload captured) {
	p, received := d.udpPeer(from, to)
	e := sockeye.Event{Kind: sockeye.Sent, Session: p.Session, Peer: p, Data: payload.data}
	if received {
		e.Kind = sockeye.Received
	}
	if len(payload.data) < payload.length {
		e.Detail = &sockeye.Detail{Datagram: payload.length}
	}
	d.add(e)
}

// missingDatagram tells of a datagram of which not all fragments are there.
func (d *Reader) missingDatagram(from, to netip.AddrPort, length int) {
	p, _ := d.udpPeer(from, to)
	d.add(sockeye.Event{Kind: sockeye.Gap, Session: p.Session, Peer: p, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 1, Bytes: uint64(length)}}})
}
