package encode

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// asked is a form that was filled in, and what tshark is to say of the request.
type asked struct {
	encoder string
	values  map[string]string
	said    map[string]string
}

// What is filled in, tshark reads in the request.
func TestRequestsAsTsharkReadsThem(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no tshark: scripts/need installs it")
	}
	list := []asked{
		{"modbus-tcp", map[string]string{"unit": "17", "function": "3", "address": "107", "count": "3", "transaction": "7"},
			map[string]string{"mbtcp.trans_id": "7", "mbtcp.unit_id": "17", "modbus.func_code": "3", "modbus.reference_num": "107", "modbus.word_cnt": "3"}},
		{"modbus-tcp", map[string]string{"function": "1", "address": "19", "count": "37"}, map[string]string{"modbus.func_code": "1", "modbus.reference_num": "19", "modbus.bit_cnt": "37"}},
		{"modbus-tcp", map[string]string{"function": "16", "address": "1", "values": "10 0x0102"}, map[string]string{"modbus.func_code": "16", "modbus.word_cnt": "2", "modbus.byte_cnt": "4", "modbus.regval_uint16": "10,258"}},
		{"modbus-tcp", map[string]string{"function": "15", "address": "19", "values": "1 0 1 1 0 0 1 1 1 0"}, map[string]string{"modbus.bit_cnt": "10", "modbus.byte_cnt": "2"}},
		{"modbus-tcp", map[string]string{"function": "5", "address": "172", "value": "on"}, map[string]string{"modbus.reference_num": "172", "modbus.data": "ff00"}},
		{"modbus-tcp", map[string]string{"function": "23", "address": "3", "count": "6", "write_address": "14", "values": "255 254"}, map[string]string{
			"modbus.read_reference_num": "3", "modbus.read_word_cnt": "6", "modbus.write_reference_num": "14", "modbus.write_word_cnt": "2", "modbus.byte_cnt": "4"}},
		{"modbus-tcp", map[string]string{"function": "22", "address": "4", "and": "0xf2", "or": "0x25"}, map[string]string{"modbus.and_mask": "0x00f2", "modbus.or_mask": "0x0025"}},
		{"modbus-tcp", map[string]string{"function": "43", "category": "4", "object": "2"}, map[string]string{"modbus.mei": "14", "modbus.read_device_id": "4", "modbus.object_id": "2"}},
		{"coap", map[string]string{"method": "3", "path": "sensors/temp?unit=c&x=1", "format": "50", "payload": `{"on":1}`}, map[string]string{
			"coap.type": "0", "coap.code": "3", "coap.opt.uri_path": "sensors,temp", "coap.opt.uri_query": "unit=c,x=1", "coap.opt.ctype": "application/json", "json.value.number": "1"}},
		{"coap", map[string]string{"type": "1", "path": strings.Repeat("p", 200), "accept": "50"}, map[string]string{"coap.type": "1", "coap.code": "1", "coap.opt.uri_path": strings.Repeat("p", 200), "coap.opt.accept": "application/json"}},
		{"dns", map[string]string{"name": "board.example", "type": "AAAA"}, map[string]string{"dns.qry.name": "board.example", "dns.qry.type": "28", "dns.flags": "0x0100"}},
		{"mqtt", map[string]string{"client": "board", "user": "me", "password": "secret", "will_topic": "gone", "will": "bye", "keep_alive": "30"}, map[string]string{
			"mqtt.msgtype": "1", "mqtt.ver": "4", "mqtt.clientid": "board", "mqtt.username": "me", "mqtt.passwd": "secret", "mqtt.willtopic": "gone", "mqtt.willmsg": "627965", "mqtt.kalive": "30", "mqtt.conflag.cleansess": "1"}},
		{"mqtt", map[string]string{"packet": "48", "topic": "sensors/temp", "message": "21.5", "qos": "1", "retain": "yes"}, map[string]string{"mqtt.msgtype": "3", "mqtt.topic": "sensors/temp", "mqtt.msg": "32312e35", "mqtt.qos": "1", "mqtt.retain": "1", "mqtt.msgid": "1"}},
		{"mqtt", map[string]string{"packet": "130", "topic": "sensors/+/temp", "qos": "2"}, map[string]string{"mqtt.msgtype": "8", "mqtt.topic": "sensors/+/temp", "mqtt.sub.qos": "2", "mqtt.msgid": "1"}},
		{"mqtt", map[string]string{"packet": "192"}, map[string]string{"mqtt.msgtype": "12", "mqtt.len": "0"}},
		{"http", map[string]string{"method": "PUT", "target": "/led?on=1", "host": "board", "header": "Accept: */*", "body": `{"on":1}`}, map[string]string{
			"http.request.method": "PUT", "http.request.uri": "/led?on=1", "http.host": "board", "http.accept": "*/*", "http.content_length_header": "8", "json.value.number": "1"}},
		{"dns", map[string]string{"name": "192.0.2.7", "type": "PTR", "length": "yes"}, map[string]string{"dns.qry.name": "7.2.0.192.in-addr.arpa", "dns.qry.type": "12", "dns.length": "40"}},
	}
	var capture bytes.Buffer
	w := pcapgo.NewWriter(&capture)
	w.WriteFileHeader(65535, layers.LinkTypeRaw)
	for n, c := range list {
		e, _ := Named(c.encoder)
		p, err := e.Encode(c.values)
		if err != nil {
			t.Fatal(err)
		}
		b := packet(t, e, n, bytesOf(t, p, 1), c.values["length"] != "yes" && (e.Name == "coap" || e.Name == "dns"))
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1, int64(n)), CaptureLength: len(b), Length: len(b)}, b); err != nil {
			t.Fatal(err)
		}
	}
	for n, got := range readByTshark(t, tshark, capture.Bytes(), list) {
		if diff := cmp.Diff(list[n].said, got); diff != "" {
			t.Errorf("%s %q (-want +tshark):\n%s", list[n].encoder, list[n].values, diff)
		}
	}
}

