package decode

import (
	"bytes"
	cryptotls "crypto/tls"
	"io"
	"net"
	stdhttp "net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	wiredns "github.com/miekg/dns"
)

// judged is a message, the port that tells tshark what it is, and what tshark's fields are
// here: the path of a node, or with a colon before it, of its note.
type judged struct {
	name, protocol string
	bytes          []byte
	port           uint16
	udp            bool
	fields         map[string]string
}

// packets writes each message as a packet of its own connection.
func packets(t *testing.T, list []judged) string {
	file := filepath.Join(t.TempDir(), "messages.pcap")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := pcapgo.NewWriter(out)
	if err := w.WriteFileHeader(65535, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	for n, m := range list {
		ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: net.IPv4(127, 0, 0, 1), DstIP: net.IPv4(127, 0, 0, 2), Protocol: layers.IPProtocolTCP}
		var transport gopacket.SerializableLayer
		if m.udp {
			ip.Protocol = layers.IPProtocolUDP
			udp := &layers.UDP{SrcPort: layers.UDPPort(20000 + n), DstPort: layers.UDPPort(m.port)}
			udp.SetNetworkLayerForChecksum(ip)
			transport = udp
		} else {
			tcp := &layers.TCP{SrcPort: layers.TCPPort(20000 + n), DstPort: layers.TCPPort(m.port), Seq: 1, Ack: 1, ACK: true, PSH: true, Window: 65535}
			tcp.SetNetworkLayerForChecksum(ip)
			transport = tcp
		}
		b := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, transport, gopacket.Payload(m.bytes)); err != nil {
			t.Fatal(err)
		}
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1, int64(n)), CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}
		if err := w.WritePacket(info, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// at is the node at a path of names with slashes between.
func (n *Node) at(path string) *Node {
	for part := range strings.SplitSeq(path, "/") {
		var found *Node
		for i := range n.Children {
			if n.Children[i].Name == part {
				found = &n.Children[i]
				break
			}
		}
		if found == nil {
			return nil
		}
		n = found
	}
	return n
}

// What tshark reads in messages that other programs made, the decoders read, too.
func TestFieldsAsTsharkReadsThem(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no tshark: scripts/need installs it")
	}
	list := []judged{
		{"modbus request", "modbus-tcp", []byte(unhex("0007 0000 0006 11 03 006b 0003")), 502, false, map[string]string{
			"mbtcp.trans_id": "Transaction identifier", "mbtcp.len": "Length", "mbtcp.unit_id": "Unit identifier", "modbus.func_code": "Function code", "modbus.reference_num": "Starting address", "modbus.word_cnt": "Quantity"}},
		{"modbus write", "modbus-tcp", []byte(unhex("0002 0000 000b 11 10 0001 0002 04 000a 0102")), 502, false, map[string]string{
			"modbus.reference_num": "Starting address", "modbus.word_cnt": "Quantity", "modbus.byte_cnt": "Byte count"}},
		{"mqtt connect", "mqtt", []byte(unhex("10 28 0004 4d515454 04 c6 003c 0005 626f617264 0004 77696c6c 0003 627965 0002 6d65 0006 736563726574")), 1883, false, map[string]string{
			"mqtt.len": "Remaining length", "mqtt.ver": "Protocol version", "mqtt.conflags": "Connect flags", "mqtt.kalive": "Keep alive", "mqtt.clientid": "Client identifier", "mqtt.willtopic": "Will topic", "mqtt.username": "User name", "mqtt.passwd": "Password"}},
		{"http request", "http", httpRequest(t), 80, false, map[string]string{
			"http.request.method": "Method", "http.request.uri": "Target", "http.request.version": "Version", "http.host": "Host", "http.user_agent": "User-Agent", "http.content_length_header": "Content-Length", "http.accept_encoding": "Accept-Encoding"}},
		{"dns query", "dns", dnsQuery(t), 53, true, map[string]string{
			"dns.id": "Transaction ID", "dns.flags": "Flags", "dns.count.queries": "Questions", "dns.count.add_rr": "Additional records"}},
		{"coap", "coap", []byte(unhex("44 01 c409 74657374 b7 6578616d706c65 43 613d31")), 5683, true, map[string]string{
			"coap.version": "Version", "coap.mid": "Message ID", "coap.token": "Token", "coap.opt.uri_path": "Uri-Path", "coap.opt.uri_query": "Uri-Query"}},
		{"tls", "tls", clientHello(t), 443, false, map[string]string{
			"tls.record.content_type": "Content type", "tls.record.version": "Version", "tls.record.length": "Length", "tls.handshake.type": "Client Hello/Type", "tls.handshake.random": "Client Hello/Random",
			"tls.handshake.cipher_suites_length": "Client Hello/Cipher suites length", "tls.handshake.extensions_server_name": "Client Hello/server_name/Server name"}},
	}
	said := readByTshark(t, tshark, list)
	for n, m := range list {
		t.Run(m.name, func(t *testing.T) {
			d, _ := Named(m.protocol)
			got, ok := d.Decode(m.bytes, Hints{})
			if !ok || got.Bytes != len(m.bytes) || got.Faulty() {
				t.Fatalf("%x: %+v", m.bytes, got)
			}
			for name, path := range m.fields {
				node := got.at(path)
				if node == nil {
					t.Errorf("no field %s in\n%s", path, tree(got))
				} else if !sameNumber(said[n][name], node.Value) {
					t.Errorf("%s: tshark has %q, we have %q", name, said[n][name], node.Value)
				}
			}
		})
	}
}

// readByTshark is what tshark says of each message, by its names of fields.
func readByTshark(t *testing.T, tshark string, list []judged) (said []map[string]string) {
	args := []string{"-n", "-r", packets(t, list), "-T", "fields", "-E", "separator=\x1f", "-E", "occurrence=f"}
	var names []string
	for _, m := range list {
		for name := range m.fields {
			names = append(names, name)
			args = append(args, "-e", name)
		}
	}
	cmd := exec.Command(tshark, args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	for line := range strings.Lines(string(out)) {
		values := strings.Split(strings.TrimRight(line, "\r\n"), "\x1f")
		one := map[string]string{}
		for i, name := range names[:min(len(names), len(values))] {
			one[name] = values[i]
		}
		said = append(said, one)
	}
	if len(said) != len(list) {
		t.Fatalf("tshark read %d of %d messages: %s", len(said), len(list), problems.String())
	}
	return said
}

// sameNumber is true for the same text, or the same number in another base or width.
func sameNumber(a, b string) bool {
	x, err := strconv.ParseUint(a, 0, 64)
	y, err2 := strconv.ParseUint(b, 0, 64)
	return a != "" && (a == b || err == nil && err2 == nil && x == y)
}

func httpRequest(t *testing.T) []byte {
	r, err := stdhttp.NewRequest("POST", "http://board.example/led?on=1", strings.NewReader("level=5"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dnsQuery(t *testing.T) []byte {
	m := new(wiredns.Msg)
	m.SetQuestion("board.example.", wiredns.TypeAAAA)
	m.SetEdns0(1232, true)
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// clientHello is what crypto/tls says first.
func clientHello(t *testing.T) []byte {
	client, server := net.Pipe()
	go func() {
		c := cryptotls.Client(client, &cryptotls.Config{ServerName: "board.example", NextProtos: []string{"http/1.1"}})
		c.Handshake()
		client.Close()
	}()
	defer server.Close()
	head := make([]byte, 5)
	if _, err := io.ReadFull(server, head); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(server, rest); err != nil {
		t.Fatal(err)
	}
	return append(head, rest...)
}
