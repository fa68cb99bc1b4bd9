package decode

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockeye"
)

// Captures that others made are read as tshark reads them: those that a module brings along
// which the tests use, and those of the folder that SOCKEYE_TEST_CAPTURES names.
func TestCapturesAsTsharkReadsThem(t *testing.T) {
	tshark := program(t, "tshark")
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gopacket/gopacket").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "pcap", "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatal("the module has no captures: ", err)
	}
	if folder := os.Getenv("SOCKEYE_TEST_CAPTURES"); folder != "" {
		more, _ := filepath.Glob(filepath.Join(folder, "*.pcap*"))
		files = append(files, more...)
	}
	compared := map[string]int{}
	for _, file := range files {
		for n, packet := range dissect(t, tshark, file, "-o", "tcp.desegment_tcp_streams:FALSE") {
			for name, d := range dissectors {
				payload, start, whole := packet.message(d)
				m, ok := decoderOf(t, name).NewConversation(Hints{}).Decode(sockeye.Sent, payload)
				if !whole || ok && m.Short { // it goes on in another packet
					continue
				}
				compared[name]++
				if !ok || m.Bytes != len(payload) || m.Faulty() {
					t.Errorf("%s, packet %d: %x is not read: %+v", filepath.Base(file), n+1, payload, m)
				} else if differences := d.compare(m, packet, start, map[string]bool{}); len(differences) > 0 {
					t.Errorf("%s, packet %d:\n%s\nwe have\n%s", filepath.Base(file), n+1, strings.Join(differences, "\n"), tree(m))
				}
			}
		}
	}
	t.Log("messages compared: ", compared)
	if compared["dns"] == 0 {
		t.Error("no message was compared")
	}
}

// message is what a packet carries and where it begins, if a dissector has read all of it as
// one message.
func (p *pdmlNode) message(d dissector) (payload []byte, start int, whole bool) {
	fields := p.byName()
	carried := append(fields["udp.payload"], fields["tcp.payload"]...)
	if len(carried) != 1 || !slices.ContainsFunc(d.marks, func(name string) bool { return len(fields[name]) > 0 && fields[name][0].Show != "" }) {
		return nil, 0, false
	}
	for _, proto := range p.Protos {
		if proto.Name == d.name && proto.Size == carried[0].Size {
			payload, err := hex.DecodeString(carried[0].Value)
			return payload, carried[0].Position, err == nil
		}
	}
	return nil, 0, false
}