// packet is a request on its way to the port of its protocol.
func packet(t *testing.T, e *Encoder, n int, b []byte, udp bool) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: net.IPv4(127, 0, 0, 1), DstIP: net.IPv4(127, 0, 0, 2), Protocol: layers.IPProtocolTCP}
	port := e.Decoder().Ports[0]
	var transport gopacket.SerializableLayer = &layers.TCP{SrcPort: layers.TCPPort(20000 + n), DstPort: layers.TCPPort(port), Seq: 1, Ack: 1, ACK: true, PSH: true, Window: 65535}
	if udp {
		ip.Protocol = layers.IPProtocolUDP
		transport = &layers.UDP{SrcPort: layers.UDPPort(20000 + n), DstPort: layers.UDPPort(port)}
	}
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true}, ip, transport, gopacket.Payload(b)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readByTshark is what tshark says of each packet, of the fields that are asked of it.
func readByTshark(t *testing.T, tshark string, capture []byte, list []asked) (said []map[string]string) {
	args := []string{"-n", "-r", filepath.Join(t.TempDir(), "requests.pcap"), "-T", "fields", "-E", "separator=\x1f"}
	if err := os.WriteFile(args[2], capture, 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list {
		for name := range c.said {
			names = append(names, name)
			args = append(args, "-e", name)
		}
	}
	cmd := exec.Command(tshark, args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if err != nil || len(lines) != len(list) {
		t.Fatalf("%v: %d of %d packets: %s", err, len(lines), len(list), problems.String())
	}
	for n, line := range lines {
		one := map[string]string{}
		for i, value := range strings.Split(strings.TrimRight(line, "\r"), "\x1f") {
			if _, asked := list[n].said[names[i]]; asked {
				one[names[i]] = value
			}
		}
		said = append(said, one)
	}
	return said
}
