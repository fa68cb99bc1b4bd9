package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCertificate writes NAME.pem, a certificate and key for a host, and NAME-ca.pem, that
// of the authority that made both some days from now.
func scriptCertificate(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: certificate NAME HOST DAYS")
	}
	days, err := strconv.Atoi(args[2])
	ts.Check(err)
	at := time.Now().AddDate(0, 0, days)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sockeye local CA of another"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: at.AddDate(0, 0, -1), NotAfter: at.AddDate(10, 0, 0)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: args[1]}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotBefore: ca.NotBefore, NotAfter: at.AddDate(1, 0, 0)}
	if ip := net.ParseIP(args[1]); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{args[1]}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	block := func(kind string, der []byte, err error) []byte {
		ts.Check(err)
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	sign := func(c *x509.Certificate) []byte {
		der, err := x509.CreateCertificate(rand.Reader, c, ca, key.Public(), key)
		return block("CERTIFICATE", der, err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	pair := append(sign(leaf), block("PRIVATE KEY", secret, err)...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pem"), pair, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+"-ca.pem"), sign(ca), 0o600))
}

// stacks are TLS stacks that differ from ours: what they speak, and what they want.
var stacks = map[string]func(*tls.Config){
	"old-versions": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
	"old-ciphers": func(c *tls.Config) {
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}
	},
	"wants-a-certificate": func(c *tls.Config) { c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert },
	"wants-one-after-1.3": func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
}

// scriptStack runs a server of such a stack with NAME.pem, whose address is $NAME, or has a
// client of one try to connect.
func scriptStack(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg || stacks[args[1]] == nil {
		ts.Fatalf("usage: stack listen KIND NAME, or stack connect KIND ADDRESS")
	}
	config := &tls.Config{}
	stacks[args[1]](config)
	if args[0] == "connect" {
		config.InsecureSkipVerify = true
		if c, err := tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", args[2], config); err == nil {
			c.Close()
			ts.Fatalf("they agreed")
		}
		return
	}
	file := ts.MkAbs(args[2] + ".pem")
	pair, err := tls.LoadX509KeyPair(file, file)
	ts.Check(err)
	config.Certificates = []tls.Certificate{pair}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	ts.Defer(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(20 * time.Second))
			s := tls.Server(c, config)
			s.Handshake()
			io.Copy(io.Discard, s)
			c.Close()
		}
	}()
	ts.Setenv(args[2], l.Addr().String())
}
