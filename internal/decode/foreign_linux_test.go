package decode

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sockeye/internal/freeport"
)

// The talks of this file are made by two programs, with a tap between them that keeps what
// they say.

// foreignTalks are the sources of messages that nobody here made.
var foreignTalks = []struct {
	protocol string
	make     func(t *testing.T) []talk
}{
	{"modbus-tcp", modbusTCPTalks},
	{"modbus-rtu", modbusRTUTalks},
	{"mqtt", mqttTalks},
	{"http", httpTalks},
	{"tls", tlsTalks},
	{"coap", coapTalks},
	{"dns", dnsTalks},
	{"websocket", websocketTalks},
	{"cbor", cborTalks},
	{"msgpack", msgpackTalks},
	{"json", jsonTalks},
	{"protobuf", protobufTalks},
}

// modbusServer is a device of libmodbus, on a port or a serial line.
const modbusServer = `
#include <modbus/modbus.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
	int line = argv[1][0] == '/';
	modbus_t *m = line ? modbus_new_rtu(argv[1], 9600, 'N', 8, 1) : modbus_new_tcp("127.0.0.1", atoi(argv[1]));
	modbus_mapping_t *kept = modbus_mapping_new(20, 20, 20, 20);
	unsigned char query[MODBUS_TCP_MAX_ADU_LENGTH];
	int n, listener = -1;
	modbus_set_slave(m, 17);
	kept->tab_registers[3] = 0x1234;
	kept->tab_input_registers[2] = 40000;
	kept->tab_input_bits[5] = 1;
	if (line)
		modbus_connect(m);
	else
		listener = modbus_tcp_listen(m, 1);
	for (;;) {
		if (!line && modbus_tcp_accept(m, &listener) < 0)
			return 1;
		while ((n = modbus_receive(m, query)) >= 0)
			if (n > 0)
				modbus_reply(m, query, n, kept);
		if (line)
			return 1;
		modbus_close(m);
	}
}
`

func buildModbusServer(t *testing.T) string {
	source := written(t, "server.c", modbusServer)
	if out := run(t, "gcc", "-o", source+".out", source, "-lmodbus"); out != "" {
		t.Fatal(out)
	}
	return source + ".out"
}

// modbusRequests are the arguments of mbpoll for requests of each function that it has,
// and for one of registers that are not there.
var modbusRequests = []string{"-t 0 -r 1 -c 10", "-t 1 -r 1 -c 8", "-t 3 -r 2 -c 3", "-t 4 -r 3 -c 5", "-t 4 -r 19 -c 9", "-t 0 -r 7 -- 1", "-t 0 -r 2 -- 1 0 1 1 0 0 1 1 1", "-t 4 -r 8 -- 4711", "-t 4 -r 9 -- 1 65535 300"}

// poll runs mbpoll for every request.
func poll(t *testing.T, to string, args ...string) {
	for _, request := range modbusRequests {
		request, values, _ := strings.Cut(request, " -- ")
		words := append(append([]string{}, args...), "-0", "-1", "-q", "-a", "17", "-o", "10")
		words = append(append(words, strings.Fields(request)...), to)
		run(t, "mbpoll", append(words, strings.Fields(values)...)...)
	}
}

func modbusTCPTalks(t *testing.T) []talk {
	server := freeport.Loopback(t)
	start(t, buildModbusServer(t), portOf(server))
	until(t, "server", answers(server))
	p := newTap(t, "modbus-tcp", server)
	poll(t, "127.0.0.1", "-m", "tcp", "-p", portOf(p.address))
	return p.heard(t)
}

// modbusRTUTalks go over two serial lines, each of which socat makes of a connection.
func modbusRTUTalks(t *testing.T) []talk {
	dir := t.TempDir()
	device, master := filepath.Join(dir, "device"), filepath.Join(dir, "master")
	address := freeport.Loopback(t)
	start(t, "socat", "TCP-LISTEN:"+portOf(address)+",bind=127.0.0.1,reuseaddr", "PTY,raw,echo=0,link="+device)
	p := newTap(t, "modbus-rtu", address)
	exists := func(path string) func() bool { return func() bool { _, err := os.Stat(path); return err == nil } }
	line := start(t, "socat", "PTY,raw,echo=0,link="+master, "TCP:"+p.address)
	until(t, "line of the master", exists(master))
	until(t, "line of the device", exists(device))
	start(t, buildModbusServer(t), device)
	poll(t, master, "-m", "rtu", "-b", "9600", "-P", "none")
	line.Process.Kill()
	return p.heard(t)
}

func mqttTalks(t *testing.T) []talk {
	broker := freeport.Loopback(t)
	start(t, pathOfMosquitto(t), "-c", written(t, "mosquitto.conf", "listener "+portOf(broker)+" 127.0.0.1\nallow_anonymous true\nmax_topic_alias 7\n"))
	until(t, "broker", answers(broker))
	p := newTap(t, "mqtt", broker)
	for _, version := range []string{"311", "5"} {
		to := []string{"-h", "127.0.0.1", "-p", portOf(p.address), "-V", version, "-u", "user", "-P", "secret"}
		will := append(to, "--will-topic", "gone/"+version, "--will-payload", "bye", "--will-qos", "1", "--will-retain")
		publish := append(to, "-t", "sensors/"+version, "-m", `{"temp": 21.5, "ok": true}`, "-r", "-q")
		subscribe := append(will, "-t", "sensors/#", "-t", "other/+", "-q", "2", "-C", "1", "-i", "reader", "-U", "never")
		if version == "5" {
			publish = append([]string{"-D", "publish", "user-property", "place", "roof", "-D", "publish", "content-type", "application/json", "-D", "publish", "message-expiry-interval", "300",
				"-D", "publish", "response-topic", "answers", "-D", "publish", "correlation-data", "no 1", "-D", "publish", "payload-format-indicator", "1"}, publish...)
			subscribe = append([]string{"-D", "connect", "session-expiry-interval", "60", "-D", "connect", "receive-maximum", "5", "-D", "subscribe", "subscription-identifier", "9", "-D", "will", "will-delay-interval", "4",
				"-D", "connect", "maximum-packet-size", "70000"}, subscribe...)
		}
		for _, qos := range []string{"0", "1", "2"} {
			run(t, "mosquitto_pub", append(publish, qos)...)
		}
		run(t, "mosquitto_sub", subscribe...)
	}
	return p.heard(t)
}

