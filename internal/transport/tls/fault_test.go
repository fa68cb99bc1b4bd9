package tls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport/transporttest"
)

// pemFile writes a certificate and its key to one file.
func pemFile(t *testing.T, c stdtls.Certificate) string {
	t.Helper()
	chain, key, err := localca.EncodeCertificate(c)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "pair.pem")
	if err := os.WriteFile(name, append(chain, key...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func authority(t *testing.T, now time.Time) *localca.Authority {
	t.Helper()
	a, err := localca.New("another", now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *localca.Authority, p localca.Purpose, now time.Time, names ...string) stdtls.Certificate {
	t.Helper()
	c, err := a.Issue(names, p, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func caFile(t *testing.T, a *localca.Authority) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, a.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// says checks an error's words in both languages.
func says(t *testing.T, e *sockeye.Error, message, hint string) {
	t.Helper()
	if e == nil || !strings.Contains(e.Reason(sockeye.English), message) || !strings.Contains(e.Hint.En, hint) {
		t.Errorf("got %v\nhint %+v\nwant %q, %q", e, e, message, hint)
		return
	}
	if e.Message.Zh == "" || e.Message.Zh == e.Message.En || (hint != "" && e.Hint.Zh == "") {
		t.Errorf("%q has no Chinese: %+v", message, e)
	}
}

// F46: what a client finds wrong with a server is said with what to do: a certificate that
// is expired or not valid yet, for another name, of an authority that nobody knows.
func TestServersThatAreNotBelieved(t *testing.T) {
	now := time.Now()
	other := authority(t, now)
	late, early := authority(t, now.AddDate(-2, 0, 0)), authority(t, now.AddDate(0, 0, 30))
	for name, c := range map[string]struct {
		pair          stdtls.Certificate
		ca            *localca.Authority
		message, hint string
	}{
		"unknown CA":    {issue(t, other, localca.ServerAuth, now, "127.0.0.1"), nil, `issued by "Sockeye local CA of another", whom this machine does not trust`, "sockeye ca export"},
		"wrong name":    {issue(t, other, localca.ServerAuth, now, "kitchen.lan", "10.0.0.7"), other, `is for "kitchen.lan", "10.0.0.7", not for "127.0.0.1"`, "--sni"},
		"expired":       {issue(t, late, localca.ServerAuth, now.AddDate(-2, 0, 0), "127.0.0.1"), late, "expired on " + now.AddDate(-2, 0, 397).UTC().Format(time.DateOnly), "clock"},
		"not yet valid": {issue(t, early, localca.ServerAuth, now.AddDate(0, 0, 30), "127.0.0.1"), early, "not valid before", "clock"},
		"a client's":    {issue(t, other, localca.ClientAuth, now, "127.0.0.1"), other, "not accepted: it is not one for servers", "sockeye ca issue"},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := server(t, sockeye.Options{TLS: sockeye.TLSOptions{Certificate: pemFile(t, c.pair)}}, nil)
			o := sockeye.TLSOptions{}
			if c.ca != nil {
				o.Authorities = caFile(t, c.ca)
			}
			_, _, err := client(t, "tls://"+s.Locals()[0].String(), o)
			says(t, sockeye.ErrorOf(err), c.message, c.hint)
			if kind := sockeye.ErrorOf(err).Kind; kind != sockeye.Untrusted {
				t.Errorf("the kind is %s", kind)
			}
			refused := 1
			if strings.Contains(c.hint, "clock") { // the server knows before anybody comes
				says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, c.message, c.hint)
				refused = 2
			}
			says(t, r.WaitKind(t, sockeye.Failed, refused).Detail.Err, "the client does not trust our certificate", "sockeye ca export")
		})
	}
}

// T41, F46: a self-signed certificate is told from one of an unknown authority.
func TestSelfSigned(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "router"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	name := pemFile(t, stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	s, _ := server(t, sockeye.Options{TLS: sockeye.TLSOptions{Certificate: name}}, nil)
	_, _, err = client(t, "tls://"+s.Locals()[0].String(), sockeye.TLSOptions{})
	says(t, sockeye.ErrorOf(err), "was signed by itself", "--cacert")
}

// deaf is a connection on which a client makes no more than its ClientHello.
type deaf struct{ net.Conn }

func (deaf) Read([]byte) (int, error) { return 0, io.EOF }

// A client that refuses the certificate of TLS 1.3 in plain text, as OpenSSL does, is understood;
// one that ends the handshake with what nobody can read most likely refuses it, too.
func TestRefusalsInPlainText(t *testing.T) {
	for name, c := range map[string]struct{ record, message, hint string }{
		"unknown CA": {"\x15\x03\x03\x00\x02\x02\x30", "the client does not trust our certificate: unknown certificate authority", "sockeye ca export"},
		"expired":    {"\x15\x03\x01\x00\x02\x02\x2d", "by the client's clock our certificate is not valid: expired certificate", "NTP"},
		"unreadable": {"\x17\x03\x03\x00\x13" + strings.Repeat("\x15", 19), "what cannot be decrypted; most likely it does not trust our certificate", "sockeye ca export"},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := server(t, sockeye.Options{}, nil)
			conn := transporttest.DialPlain(t, transporttest.At(t, "tcp://"+s.Locals()[0].String()))
			stdtls.Client(deaf{conn}, &stdtls.Config{ServerName: "127.0.0.1", MinVersion: stdtls.VersionTLS13}).Handshake()
			if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // its ServerHello: it has changed its keys
				t.Fatal(err)
			}
			io.WriteString(conn, c.record)
			says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, c.message, c.hint)
		})
	}
}

