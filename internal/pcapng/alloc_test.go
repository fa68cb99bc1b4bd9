package pcapng

import (
	"bytes"
	"testing"

	"sockeye"
)

// Encoding an event of a peer that is known already allocates nothing.
func TestAppendAllocatesNothing(t *testing.T) {
	s := newScene()
	tcp := session("s1", sockeye.Listen, "tcp://:10000")
	udp := session("s2", sockeye.Listen, "udp://:10000")
	peers := []*sockeye.Peer{
		s.peer(tcp, "10.0.0.1:10000", "10.0.0.2:1"), s.peer(tcp, "[::1]:10000", "[::1]:2"), s.peer(udp, "10.0.0.1:10000", "10.0.0.2:1"),
	}
	e := NewEncoder(EncodeOptions{})
	buf := e.Begin(make([]byte, 0, 1<<20), s.now)
	data := []byte(noise(100_000))
	seq := uint64(0)
	run := func() {
		for i, p := range peers {
			for _, n := range []int{64, 1400, 65_000} {
				seq++
				ev := sockeye.Event{Seq: seq, Time: s.now, Kind: sockeye.Received + sockeye.EventKind(i&1), Session: p.Session, Peer: p, Data: data[:n]}
				buf = e.Append(buf[:0], &ev)
			}
		}
	}
	run() // introduces them
	if n := testing.AllocsPerRun(1000, run); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

// Decoding an event of a peer that is known already allocates nothing.
func TestNextAllocatesNothing(t *testing.T) {
	s := newScene()
	on := session("s1", sockeye.Listen, "tcp://:10000")
	a, b := s.peer(on, "10.0.0.1:10000", "10.0.0.2:1"), s.peer(on, "[::1]:10000", "[::1]:2")
	for i := range 4000 {
		s.received(a, noise(64))
		s.sent(b, noise(i))
	}
	large := newScene()
	for range 100 {
		large.received(a, noise(200_000)) // each in several packets
	}
	for _, s := range []*scene{s, large} {
		d := NewDecoder(bytes.NewReader(s.encode(EncodeOptions{})), DecodeOptions{})
		next := func() {
			if _, err := d.Next(); err != nil {
				t.Fatal(err)
			}
		}
		for range len(s.events) / 2 {
			next() // the buffers grow to their sizes
		}
		if n := testing.AllocsPerRun(len(s.events)/2-1, next); n != 0 {
			t.Errorf("Next allocates %v times", n)
		}
	}
}
