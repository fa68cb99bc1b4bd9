package pcapng

import "sockeye"

// What our synthesised TCP says of itself: a receiver that is never the limit.
const (
	openWindow = 0xFFFF

	// ackBytes and ackSegments bound what one side sends until the other acknowledges it:
	// sequence numbers
	// compare only within 2 GiB, and Wireshark walks the list of unacknowledged
	// segments for each new one (a million of 64 bytes took it minutes).
	ackBytes    = 16 << 20
	ackSegments = 256

	segmentSize4 = 0xFFFF - 40 // maximum segment size: what fits the packet
	segmentSize6 = 0xFFFF - 20
)

// synOptions4 and synOptions6 are the TCP options of a SYN over IPv4 and over IPv6: maximum
// segment size (RFC 9293 section 3.7.1) and a window scale of 14 (RFC 7323).
var (
	synOptions4 = []byte{2, 4, segmentSize4 >> 8, segmentSize4 & 0xFF, 1, 3, 3, 14}
	synOptions6 = []byte{2, 4, segmentSize6 >> 8, segmentSize6 & 0xFF, 1, 3, 3, 14}
)

// eventWriter writes the blocks of one event. Its packetBlock is the next block, with
// the comments and the note as options.
type eventWriter struct {
	packetBlock
	e  *BlockEncoder
	ev *sockeye.Event
}

func (w *eventWriter) event(dst []byte) []byte {
	p, kind := w.ev.Peer, w.ev.Kind
	data := kind == sockeye.Received || kind == sockeye.Sent
	if p == nil {
		if len(w.ev.Data) > 0 {
			return w.stray(dst)
		}
		w.explain(nil)
		return w.statistics(dst)
	}
	w.integrity.flags |= flagPeer
	w.integrity.peer = p.ID
	st := w.e.streamOf(p, data || kind == sockeye.Joined || kind == sockeye.Finished)
	if kind == sockeye.Joined {
		st.since = w.ev.Time
	}
	w.explain(st)
	switch {
	case data && (st.traits.Datagram || len(w.ev.Data) > 0), len(w.ev.Data) > 0:
		return w.data(dst, st)
	case st.traits.Datagram, !st.traits.IP:
	case kind == sockeye.Joined:
		return w.handshake(dst, st)
	case kind == sockeye.Finished:
		f, back := st.from(w.ev.Detail == nil || w.ev.Detail.Reason != sockeye.ReasonEOF)
		if !f.fin {
			return w.finish(dst, f, back)
		}
	case kind == sockeye.Left:
		dst = w.leave(dst, st)
		w.e.forget(st)
		return dst
	}
	if kind == sockeye.Left {
		w.e.forget(st)
	}
	return w.statistics(dst)
}

// stray writes bytes that belong to no peer: nothing that Sockeye records, but
// bytes all the same.
func (w *eventWriter) stray(dst []byte) []byte {
	w.explain(nil)
	st := w.e.newStream(&sockeye.Peer{Network: sockeye.UDP})
	return w.data(dst, st)
}

// data writes the event's bytes, in as many packets as they need.
func (w *eventWriter) data(dst []byte, st *peerStream) []byte {
	w.e.counts.messages++
	f, back := st.from(w.ev.Kind == sockeye.Sent)
	data := w.ev.Data
	parts, piece := 1, len(data)
	if piece > f.most {
		parts = (len(data) + f.most - 1) / f.most
		piece = min(f.most, (len(data)/parts+8)&^7)
	}
	w.integrity.parts = uint16(parts)
	for i := range parts {
		w.integrity.part = uint16(i)
		part := data[:min(piece, len(data))]
		data = data[len(part):]
		if st.traits.Datagram || !st.traits.IP {
			dst = w.datagram(dst, f, part)
		} else {
			dst = w.part(dst, f, back, part, i == parts-1)
		}
		w.options = nil
		w.integrity.flags &^= flagCustomOption
	}
	return dst
}

// part writes one piece of a TCP stream, acknowledged from time to time.
func (w *eventWriter) part(dst []byte, f, back *packetFlow, data []byte, last bool) []byte {
	flags := byte(tcpACK)
	if last {
		flags |= tcpPSH
	}
	dst = w.tcp(dst, f, back, flags, data)
	if f.unackedBytes > ackBytes || f.unackedSegments >= ackSegments {
		k := w.integrity
		w.silent()
		dst = w.tcp(dst, back, f, tcpACK, nil)
		w.integrity = k
	}
	return dst
}

// silent makes the next blocks carry nothing of the event.
func (w *eventWriter) silent() {
	w.options = nil
	w.integrity.kind, w.integrity.flags, w.integrity.part, w.integrity.parts = 0, 0, 0, 0
}

// handshake writes how a TCP connection opens. Which side opens it is which side
// the session is on.
func (w *eventWriter) handshake(dst []byte, st *peerStream) []byte {
	w.e.restart(st)
	f, back := st.from(st.peer.Session != nil && st.peer.Session.Endpoint.Mode == sockeye.Connect)
	dst = w.tcp(dst, f, back, tcpSYN, nil)
	w.silent()
	dst = w.tcp(dst, back, f, tcpSYN|tcpACK, nil)
	return w.tcp(dst, f, back, tcpACK, nil)
}