// C44: two sides that share nothing say what, each in its own words.
func TestNothingInCommon(t *testing.T) {
	for name, c := range map[string]struct {
		server        sockeye.TLSOptions
		client        func(*stdtls.Config)
		message, hint string
	}{
		"no version": {sockeye.TLSOptions{}, func(c *stdtls.Config) { c.MinVersion, c.MaxVersion = stdtls.VersionTLS10, stdtls.VersionTLS11 }, "share no version of TLS", "--board"},
		"no cipher": {sockeye.TLSOptions{}, func(c *stdtls.Config) {
			c.MaxVersion = stdtls.VersionTLS12
			c.CipherSuites = []uint16{stdtls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}, "share no cipher", "--board"},
		"no protocol": {sockeye.TLSOptions{Protocols: "mqtt"}, func(c *stdtls.Config) { c.NextProtos = []string{"chat"} }, "share no application protocol", "--alpn"},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := server(t, sockeye.Options{TLS: c.server}, nil)
			config := &stdtls.Config{RootCAs: roots(t)}
			c.client(config)
			if foreign, err := stdtls.Dial("tcp", s.Locals()[0].String(), config); err == nil {
				foreign.Close()
				t.Fatal("it agreed")
			}
			says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, c.message, c.hint)
		})
	}
}

// foreignServer is one of crypto/tls; it makes one handshake.
func foreignServer(t *testing.T, config *stdtls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		s := stdtls.Server(c, config)
		s.Handshake()
		s.Read(make([]byte, 1))
	}()
	return l.Addr().String()
}

// A handshake that fails for want of a common version, cipher, protocol or certificate says
// which it was, and what to do.
func TestClientsThatShareNothingWithTheServer(t *testing.T) {
	ca := authority(t, time.Now())
	pair := issue(t, ca, localca.ServerAuth, time.Now(), "127.0.0.1")
	for name, c := range map[string]struct {
		config        *stdtls.Config
		o             sockeye.TLSOptions
		message, hint string
	}{
		"no version":       {&stdtls.Config{MinVersion: stdtls.VersionTLS10, MaxVersion: stdtls.VersionTLS11}, sockeye.TLSOptions{}, "share no version", "--board"},
		"no cipher":        {&stdtls.Config{MaxVersion: stdtls.VersionTLS12, CipherSuites: []uint16{stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}}, sockeye.TLSOptions{}, "share no cipher", "--board"},
		"no protocol":      {&stdtls.Config{NextProtos: []string{"mqtt"}}, sockeye.TLSOptions{Protocols: "chat"}, "share no application protocol", "--alpn"},
		"wants client 1.2": {&stdtls.Config{MaxVersion: stdtls.VersionTLS12, ClientAuth: stdtls.RequireAnyClientCert}, sockeye.TLSOptions{}, "wants a client certificate", "--client-cert"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Certificates = []stdtls.Certificate{pair}
			c.o.Authorities = caFile(t, ca)
			_, _, err := client(t, "tls://"+foreignServer(t, c.config), c.o)
			says(t, sockeye.ErrorOf(err), c.message, c.hint)
		})
	}
}

