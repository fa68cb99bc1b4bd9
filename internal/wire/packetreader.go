package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"sockeye"
)

// packetReader reads one UDP socket: it takes what has come, finds whose it is,
// records it, has it answered, and sends the answers of a batch together.
type packetReader struct {
	socket *packetSocket
	inbox  inbox
	prompt Prompt // nil: the responder sends by itself, or there is none

	batch  []datagram      // of the last read
	came   []arrival       // those that are taken and not answered
	events []sockeye.Event // what is to be recorded

	// recent finds the peers of the last datagrams without the session's table.
	recent  [256]*packetPeer
	round   uint64 // counts batches
	replies []reply
	scratch []byte // holds replies that the prompt may change
	dropped uint32 // datagrams dropped by the system, as far as they are recorded
	window  Window // the recorder's memory, or nil
}

// inbox is how datagrams cross from the system and to it: one with each call
// (packetsingle.go), or many (packetbatch_linux.go).
type inbox interface {
	// read waits for datagrams and returns those of one call, lent until the next.
	read() ([]datagram, error)
	// dropped counts what the system had dropped when the last read returned, since
	// the socket was opened and modulo 1<<32; 0 where it does not tell.
	dropped() uint32
	// send sends replies to datagrams of the last read, and says how many of them
	// the kernel took: the first ones, all unless there is an error.
	send(replies []reply) (int, error)
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
	from *packetPeer
	of   int // the datagram's index
}

// reply is an answer to a datagram of the last read.
type reply struct {
	to   *packetPeer
	of   int // the datagram's index
	data []byte
}

func (r *packetReader) init(k *packetSocket) {
	r.socket = k
	r.inbox = newInbox(k)
	r.prompt, _ = k.session.cfg.Responder.(Prompt)
	if make := k.session.cfg.Window; make != nil && r.prompt != nil {
		r.window = make()
	}
}

// readAll reads datagrams until the socket is closed, then lets its peers leave.
func (r *packetReader) readAll() {
	k := r.socket
	s := k.session
	trouble := &note{session: s, every: time.Second}
	defer trouble.flush()
	defer k.letGo()
	for {
		batch, err := r.inbox.read()
		switch {
		case err == nil:
			r.takeAll(batch)
		case errors.Is(err, net.ErrClosed):
			return
		case isICMP(err):
			k.order.Lock() // the event of a datagram comes before what became of it
			k.reportICMP(err)
			k.order.Unlock()
		default:
			trouble.add(failure("receive", k.local.String(), err))
			if !pause(s.ctx, shortPause) {
				return
			}
		}
	}
}

// takeAll records a batch and has it answered. The datagrams of one system call
// were all there when it returned, so they have one time.
func (r *packetReader) takeAll(batch []datagram) {
	r.round++
	r.tellDropped()
	now := r.socket.session.cfg.Now()
	kept := r.keep(batch)
	r.batch = batch
	for i := range batch {
		r.take(i, &batch[i], now)
	}
	r.settle()
	if kept {
		r.window.Close()
	}
}

// Batches are moved into the recorder's memory if their datagrams have so many
// bytes on average, since it does not pay for less, and if they fit a block.
const (
	worthKeeping = 1 << 10
	mostKept     = 512 << 10
)

