//go:build linux

package transport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"strings"
	"sync"
	"testing"

	"sockeye"
)

// Datagrams are read and answered in batches where the system can, one by one where
// not, and nobody can tell which.

// prompt answers by a function, once it is let.
type prompt struct {
	let   chan struct{} // closed to let the reader of the first datagram go on
	reply func(p *transport.Peer, data []byte) ([]byte, bool)
}

func (a *prompt) Joined(*transport.Peer) { <-a.let }
func (a *prompt) Received(p *transport.Peer, data []byte) {
	p.Send(context.Background(), append([]byte("late "), data...))
}
func (a *prompt) Reply(p *transport.Peer, data []byte) (reply []byte, _ bool) {
	return a.reply(p, data)
}

// many has n datagrams wait for a reader that is stopped, so that they come in
// batches, and returns the answers.
func many(t *testing.T, o sockeye.Options, n int, reply func(*transport.Peer, []byte) ([]byte, bool)) (answers []string, r *transporttest.EventLog) {
	t.Helper()
	a := &prompt{make(chan struct{}), reply}
	pc, r := transporttest.Listening(t, "udp", o, a)
	c := transporttest.DialUDP(t, pc)
	for i := range n {
		if _, err := fmt.Fprintf(c, "%d", i); err != nil {
			t.Fatal(err)
		}
	}
	r.WaitKind(t, sockeye.Joined, 1)
	close(a.let)
	buf := make([]byte, 1<<16)
	for {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v after the answers %q\n%s", err, answers, r)
		}
		if string(buf[:n]) == "end" {
			return answers, r
		}
		answers = append(answers, string(buf[:n]))
	}
}

// endAt makes an answer to the n-th datagram the last.
func endAt(n int, reply func(p *transport.Peer, data []byte) ([]byte, bool)) func(*transport.Peer, []byte) ([]byte, bool) {
	return func(p *transport.Peer, data []byte) ([]byte, bool) {
		if string(data) == fmt.Sprint(n-1) {
			return []byte("end"), true
		}
		return reply(p, data)
	}
}

// A prompt may use one buffer for all its replies, be silent, answer with an empty
// datagram, or leave the answer to Received; the order of the answers stays.
func TestPromptReplies(t *testing.T) { transporttest.OnEachConnKind(t, testPromptReplies) }

func testPromptReplies(t *testing.T) {
	const n = 150
	scratch := make([]byte, 0, 64)
	var want []string
	for i := range n - 1 {
		switch i % 5 {
		case 0:
		case 1:
			want = append(want, "")
		case 2:
			want = append(want, fmt.Sprint("late ", i))
		case 3:
			want = append(want, fmt.Sprint("reply to ", i))
		case 4:
			want = append(want, fmt.Sprint(i))
		}
	}
	got, r := many(t, sockeye.Options{}, n, endAt(n, func(_ *transport.Peer, data []byte) ([]byte, bool) {
		var i int
		fmt.Sscan(string(data), &i)
		switch i % 5 {
		case 0:
			return nil, true
		case 1:
			return []byte{}, true
		case 2:
			return nil, false
		case 3:
			scratch = append(append(scratch[:0], "reply to "...), data...)
			return scratch, true
		}
		return data, true
	}))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("answers %q\nwant    %q", got, want)
	}
	r.WaitBytes(t, sockeye.Sent, len(strings.Join(want, ""))+len("end"))
	if n := len(r.All(transporttest.IsKind(sockeye.Sent))); n != len(want)+1 {
		t.Errorf("%d sent events, want %d", n, len(want)+1)
	}
}

// A reply that cannot be sent is an error event, and takes no other with it.
func TestReplyTooLarge(t *testing.T) { transporttest.OnEachConnKind(t, testReplyTooLarge) }

func testReplyTooLarge(t *testing.T) {
	got, r := many(t, sockeye.Options{}, 20, endAt(20, func(_ *transport.Peer, data []byte) ([]byte, bool) {
		if string(data) == "3" || string(data) == "4" || string(data) == "11" {
			return make([]byte, maxDatagram+1), true
		}
		return data, true
	}))
	if want := "[0 1 2 5 6 7 8 9 10 12 13 14 15 16 17 18]"; fmt.Sprint(got) != want {
		t.Errorf("answers %v, want %s", got, want)
	}
	failed := r.All(transporttest.IsKind(sockeye.Failed))
	if len(failed) != 3 || failed[0].Detail.Err.Kind != sockeye.TooLarge || failed[0].Detail.Unsent != maxDatagram+1 {
		t.Errorf("errors %+v, want three that say too-large", failed)
	}
}

// C28: A datagram that is cut in the middle of a batch is told of, and its neighbours
// are whole.
func TestTruncationInABatch(t *testing.T) { transporttest.OnEachConnKind(t, testC28TruncationInABatch) }