// C44: client certificates: one that is missing or not trusted keeps the client out, and both
// sides say so; with TLS 1.3 the client hears of it after its own handshake.
func TestClientCertificates(t *testing.T) {
	now := time.Now()
	clients, others := authority(t, now), authority(t, now)
	good, bad := pemFile(t, issue(t, clients, localca.ClientAuth, now, "board 7")), pemFile(t, issue(t, others, localca.ClientAuth, now, "mallory"))
	s, r := server(t, sockeye.Options{TLS: sockeye.TLSOptions{RequireClientCertificate: sockeye.On, Authorities: caFile(t, clients)}}, nil)
	at := "tls://" + s.Locals()[0].String()

	_, cr, err := client(t, at, sockeye.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	says(t, cr.WaitKind(t, sockeye.Left, 1).Detail.Err, "wants a client certificate, and was shown none", "--client-cert")
	says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, "the client showed no certificate", "sockeye ca issue --client")

	_, cr, err = client(t, at, sockeye.TLSOptions{ClientCertificate: bad})
	if err != nil {
		t.Fatal(err)
	}
	says(t, cr.WaitKind(t, sockeye.Left, 1).Detail.Err, "refused our client certificate", "issued by an authority")

	if _, _, err = client(t, at, sockeye.TLSOptions{ClientCertificate: good}); err != nil {
		t.Fatal(err)
	}
	joined := r.WaitKind(t, sockeye.Joined, 1).Detail.TLS
	if len(joined.Certificates) == 0 || joined.Certificates[0].Subject != "board 7" {
		t.Errorf("the server knows of %+v", joined)
	}
}

// Plain text on a TLS port, and TLS to a plain port.
func TestPlainAndTLSMixedUp(t *testing.T) {
	s, r := server(t, sockeye.Options{}, nil)
	c := dialPlain(t, s.Locals()[0].String())
	c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, `the client speaks plain text, and this port TLS: it began with "GET /"`, "tcp://")
	answer := make([]byte, 7)
	if n, err := c.Read(answer); err != nil || string(answer[:n]) != "\x15\x03\x03\x00\x02\x02\x0a" {
		t.Errorf("the client was told %q, %v", answer[:n], err)
	}

	short := dialPlain(t, s.Locals()[0].String()) // less than the header of a record, and then its end
	short.Write([]byte("hi\n"))
	short.(*net.TCPConn).CloseWrite()
	says(t, r.WaitKind(t, sockeye.Failed, 2).Detail.Err, `the client speaks plain text, and this port TLS: it began with "hi\n"`, "tcp://")
	if got, err := io.ReadAll(short); err != nil || string(got) != "\x15\x03\x03\x00\x02\x02\x0a" {
		t.Errorf("who said little was told %q, %v", got, err)
	}

	plain, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	_, _, err := client(t, "tls://"+plain.Locals()[0].String(), sockeye.TLSOptions{})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind == sockeye.System {
		t.Errorf("to an echo: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			c.Write([]byte("220 mail.example ESMTP\r\n"))
			c.Read(make([]byte, 2000))
			c.Close()
		}
	}()
	_, _, err = client(t, "tls://"+l.Addr().String(), sockeye.TLSOptions{})
	says(t, sockeye.ErrorOf(err), `does not speak TLS: it begins with "220 m"`, "tcp://")
}

// Files that cannot be used are all named at once, before anything is opened.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, pem.EncodeToMemory(&pem.Block{Type: "NOTHING"}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "tls://127.0.0.1:0"),
		Options: sockeye.Options{TLS: sockeye.TLSOptions{Certificate: filepath.Join(dir, "none.pem"), Authorities: empty, KeyLog: dir}}}, nil)
	if err == nil {
		t.Fatal("opened")
	}
	for _, want := range []string{`set cert: "` + filepath.Join(dir, "none.pem"), "set cacert: ", "no certificate in it", "set keylog: ", "a directory, not a file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
