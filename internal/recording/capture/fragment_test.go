package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// raws are packets that begin with their IP header.
func raws(packets ...[]byte) (out []built) {
	for _, p := range packets {
		out = append(out, raw(p))
	}
	return out
}

// someText is a text in which every place is different.
func someText(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d,", i)
	}
	return b.String()[:n]
}

// Fragments of IPv4 and IPv6 are put together in whatever order they come, also
// when they come twice, and are the datagrams that tshark shows.
func TestFragments(t *testing.T) {
	text := someText(4000)
	var all []built
	for i, ends := range []struct {
		name string
		data []byte
	}{{"IPv4", udpPacket(t, client4, server4, text)}, {"IPv6", udpPacket(t, client6, server6, text)}} {
		for size := 8; size <= 4008; size += 1000 {
			whole := fragmentsOf(ends.data, size, uint32(100*i+size))
			mixed := slices.Clone(whole)
			rand.New(rand.NewPCG(1, uint64(size))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			ways := map[string][][]byte{"in order": whole, "mixed": mixed, "each twice": append(slices.Clone(whole[:len(whole)-1]), whole...)}
			if i == 0 { // sent again, and cut anew: the bytes are the same
				anew := fragmentsOf(ends.data, size+704, uint32(size))
				rest := (len(anew) - 1) * (size + 704) / size // the first one with a byte that is not in them
				ways["cut anew"] = append(slices.Clone(anew[:len(anew)-1]), whole[rest:]...)
				ways["cut anew, the end first"] = slices.Clone(ways["cut anew"])
				slices.Reverse(ways["cut anew, the end first"])
			}
			for name, packets := range ways {
				events, lost := read(t, pcapOf(t, raws(packets...)...))
				if diff := cmp.Diff([]string{"opened", "joined", "received " + text}, events); diff != "" || len(lost) > 0 {
					t.Errorf("%s, %d bytes each, %s: %s %q", ends.name, size, name, diff, lost)
				}
			}
			if size > 8 {
				all = append(all, raws(mixed...)...)
			}
		}
	}
	file := pcapOf(t, all...)
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other datagrams:\n%s", diff)
	}
}