func pathOfMosquitto(t *testing.T) string {
	if path, err := exec.LookPath("/usr/sbin/mosquitto"); err == nil {
		return path
	}
	return program(t, "mosquitto")
}

// httpServer is a server of Node: what is posted comes back, compressed, in chunks.
const httpServer = `
const zlib = require('zlib')
require('http').createServer((req, res) => {
	if (req.url === '/none') return res.writeHead(204).end()
	if (req.url === '/plain') return res.writeHead(200, {'Content-Type': 'text/plain', 'Content-Length': 6, 'Set-Cookie': ['a=1', 'b=2']}).end('hello\n')
	const body = []
	req.on('data', b => body.push(b)).on('end', () => {
		const packed = zlib.gzipSync(Buffer.concat(body))
		res.writeHead(200, {'Content-Type': 'application/json', 'Content-Encoding': 'gzip', 'Trailer': 'Sum'})
		res.write(packed.subarray(0, 10))
		res.addTrailers({'Sum': '1'})
		res.end(packed.subarray(10))
	})
}).listen(+process.argv[2], '127.0.0.1')
`

func httpTalks(t *testing.T) []talk {
	server := freeport.Loopback(t)
	start(t, "node", written(t, "server.js", httpServer), portOf(server))
	until(t, "server", answers(server))
	p := newTap(t, "http", server)
	url := "http://" + p.address
	run(t, "curl", "-s", "--noproxy", "*", url+"/plain?a=1", url+"/plain", url+"/none")
	run(t, "curl", "-s", "--noproxy", "*", "--compressed", "-H", "Content-Type: application/json", "-d", `{"temp": [21.5, null]}`, url+"/echo")
	run(t, "curl", "-s", "--noproxy", "*", "-u", "me:secret", "-b", "a=1; b=2", "-e", "http://board.example/", "-X", "PUT", "-d", "level=5", url+"/led")
	return p.heard(t)
}

func tlsTalks(t *testing.T) []talk {
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")
	run(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=board.example", "-addext", "subjectAltName=DNS:board.example")
	server := freeport.Loopback(t)
	start(t, "openssl", "s_server", "-accept", server, "-key", key, "-cert", cert, "-quiet", "-alpn", "http/1.1", "-www")
	until(t, "server", answers(server))
	p := newTap(t, "tls", server)
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		run(t, "openssl", "s_client", version, "-connect", p.address, "-servername", "board.example", "-alpn", "h2,http/1.1", "-no_ign_eof")
	}
	run(t, "openssl", "s_client", "-tls1_3", "-connect", p.address, "-verify_return_error") // an alert: the certificate is nobody's
	run(t, "curl", "-sk", "--noproxy", "*", "https://"+p.address+"/")
	return p.heard(t)
}

// coapTalks are between the client and the server of libcoap, through a tap of datagrams.
func coapTalks(t *testing.T) []talk {
	server := freeport.Loopback(t)
	start(t, "coap-server-notls", "-A", "127.0.0.1", "-p", portOf(server), "-d", "10")
	relay, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to, err := net.Dial("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	k := talk{name: "datagrams", protocol: "coap"}
	var mu sync.Mutex
	var client net.Addr
	keep := func(b []byte, byServer bool) net.Addr {
		mu.Lock()
		defer mu.Unlock()
		k.said = append(k.said, said{byServer, append([]byte(nil), b...)})
		return client
	}
	var done sync.WaitGroup
	done.Go(func() {
		for b := make([]byte, 64<<10); ; {
			n, from, err := relay.ReadFrom(b)
			if err != nil {
				return
			}
			mu.Lock()
			client = from
			mu.Unlock()
			keep(b[:n], false)
			to.Write(b[:n])
		}
	})
	done.Go(func() {
		for b := make([]byte, 64<<10); ; {
			n, err := to.Read(b)
			if err == io.EOF || err != nil && strings.Contains(err.Error(), "closed") {
				return
			}
			if n > 0 {
				relay.WriteTo(b[:n], keep(b[:n], true))
			}
		}
	})
	url := "coap://" + relay.LocalAddr().String()
	for _, words := range [][]string{
		{url + "/"}, {url + "/.well-known/core"}, {"-N", "-O", "3,board.example", url + "/time?ticks"}, {"-m", "put", "-t", "50", "-e", `{"on":1}`, url + "/new"}, {url + "/new"}, {"-m", "delete", url + "/new"},
		{"-m", "put", "-b", "16", "-e", strings.Repeat("block", 10), url + "/example_data"}, {"-b", "16", "-A", "40", url + "/example_data"}, {url + "/nothing"}, {"-s", "2", "-T", "cafe", url + "/time"},
	} {
		run(t, "coap-client-notls", append([]string{"-B", "50"}, words...)...)
	}
	relay.Close()
	to.Close()
	done.Wait()
	return []talk{k}
}
