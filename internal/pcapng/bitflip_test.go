package pcapng

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const flippedSegment = 64 << 10 // bytes

// busy is a scene that is exactly flippedSegment bytes as a segment: peers of TCP
// and UDP that come, send short and long, text and binary, and leave.
func busy(t *testing.T) (*scene, layout) {
	fill := 0 // bytes of the last message
	for range 10 {
		s := busyWith(rand.New(rand.NewPCG(11, 64)), fill)
		l := s.layout(EncodeOptions{OS: "linux"})
		if len(l.segment) == flippedSegment {
			return s, l
		}
		fill += flippedSegment - len(l.segment)
	}
	t.Fatal("no scene has this size; the last message would need", fill, "bytes")
	return nil, layout{}
}

func busyWith(random *rand.Rand, fill int) *scene {
	s := mixed()
	tcp := session("s3", sockeye.Listen, "tcp://:10001")
	udp := session("s4", sockeye.Listen, "udp://:10002")
	peers := []*sockeye.Peer{
		s.peer(tcp, "192.168.1.111:10001", "192.168.1.50:40001"),
		s.peer(tcp, "192.168.1.111:10001", "192.168.1.51:40002"),
		s.peer(udp, "192.168.1.111:10002", "192.168.1.52:40003"),
	}
	s.on(tcp, sockeye.Opened, nil)
	s.on(udp, sockeye.Opened, nil)
	for _, p := range peers {
		s.at(p, sockeye.Joined, "")
	}
	for i := range 80 {
		data := make([]byte, []int{1, 8, 60, 200, 1400}[random.IntN(5)])
		for j := range data {
			data[j] = byte(random.Uint32())
		}
		p := peers[random.IntN(len(peers))]
		if i%3 == 0 {
			s.received(p, hex.EncodeToString(data))
			continue
		}
		s.sent(p, string(data))
	}
	s.received(peers[0], string(make([]byte, fill)))
	for range 4 {
		s.sent(peers[1], "and on")
	}
	return s
}

// flips decodes a segment with one bit changed. Every block but the changed one is
// as it was, so after it the decoder is where it would have been: it begins one
// block before the bit and ends when it has read one event behind the damage.
type flips struct {
	segment []byte
	clean   decoded
	starts  []int64 // of the first block of each event
	blocks  []int   // where blocks begin
	plain   []bool  // whether an event tells of nothing but its bytes
}

func newFlips(s *scene, l layout) *flips {
	f := &flips{segment: l.segment, clean: decode(l.segment, DecodeOptions{})}
	d := NewDecoder(bytes.NewReader(l.segment), DecodeOptions{})
	for {
		if _, err := d.Next(); err != nil {
			break
		}
		f.starts = append(f.starts, d.Start())
	}
	for at := 0; at < len(l.segment); at += int(le.Uint32(l.segment[at+4:])) {
		f.blocks = append(f.blocks, at)
	}
	for i := range s.events {
		e := &s.events[i]
		first := l.ends[max(i-1, 0)]
		introduces := bytes.Contains(l.segment[first:l.ends[i]], []byte(`{"`)) // a session or a peer
		f.plain = append(f.plain, e.Detail == nil && (e.Kind == sockeye.Received || e.Kind == sockeye.Sent) && !introduces)
	}
	return f
}

// near is what a decoder gives of events from the block before event number hit
// (an index) to the first whole event behind the damage, put between the other events of the segment.
// buf is memory that the decoder may use.
func (f *flips) near(segment []byte, hit int, names *Registry, buf []byte) decoded {
	out := decoded{events: f.clean.events[: hit-1 : hit-1]}
	d := NewDecoder(bytes.NewReader(segment[f.starts[hit-1]:]), DecodeOptions{
		Offset: f.starts[hit-1], Names: names, Damaged: func(d Damage) { out.damage = append(out.damage, d) }})
	d.lookahead.buf = buf
	for {
		ev, err := d.Next()
		if err != nil {
			out.end = d.Offset()
			if !errors.Is(err, io.EOF) {
				out.err = err
			}
			return out
		}
		next := int(ev.Seq) // index of the event after this one
		ev.Data = bytes.Clone(ev.Data)
		out.events = append(out.events, ev)
		if n := len(out.damage); n > 0 && next > hit+1 && next < len(f.clean.events) && d.Start() >= out.damage[n-1].Offset+out.damage[n-1].Length {
			out.events = append(out.events, f.clean.events[next:]...)
			out.end = f.clean.end
			return out
		}
	}
}

