package decode

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"

	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockeye"
)

// said is a message that went one way of a talk.
type said struct {
	byServer bool
	bytes    []byte
}

// talk is what two programs that are not Sockeye said to each other.
type talk struct {
	name, protocol string
	hints          Hints
	said           []said
}

// What tshark reads in messages that other programs made, the decoders read too, at the
// same bytes.
func TestFieldsAsTsharkReadsThem(t *testing.T) {
	tshark := program(t, "tshark")
	for _, source := range foreignTalks {
		t.Run(source.protocol, func(t *testing.T) {
			talks, d, seen := source.make(t), dissectors[source.protocol], map[string]bool{}
			packets := dissect(t, tshark, capture(t, talks))
			for _, talk := range talks {
				c := decoderOf(t, talk.protocol).NewConversation(talk.hints)
				for n, s := range talk.said {
					kind := sockeye.Sent
					if s.byServer {
						kind = sockeye.Received
					}
					m, ok := c.Decode(kind, s.bytes)
					if !ok || m.Short || m.Bytes != len(s.bytes) || m.Faulty() {
						t.Fatalf("%s, message %d: %x is not read: %+v", talk.name, n, s.bytes, m)
					}
					if differences := d.compare(m, packets[0], packets[0].size()-m.Bytes, seen); len(differences) > 0 {
						t.Errorf("%s, message %d, %x:\n%s\nwe have\n%s", talk.name, n, s.bytes, strings.Join(differences, "\n"), tree(m))
					}
					packets = packets[1:]
				}
			}
			for name := range d.fields {
				if !seen[name] {
					t.Errorf("tshark has read no %s in any message", name)
				}
			}
		})
	}
}

// capture writes talks as a file whose packets tell tshark which dissector reads them: the
// link type of exported PDUs, with tags as Wireshark's exported_pdu.h defines them.
func capture(t *testing.T, talks []talk) string {
	const dissectorName, ipv4From, ipv4To, portKind, portFrom, portTo, tcpPort, udpPort, exportedPDU = 12, 20, 21, 24, 25, 26, 2, 3, 252
	client, server := []byte{127, 0, 0, 1}, []byte{127, 0, 0, 2}
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, exportedPDU, 0, 0, 0)
	number := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	for n, talk := range talks {
		of, port := dissectors[talk.protocol], tcpPort
		if of.udp {
			port = udpPort
		}
		for _, s := range talk.said {
			from, to, fromPort, toPort := client, server, 20000+n, of.port
			if s.byServer {
				from, to, fromPort, toPort = to, from, toPort, fromPort
			}
			var b []byte
			for _, tag := range []struct {
				kind  int
				value []byte
			}{{dissectorName, []byte(of.name)}, {ipv4From, from}, {ipv4To, to}, {portKind, number(port)}, {portFrom, number(fromPort)}, {portTo, number(toPort)}, {0, nil}} {
				for len(tag.value)%4 != 0 {
					tag.value = append(tag.value, 0)
				}
				b = append(b, 0, byte(tag.kind), 0, byte(len(tag.value)))
				b = append(b, tag.value...)
			}
			b = append(b, s.bytes...)
			file = binary.LittleEndian.AppendUint64(file, 1)
			file = binary.LittleEndian.AppendUint32(file, uint32(len(b)))
			file = binary.LittleEndian.AppendUint32(file, uint32(len(b)))
			file = append(file, b...)
		}
	}
	name := filepath.Join(t.TempDir(), "talks.pcap")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// pdmlNode is a protocol or a field in what tshark says of a packet.
type pdmlNode struct {
	Name     string     `xml:"name,attr"`
	Show     string     `xml:"show,attr"`
	Value    string     `xml:"value,attr"`
	Unmasked string     `xml:"unmaskedvalue,attr"` // of the whole bytes, where the value is some of their bits
	Position int        `xml:"pos,attr"`
	Size     int        `xml:"size,attr"`
	Fields   []pdmlNode `xml:"field"`
	Protos   []pdmlNode `xml:"proto"`
}

// dissect is what tshark says of each packet of a file.
func dissect(t *testing.T, tshark, file string, more ...string) []pdmlNode {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tshark, slices.Concat([]string{"-n", "-r", file, "-T", "pdml"}, more)...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	var all struct {
		Packets []pdmlNode `xml:"packet"`
	}
	if err := xml.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all.Packets
}

