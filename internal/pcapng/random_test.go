package pcapng

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"sockeye"
)

// randomScene is a journal in which nearly anything happens, in an order that
// need not make sense.
func randomScene(r *rand.Rand) *scene {
	s := newScene()
	addresses := []string{"tcp://:10000", "tcp6://[::1]:0", "udp4://10.0.0.9:5", "udp://[ff02::1%eth0]:5353", "tcp://board.lan:8080", "udp://:65535"}
	var sessions []*sockeye.Session
	for i, a := range addresses {
		mode := sockeye.Listen
		if r.IntN(2) == 0 {
			mode = sockeye.Connect
		}
		sessions = append(sessions, session(fmt.Sprint("s", i+1), mode, a))
	}
	ends := []string{"10.0.0.1:1", "[fe80::1%eth0]:65535", "[::]:10000", "255.255.255.255:9", "[2001:db8::1]:443"}
	pick := func() string { return ends[r.IntN(len(ends))] }
	var peers []*sockeye.Peer
	for range 1 + r.IntN(12) {
		peers = append(peers, s.peer(sessions[r.IntN(len(sessions))], pick(), pick()))
	}
	for range 1 + r.IntN(150) {
		s.now = s.now.Add(time.Duration(r.IntN(3)) * time.Second)
		e := sockeye.Event{Kind: sockeye.EventKind(1 + r.IntN(9)), Detail: randomDetail(r)}
		switch r.IntN(10) {
		case 0: // belongs to nobody
		case 1:
			e.Session = sessions[r.IntN(len(sessions))]
		default:
			e.Peer = peers[r.IntN(len(peers))]
			if r.IntN(10) == 0 {
				e.Peer.SetAlias(fmt.Sprint("板 ", r.IntN(100)))
			}
		}
		if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
			e.Data = randomData(r)
			if e.Detail != nil && e.Detail.Datagram != 0 {
				e.Detail.Datagram += len(e.Data)
			}
		}
		s.add(e)
	}
	return s
}

func randomData(r *rand.Rand) []byte {
	size := r.IntN(300)
	switch r.IntN(20) {
	case 0:
		size = r.IntN(300_000)
	case 1:
		size = 65_480 + r.IntN(60)
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomDetail(r *rand.Rand) *sockeye.Detail {
	if r.IntN(3) > 0 {
		return nil
	}
	reasons := []sockeye.Reason{"", sockeye.ReasonEOF, sockeye.ReasonReset, sockeye.ReasonTimeout, sockeye.ReasonLocal,
		sockeye.ReasonAborted, sockeye.ReasonIdle, sockeye.ReasonLimit, sockeye.ReasonError}
	d := &sockeye.Detail{Reason: reasons[r.IntN(len(reasons))]}
	for range r.IntN(3) {
		d.Locals = append(d.Locals, sockeye.IPSocketAddr(netip.MustParseAddrPort("[fe80::1%eth0]:1")))
		d.Attempts = append(d.Attempts, sockeye.Attempt{
			Address: netip.MustParseAddrPort("10.0.0.1:1"), After: time.Duration(r.Int64()), Took: 5, Err: randomError(r)})
	}
	d.Err = randomError(r)
	if r.IntN(2) == 0 {
		d.Retry, d.Datagram, d.Unsent = time.Duration(r.Int64()), r.IntN(1000), r.IntN(1<<30)
		d.Lost = sockeye.Lost{Events: r.Uint64(), Bytes: r.Uint64()}
	}
	return d
}

func randomError(r *rand.Rand) *sockeye.Error {
	switch r.IntN(3) {
	case 0:
		return nil
	case 1:
		return &sockeye.Error{Kind: sockeye.System, Op: "receive", Target: "<\x1b[31m&\n", Err: io.ErrUnexpectedEOF}
	}
	return &sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "tcp://板.lan:1", Errno: "ECONNREFUSED",
		Message: sockeye.Text{En: "no", Zh: "不"}, Hint: sockeye.Text{En: "try", Zh: "试试"}}
}

// Whatever happens in a journal, its segments give the same events, with one
// Session for a session and one Peer for a peer over all of them.
func TestRoundTripRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		s := randomScene(r)
		segments := s.segments(r)
		names := NewRegistry()
		var got []sockeye.Event
		for _, b := range segments {
			one := decode(b, DecodeOptions{Names: names})
			if one.err != nil || len(one.damage) > 0 || one.end != int64(len(b)) {
				t.Fatalf("error %v, damage %v, Offset %d of %d", one.err, one.damage, one.end, len(b))
			}
			got = append(got, one.events...)
		}
		if diff := diffEvents(s.events, got); diff != "" {
			t.Fatal(diff)
		}
		identities := map[any]any{}
		for i := range s.events {
			identities[s.events[i].Session], identities[s.events[i].Peer] = got[i].Session, got[i].Peer
		}
		for i := range s.events {
			if identities[s.events[i].Session] != any(got[i].Session) || identities[s.events[i].Peer] != any(got[i].Peer) {
				t.Fatalf("event %d: the same session or peer is another one", i+1)
			}
		}
		whole := bytes.Join(segments, nil)
		if one := decode(whole, DecodeOptions{}); one.err != nil || len(one.damage) > 0 || diffEvents(s.events, one.events) != "" {
			t.Fatalf("put together: error %v, damage %v, %d events", one.err, one.damage, len(one.events))
		}
	}
}

// segments is the scene cut at random places.
func (s *scene) segments(r *rand.Rand) [][]byte {
	e := NewEncoder(EncodeOptions{})
	var all [][]byte
	for i := range s.events {
		if i == 0 || r.IntN(20) == 0 {
			all = append(all, e.Begin(nil, s.events[i].Time))
		}
		b := &all[len(all)-1]
		*b = e.Append(*b, &s.events[i])
	}
	return all
}
