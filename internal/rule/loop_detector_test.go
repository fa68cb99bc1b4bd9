package rule

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sockeye"
)

// An echoer that gives everything back, in any pieces, is noticed after some rounds;
// then everything under way is let run dry, and what is new is echoed again.
func TestLoopDetectorEndsALoop(t *testing.T) {
	for _, begun := range [][]string{{"Hello 01Studio!"}, {"a"}, {"one\n", "two\n", "three\n"}, {strings.Repeat("long ", 200)}} {
		t.Run(fmt.Sprintf("%.10q", begun), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(len(begun[0]))))
			var c LoopDetector
			var wire []byte // on its way to us
			for _, m := range begun {
				c.OnSend([]byte(m))
				wire = append(wire, m...)
			}
			crossed, told := 0, 0
			for len(wire) > 0 && crossed < 1<<20 {
				n := 1 + r.IntN(len(wire))
				chunk := bytes.Clone(wire[:n])
				wire, crossed = wire[n:], crossed+1
				ok, trouble := c.Echo(chunk)
				if trouble != nil {
					told++
				}
				if ok {
					wire = append(wire, chunk...) // and the other side sends it back
				}
			}
			if len(wire) > 0 || told != 1 || c.Watching() {
				t.Errorf("%d bytes still go round after %d, told %d times", len(wire), crossed, told)
			}
			if ok, _ := c.Echo([]byte("new")); !ok {
				t.Error("what is new is not echoed")
			}
		})
	}
}

// Whoever speaks first, and says the same as often as it likes, is echoed for ever:
// closed-loop load looks just so. What was begun here once changes nothing, as soon as
// the peer says anything of its own.
func TestLoopDetectorLeavesClientsAlone(t *testing.T) {
	var c LoopDetector
	same := bytes.Repeat([]byte{'x'}, 64)
	for range 100_000 {
		if ok, _ := c.Echo(same); !ok {
			t.Fatal("a client that spoke first is not echoed")
		}
	}
	c.OnSend([]byte("hello"))
	for range 100_000 {
		if ok, _ := c.Echo(same); !ok {
			t.Fatal("a client that says something of its own is not echoed")
		}
	}
	for range 100 { // having spoken for itself, it may also say what it was told
		if ok, _ := c.Echo([]byte("hello")); !ok {
			t.Fatal("a client that repeats our words is not echoed")
		}
	}
	c.OnSend(make([]byte, maxOut+1))
	if c.Watching() {
		t.Error("it keeps more than it may")
	}
	if n := testing.AllocsPerRun(100, func() { c.Echo(same) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Suspects are UDP peers at servers' ports or at addresses that could be forged.
func TestSuspect(t *testing.T) {
	listening := &sockeye.Session{Endpoint: sockeye.Endpoint{Mode: sockeye.Listen}}
	for from, want := range map[string]bool{
		"tcp 203.0.113.9:53": false, "udp 203.0.113.9:5000": true, "udp 127.0.0.1:5000": false, "udp 127.0.0.1:53": true, "udp [::1]:5000": false,
	} {
		network, address, _ := strings.Cut(from, " ")
		p := &sockeye.Peer{Session: listening, Network: sockeye.Network(network), Remote: sockeye.ParseSocketAddr(address)}
		if Suspect(p, Allowed{}) != want || Suspect(p, Allowed{Amplify: true, LowPorts: true}) {
			t.Errorf("%s: %v", from, !want)
		}
	}
}

// Whatever comes back, the detector of loops keeps no more than its bound.
func FuzzLoopDetector(f *testing.F) {
	f.Add([]byte("hello"), []byte("hehellolo"), uint8(3))
	f.Fuzz(func(t *testing.T, begun, stream []byte, size uint8) {
		var c LoopDetector
		c.OnSend(begun)
		for chunk := range slices.Chunk(stream, int(size)+1) {
			if c.Echo(chunk); len(c.out) > maxOut {
				t.Fatal("it keeps more than it may")
			}
		}
	})
}
