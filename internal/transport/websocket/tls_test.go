package websocket_test

import (
	stdtls "crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport/transporttest"
)

// withCA gives the sessions of a test an authority, and says where its certificate is.
func withCA(t *testing.T) (*localca.Authority, string) {
	t.Helper()
	transporttest.CADir = t.TempDir()
	ca, err := (&localca.Store{Dir: transporttest.CADir}).Load(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return ca, file
}

// WebSocket over TLS does what every driver must do.
func TestSuiteOverTLS(t *testing.T) {
	ca, _ := withCA(t)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Certificate())
	transporttest.Suite(t, transporttest.Case{
		Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "wss://127.0.0.1:0") },
		Dial: func(t *testing.T, to sockeye.Address) net.Conn {
			return dialForeignWith(t, to, &stdtls.Config{RootCAs: roots})
		},
	})
}

// Both sides know what WebSocket and what TLS agreed on.
func TestOverTLSIsSaid(t *testing.T) {
	withCA(t)
	s, sr := transporttest.Listening(t, "wss", sockeye.Options{}, nil)
	at := transporttest.AddressOf(s)
	at.Path = "/chat"
	_, cr := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at}, nil)
	for side, r := range map[string]*transporttest.EventLog{"server": sr, "client": cr} {
		d := r.WaitKind(t, sockeye.Joined, 1).Detail
		if d.TLS == nil || d.TLS.Version != "TLS 1.3" || d.WebSocket == nil || d.WebSocket.Path != "/chat" {
			t.Errorf("%s: %+v", side, d)
		}
	}
	if st := transporttest.FirstPeer(t, s, sr).Status(); st.TLS == nil {
		t.Errorf("the status has no TLS: %+v", st)
	}
}

// nodeClient is a WebSocket client of Node's own https: it sends a masked text frame and
// prints what comes back.
const nodeClient = `
const https = require('node:https'), fs = require('node:fs');
const [port, ca] = process.argv.slice(1);
const request = https.request({ host: '127.0.0.1', port, ca: fs.readFileSync(ca), path: '/chat', agent: false,
  headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' } });
request.on('upgrade', (response, socket) => {
  const text = Buffer.from('from node'), key = Buffer.from([1, 2, 3, 4]);
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), key, text.map((b, i) => b ^ key[i % 4])]));
  socket.once('data', (b) => {
    console.log(response.headers['sec-websocket-accept'], socket.getProtocol(), b[0].toString(16), b.subarray(2).toString());
    process.exit(0);
  });
});
request.on('error', (e) => { console.log(e.message); process.exit(1); });
request.end();
`

// The WebSocket of Node is answered over TLS 1.3, and its text comes as text.
func TestNodeOverTLS(t *testing.T) {
	_, file := withCA(t)
	s, r := transporttest.Listening(t, "wss", sockeye.Options{}, transporttest.Echoing{})
	out, err := exec.CommandContext(t.Context(), "node", "-e", nodeClient, fmt.Sprint(s.Locals()[0].Port()), file).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo= TLSv1.3 81 from node" {
		t.Fatalf("%q, %v\n%s", got, err, r)
	}
	if d := r.WaitKind(t, sockeye.Received, 1); string(d.Data) != "from node" || d.Detail.Message != sockeye.TextMessage {
		t.Errorf("%q %+v", d.Data, d.Detail)
	}
}