// wrong is what is not as it should be after bit i of event number hit (an index)
// was flipped: one place is reported, which holds the bit and says which event it
// cost, or that it was put right; all other events are as they were.
func (f *flips) wrong(got decoded, i, hit int) string {
	if got.err != nil || len(got.damage) != 1 {
		return fmt.Sprintf("error %v, damage %v", got.err, got.damage)
	}
	d := got.damage[0]
	if at := int64(i / 8); d.Offset > at || d.Offset+d.Length <= at {
		return "reported elsewhere: " + d.String()
	}
	if d.Seq != 0 && (hit < 0 || d.Seq != f.clean.events[hit].Seq) {
		return "reported as another event: " + d.String()
	}
	want := f.clean.events
	if len(got.events) < len(want) {
		if hit < 0 || d.Kind != Broken {
			return "an event is missing, and the report says " + d.String()
		}
		want = append(want[:hit:hit], want[hit+1:]...)
	}
	return diffEvents(want, got.events)
}

// F11: each bit of a segment of 64 KiB is flipped, 524,288 in all. Under the race
// detector it is each 61st, unless SOCKEYE_FLIPS=all.
func TestEveryBitOfASegment(t *testing.T) {
	s, l := busy(t)
	f := newFlips(s, l)
	if diff := diffEvents(s.events, f.clean.events); diff != "" {
		t.Fatal(diff)
	}
	begin := len(NewEncoder(EncodeOptions{OS: "linux"}).Begin(nil, s.now))
	step := 1
	if raceDetector && os.Getenv("SOCKEYE_FLIPS") != "all" {
		step = 61
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	var lock sync.Mutex
	var whole, compared, lost int
	for w := range workers {
		wg.Go(func() {
			segment, buf := bytes.Clone(l.segment), make([]byte, 2*flippedSegment)
			names := NewRegistry()
			decode(segment, DecodeOptions{Names: names})
			var wholes, both, cost int
			for i := w * step; i < len(segment)*8 && !t.Failed(); i += workers * step {
				hit := l.eventAt(i/8, begin)
				segment[i/8] ^= 1 << (i % 8)
				near := hit > 0 && f.plain[hit] && f.plain[hit-1] && hit+3 < len(s.events)
				var got decoded
				if near {
					got = f.near(segment, hit, names, buf)
				}
				if !near || i%127 == 0 {
					all := decode(segment, DecodeOptions{})
					wholes++
					if near {
						both++
						if diff := cmp.Diff(all.damage, got.damage) + diffEvents(all.events, got.events); diff != "" || all.end != got.end {
							t.Errorf("bit %d of byte %d: decoded from near it is not as decoded whole: %s", i%8, i/8, diff)
						}
					}
					got = all
				}
				segment[i/8] ^= 1 << (i % 8)
				if len(got.events) < len(s.events) {
					cost++
				}
				if why := f.wrong(got, i, hit); why != "" {
					t.Errorf("bit %d of byte %d, in event %d: %s", i%8, i/8, hit+1, why)
				}
			}
			lock.Lock()
			defer lock.Unlock()
			whole, compared, lost = whole+wholes, compared+both, lost+cost
		})
	}
	wg.Wait()
	t.Logf("%d flips, %d cost their event; %d decoded whole, of which %d both ways", len(l.segment)*8/step, lost, whole, compared)
}
