package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"math/big"
	"sockeye/internal/api/access"
	"testing"
	"time"
)

// ownCertificate is one that nobody has signed, as people make them.
func ownCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"lab.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Over TLS, a shell trusts the certificate in the state file and no other, and
// HTTP/2 is not spoken there either (T17).
func TestTLS(t *testing.T) {
	pair, other := ownCertificate(t), ownCertificate(t)
	v := serve(t, func(o *Config) {
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	})
	pin := func(c tls.Certificate) string {
		sum := sha256.Sum256(c.Certificate[0])
		return hex.EncodeToString(sum[:])
	}
	st := access.WorkbenchState{URL: v.URL(), Token: v.ShellToken(), Certificate: pin(pair)}
	var m Machine
	if err := NewClient(st, "en").Ask(context.Background(), "GET", "/machine", nil, &m); err != nil || m.Version != "test" {
		t.Errorf("%+v, %v", m, err)
	}
	st.Certificate = pin(other)
	if err := NewClient(st, "en").Ask(context.Background(), "GET", "/machine", nil, &m); err == nil {
		t.Error("another certificate was trusted")
	}
	c, err := tls.Dial("tcp", v.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("negotiated %q", got)
	}
	io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	answer := make([]byte, len("HTTP/1.1 400"))
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "HTTP/1.1 400" {
		t.Errorf("preface: %q, %v", answer, err)
	}
}