// finish writes the FIN of one side and its acknowledgement.
func (w *eventWriter) finish(dst []byte, f, back *packetFlow) []byte {
	dst = w.tcp(dst, f, back, tcpFIN|tcpACK, nil)
	f.fin = true
	w.silent()
	return w.tcp(dst, back, f, tcpACK, nil)
}

// leave writes the end of a TCP connection as it was. A connection that ended
// without a packet, by silence or by a fault of the system, gets none.
func (w *eventWriter) leave(dst []byte, st *peerStream) []byte {
	var reason sockeye.Reason
	if w.ev.Detail != nil {
		reason = w.ev.Detail.Reason
	}
	switch reason {
	case sockeye.ReasonReset:
		return w.tcp(dst, &st.in, &st.out, tcpRST|tcpACK, nil)
	case sockeye.ReasonAborted:
		return w.tcp(dst, &st.out, &st.in, tcpRST|tcpACK, nil)
	case sockeye.ReasonTimeout, sockeye.ReasonError:
		return w.statistics(dst)
	}
	peerToo := reason == sockeye.ReasonEOF && !st.in.fin
	if !peerToo && st.out.fin {
		return w.statistics(dst) // both FINs are there already, or the peer's never came
	}
	if peerToo {
		dst = w.finish(dst, &st.in, &st.out)
	}
	if !st.out.fin {
		dst = w.finish(dst, &st.out, &st.in)
	}
	return dst
}

// tcp appends one segment and moves the sequence numbers on.
func (w *eventWriter) tcp(dst []byte, f, back *packetFlow, flags byte, data []byte) []byte {
	var options []byte
	if flags&tcpSYN != 0 {
		if options = synOptions4; f.ip == 40 {
			options = synOptions6
		}
	}
	front := f.size + len(options)
	n := front + len(data)
	w.direction = f.direction
	start := len(dst)
	dst = w.open(dst, n, n)
	block := dst[start:]
	p := block[packetFixed:][:n]
	copy(p[front:], data)
	ack := uint32(0)
	if flags&tcpACK != 0 {
		ack = back.next
		back.unackedBytes, back.unackedSegments = 0, 0
	}
	f.putTCP(p, f.next, ack, flags, options)
	w.close(block, n)
	f.next += uint32(len(data))
	f.unackedBytes += uint32(len(data))
	f.unackedSegments++
	if flags&(tcpSYN|tcpFIN) != 0 {
		f.next++
	}
	return dst
}

// datagram appends one packet without a place in a stream, with its true length, which
// is more than what was received when it did not fit the buffer.
func (w *eventWriter) datagram(dst []byte, f *packetFlow, data []byte) []byte {
	length := len(data)
	if d := w.ev.Detail; d != nil && w.integrity.parts == 1 {
		length = min(max(length, d.Datagram), f.most)
	}
	n := f.size + len(data)
	w.direction = f.direction
	start := len(dst)
	dst = w.open(dst, n, f.size+length)
	block := dst[start:]
	p := block[packetFixed:][:n]
	copy(p[f.size:], data)
	if f.ip == 0 {
		copy(p, f.header[:f.size])
	} else {
		f.putUDP(p, length)
	}
	w.close(block, n)
	return dst
}

// statistics appends the block of an event that has no packet.
func (w *eventWriter) statistics(dst []byte) []byte {
	start := len(dst)
	dst = appendStatistics(dst, w.iface, w.at)
	dst = append(dst, w.options...)
	if w.ev.Kind == sockeye.Gap || w.ev.Kind == sockeye.Ended {
		t := w.e.counts
		if w.ev.Detail != nil {
			t.lost += w.ev.Detail.Lost.Events
		}
		dst = appendCount(dst, optReceived, t.messages)
		dst = appendCount(dst, optDropped, t.lost)
	}
	return closeBlock(dst, start, &w.integrity)
}

// explain prepares the comments and the note of the event's first block.
func (w *eventWriter) explain(st *peerStream) {
	ev := w.ev
	introduce := st != nil && st.segment != w.e.segment
	renamed := false
	if st != nil {
		if alias := ev.Peer.Alias(); alias != st.alias {
			renamed, st.alias = true, alias
		}
	}
	if ev.Detail == nil && !introduce && !renamed {
		return
	}
	n := customOption{Detail: detailOptionOf(ev.Detail)}
	o := w.e.options[:0]
	if introduce || renamed {
		st.segment = w.e.segment
		n.Peer = peerOptionOf(st.peer, st.alias, st.since)
		if st.alias != "" {
			o = appendOption(o, optComment, plainText(aliasComment(st.peer, st.alias).In(w.e.o.Lang)))
		}
	}
	if ev.Detail != nil && ev.Detail.Comment != nil && ev.Kind != sockeye.Commented {
		o = appendOption(o, optComment, plainText(ev.Detail.Comment.Text))
	}
	if t := eventComment(ev, w.e.o.Lang); t != "" {
		o = appendOption(o, optComment, plainText(t))
	}
	o = appendCustomOption(o, n.json())
	w.e.options, w.options = o, o
	w.integrity.flags |= flagCustomOption
}
