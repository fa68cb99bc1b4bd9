package capture

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
)

// seeds are captures of every kind that these tests make.
func seeds(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	var links, tcp []built
	for _, c := range linkCases(t) {
		client, server := client4, server4
		if c.six {
			client, server = client6, server6
		}
		p := built{link: c.link, data: c.wrap(udpPacket(t, client, server, "question"))}
		links = append(links, p)
		all["link: "+c.name] = pcapOf(t, p)
	}
	for _, c := range tcpCases(t) {
		tcp = append(tcp, c.packets...)
		all["TCP: "+c.name] = pcapOf(t, c.packets...)
	}
	all["links"] = pcapngOf(t, links...)
	all["TCP"] = pcapngOf(t, tcp...)
	all["fragments"] = pcapOf(t, raws(fragmentsOf(udpPacket(t, client4, server4, someText(100)), 16, 7)...)...)
	all["fragments of IPv6"] = pcapOf(t, raws(fragmentsOf(udpPacket(t, client6, server6, someText(100)), 16, 7)...)...)
	all["gzip"] = gzipped(t, all["TCP"])
	all["zstd"] = zstdOf(t, all["TCP"])
	return all
}

// T39: whatever is changed in a capture, reading ends, without a panic, and gives
// no more bytes than there are.
func TestMutatedCaptures(t *testing.T) {
	all := seeds(t)
	random := rand.New(rand.NewPCG(1, 2))
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for name, file := range all {
		for range runs {
			b := bytes.Clone(file)
			for range 1 + random.IntN(8) {
				mutate(random, &b)
			}
			given := readFor(b)
			if limit := int64(len(file) * maxRatio); given > limit && name != "gzip" && name != "zstd" {
				t.Fatalf("%s: %d bytes from a file of %d:\n%x", name, given, len(b), b)
			}
		}
	}
}

// mutate changes one thing in a file.
func mutate(random *rand.Rand, b *[]byte) {
	if len(*b) == 0 {
		return
	}
	at := random.IntN(len(*b))
	switch random.IntN(5) {
	case 0:
		(*b)[at] ^= 1 << random.IntN(8)
	case 1:
		(*b)[at] = byte(random.Uint32())
	case 2:
		(*b)[at] = []byte{0, 0xFF, 0x7F, 0x80}[random.IntN(4)]
	case 3:
		*b = (*b)[:at]
	case 4:
		n := min(random.IntN(64), len(*b)-at)
		*b = append((*b)[:at:at], append(bytes.Clone((*b)[at:at+n]), (*b)[at:]...)...)
	}
}

// readFor is how many bytes of data a file gives.
func readFor(file []byte) (given int64) {
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{})
	for err == nil {
		e, next := d.Next()
		err = next
		given += int64(len(e.Data))
	}
	return given
}

// T39: what reading holds at once is not more than twice the file, beside a fixed part.
func TestMemoryOfHostileCaptures(t *testing.T) {
	const own = 20 << 20 // the fixed part that docs/recording.md names
	c, s := flows(t)
	var syn, hole, pieces, ports []built
	addressed := func(p built, i uint32) built {
		be.PutUint32(p.data[12:], i)
		be.PutUint32(p.data[16:], i*7)
		return p
	}
	for i := range uint32(100_000) {
		syn = append(syn, addressed(c.segment("S", i, 0, ""), i))
		ports = append(ports, addressed(raw(udpPacket(t, client4, server4, "x")), i))
		pieces = append(pieces, addressed(raw(fragmentsOf(ports[0].data[:28:28], 8, i)[0]), i))
	}
	for i := range uint32(15_000) {
		hole = append(hole, c.segment("A", 1000+i*2, 500, "x"))
	}
	for _, f := range []struct {
		name string
		file []byte
	}{
		{"connections", pcapOf(t, syn...)},
		{"UDP peers", pcapOf(t, ports...)},
		{"fragments", pcapOf(t, pieces...)},
		{"holes", pcapOf(t, append(handshake(c, s, 99, 499), hole...)...)},
		{"a giant packet", append(pcapOf(t, raw(make([]byte, 20))), words(binary.LittleEndian, 0, 0, maxPacket, maxPacket)...)},
	} {
		d, err := NewReader(bytes.NewReader(f.file), CaptureOptions{})
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		for n := 1; err == nil; n++ {
			if _, err = d.Next(); n%50_000 == 0 || err != nil {
				if used := heap() - before; used > int64(2*len(f.file))+own {
					t.Errorf("%s: %d KiB for a file of %d KiB", f.name, used>>10, len(f.file)>>10)
				}
			}
		}
		runtime.KeepAlive(d)
	}
}

func heap() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
