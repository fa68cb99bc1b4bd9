package capture

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reuse makes captures of connections that follow each other between the same
// addresses, and knows what bytes each direction carries.
type reuse struct {
	*rand.Rand
	t       testing.TB
	packets []built
	want    contents
	c, s    flow
	isn     [2]uint32
	texts   int
	ordered bool // nothing comes before what is in front of it
}

// What of a connection is in the capture, and how the numbers of the next one follow.
type (
	seen  struct{ syn, synACK, finC, finS, reset, client, server bool }
	shift struct {
		name     string
		by       [2]int32
		anywhere bool
	}
)

var shifts = []shift{
	{"forwards", [2]int32{900_000, 900_000}, false},
	{"backwards", [2]int32{-900_000, -900_000}, false},
	{"the client's backwards", [2]int32{-900_000, 900_000}, false},
	{"the server's backwards", [2]int32{900_000, -900_000}, false},
	{"far backwards", [2]int32{-500_000_000, -500_000_000}, false},
	{"half of all numbers away", [2]int32{-1 << 31, 1<<31 - 1}, false},
	{"the server's the same", [2]int32{700_000_000, 0}, false},
	{"anywhere", [2]int32{}, true},
}

// next moves the initial numbers.
func (r *reuse) next(by shift) {
	for i := range r.isn {
		r.isn[i] += uint32(by.by[i])
		if by.anywhere {
			r.isn[i] += 1<<27 + r.Uint32N(1<<32-1<<28)
		}
	}
}

// carry is one piece of data from one side, and where it is.
type carry struct {
	server   bool
	seq, ack uint32
	text     string
}

// data is what both sides of a connection say.
func (r *reuse) data() (all []carry, at [2]uint32) {
	at = [2]uint32{r.isn[0] + 1, r.isn[1] + 1}
	for range 1 + r.IntN(4) {
		for own := range 2 {
			r.texts++
			text := fmt.Sprintf("%s %d says %0*d;", []string{"client", "server"}[own], r.texts, 1+r.IntN(20), r.texts)
			all = append(all, carry{own == 1, at[own], at[1-own], text})
			at[own] += uint32(len(text))
		}
	}
	return all, at
}

// connection adds one. Its data comes twice, late, or with a probe.
func (r *reuse) connection(o seen) {
	add := func(server bool, p built) {
		if server && o.server || !server && o.client {
			r.packets = append(r.packets, p)
		}
	}
	if o.syn {
		add(false, r.c.segment("S", r.isn[0], 0, ""))
	}
	if o.synACK {
		add(true, r.s.segment("SA", r.isn[1], r.isn[0]+1, ""))
		add(false, r.c.segment("A", r.isn[0]+1, r.isn[1]+1, ""))
	}
	all, at := r.data()
	for _, d := range all {
		f := r.c
		if d.server {
			f = r.s
		}
		if d.server && o.server || !d.server && o.client {
			r.want.add(f.from, f.to, []byte(d.text))
		}
		half := len(d.text) / 2
		first, second := f.segment("A", d.seq, d.ack, d.text[:half]), f.segment("A", d.seq+uint32(half), d.ack, d.text[half:])
		switch whole := f.segment("A", d.seq, d.ack, d.text); r.IntN(5) {
		case 0:
			add(d.server, whole)
			add(d.server, whole)
		case 1:
			if r.ordered { // where a direction begins is known from its first segment
				add(d.server, first)
			}
			add(d.server, second)
			add(d.server, first)
		case 2:
			add(d.server, whole)
			add(d.server, f.segment("A", d.seq+uint32(len(d.text))-1, d.ack, "\x00"))
		case 3:
			add(d.server, first)
			add(d.server, whole)
		default:
			add(d.server, whole)
		}
	}
	if o.reset {
		add(false, r.c.segment("RA", at[0], at[1], ""))
		return
	}
	if o.finC {
		add(false, r.c.segment("FA", at[0], at[1], ""))
		at[0]++
	}
	if o.finS {
		add(true, r.s.segment("FA", at[1], at[0], ""))
		add(false, r.c.segment("A", at[0], at[1]+1, ""))
	}
}

// seen is what a capture may hold of a connection.
func (r *reuse) seen() seen {
	o := seen{syn: r.IntN(2) == 0, finC: r.IntN(2) == 0, finS: r.IntN(2) == 0, reset: r.IntN(5) == 0, client: true, server: true}
	o.synACK = o.syn
	switch r.IntN(8) {
	case 0:
		o.server = false
	case 1:
		o.client = false
	case 2:
		o.syn = !o.syn
	}
	return o
}

func newReuse(t testing.TB, seed uint64, i int) *reuse {
	client, server := netip.AddrPortFrom(client4.Addr(), uint16(20_000+i)), server4
	if i%2 == 1 { // the client's port is the smaller one
		client, server = netip.AddrPortFrom(client4.Addr(), uint16(2_000+i)), netip.AddrPortFrom(server4.Addr(), 50_000)
	}
	r := &reuse{Rand: rand.New(rand.NewPCG(seed, uint64(i))), t: t, want: contents{Streams: map[string]string{}}}
	r.c, r.s = flow{t, client, server}, flow{t, server, client}
	r.isn = [2]uint32{r.Uint32(), r.Uint32()}
	if i%3 == 0 { // so that they wrap
		r.isn = [2]uint32{1<<32 - 1 - r.Uint32N(60), 1<<32 - 1 - r.Uint32N(60)}
	}
	return r
}

// Whatever is missing of connections between the same addresses, beginning, end or
// a whole direction, and wherever the numbers of the next one are: no byte of the
// capture is dropped, none is there twice. Where every connection has its SYN, tshark
// says the same.
func TestAddressesUsedAgain(t *testing.T) {
	const seed = 20261129
	t.Logf("seed %d", seed)
	var all, decided []built
	want, known := contents{Streams: map[string]string{}}, contents{Streams: map[string]string{}}
	for i := range 400 {
		r := newReuse(t, seed, i)
		by := shifts[i%len(shifts)]
		withSYN := i%4 == 0
		r.ordered = !withSYN
		for n := range 2 + r.IntN(4) {
			if n > 0 {
				r.next(by)
			}
			o := r.seen()
			if withSYN {
				o.syn, o.synACK, o.client, o.server = true, true, true, true
			}
			r.connection(o)
		}
		file := pcapOf(t, r.packets...)
		if diff := cmp.Diff(r.want, ours(t, file)); diff != "" {
			t.Errorf("%d, next numbers %s:\n%s", i, by.name, diff)
		}
		all = append(all, r.packets...)
		for k, v := range r.want.Streams {
			want.Streams[k] = v
			if withSYN {
				known.Streams[k] = v
			}
		}
		if withSYN {
			decided = append(decided, r.packets...)
		}
	}
	if diff := cmp.Diff(want, ours(t, pcapOf(t, all...))); diff != "" {
		t.Errorf("all in one capture:\n%s", diff)
	}
	file := pcapOf(t, decided...)
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}
