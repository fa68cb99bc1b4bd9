package device

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/ipv4"

	"sockeye"
)

// A target may be any kind of socket: rows come to it in order, whole, and each once.
func TestTargetOfEveryKind(t *testing.T) {
	certificate, ca := serverCertificate(t)
	trusting := &tls.Config{Certificates: []tls.Certificate{certificate}}
	for _, c := range []struct {
		name string
		open func(t *testing.T) (address string, rows <-chan []byte)
	}{
		{"TLS", func(t *testing.T) (string, <-chan []byte) {
			l := tls.NewListener(listen(t, "127.0.0.1:0"), trusting)
			return "tls://" + l.Addr().String() + "?cacert=" + ca, linesOf(t, func() (net.Conn, error) { return l.Accept() })
		}},
		{"WebSocket", func(t *testing.T) (string, <-chan []byte) {
			address, rows := webSocketServer(t)
			return "ws://" + address + "/board", rows
		}},
		{"UDP", func(t *testing.T) (string, <-chan []byte) {
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			return "udp://" + c.LocalAddr().String(), datagramsOf(t, c)
		}},
		{"multicast", func(t *testing.T) (string, <-chan []byte) {
			group := net.IPv4(239, 255, 77, 1)
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: group})
			if err != nil {
				t.Fatal(err)
			}
			lo, err := net.InterfaceByName("lo")
			if err != nil {
				t.Fatal(err)
			}
			if err := ipv4.NewPacketConn(c).JoinGroup(lo, &net.UDPAddr{IP: group}); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("udp://%v:%d?interface=lo", group, c.LocalAddr().(*net.UDPAddr).Port), datagramsOf(t, c)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, rows := c.open(t)
			p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='%s'\nformat='json'\n", address), nil)
			for want := uint64(1); want <= 50; want++ {
				select {
				case row := <-rows:
					var line jsonLine
					if err := json.Unmarshal(row, &line); err != nil || line.Seq != want || line.Again {
						t.Fatalf("row %d is %q, %v", want, row, err)
					}
				case <-time.After(limit):
					t.Fatalf("row %d never came", want)
				}
			}
			p.end(t)
		})
	}
}

// A TLS target whose certificate nobody has signed gets nothing, and says why.
func TestTargetThatIsNotTrusted(t *testing.T) {
	certificate, _ := serverCertificate(t)
	l := tls.NewListener(listen(t, "127.0.0.1:0"), &tls.Config{Certificates: []tls.Certificate{certificate}})
	rows := linesOf(t, func() (net.Conn, error) { return l.Accept() })
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='tls://%s'\nformat='json'\n", l.Addr()), func(o *RunOptions) { o.Drain = time.Millisecond })
	if s := p.await(t, Away); s.Err.Kind != sockeye.Untrusted || s.Err.Hint.IsZero() {
		t.Errorf("away for %s: %v", s.Err.Kind, s.Err)
	}
	select {
	case row, got := <-rows:
		if got {
			t.Errorf("it got %q", row)
		}
	default:
	}
}

// Over TLS a broker gets what it gets without.
func TestMQTTOverTLS(t *testing.T) {
	certificate, ca := serverCertificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // mosquitto is another user
		t.Fatal(err)
	}
	secure := listen(t, "127.0.0.1:0")
	_, second, _ := net.SplitHostPort(secure.Addr().String())
	secure.Close()
	port, _ := mosquitto(t, fmt.Sprintf("allow_anonymous true\nlistener %s 127.0.0.1\ncertfile %s/cert.pem\nkeyfile %[2]s/key.pem\n", second, dir))
	s := subscribe(t, port, "-t", "rows")
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='mqtts://127.0.0.1:%s'\nca='%s'\ntopic='rows'\nqos=1\nformat='json'\n", second, ca), nil)
	p.await(t, Connected)
	last := uint64(0)
	for range 20 {
		_, text := message(t, s)
		var line jsonLine
		if err := json.Unmarshal([]byte(text), &line); err != nil || last > 0 && line.Seq != last+1 {
			t.Fatalf("after row %d comes %q, %v", last, text, err)
		}
		last = line.Seq
	}
}

// serverCertificate is one for 127.0.0.1, and the file of who has signed it: itself.
func serverCertificate(t *testing.T) (certificate tls.Certificate, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(s.Certificate()), 0o644); err != nil {
		t.Fatal(err)
	}
	return s.TLS.Certificates[0], ca
}

// linesOf are the lines of the first connection.
func linesOf(t *testing.T, accept func() (net.Conn, error)) <-chan []byte {
	t.Helper()
	rows := make(chan []byte, 10_000) // more than a test takes
	go func() {
		defer close(rows)
		c, err := accept()
		if err != nil {
			return
		}
		defer c.Close()
		for s := bufio.NewScanner(c); s.Scan(); {
			rows <- bytes.Clone(s.Bytes())
		}
	}()
	return rows
}

// datagramsOf are what comes, a row in each.
func datagramsOf(t *testing.T, c *net.UDPConn) <-chan []byte {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	rows := make(chan []byte, 10_000) // more than a test takes
	go func() {
		defer close(rows)
		for buffer := make([]byte, 2000); ; {
			n, _, err := c.ReadFrom(buffer)
			if err != nil {
				return
			}
			rows <- bytes.Clone(buffer[:n])
		}
	}()
	return rows
}

// webSocketServer gives the messages of its first client, a row in each.
func webSocketServer(t *testing.T) (address string, _ <-chan []byte) {
	t.Helper()
	rows := make(chan []byte, 10_000) // more than a test takes
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			_, row, err := c.Read(r.Context())
			if err != nil {
				return
			}
			rows <- row
		}
	}))
	t.Cleanup(s.Close)
	_, address, _ = strings.Cut(s.URL, "://")
	return address, rows
}
