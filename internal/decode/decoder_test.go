package decode

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// tree writes a tree as tests compare it.
func tree(m *Message) string {
	var b strings.Builder
	var write func(n *Node, indent string)
	write = func(n *Node, indent string) {
		fmt.Fprintf(&b, "%s%s: %s", indent, n.Name, n.Value)
		if n.Unit != "" {
			b.WriteString(" " + n.Unit)
		}
		if n.Note != "" {
			b.WriteString(" (" + n.Note + ")")
		}
		if !n.Fault.IsZero() {
			b.WriteString(" !" + n.Fault.En)
		}
		fmt.Fprintf(&b, " [%d:%d]\n", n.From, n.To)
		for i := range n.Children {
			write(&n.Children[i], indent+"  ")
		}
	}
	write(&m.Node, "")
	return b.String()
}

// The strictest come first: auto stops where the others begin.
func TestDecodersAreInOrder(t *testing.T) {
	if !slices.IsSortedFunc(decoders, func(a, b *Decoder) int { return b.strict - a.strict }) {
		for _, d := range decoders {
			t.Log(d.Name, d.strict)
		}
		t.Error("the list is not in the order of strictness")
	}
	for _, d := range All() {
		if d.Title.En == "" || d.Title.Zh == "" || d.read == nil {
			t.Errorf("%s is not complete", d.Name)
		}
		if got, ok := Named(d.Name); !ok || got.Name != d.Name {
			t.Errorf("%s is not found by its name", d.Name)
		}
	}
}

var update = flag.Bool("update", false, "write the golden file anew")

// The tree of every sample, as people would check it against the document.
func TestTreesOfSamples(t *testing.T) {
	var b strings.Builder
	for _, c := range samples {
		d, _ := Named(c.protocol)
		m, ok := d.Decode([]byte(c.bytes), c.hints)
		if !ok || m.Short || m.Bytes != len(c.bytes) || m.faults() > 0 {
			t.Errorf("%s, %s: not one message without a fault: %v", c.protocol, c.name, m)
			continue
		}
		fmt.Fprintf(&b, "%s, %s; role %q, key %q\n%s\n", c.protocol, c.name, m.Role, m.Key, tree(m))
	}
	const file = "testdata/trees.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-update writes it anew (-want +got):\n%s", diff)
	}
}

// What auto makes of the samples: the decoders that are strict enough are found.
func TestAuto(t *testing.T) {
	for _, c := range samples {
		d, _ := Named(c.protocol)
		m, ok := auto.Decode([]byte(c.bytes), c.hints)
		want := c.protocol
		if d.strict < sureEnough {
			want = "auto"
		}
		if !ok || m.Protocol != want || m.Bytes != len(c.bytes) {
			t.Errorf("%s, %s: %+v", c.protocol, c.name, m)
		}
	}
}

// Any goroutine may use a decoder, while others do: what one reads is never seen by
// another. The race detector looks on.
func TestDecodersAtTheSameTime(t *testing.T) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, c := range samples {
				d, _ := Named(c.protocol)
				if n, _ := d.Measure([]byte(c.bytes)); n > len(c.bytes) {
					t.Errorf("%s, %s: %d of %d bytes", c.protocol, c.name, n, len(c.bytes))
				}
				if m, ok := d.Decode([]byte(c.bytes), c.hints); !ok || m.faults() > 0 {
					t.Errorf("%s, %s: %+v", c.protocol, c.name, m)
				}
			}
		})
	}
	group.Wait()
}

// However a message arrives, its length is the same: no beginning of one is taken for a
// message, or turned away.
func TestMeasureOfBeginnings(t *testing.T) {
	selfDelimiting := []string{"http", "tls", "modbus-tcp", "mqtt", "websocket", "json", "nmea", "scpi", "at", "slip", "cobs", "cbor", "msgpack"}
	for _, c := range samples {
		if !slices.Contains(selfDelimiting, c.protocol) {
			continue
		}
		d, _ := Named(c.protocol)
		b := []byte(c.bytes)
		if strings.HasPrefix(c.bytes, "\r\n") || c.protocol == "at" || c.protocol == "json" { // the line end after one may be longer
			b = []byte(strings.TrimRight(c.bytes, "\r\n"))
			b = append(b, '\n')
		}
		for n := 1; n < len(b); n++ {
			got, need := d.Measure(b[:n])
			if got > 0 && c.protocol == "json" && got == n {
				continue
			}
			if got != 0 || need <= n || need > len(b) {
				t.Errorf("%s, %s: %q is %d bytes long, needs %d", c.protocol, c.name, b[:n], got, need)
			}
		}
		if got, _ := d.Measure(append(slices.Clone(b), b...)); got != len(b) && c.protocol != "at" {
			t.Errorf("%s, %s: %d bytes instead of %d", c.protocol, c.name, got, len(b))
		}
	}
}