func testC28TruncationInABatch(t *testing.T) {
	a := &prompt{make(chan struct{}), func(*transport.Peer, []byte) ([]byte, bool) { return nil, true }}
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{ReadSize: 100}, a)
	c := transporttest.DialUDP(t, pc)
	for i := range 40 {
		c.Write(bytes.Repeat([]byte{byte(i)}, 80+i))
	}
	close(a.let)
	r.WaitKind(t, sockeye.Received, 40)
	for i, e := range r.All(transporttest.IsKind(sockeye.Received)) {
		n, cut := 80+i, i > 20
		if !bytes.Equal(e.Data, bytes.Repeat([]byte{byte(i)}, min(n, 100))) || cut != (e.Detail != nil) || cut && e.Detail.Datagram != n {
			t.Errorf("datagram %d of %d bytes: %d bytes, detail %+v", i, n, len(e.Data), e.Detail)
		}
	}
}

// F44: what the system drops because nobody reads is counted, to the datagram.
func TestOverflowIsCounted(t *testing.T) { transporttest.OnEachConnKind(t, testF44Overflow) }

func testF44Overflow(t *testing.T) {
	a := &prompt{make(chan struct{}), func(*transport.Peer, []byte) ([]byte, bool) { return nil, true }}
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{ReceiveBuffer: 64 << 10}, a)
	c := transporttest.DialUDP(t, pc)
	const n = 3000
	for range n {
		c.Write(make([]byte, 1000))
	}
	close(a.let)
	var got, lost int
	r.WaitAll(t, "every datagram is accounted for", func(events []sockeye.Event) bool {
		got, lost = 0, 0
		for _, e := range events {
			switch e.Kind {
			case sockeye.Received:
				got++
			case sockeye.Gap:
				lost += int(e.Detail.Lost.Events)
			}
		}
		return got+lost >= n
	})
	if got+lost != n || lost == 0 {
		t.Errorf("%d received and %d lost of %d", got, lost, n)
	}
	gap := r.All(transporttest.IsKind(sockeye.Gap))[0]
	if gap.Session == nil || gap.Detail.Err == nil || !strings.Contains(gap.Detail.Err.Hint.En, "--receive-buffer") {
		t.Errorf("the gap is %+v, and does not say what to do", gap)
	}
}

// C32: an answer comes from the address that was asked, also when the socket is
// bound to all of them, and the peer's five-tuple names it.
func TestAnswersFromWhereItWasAsked(t *testing.T) {
	transporttest.OnEachConnKind(t, testC32AnswersFromWhereItWasAsked)
}

func testC32AnswersFromWhereItWasAsked(t *testing.T) {
	transporttest.NeedIPv6(t)
	pc, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://:0")}, transporttest.Echoing{})
	_, port, _ := net.SplitHostPort(pc.Locals()[0].String())
	for i, ip := range []string{"127.0.0.1", "127.0.0.2", "127.3.4.5", "::1"} {
		c, err := net.Dial("udp", net.JoinHostPort(ip, port)) // hears only from there
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		buf := make([]byte, 10)
		for range 3 {
			c.Write([]byte("who?"))
			if n, err := c.Read(buf); err != nil || string(buf[:n]) != "who?" {
				t.Fatalf("%s: %q, %v", ip, buf[:n], err)
			}
		}
		joined := r.WaitKind(t, sockeye.Joined, i+1)
		if got := joined.Peer.Local.String(); got != net.JoinHostPort(ip, port) {
			t.Errorf("asked %s, and the peer's local address is %s", ip, got)
		}
		pc.Peer(joined.Peer.ID).Send(t.Context(), []byte("unasked"))
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != "unasked" {
			t.Fatalf("%s: %q, %v", ip, buf[:n], err)
		}
	}
}

// Under load every datagram is one event, in order for each peer, and one answer.
func TestPacketLoad(t *testing.T) { transporttest.OnEachConnKind(t, testPacketLoad) }

func testPacketLoad(t *testing.T) {
	const clients, rounds, window = 4, 200, 16
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, transporttest.Echoing{})
	var running sync.WaitGroup
	for range clients {
		c := transporttest.DialUDP(t, pc)
		running.Go(func() {
			buf := make([]byte, 100)
			for round := range rounds {
				for i := range window {
					c.Write(binary.BigEndian.AppendUint32(nil, uint32(round*window+i)))
				}
				for i := range window {
					n, err := c.Read(buf)
					if want := uint32(round*window + i); err != nil || n != 4 || binary.BigEndian.Uint32(buf) != want {
						t.Errorf("answer %x, %v; want %x", buf[:n], err, want)
						return
					}
				}
			}
		})
	}
	running.Wait()
	pc.Close()
	next := map[uint64][2]uint32{} // of each peer: received, sent
	for _, e := range r.All(func(e sockeye.Event) bool { return e.Data != nil }) {
		n, of := next[e.Peer.ID], 0
		if e.Kind == sockeye.Sent {
			of = 1
		}
		if got := binary.BigEndian.Uint32(e.Data); got != n[of] {
			t.Fatalf("peer %d: %s %d, want %d", e.Peer.ID, e.Kind, got, n[of])
		}
		n[of]++
		if next[e.Peer.ID] = n; n[1] > n[0] {
			t.Fatalf("peer %d: an answer is recorded before what it answers", e.Peer.ID)
		}
	}
	for id, n := range next {
		if n != [2]uint32{rounds * window, rounds * window} {
			t.Errorf("peer %d: %v datagrams received and sent, want %d", id, n, rounds*window)
		}
	}
}