// compare says how a message differs from what tshark reads in its packet, field by field
// in their order. Where tshark does not have a field that we have, nothing is compared.
// The message begins at byte start of the packet. The names of what was compared are seen.
func (d dissector) compare(m *Message, packet pdmlNode, start int, seen map[string]bool) (differences []string) {
	theirs := packet.byName()
	for name, field := range d.fields {
		if len(theirs[name]) == 0 {
			continue
		}
		seen[name] = true
		ours := m.matching(field.ours)
		if len(ours) != len(theirs[name]) {
			differences = append(differences, fmt.Sprintf("%s: tshark has %d, we have %d of %s", name, len(theirs[name]), len(ours), field.ours))
			continue
		}
		for n, their := range theirs[name] {
			if field.whole {
				their.Show, their.Value = "0x"+their.Unmasked, ""
			}
			if field.meaning != nil {
				their.Show, their.Value = field.meaning(their.Show), ""
			}
			if their.Show == nothing {
				continue
			}
			if !sameField(their, ours[n]) {
				differences = append(differences, fmt.Sprintf("%s: tshark has %q, we have %q", name, their.Show, ours[n].Value))
			}
			from, to := their.Position-start, their.Position-start+their.Size
			within := ours[n].From <= from && to <= ours[n].To || from <= ours[n].From && ours[n].To <= to
			if their.Size > 0 && from >= 0 && !within { // what was decompressed is elsewhere
				differences = append(differences, fmt.Sprintf("%s: tshark has it at bytes %d to %d, we at %d to %d", name, from, to, ours[n].From, ours[n].To))
			}
		}
	}
	slices.Sort(differences)
	return differences
}

// size is how long the packet is.
func (p *pdmlNode) size() int {
	return p.Protos[slices.IndexFunc(p.Protos, func(p pdmlNode) bool { return p.Name == "frame" })].Size
}

// byName are all fields of a packet.
func (p *pdmlNode) byName() map[string][]pdmlNode {
	fields := map[string][]pdmlNode{}
	p.collect(fields)
	return fields
}

// collect puts the fields of a packet by their names. What is in a field of the same name
// says the same.
func (p *pdmlNode) collect(into map[string][]pdmlNode) {
	for _, proto := range p.Protos {
		proto.collect(into)
	}
	for _, f := range p.Fields {
		if f.Name != p.Name {
			into[f.Name] = append(into[f.Name], f)
		}
		f.collect(into)
	}
}

// matching are the nodes of a pattern, in the order of the message. A pattern is the end of
// a path: names with slashes between, each maybe with a note after a colon, or a value after
// an equals sign, and all of them maybe with asterisks. Several patterns are separated by
// bars. The keys of maps are nodes with the note "key" here.
func (n *Node) matching(patterns string) (found []*Node) {
	var path []*Node
	var walk func(n *Node)
	walk = func(n *Node) {
		path = append(path, n)
		if slices.ContainsFunc(strings.Split(patterns, "|"), func(p string) bool { return pathMatches(path, strings.Split(p, "/")) }) {
			found = append(found, n)
		}
		for i := range n.Children {
			if child := &n.Children[i]; globbed("* pair*", n.Value) {
				walk(&Node{Name: "Key", Value: child.Name, Note: "key", From: n.From, To: n.To})
			}
			walk(&n.Children[i])
		}
		path = path[:len(path)-1]
	}
	walk(n)
	return found
}

func pathMatches(path []*Node, wanted []string) bool {
	if len(wanted) > len(path) {
		return false
	}
	for i, n := range path[len(path)-len(wanted):] {
		pattern, value, byValue := strings.Cut(wanted[i], "=")
		name, note, byNote := strings.Cut(pattern, ":")
		if !globbed(name, n.Name) || byNote && !globbed(note, n.Note) || byValue && !globbed(value, n.Value) {
			return false
		}
	}
	return true
}

// globbed is true for a text that a pattern with asterisks stands for.
func globbed(pattern, text string) bool {
	is, err := path.Match(pattern, strings.ReplaceAll(text, "/", " "))
	return err == nil && is
}

// sameField is true for the same text, the same number in another base or width, the same
// bytes in hex, and where tshark shows what the number means, if our note does.
func sameField(their pdmlNode, ours *Node) bool {
	a, b := strings.TrimSuffix(their.Show, "."), strings.TrimSuffix(ours.Value, ".")
	if begin, cut := strings.CutSuffix(b, "…"); cut && strings.HasPrefix(strings.ReplaceAll(a, ":", ""), begin) {
		return true
	}
	if a == b || a == ours.Note || a == "" && their.Value == "" || strings.ReplaceAll(a, ":", "") == b {
		return true
	}
	if x, err := strconv.ParseFloat(a, 64); err == nil {
		if y, err := strconv.ParseFloat(b, 64); err == nil && (x == y || float32(x) == float32(y)) {
			return true
		}
	}
	if x, err := strconv.ParseUint(a, 0, 64); err == nil {
		if y, err := strconv.ParseUint(b, 0, 64); err == nil && x == y {
			return true
		}
	}
	raw, err := hex.DecodeString(their.Value)
	return err == nil && len(raw) > 0 && clipped(raw) == ours.Value
}