// A datagram is not shown, but told of, if a fragment is missing, or if fragments
// contradict each other, with which firewalls are deceived; those of IPv6 must not
// overlap at all (RFC 5722).
func TestFragmentsThatDoNotFit(t *testing.T) {
	text := someText(2000)
	pieces := fragmentsOf(udpPacket(t, client4, server4, text), 800, 7)
	six := fragmentsOf(udpPacket(t, client6, server6, text), 800, 7)
	other := func(p []byte) []byte {
		p = bytes.Clone(p)
		p[len(p)-1] ^= 1
		return p
	}
	shifted := bytes.Clone(pieces[1])
	shifted[7] -= 2 // 16 bytes earlier
	shorter := bytes.Clone(pieces[1])
	shorter[6] &^= 0x20 // says that it is the last one
	odd := bytes.Clone(pieces[0][:len(pieces[0])-3])
	be.PutUint16(odd[2:], uint16(len(odd)))
	six16 := bytes.Clone(fragmentsOf(udpPacket(t, client6, server6, text), 816, 7)[0]) // 16 bytes into the next one
	contradict := "packet 1: an IP datagram from 10.0.0.2 to 10.0.0.1 in fragments that contradict each other: left out, since hosts differ in which they take"
	gap := []string{"opened", "joined", "gap 2000"}
	for _, c := range []struct {
		name    string
		packets [][]byte
		want    []string
		lost    string
	}{
		{"the middle is missing", [][]byte{pieces[0], pieces[2]}, gap, "packet 1: an IP datagram from 10.0.0.2 to 10.0.0.1 is not all there: 800 of its 2008 bytes are missing"},
		{"the last is missing", [][]byte{pieces[0], pieces[1]}, gap, "packet 1: an IP datagram from 10.0.0.2 to 10.0.0.1 is not all there: its last fragment is missing, 1600 bytes are there"},
		{"the first is missing", [][]byte{pieces[1], pieces[2]}, nil, "packet 1: an IP datagram from 10.0.0.2 to 10.0.0.1 is not all there: 800 of its 2008 bytes are missing"},
		{"IPv6, the middle is missing", [][]byte{six[0], six[2]}, gap, "packet 1: an IP datagram from fd00::2 to fd00::1 is not all there: 800 of its 2008 bytes are missing"},
		{"two that overlap with other bytes", [][]byte{pieces[0], shifted, pieces[1], pieces[2]}, nil, contradict},
		{"two for one place", [][]byte{pieces[0], pieces[1], other(pieces[1]), pieces[2]}, nil, contradict},
		{"IPv6, two that overlap with the same bytes", [][]byte{six16, six[1], six[2]}, nil, "packet 1: an IP datagram from fd00::2 to fd00::1 in fragments that overlap: left out (RFC 5722)"},
		{"IPv6, two for one place", [][]byte{six[0], other(six[0]), six[1], six[2]}, nil, "packet 1: an IP datagram from fd00::2 to fd00::1 in fragments that overlap: left out (RFC 5722)"},
		{"one behind the last", [][]byte{shorter, pieces[2], pieces[0]}, nil, contradict},
		{"one that does not end at eight bytes", [][]byte{odd}, nil, "left out: 1 packet (817 bytes): with headers that are cut off or wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, lost := read(t, pcapOf(t, raws(c.packets...)...))
			if diff := cmp.Diff(c.want, events); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{c.lost}, lost); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A system may have but one number for all its datagrams: one that misses a fragment does not take
// the next one with it.
func TestFragmentsOfTheNextDatagram(t *testing.T) {
	lost := fragmentsOf(udpPacket(t, client4, server4, someText(1000)+"one"), 800, 0)
	whole := fragmentsOf(udpPacket(t, client4, server4, someText(1000)+"two"), 800, 0)
	events, told := read(t, pcapOf(t, raws(lost[0], whole[0], whole[1])...))
	want := []string{"opened", "joined", "gap 1003", "received " + someText(1000) + "two"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"packet 1: an IP datagram from 10.0.0.2 to 10.0.0.1 is not all there: its last fragment is missing, 800 bytes are there"}, told); diff != "" {
		t.Error(diff)
	}
}

// A copy of a fragment of a datagram that is complete is no datagram, but the next
// datagram may have the same number, as on systems that have but one.
func TestFragmentsAfterTheDatagram(t *testing.T) {
	one := fragmentsOf(udpPacket(t, client4, server4, someText(1000)+"one"), 800, 0)
	two := fragmentsOf(udpPacket(t, client4, server4, someText(1000)+"two"), 800, 0)
	at := func(moment time.Duration, p []byte) built { b := raw(p); b.at = moment; return b }
	for _, c := range []struct {
		name    string
		packets []built
		want    int // datagrams
		lost    int
	}{
		{"a copy", raws(one[0], one[1], one[1]), 1, 0},
		{"copies of all", raws(one[0], one[1], one[0], one[1]), 2, 0},
		{"another datagram", raws(one[0], one[1], two[0], two[1]), 2, 0},
		{"another datagram that is not all there", raws(one[0], one[1], two[1]), 1, 1},
		{"another datagram, the one before not all there", []built{raw(one[1]), at(2*time.Second, two[0]), at(2*time.Second+1, two[1])}, 1, 1},
		{"one that waited too long", []built{raw(one[0]), at(2*time.Minute, one[1])}, 0, 2},
	} {
		events, lost := read(t, pcapOf(t, c.packets...))
		got := 0
		for _, e := range events {
			if strings.HasPrefix(e, "received") {
				got++
			}
		}
		if got != c.want || len(lost) != c.lost {
			t.Errorf("%s: %d datagrams, want %d; lost %q", c.name, got, c.want, lost)
		}
	}
}

// A fragment that the capture cut short leaves the beginning of the datagram, and
// its true length.
func TestFragmentsCutShort(t *testing.T) {
	text := someText(2000)
	packets := raws(fragmentsOf(udpPacket(t, client4, server4, text), 800, 7)...)
	packets[1].cut = 100
	events, lost := read(t, pcapOf(t, packets...))
	want := []string{"opened", "joined", "received " + text[:1600-8-100] + " (2000)"}
	if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
		t.Errorf("%s %q", diff, lost)
	}
}

// TCP in fragments, and fragments in tunnels.
func TestFragmentsOfOthers(t *testing.T) {
	c, s := flows(t)
	text := someText(2000)
	segment := c.segment("A", 100, 500, text)
	var packets []built
	packets = append(packets, handshake(c, s, 99, 499)...)
	packets = append(packets, raws(fragmentsOf(segment.data, 800, 7)...)...)
	packets = append(packets, raws(fragmentsOf(tunnelled(t, 47, uint16(0), ipv4)(udpPacket(t, client4, server4, text)), 800, 8)...)...)
	file := pcapOf(t, packets...)
	events, lost := read(t, file)
	want := []string{"opened", "joined", "received " + text, "opened", "joined", "received " + text}
	if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
		t.Errorf("%s %q", diff, lost)
	}
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}

// However many fragments wait for others, memory is bounded.
func TestFragmentsAreBounded(t *testing.T) {
	first := fragmentsOf(udpPacket(t, client4, server4, someText(60_000)), 50_000, 0)[0]
	w := newWaitingReader(t, raws(first))
	for i := range 2000 {
		p := bytes.Clone(first)
		be.PutUint16(p[4:], uint16(i))
		w.take(raw(p))
		if w.fragments.cost > maxFragmentBytes {
			t.Fatalf("%d bytes wait", w.fragments.cost)
		}
	}
	small := fragmentsOf(udpPacket(t, client4, server4, someText(100)), 8, 0)[0]
	for i := range 3 * maxFragmented {
		p := bytes.Clone(small)
		be.PutUint32(p[16:], uint32(i))
		w.take(raw(p))
	}
	if n := len(w.fragments.all.byKey); n != maxFragmented {
		t.Errorf("%d datagrams wait", n)
	}
	w.finish()
	if w.fragments.cost != 0 {
		t.Errorf("%d bytes wait at the end", w.fragments.cost)
	}
}
