//go:build linux

package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// played runs one of the ready-made workspaces and returns where its endpoint is.
func played(t *testing.T, file, name string, network ...string) (host, port string) {
	t.Helper()
	s := serve(t, "run", filepath.Join(top, "examples/workspaces", file), "--yes", "--at", name+"="+strings.Join(network, "")+"127.0.0.1:0")
	at := s.local(t)
	return at.Addr().String(), fmt.Sprint(at.Port())
}

// Each ready-made workspace answers a client that nobody here wrote.
func TestWorkspaces(t *testing.T) {
	tests := map[string]func(*testing.T){
		"modbus-tcp-slave.toml": testModbusTCP, "modbus-rtu-slave.toml": testModbusRTU, "nmea-source.toml": testNMEA,
		"at-modem.toml": testModem, "scpi-meter.toml": testMeter, "line-chat.toml": testChat, "delayed-echo.toml": testDelayedEcho,
		"smtp-sink.toml": testMail, "http-status.toml": testWeb, "udp-sensor.toml": testSensor, "http-report.toml": testReport,
	}
	files, err := filepath.Glob(filepath.Join(top, "examples/workspaces/*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for n, f := range files {
		files[n] = filepath.Base(f)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(tests)), files); diff != "" {
		t.Errorf("tests and files (-tests +files):\n%s", diff)
	}
	for name, test := range tests {
		t.Run(strings.TrimSuffix(name, ".toml"), test)
	}
}

// testModbusTCP: libmodbus reads, writes, and is told what is not there.
func testModbusTCP(t *testing.T) {
	host, port := played(t, "modbus-tcp-slave.toml", "slave")
	poll := func(want string, code int, args ...string) {
		t.Helper()
		p := run(t, "mbpoll", append([]string{"-m", "tcp", "-p", port, "-a", "1", "-o", "5", "-1", "-q"}, args...)...)
		p.ends(code)
		if said := p.out.String() + p.errs.String(); !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("mbpoll %v: no %s in:\n%s", args, want, said)
		}
	}
	poll(`(?s)\[1\]:\s+215.*\[2\]:\s+300`, 0, "-r", "1", "-c", "2", host)
	poll(`\[1\]:\s+1`, 0, "-t", "0", "-r", "1", "-c", "1", host)
	poll(`Written 1 ref`, 0, "-r", "1", host, "--", "77")
	poll(`(?i)illegal data address`, 1, "-r", "10", "-c", "1", host)
}

// testModbusRTU: libmodbus at a serial port that socat makes of the connection.
func testModbusRTU(t *testing.T) {
	host, port := played(t, "modbus-rtu-slave.toml", "slave")
	line := filepath.Join(t.TempDir(), "port")
	run(t, "socat", "PTY,link="+line+",raw,echo=0", "TCP:"+host+":"+port)
	for late := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if _, err := os.Stat(line); err == nil {
			break
		} else if time.Now().After(late) {
			t.Fatal(err)
		}
	}
	p := run(t, "mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-a", "1", "-o", "5", "-1", "-q", "-r", "1", "-c", "1", line)
	p.ends(0)
	if !regexp.MustCompile(`\[1\]:\s+215`).MatchString(p.out.String()) {
		t.Errorf("mbpoll: %s %s", p.out, p.errs)
	}
}

func testNMEA(t *testing.T) {
	host, port := played(t, "nmea-source.toml", "gps")
	p := run(t, "ncat", host, port)
	p.prints("$GPTXT,01,01,02,Sockeye*")
	p.prints("$GPGLL,4807.038,N,01131.000,E,")
	p.kill()
	lines := strings.SplitAfter(p.out.String(), "\r\n")
	for _, l := range lines[:len(lines)-1] {
		sum := byte(0)
		body, hex, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(l, "\r\n"), "$"), "*")
		for _, b := range []byte(body) {
			sum ^= b
		}
		if want := fmt.Sprintf("%02X", sum); hex != want {
			t.Errorf("%q should end in %s", l, want)
		}
	}
}

func testModem(t *testing.T) {
	host, port := played(t, "at-modem.toml", "modem")
	p := run(t, "ncat", "-C", host, port)
	for _, c := range [][2]string{{"AT", "\r\nOK\r\n"}, {"AT+CWJAP?", "\r\nERROR\r\n"}, {"AT+CSQ", "+CSQ: 23,0\r\n"},
		{`AT+CWJAP="lab","password"`, "WIFI GOT IP\r\n\r\nOK\r\n"}, {"AT+CWJAP?", `+CWJAP:"lab"`}, {"AT+CWQAP", "WIFI DISCONNECT\r\n"}} {
		p.says(c[0] + "\n")
		p.prints(c[1])
	}
}

