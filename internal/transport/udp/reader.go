package udp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// udpReader reads one UDP socket: it takes a batch of datagrams, finds their peers, records
// them, has the responder answer, and sends the answers of the batch together.
type udpReader struct {
	socket *udpSocket
	io     datagramIO
	prompt transport.SyncResponder // nil: the responder sends by itself, or there is none

	batch    []datagram      // of the last read
	received []arrival       // those that are taken and not answered
	events   []sockeye.Event // what is to be recorded

	// recentPeers finds the peers of the last datagrams without the session's table.
	recentPeers [256]*udpPeer
	batchNumber uint64 // counts batches
	replies     []datagramReply
	scratch     []byte // holds replies that the prompt may change
	admission   transport.Admission
	dropped     uint32                // datagrams dropped by the system, as far as they are recorded
	window      transport.BufferLease // the recorder's memory, or nil
}

// datagramIO reads datagrams from the system and writes them: one with each call
// (packetsingle.go), or many (packetbatch_linux.go).
type datagramIO interface {
	// read waits for datagrams and returns those of one call, lent until the next.
	read() ([]datagram, error)
	// dropped counts what the system had dropped when the last read returned, since
	// the socket was opened and modulo 1<<32; 0 where it does not tell.
	dropped() uint32
	// send sends replies to datagrams of the last read, and says how many of them
	// the kernel took: the first ones, all unless there is an error.
	send(replies []datagramReply) (int, error)
}

// datagram is one that came in.
type datagram struct {
	from netip.AddrPort // unmapped
	data []byte
	size int // its true length: more than len(data) if it was cut
	control
}

// control is what the system says of a datagram besides.
type control struct {
	at int64      // when the kernel received it, Unix nanoseconds; 0 if it does not say
	to netip.Addr // the local address it was sent to, or zero
}

// arrival is a datagram of the last read that is not recorded and answered yet.
type arrival struct {
	from *udpPeer
	of   int // the datagram's index
}

// datagramReply is an answer to a datagram of the last read.
type datagramReply struct {
	to   *udpPeer
	of   int // the datagram's index
	data []byte
}

func (r *udpReader) init(k *udpSocket) {
	r.socket = k
	r.admission = transport.NewAdmission(k.server.session)
	r.io = newDatagramIO(k)
	r.prompt, _ = k.server.session.Config().Responder.(transport.SyncResponder)
	if make := k.server.session.Config().BufferLease; make != nil && r.prompt != nil {
		r.window = make()
	}
}

// readAll reads datagrams until the socket is closed, then lets its peers leave.
func (r *udpReader) readAll() {
	k := r.socket
	s := k.server.session
	trouble := transport.NewErrorLimiter(s)
	defer trouble.Flush()
	defer r.admission.Flush()
	defer k.removePeers()
	for {
		batch, err := r.io.read()
		switch {
		case err == nil:
			r.takeAll(batch)
		case errors.Is(err, net.ErrClosed):
			return
		case isLate(err):
			k.order.Lock() // the event of a datagram comes before what became of it
			k.reportICMP(err)
			k.order.Unlock()
		default:
			trouble.Add(netinfo.Explain("receive", k.local.String(), err))
			if !backOff(s.Context(), minBackoff) {
				return
			}
		}
	}
}

// takeAll records a batch and has it answered. The datagrams of one system call
// were all there when it returned, so they have one time.
func (r *udpReader) takeAll(batch []datagram) {
	r.batchNumber++
	r.reportDropped()
	now := r.socket.server.session.Now()
	kept := r.lease(batch)
	r.batch = batch
	for i := range batch {
		r.take(i, &batch[i], now)
	}
	r.recordBatch()
	if kept {
		r.window.Close()
	}
}

// Batches are moved into the recorder's memory if their datagrams have so many
// bytes on average, since it does not pay for less, and if they fit a block.
const (
	minLease = 1 << 10
	maxLease = 512 << 10
)

// lease moves the bytes of a batch into the recorder's memory, so that an answer
// which repeats them is not copied there again. It returns false if it did not.
func (r *udpReader) lease(batch []datagram) bool {
	if r.window == nil {
		return false
	}
	total := 0
	for i := range batch {
		total += len(batch[i].data)
	}
	if total < minLease*len(batch) || total > maxLease {
		return false
	}
	room := r.window.Take(total, total)
	if room == nil {
		return false
	}
	for i := range batch {
		n := copy(room, batch[i].data)
		batch[i].data, room = room[:n:n], room[n:]
	}
	return true
}

// take finds the peer of datagram i of a batch and counts the datagram.
func (r *udpReader) take(i int, d *datagram, now time.Time) {
	m := r.source(d)
	if m == nil {
		return // refused, or closing
	}
	var detail *sockeye.Detail
	if d.size > len(d.data) {
		detail = &sockeye.Detail{Datagram: d.size}
	}
	if d.at != 0 {
		now = time.Unix(0, d.at)
	}
	if d.to != m.local {
		r.socket.order.Lock()
		m.setReplySource(d.to)
		r.socket.order.Unlock()
	}
	r.events = append(r.events, m.peer.Received(now, d.data, detail))
	r.received = append(r.received, arrival{m, i})
}

