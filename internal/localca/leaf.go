package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Purpose is what a certificate is for.
type Purpose int

// The purposes.
const (
	ServerAuth Purpose = iota
	ClientAuth
)

// Issue makes a certificate and a key of its own for names: host names, and IP addresses
// without brackets and zone. A client's certificate may have any name.
func (a *Authority) Issue(names []string, purpose Purpose, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	return a.issue(names, purpose, now, key)
}

func (a *Authority) issue(names []string, purpose Purpose, now time.Time, key *ecdsa.PrivateKey) (tls.Certificate, error) {
	serial, err := serialNumber()
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Sockeye"}},
		NotBefore:    now.Add(-backdate),
		NotAfter:     earlier(now.Add(leafLife), a.certificate.NotAfter),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
	}
	if purpose == ClientAuth {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	if len(names) > 0 {
		template.Subject.CommonName = shortened(names[0])
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, net.IP(ip.WithZone("").Unmap().AsSlice()))
		} else if isHostName(name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := signed(template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key, Leaf: leaf}, err
}

// shortened fits a name into a common name, which has at most 64 characters
// (RFC 5280, ub-common-name).
func shortened(name string) string {
	if r := []rune(name); len(r) > 64 {
		return string(r[:64])
	}
	return name
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// isHostName reports whether a certificate may have the name: letters, digits, hyphens
// and dots, as RFC 1123 has them, and the underscore that people use besides.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" || label[0] == '-' {
			return false
		}
	}
	return true
}

// EncodeCertificate is a certificate's chain and its key in PEM.
func EncodeCertificate(c tls.Certificate) (chain, key []byte, err error) {
	for _, der := range c.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// maxLeaves bounds the certificates that a LeafIssuer keeps: a client says any name it likes.
const maxLeaves = 64

// LeafIssuer gives a TLS server a certificate for whatever name or address a client asks
// for, made when it is asked for first. It may be used by several goroutines at once.
type LeafIssuer struct {
	authority *Authority
	names     []string // in every certificate
	now       func() time.Time
	key       *ecdsa.PrivateKey // of all its certificates

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
	order  []string // the names of leaves, the oldest first
}

// NewServer is a LeafIssuer whose certificates have the names given besides the one that the
// client asks for, and all the same key; see Store.ServerKey.
func (a *Authority) NewServer(names []string, key *ecdsa.PrivateKey, now func() time.Time) *LeafIssuer {
	return &LeafIssuer{authority: a, names: names, now: now, key: key, leaves: map[string]*tls.Certificate{}}
}

// Certificate is for tls.Config.GetCertificate. A client that says no name (RFC 6066
// allows no address as one) gets a certificate for the address that it has reached.
func (s *LeafIssuer) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	asked := hello.ServerName
	if !isHostName(asked) {
		asked = ""
	}
	if asked == "" && hello.Conn != nil {
		if at, err := netip.ParseAddrPort(hello.Conn.LocalAddr().String()); err == nil {
			asked = at.Addr().WithZone("").Unmap().String()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.leaves[asked]; c != nil && s.now().Before(c.Leaf.NotAfter.Add(-backdate)) {
		return c, nil
	}
	return s.issueLocked(asked)
}

func (s *LeafIssuer) issueLocked(asked string) (*tls.Certificate, error) {
	names := s.names
	if asked != "" && !slices.Contains(names, asked) {
		names = append([]string{asked}, names...)
	}
	c, err := s.authority.issue(names, ServerAuth, s.now(), s.key)
	if err != nil {
		return nil, err
	}
	if _, renewed := s.leaves[asked]; !renewed {
		if len(s.order) == maxLeaves {
			delete(s.leaves, s.order[0])
			s.order = s.order[1:]
		}
		s.order = append(s.order, asked)
	}
	s.leaves[asked] = &c
	return &c, nil
}