func testMeter(t *testing.T) {
	host, port := played(t, "scpi-meter.toml", "meter")
	p := run(t, "ncat", host, port)
	for _, c := range [][2]string{{"*idn?", "Sockeye,Meter,SN0042,1.0\n"}, {"*RST", ""}, {"MEAS:VOLT:DC?", "+1.2345E+00\n"}, {"FETCH?", "-113,\"Undefined header\"\n"}} {
		p.says(c[0] + "\n")
		p.prints(c[1])
	}
}

func testChat(t *testing.T) {
	host, port := played(t, "line-chat.toml", "chat")
	a := run(t, "ncat", host, port)
	a.prints("Welcome, you are #1.")
	b := run(t, "ncat", host, port)
	b.prints("Welcome, you are #2.")
	a.says("hello\n")
	b.prints("#1: hello\n")
	b.says("你好\n")
	a.prints("#2: 你好\n")
	b.says("/quit\n")
	b.prints("Bye.\n")
	a.prints("#2 has left.\n")
	b.in.Close() // ncat goes on as long as it has input, although the chat has ended
	b.ends(0)
}

func testDelayedEcho(t *testing.T) {
	host, port := played(t, "delayed-echo.toml", "echo")
	p := run(t, "socat", "-", "TCP:"+host+":"+port)
	p.says("hello")
	p.prints("hello")
}

// testMail: Python's mail client hands over two mails, one with a lone dot.
func testMail(t *testing.T) {
	host, port := played(t, "smtp-sink.toml", "mail")
	p := run(t, "python3", "-c", `
import smtplib, sys
s = smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=20)
print(s.sendmail("a@example.org", ["b@example.org"], "Subject: one\r\n\r\n.\r\nQUIT\r\n"))
print(s.sendmail("a@example.org", ["b@example.org", "c@example.org"], "two"))
print(s.quit())
`, host, port)
	p.ends(0)
	if got := p.out.String(); got != "{}\n{}\n(221, b'bye')\n" {
		t.Errorf("%s %s", got, p.errs)
	}
}

func testWeb(t *testing.T) {
	host, port := played(t, "http-status.toml", "web")
	for path, want := range map[string]string{"/settings": "{\"interval\":60,\"unit\":\"C\"}\n200", "/echo/a%20b": "a%20b\n200", "/favicon.ico": "204"} {
		p := run(t, "curl", "--silent", "--noproxy", "*", "--max-time", "20", "--write-out", "%{http_code}", "http://"+host+":"+port+path)
		p.ends(0)
		if got := p.out.String(); got != want {
			t.Errorf("%s: %q, want %q; %s", path, got, want, p.errs)
		}
	}
	head := run(t, "curl", "--silent", "--noproxy", "*", "--max-time", "20", "--head", "http://"+host+":"+port+"/settings")
	head.ends(0)
	if got := head.out.String(); got != "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" {
		t.Errorf("HEAD: %q", got)
	}
	testWebPages(t, "http://"+host+":"+port)
}

// testWebPages: what a browser asks of it first is a page, and what is not there says
// where one is.
func testWebPages(t *testing.T, at string) {
	for path, want := range map[string][2]string{"/": {"<h1>Sockeye</h1>", "200"}, "/index.html": {"/settings", "200"}, "/?x=1": {"<h1>", "200"}, "/none": {`<a href="/">First page</a>`, "404"}} {
		p := run(t, "curl", "--silent", "--noproxy", "*", "--max-time", "20", "--write-out", "%{http_code}", at+path)
		p.ends(0)
		if got := p.out.String(); !strings.Contains(got, want[0]) || !strings.HasSuffix(got, want[1]) {
			t.Errorf("%s: %q, want %q; %s", path, got, want, p.errs)
		}
	}
}

func testSensor(t *testing.T) {
	host, port := played(t, "udp-sensor.toml", "sensor", "udp://")
	p := run(t, "socat", "-", "UDP:"+host+":"+port)
	p.says(`{"get": "temperature"}` + "\n")
	p.prints(`{"temperature":21.5,"n":1}`)
	p.says(`{"do":"restart"}` + "\n")
	p.prints("{\"restarting\":true}\n{\"ready\":true}\n")
	p.says("nonsense {}\n")
	p.prints(`{"error":"unknown request"}`)
}

// testReport: Python's web server is told by a list, again and again, also after it has
// ended the connection.
func testReport(t *testing.T) {
	server := run(t, "python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", t.TempDir(), "0")
	at := server.address("127.0.0.1")
	serve(t, "run", filepath.Join(top, "examples/workspaces/http-report.toml"), "--yes", "--at", "sensor="+at)
	for n := range 2 {
		if want := fmt.Sprintf(`"GET /update?key=DEMO&n=%d&field1=21.5 HTTP/1.1" 404`, n+1); !server.errs.await(want, server.wait, server.ended) {
			t.Fatalf("the server never said %q, but %q", want, server.errs)
		}
	}
}
