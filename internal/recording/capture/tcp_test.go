package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/pcapng"
)

// handshake begins a connection with the given initial numbers.
func handshake(c, s flow, isn, ack uint32) []built {
	return []built{c.segment("S", isn, 0, ""), s.segment("SA", ack, isn+1, ""), c.segment("A", isn+1, ack+1, "")}
}

// exchange is a whole short connection.
func exchange(c, s flow, isn, ack uint32, question, answer string) []built {
	q, a := uint32(len(question)), uint32(len(answer))
	return append(handshake(c, s, isn, ack),
		c.segment("A", isn+1, ack+1, question),
		s.segment("A", ack+1, isn+1+q, answer),
		c.segment("FA", isn+1+q, ack+1+a, ""),
		s.segment("FA", ack+1+a, isn+2+q, ""),
		c.segment("A", isn+2+q, ack+2+a, ""))
}

// later is a packet some time after the first one.
func later(at time.Duration, p built) built {
	p.at = at
	return p
}

// tcpCase is a conversation and the events that it is.
type tcpCase struct {
	name    string
	packets []built
	want    []string
	lost    []string
	// differs says why tshark, which follows the numbers of one stream, does not show
	// the same bytes.
	differs string
}

var whole = []string{"joined", "received question", "sent answer", "finished eof", "finished local", "left eof"}

