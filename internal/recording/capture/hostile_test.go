package capture

import (
	"bytes"
	"encoding/binary"
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