// FuzzDecode: whatever the bytes, no decoder panics, every field lies in the message, the
// tree is bounded, and what one measures it decodes.
func FuzzDecode(f *testing.F) {
	for _, c := range samples {
		f.Add([]byte(c.bytes))
	}
	for _, c := range faulty {
		f.Add([]byte(c.bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		registers, _ := ParseRegisters(map[string]string{"holding 1": "f32be x, bits y:3", "coil 2": "pump", "input 0": "text name[*]"})
		for _, d := range All() {
			for _, h := range []Hints{{Registers: registers}, {Role: Response, State: State{Version: 5}}, {Request: &Message{Protocol: d.Name, Node: Node{Name: "Starting address", Value: "1"}}, Registers: registers}} {
				m, ok := d.decode(b, h, false)
				if ok {
					checkMessage(t, d, m, len(b))
				}
			}
			m, ok := d.decode(b, Hints{}, true)
			if !ok || m.Short {
				continue
			}
			if again, ok := d.decode(b[:m.Bytes], Hints{}, false); !ok || again.Bytes > m.Bytes {
				t.Errorf("%s: %x is %d bytes long, and then is not: %+v", d.Name, b, m.Bytes, again)
			}
		}
		Guess([][]byte{b, b}, true)
		Guess([][]byte{b, b}, false)
	})
}

func checkMessage(t *testing.T, d *Decoder, m *Message, length int) {
	t.Helper()
	if m.Bytes < 1 || m.Bytes > length || m.Short && m.Need <= length {
		t.Fatalf("%s: a message of %d bytes in %d, needs %d", d.Name, m.Bytes, length, m.Need)
	}
	nodes := 0
	var walk func(n *Node, depth int)
	walk = func(n *Node, depth int) {
		if nodes++; n.From < 0 || n.To < n.From || n.To > length {
			t.Fatalf("%s: %s has the bytes from %d to %d of %d", d.Name, n.Name, n.From, n.To, length)
		}
		if len(n.Value) > maxValue+3 || depth > MaxDepth+4 {
			t.Fatalf("%s: %s has a value of %d bytes, in depth %d", d.Name, n.Name, len(n.Value), depth)
		}
		for i := range n.Children {
			walk(&n.Children[i], depth+1)
		}
	}
	walk(&m.Node, 0)
	if nodes > 6*MaxNodes {
		t.Fatalf("%s: %d nodes", d.Name, nodes)
	}
	m.AppendTree(m.AppendSummary(nil, sockeye.Chinese), "", sockeye.English)
}

// faulty are messages with something wrong, and what is said of it.
var faulty = []struct{ protocol, bytes, fault string }{
	{"modbus-rtu", unhex("01 03 0000 000a c5ce"), "the checksum is wrong: c5cd would be right"},
	{"modbus-tcp", unhex("0001 0000 0005 11 10 0001 01"), "it ends before its fields do"},
	{"modbus-tcp", unhex("0001 0000 0008 11 05 0001 1234 0000"), "a coil is 0000 or ff00"},
	{"nmea", "$GPGLL,4807.038,N*01\r\n", "the checksum is wrong: 00 would be right"},
	{"http", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "it is not a number of bytes"},
	{"http", "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "it must not come with Content-Length (RFC 9112 section 6.3)"},
	{"mqtt", unhex("10 0c 0004 4d515454 04 03 003c 0000"), "the reserved bit is set"},
	{"websocket", unhex("81 01 ff"), "it is not text (RFC 6455 section 8.1)"},
	{"slip", unhex("c0 db00 c0"), "the escapes are wrong"},
	{"coap", unhex("40 01 0001 ff"), "there is a marker and no payload (section 3)"},
	{"dns", unhex("0001 8100 0001 0001 0000 0000 01 61 00 0001 0001 01"), "a record is wrong: dns: buffer size too small"},
	{"cbor", unhex("62 c328"), "text is not UTF-8"},
}

// What is wrong in a message is said where it is, in both languages, instead of turning the
// message away.
func TestFaults(t *testing.T) {
	for _, c := range faulty {
		d, _ := Named(c.protocol)
		m, ok := d.Decode([]byte(c.bytes), Hints{})
		if !ok {
			t.Errorf("%s: %q is turned away", c.protocol, c.bytes)
			continue
		}
		if got := m.fault(); got.En != c.fault || got.Zh == "" {
			t.Errorf("%s: %q: %q instead of %q", c.protocol, c.bytes, got.En, c.fault)
		}
	}
}