func tcpCases(t testing.TB) []tcpCase {
	c, s := flows(t)
	begun := handshake(c, s, 99, 499)
	after := func(more ...built) []built { return append(begun[:3:3], more...) }
	with := func(events ...string) []string { return append([]string{"opened"}, events...) }
	twice := append(with(whole...), whole...)
	top := uint32(1<<32 - 4) // so that the numbers wrap in the middle of a text
	return []tcpCase{
		{"a connection", exchange(c, s, 99, 499, "question", "answer"), with(whole...), nil, ""},
		{"numbers that wrap", exchange(c, s, top, top-1, "question", "answer"), with(whole...), nil, ""},
		{"the same addresses again", append(exchange(c, s, 99, 499, "question", "answer"), exchange(c, s, 7000, 800, "question", "answer")...), twice, nil, ""},
		{"the same addresses again, smaller numbers", append(exchange(c, s, 7000, 800, "question", "answer"), exchange(c, s, 99, 499, "question", "answer")...), twice, nil, ""},
		{"the same addresses again, in the range of the last", append(exchange(c, s, 99, 499, "question", "answer"), exchange(c, s, 101, 501, "question", "answer")...), twice, nil, ""},
		{"the same addresses and numbers again", append(exchange(c, s, 99, 499, "question", "answer"), exchange(c, s, 99, 499, "question", "answer")...), twice, nil, "it takes the second one for a retransmission"},
		{"the same addresses again, the last one not closed", append(after(c.segment("A", 100, 500, "first")), exchange(c, s, 7000, 800, "question", "answer")...),
			append(with("joined", "received first"), whole...), nil, ""},
		{"the same numbers again after a restart, the answer to the SYN missing", []built{c.segment("S", 6509, 0, ""), c.segment("A", 6510, 500, "Hello 01!"),
			later(2*time.Second, c.segment("S", 6509, 0, "")), later(2*time.Second+time.Millisecond, c.segment("A", 6510, 900, "Hello 02!"))},
			with("joined", "received Hello 01!", "joined", "received Hello 02!"), nil, "it takes the numbers for old ones"},
		{"a SYN that was sent again", []built{c.segment("S", 6509, 0, ""), c.segment("A", 6510, 500, "Hello 01!"), c.segment("S", 6509, 0, ""), c.segment("A", 6519, 500, " more")},
			with("joined", "received Hello 01!", "received  more"), nil, ""},
		{"another initial number of the server, without SYN of the client", append(exchange(c, s, 99, 499, "question", "answer"),
			s.segment("SA", 9000, 7001, ""), c.segment("A", 7001, 9001, "more")), append(with(whole...), "joined", "received more"), nil, "it takes the numbers for old ones"},
		{"another initial number, without SYN", append(exchange(c, s, 99, 499, "question", "answer"),
			c.segment("A", 3_000_000_000, 9001, "more"), s.segment("A", 9001, 3_000_000_004, "ok")), append(with(whole...), "joined", "received more", "sent ok"), nil, "it takes the numbers for old ones"},
		{"another initial number, without SYN, the last one not closed", append(handshake(c, s, 5000, 499), c.segment("A", 5001, 500, "first"), c.segment("A", 100, 900, "more")),
			with("joined", "received first", "joined", "received more"), []string{"packet 5: its numbers do not follow those before it, so another connection of 10.0.0.2:40000 begins here"}, "it takes the numbers for old ones"},
		{"smaller numbers of both, without SYN", append(exchange(c, s, 5_000_000, 6_000_000, "question", "answer"), exchange(c, s, 4_100_000, 5_100_000, "question", "answer")[3:]...), twice, nil, "it takes the numbers for old ones"},
		{"smaller numbers of the client, without SYN", append(exchange(c, s, 5_000_000, 6_000_000, "question", "answer"), exchange(c, s, 4_100_000, 6_900_000, "question", "answer")[3:]...), twice, nil, "it takes the numbers for old ones"},
		{"larger numbers, without SYN and FIN", append(exchange(c, s, 5_000_000, 6_000_000, "question", "answer")[3:5:5], exchange(c, s, 1_005_000_000, 1_006_000_000, "question", "answer")[3:5]...),
			with("joined", "received question", "sent answer", "joined", "received question", "sent answer"), []string{"packet 3: its numbers do not follow those before it, so another connection of 10.0.0.2:40000 begins here"}, "it shows what is between as missing"},
		{"much missing of one direction", after(c.segment("A", 100, 500, "question"), c.segment("A", 1_000_000_100, 500, "more")), with("joined", "received question", "gap 999999992", "received more"),
			[]string{"packet 5: 999999992 bytes from or to 10.0.0.2:40000 are not in the capture"}, "it does not show what comes after"},
		{"a segment from before the first one, without SYN", []built{c.segment("A", 1000, 500, "second"), c.segment("A", 990, 500, "first"), c.segment("A", 1006, 500, "third")},
			with("joined", "received second", "received first", "received third"), []string{"packet 2: 5 bytes from or to 10.0.0.2:40000 came too late for the order of the stream: shown here"}, "it drops it"},
		{"bytes that come after all when the other side has acknowledged them", after(c.segment("A", 104, 500, "tion"), s.segment("A", 500, 108, "ok"), c.segment("A", 100, 500, "ques")),
			with("joined", "gap 4", "received tion", "sent ok", "received ques"), []string{"packet 5: 4 bytes from or to 10.0.0.2:40000 are not in the capture", "packet 6: 4 bytes from or to 10.0.0.2:40000 came too late for the order of the stream: shown here"}, "it drops them"},
		{"an acknowledgement that overtook what it acknowledges", after(c.segment("A", 104, 500, "tion"), s.segment("A", 500, 108, ""), c.segment("A", 108, 500, "!"), c.segment("A", 100, 500, "ques"), s.segment("A", 500, 109, "ok")),
			with("joined", "received ques", "received tion", "received !", "sent ok"), nil, "it gives up what was acknowledged"},
		{"an acknowledgement that overtook data before a FIN", after(c.segment("FA", 108, 500, ""), s.segment("A", 500, 109, ""), c.segment("A", 100, 500, "question")), with("joined", "received question", "finished eof"), nil, ""},
		{"bytes that the capture missed, and that were acknowledged before the answer", after(c.segment("A", 104, 500, "tion"), s.segment("A", 500, 108, ""), s.segment("A", 500, 108, "ok")),
			with("joined", "gap 4", "received tion", "sent ok"), []string{"packet 6: 4 bytes from or to 10.0.0.2:40000 are not in the capture"}, ""},
		{"the last acknowledgement of the connection before", append(exchange(c, s, 99, 499, "question", "answer"), c.segment("S", 1<<31, 0, ""), s.segment("SA", 1<<31, 1<<31+1, ""), c.segment("A", 109, 507, ""), c.segment("A", 1<<31+1, 1<<31+1, "more")),
			append(with(whole...), "joined", "received more"), nil, ""},
		{"an acknowledgement from before the SYN", after(c.segment("A", 90, 500, ""), c.segment("A", 100, 500, "question"), s.segment("A", 500, 108, "answer")), with("joined", "received question", "sent answer"), nil, ""},
		{"data in a reset", after(c.segment("RA", 100, 500, "why")), with("joined", "left reset"), []string{"left out: 1 packet (3 bytes): TCP data in a reset (RST)"}, "it shows them"},
		{"a FIN before data that is there", after(c.segment("A", 104, 500, "tion"), c.segment("FA", 102, 500, ""), c.segment("A", 100, 500, "qu")), with("joined", "received qu", "finished eof"), []string{"left out: 1 packet (4 bytes): TCP data after the end of its direction (FIN)"}, "it shows them"},
		{"SYN again", append(begun[:1:1], append([]built{begun[0], begun[1], begun[1], begun[2]}, exchange(c, s, 99, 499, "question", "answer")[3:]...)...), with(whole...), nil, ""},
		{"SYN after SYN, ACK", append([]built{begun[1], begun[0], begun[2]}, exchange(c, s, 99, 499, "question", "answer")[3:]...), with(whole...), nil, ""},
		{"both open at once", append([]built{c.segment("S", 99, 0, ""), s.segment("S", 499, 0, ""), c.segment("SA", 99, 500, ""), s.segment("SA", 499, 100, "")}, exchange(c, s, 99, 499, "question", "answer")[3:]...), with(whole...), nil, ""},
		{"both open at once, and the SYN of one comes twice", append([]built{c.segment("S", 99, 0, ""), s.segment("S", 499, 0, ""), s.segment("S", 499, 0, ""), s.segment("SA", 499, 100, ""), c.segment("SA", 99, 500, "")}, exchange(c, s, 99, 499, "question", "answer")[3:]...), with(whole...), nil, ""},
		{"the server's SYN after a connection of which only the client was seen", []built{c.segment("S", 99, 0, ""), c.segment("A", 100, 500, "question"), s.segment("S", 7000, 0, ""), c.segment("SA", 800, 7001, ""), s.segment("A", 7001, 801, "more")}, with("joined", "received question", "opened", "joined", "received more"), nil, ""},
		{"data in SYN", []built{c.segment("S", 99, 0, "que"), s.segment("SA", 499, 103, ""), c.segment("A", 103, 500, "stion")}, with("joined", "received que", "received stion"), nil, ""},
		{"retransmission", after(c.segment("A", 100, 500, "question"), c.segment("A", 100, 500, "question")), with("joined", "received question"), []string{"left out: 1 packet (8 bytes): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"retransmission of another size", after(c.segment("A", 100, 500, "ques"), c.segment("A", 100, 500, "question"), c.segment("A", 102, 500, "estion!")), with("joined", "received ques", "received tion", "received !"), []string{"left out: 2 packets (10 bytes): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"out of order", after(c.segment("A", 104, 500, "tion"), c.segment("A", 108, 500, "!"), c.segment("A", 100, 500, "ques")), with("joined", "received ques", "received tion", "received !"), nil, ""},
		{"out of order, with overlap", after(c.segment("A", 104, 500, "tion"), c.segment("A", 106, 500, "on!"), c.segment("A", 100, 500, "quest")), with("joined", "received quest", "received ion", "received !"), []string{"left out: 2 packets (3 bytes): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"out of order where the numbers wrap", append(handshake(c, s, top, 499), c.segment("A", top+5, 500, "tion"), c.segment("A", top+1, 500, "ques")), with("joined", "received ques", "received tion"), nil, ""},
		{"keepalive with a byte", after(c.segment("A", 100, 500, "question"), s.segment("A", 500, 108, ""), c.segment("A", 107, 500, "\x00"), s.segment("A", 500, 108, ""), c.segment("A", 108, 500, "!")), with("joined", "received question", "received !"), []string{"left out: 1 packet (1 byte): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"keepalive before any data", after(c.segment("A", 99, 500, "\x00"), s.segment("A", 500, 100, ""), c.segment("A", 100, 500, "question")), with("joined", "received question"), []string{"left out: 1 packet (1 byte): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"keepalive where the numbers wrap", append(handshake(c, s, top, 499), c.segment("A", top+1, 500, "abc"), c.segment("A", top+3, 500, "\x00"), c.segment("A", top+4, 500, "d")), with("joined", "received abc", "received d"), []string{"left out: 1 packet (1 byte): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"a probe of a closed window", after(c.segment("A", 100, 500, "ques"), c.segment("A", 104, 500, "t"), s.segment("A", 500, 104, ""), c.segment("A", 104, 500, "t"), c.segment("A", 104, 500, "tion")), with("joined", "received ques", "received t", "received ion"), []string{"left out: 2 packets (2 bytes): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"a probe of a closed window where the numbers wrap", append(handshake(c, s, top, 499), c.segment("A", top+1, 500, "abc"), c.segment("A", top+4, 500, "d"), s.segment("A", 500, top+4, ""), c.segment("A", top+4, 500, "de")), with("joined", "received abc", "received d", "received e"), []string{"left out: 1 packet (1 byte): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"bytes that the capture missed", after(c.segment("A", 100, 500, "ques"), c.segment("A", 120, 500, "tion"), s.segment("A", 500, 124, "answer")), with("joined", "received ques", "gap 16", "received tion", "sent answer"),
			[]string{"packet 6: 16 bytes from or to 10.0.0.2:40000 are not in the capture"}, ""},
		{"bytes that never came", after(c.segment("A", 100, 500, "ques"), c.segment("A", 120, 500, "tion")), with("joined", "received ques", "gap 16", "received tion"),
			[]string{"packet 5: 16 bytes from or to 10.0.0.2:40000 are not in the capture"}, "it does not show what comes after"},
		{"a FIN that overtook data", after(c.segment("FA", 108, 500, ""), c.segment("A", 100, 500, "question")), with("joined", "received question", "finished eof"), nil, ""},
		{"data with FIN, twice", after(c.segment("FA", 100, 500, "question"), c.segment("FA", 100, 500, "question")), with("joined", "received question", "finished eof"), []string{"left out: 1 packet (8 bytes): TCP data that is there already (sent again, or captured twice)"}, ""},
		{"an abort", after(c.segment("A", 100, 500, "question"), c.segment("RA", 108, 500, "")), with("joined", "received question", "left reset"), nil, ""},
		{"an abort of the server, and what crossed it", after(s.segment("RA", 500, 100, ""), c.segment("A", 100, 500, "question")), with("joined", "left aborted", "received question"), nil, ""},
		{"an abort that overtook data", after(c.segment("A", 104, 500, "tion"), c.segment("RA", 108, 500, ""), c.segment("A", 100, 500, "ques")), with("joined", "received ques", "received tion", "left reset"), nil, ""},
		{"a connection that was refused", []built{c.segment("S", 99, 0, ""), s.segment("RA", 0, 100, "")}, with("joined", "left aborted"), nil, ""},
		{"the middle of a connection", []built{c.segment("A", 100, 500, "question"), s.segment("A", 500, 108, "answer")}, with("joined", "received question", "sent answer"), nil, ""},
		{"the middle of a connection, out of order", []built{s.segment("A", 500, 100, ""), c.segment("A", 104, 500, "tion"), c.segment("A", 100, 500, "ques")}, with("joined", "received ques", "received tion"), nil, "it begins with the first segment"},
		{"the end of what was not seen", []built{c.segment("FA", 100, 500, ""), s.segment("FA", 500, 101, ""), c.segment("RA", 101, 501, "")}, nil, nil, ""},
	}
}

// Every connection is a peer of its own, and its bytes are those that tshark
// follows: none dropped, none doubled.
func TestTCP(t *testing.T) {
	var all []built // each case with ports of its own
	for i, c := range tcpCases(t) {
		t.Run(c.name, func(t *testing.T) {
			events, lost := read(t, pcapOf(t, c.packets...))
			if diff := cmp.Diff(c.want, events); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" {
				t.Error(diff)
			}
		})
		if c.differs != "" {
			continue
		}
		for _, p := range c.packets {
			p.data = bytes.Clone(p.data)
			for at := 20; at < 24; at += 2 {
				if be.Uint16(p.data[at:]) == server4.Port() {
					be.PutUint16(p.data[at:], server4.Port()+uint16(i))
				}
			}
			all = append(all, p)
		}
	}
	file := pcapOf(t, all...)
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}

// Each of many short connections between the same addresses is there once.
func TestManyConnectionsOfOnePair(t *testing.T) {
	c, s := flows(t)
	var packets []built
	var want strings.Builder
	isn := uint32(1<<32 - 50_000)
	for i := range 700 {
		text := fmt.Sprintf("question %d.", i)
		want.WriteString(text)
		packets = append(packets, exchange(c, s, isn, isn/3, text, "answer")...)
		if i%3 == 0 { // sent twice, as on two interfaces
			packets = append(packets, packets[len(packets)-5], packets[len(packets)-2])
		}
		isn += []uint32{100, 1 << 16, 1<<31 - 5, 1 << 30}[i%4]
	}
	file := pcapOf(t, packets...)
	if diff := cmp.Diff(want.String(), ours(t, file).Streams["10.0.0.2:40000 > 10.0.0.1:10000"]); diff != "" {
		t.Error(diff)
	}
	events, lost := read(t, file)
	joined := 0
	for _, e := range events {
		if e == "joined" {
			joined++
		}
	}
	if diff := cmp.Diff([]string{"left out: 234 packets (3004 bytes): TCP data that is there already (sent again, or captured twice)"}, lost); joined != 700 || diff != "" {
		t.Errorf("%d peers, %s", joined, diff)
	}
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}

// Where the capture cut packets short, what it does not hold is told: of a stream
// as a gap, of a datagram by its true length.
func TestPacketsCutShort(t *testing.T) {
	c, s := flows(t)
	question := c.segment("A", 100, 500, "0123456789")
	question.cut = 4
	packets := append(handshake(c, s, 99, 499), question, c.segment("A", 110, 500, "more"))
	udp := raw(udpPacket(t, client4, server4, "0123456789"))
	udp.cut = 7
	header, ports := udp, udp
	header.cut, ports.cut = 10+2, 10+4 // in the middle of the UDP header
	file := pcapOf(t, append(packets, udp, header, ports)...)
	events, lost := read(t, file)
	want := []string{"opened", "joined", "received 012345", "gap 4", "received more", "opened", "joined", "received 012 (10)", "received (10)", "received (10)"}
	if diff := cmp.Diff(want, events); diff != "" || len(lost) != 1 {
		t.Errorf("%s %q", diff, lost)
	}
	// tshark shows no payload of a datagram that is cut, so only streams are compared.
	if diff := cmp.Diff(theirs(t, file).Streams, ours(t, file).Streams); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}

// However much waits for a segment that never comes, memory is bounded, and what
// is given up is told.
func TestWaitingIsBounded(t *testing.T) {
	c, s := flows(t)
	w := newWaitingReader(t, handshake(c, s, 99, 499))
	text := strings.Repeat("x", 1400)
	for i := range uint32(20_000) {
		w.take(c.segment("A", 200+1400*i, 500, text))
		if w.tcp.waiting > maxPendingBytes {
			t.Fatalf("%d bytes wait after %d segments", w.tcp.waiting, i)
		}
	}
	if len(w.lost) != 1 || w.tcp.waiting != 0 {
		t.Errorf("lost %q, %d bytes wait", w.lost, w.tcp.waiting)
	}
	// Nor do more than so many segments, however small they are.
	w = newWaitingReader(t, handshake(c, s, 99, 499))
	for i := range uint32(maxPending + 100) {
		w.take(c.segment("A", 200+2*i, 500, "x"))
		if w.tcp.waiting > maxPending*(pendingCost+1) {
			t.Fatalf("%d bytes wait after %d small segments", w.tcp.waiting, i)
		}
	}
}

// waitingReader takes packets one by one.
type waitingReader struct {
	*Reader
	lost []string
}

func newWaitingReader(t testing.TB, packets []built) *waitingReader {
	w := &waitingReader{}
	d, err := NewReader(bytes.NewReader(pcapOf(t, raw(nil))), CaptureOptions{Lost: func(x pcapng.Damage) { w.lost = append(w.lost, x.What.En) }})
	if err != nil {
		t.Fatal(err)
	}
	w.Reader = d
	for _, p := range packets {
		w.take(p)
	}
	return w
}

// take takes in a packet as packet does, and forgets its events.
func (w *waitingReader) take(p built) {
	w.count++
	if p.at != 0 {
		w.at = epoch.Add(p.at)
	}
	w.nested, w.queue = 0, w.queue[:0]
	w.fragments.expire(w.at)
	w.link(uint16(p.link), captured{p.data, len(p.data)})
}

// However many connections there are, a bounded number is remembered: few after few
// bytes of file, and never more than the most.
func TestConnectionsAreBounded(t *testing.T) {
	c, s := flows(t)
	w := newWaitingReader(t, handshake(c, s, 99, 499))
	packet := c.segment("S", 99, 0, "")
	for i := range maxConnections + 2*freeEntries {
		packet.data = bytes.Clone(packet.data)
		be.PutUint32(packet.data[12:], uint32(i))
		be.PutUint16(packet.data[22:], uint16(i%50_000))
		packet.at = time.Duration(i)
		if i == 2*freeEntries {
			if n := len(w.tcp.connections.byKey); n != freeEntries {
				t.Errorf("%d connections are remembered of a short file", n)
			}
			w.input.n = 1 << 40
		}
		w.take(packet)
	}
	if n := len(w.tcp.connections.byKey); n != maxConnections {
		t.Errorf("%d connections are remembered", n)
	}
	if n := len(w.sessions.byKey); n > maxSessions {
		t.Errorf("%d sessions are remembered", n)
	}
}