// recordBatch records what was taken, has it answered, and sends the answers.
func (r *udpReader) recordBatch() {
	k := r.socket
	k.order.Lock()
	k.server.session.Config().Sink.AppendAll(r.events)
	k.order.Unlock()
	r.events = r.events[:0]
	for _, a := range r.received {
		r.reply(a.from, a.of, r.batch[a.of].data)
	}
	clear(r.received) // lets go of peers
	r.received = r.received[:0]
	r.flush()
}

// source finds or makes the peer that sent a datagram.
func (r *udpReader) source(d *datagram) *udpPeer {
	ip := d.from.Addr().As16()
	slot := &r.recentPeers[uint8(d.from.Port())^uint8(d.from.Port()>>8)^ip[15]]
	m := *slot
	if m == nil || m.remote != d.from || m.gone.Load() {
		if m = r.socket.known(d.from); m == nil {
			if r.admission.Refuses(sockeye.IPSocketAddr(d.from), datagramDropped) {
				return nil
			}
			r.recordBatch() // the new peer may make another one leave
			m = r.socket.peer(d.from, d.to, r.socket.howJoined(nil))
		}
		if *slot = m; m == nil {
			return nil
		}
	}
	if m.lastBatch != r.batchNumber {
		m.lastBatch = r.batchNumber
		m.markRecent()
	}
	return m
}

// reply has the responder answer datagram i, which came from peer m.
func (r *udpReader) reply(m *udpPeer, i int, data []byte) {
	if r.prompt != nil {
		out, now := r.prompt.Reply(m.peer.Public(), data)
		if now {
			if out != nil {
				r.replies = append(r.replies, datagramReply{m, i, r.ownBytes(out, data)})
			}
			return
		}
		r.flush()
	}
	if responder := r.socket.server.session.Config().Responder; responder != nil {
		responder.Received(m.peer.Public(), data)
	}
}

// ownBytes is a reply that does not change until it is sent: the datagram itself, or
// a copy.
func (r *udpReader) ownBytes(out, data []byte) []byte {
	if unsafe.SliceData(out) == unsafe.SliceData(data) {
		return out
	}
	from := len(r.scratch)
	r.scratch = append(r.scratch, out...) // what was handed out before stays where it is
	return r.scratch[from:len(r.scratch):len(r.scratch)]
}

// flush sends the replies so far. One that cannot be sent is recorded and left out.
func (r *udpReader) flush() {
	if len(r.replies) == 0 {
		return
	}
	k := r.socket
	k.order.Lock()
	defer k.order.Unlock()
	told := false
	all := slices.DeleteFunc(r.replies, func(a datagramReply) bool { return a.to.gone.Load() })
	for left := all; len(left) > 0; {
		n, err := r.io.send(left)
		r.recordSent(left[:n])
		left = left[n:]
		switch {
		case err == nil:
		case isLate(err) && !told:
			k.reportICMP(err) // it is an earlier datagram's, told now (udp(7))
			told = true
		default:
			left[0].to.recordUnsent(err, len(left[0].data))
			left, told = left[1:], false
		}
	}
	clear(r.replies) // lets go of peers
	r.replies, r.scratch = r.replies[:0], r.scratch[:0]
}

func (r *udpReader) recordSent(replies []datagramReply) {
	s := r.socket.server.session
	now := s.Now()
	for _, a := range replies {
		r.events = append(r.events, a.to.peer.Sent(now, a.data, nil))
	}
	s.Config().Sink.AppendAll(r.events)
	for i, a := range replies {
		a.to.lastSent = r.events[i].Seq
	}
	r.events = r.events[:0]
}

// reportDropped records what the system has dropped since it was last told.
func (r *udpReader) reportDropped() {
	n := r.io.dropped()
	if n == r.dropped {
		return
	}
	lost := n - r.dropped
	r.dropped = n
	k := r.socket
	k.server.session.Record(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{
		Lost: sockeye.Lost{Events: uint64(lost)}, Err: queueOverflowed(k.local)}})
}

// queueOverflowed explains a gap that the system made.
func queueOverflowed(local netip.AddrPort) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "receive", Target: local.String(),
		Message: sockeye.Text{
			En: "datagrams came faster than they could be read, and the system's buffer was full",
			Zh: "数据报到达过快，系统接收缓冲区已满"},
		Hint: sockeye.Text{
			En: "a larger buffer bears longer bursts: --receive-buffer, up to sysctl net.core.rmem_max",
			Zh: "更大的缓冲区可以承受更长的突发：--receive-buffer，上限为 sysctl net.core.rmem_max"},
	}
}

// backOff waits, and says false when ctx ended first.
func backOff(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// datagramDropped says in the event that a refused datagram was dropped.
var datagramDropped = sockeye.Text{En: "the datagram was dropped", Zh: "数据报已丢弃"}

// minBackoff is the pause after a read that failed.
const minBackoff = 10 * time.Millisecond