// keep moves the bytes of a batch into the recorder's memory, so that an answer
// which repeats them is not copied there again. It says false if it did not.
func (r *packetReader) keep(batch []datagram) bool {
	if r.window == nil {
		return false
	}
	total := 0
	for i := range batch {
		total += len(batch[i].data)
	}
	if total < worthKeeping*len(batch) || total > mostKept {
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

// take finds whose datagram i of a batch is and counts it.
func (r *packetReader) take(i int, d *datagram, now time.Time) {
	m := r.source(d)
	if m == nil {
		return // closing
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
		m.answerFrom(d.to)
		r.socket.order.Unlock()
	}
	r.events = append(r.events, m.peer.received(now, d.data, detail))
	r.came = append(r.came, arrival{m, i})
}

// settle records what was taken, has it answered, and sends the answers.
func (r *packetReader) settle() {
	k := r.socket
	k.order.Lock()
	k.session.cfg.Recorder.AppendAll(r.events)
	k.order.Unlock()
	r.events = r.events[:0]
	for _, a := range r.came {
		r.answer(a.from, a.of, r.batch[a.of].data)
	}
	clear(r.came) // lets go of peers
	r.came = r.came[:0]
	r.flush()
}

// source finds or makes the peer that sent a datagram.
func (r *packetReader) source(d *datagram) *packetPeer {
	ip := d.from.Addr().As16()
	slot := &r.recent[uint8(d.from.Port())^uint8(d.from.Port()>>8)^ip[15]]
	m := *slot
	if m == nil || m.peer.Remote != d.from || m.gone.Load() {
		if m = r.socket.known(d.from); m == nil {
			r.settle() // the new peer may make another one leave
			m = r.socket.peer(d.from, d.to)
		}
		if *slot = m; m == nil {
			return nil
		}
	}
	if m.heard != r.round {
		m.heard = r.round
		m.touch()
	}
	return m
}

// answer has datagram i, which is of peer m, answered.
func (r *packetReader) answer(m *packetPeer, i int, data []byte) {
	if r.prompt != nil {
		out, now := r.prompt.Reply(m.peer, data)
		if now {
			if out != nil {
				r.replies = append(r.replies, reply{m, i, r.stable(out, data)})
			}
			return
		}
		r.flush()
	}
	if responder := r.socket.session.cfg.Responder; responder != nil {
		responder.Received(m.peer, data)
	}
}

// stable is a reply that does not change until it is sent: the datagram itself, or
// a copy.
func (r *packetReader) stable(out, data []byte) []byte {
	if unsafe.SliceData(out) == unsafe.SliceData(data) {
		return out
	}
	from := len(r.scratch)
	r.scratch = append(r.scratch, out...) // what was handed out before stays where it is
	return r.scratch[from:len(r.scratch):len(r.scratch)]
}

// flush sends the replies so far. One that cannot be sent is recorded and left out.
func (r *packetReader) flush() {
	if len(r.replies) == 0 {
		return
	}
	k := r.socket
	k.order.Lock()
	defer k.order.Unlock()
	told := false
	for left := r.replies; len(left) > 0; {
		n, err := r.inbox.send(left)
		r.recordSent(left[:n])
		left = left[n:]
		switch {
		case err == nil:
		case isICMP(err) && !told:
			k.reportICMP(err) // it is an earlier datagram's, told now (udp(7))
			told = true
		default:
			left[0].to.notSent(err, len(left[0].data))
			left, told = left[1:], false
		}
	}
	clear(r.replies) // lets go of peers
	r.replies, r.scratch = r.replies[:0], r.scratch[:0]
}

func (r *packetReader) recordSent(replies []reply) {
	s := r.socket.session
	now := s.cfg.Now()
	for _, a := range replies {
		r.events = append(r.events, a.to.peer.sent(now, a.data))
	}
	s.cfg.Recorder.AppendAll(r.events)
	for i, a := range replies {
		a.to.last = r.events[i].Seq
	}
	r.events = r.events[:0]
}

// tellDropped records what the system has dropped since it was last told.
func (r *packetReader) tellDropped() {
	n := r.inbox.dropped()
	if n == r.dropped {
		return
	}
	lost := n - r.dropped
	r.dropped = n
	k := r.socket
	k.session.record(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{
		Lost: sockeye.Lost{Events: uint64(lost)}, Err: overflowed(k.local)}})
}

// overflowed explains a gap that the system made.
func overflowed(local netip.AddrPort) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "receive", Target: local.String(),
		Message: sockeye.Text{
			En: "datagrams came faster than they could be read, and the system's buffer was full",
			Zh: "数据报到达过快，系统接收缓冲区已满"},
		Hint: sockeye.Text{
			En: "a larger buffer bears longer bursts: --recv-buffer, up to sysctl net.core.rmem_max",
			Zh: "更大的缓冲区可以承受更长的突发：--recv-buffer，上限为 sysctl net.core.rmem_max"},
	}
}

// pause waits, and says false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
