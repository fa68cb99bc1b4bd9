// Package tlsinfo says in words what a TLS handshake agreed on, and why one failed. It
// opens nothing.
package tlsinfo

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"

	"sockeye"
	"sockeye/internal/localca"
)

// maxChain bounds the certificates that are told of one peer, maxNames their names, and
// maxName the bytes of each: the peer chooses them. A host name has 253 at most (RFC 1035).
const (
	maxChain = 10
	maxNames = 100
	maxName  = 255
)

// bounded is a name as far as it is told.
func bounded(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "…"
}

// State is what a handshake agreed on.
func State(c tls.ConnectionState) *sockeye.TLSState {
	s := &sockeye.TLSState{Version: tls.VersionName(c.Version), Cipher: tls.CipherSuiteName(c.CipherSuite),
		ServerName: bounded(c.ServerName), ALPN: c.NegotiatedProtocol, Resumed: c.DidResume}
	if c.CurveID != 0 {
		s.Group = c.CurveID.String()
	}
	s.Certificates = Chain(c.PeerCertificates)
	return s
}

// Chain is what the certificates of a chain say, beginning with the owner's own.
func Chain(chain []*x509.Certificate) (all []sockeye.Certificate) {
	for _, c := range chain[:min(len(chain), maxChain)] {
		all = append(all, certificate(c))
	}
	return all
}

func certificate(c *x509.Certificate) sockeye.Certificate {
	return sockeye.Certificate{Subject: nameOf(c.Subject), Issuer: nameOf(c.Issuer), Names: namesOf(c),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, SHA256: localca.Fingerprint(c), Pin: localca.Pin(c)}
}

// nameOf is the common name, which people know things by, or else all of a name.
func nameOf(n pkix.Name) string { return bounded(cmp.Or(n.CommonName, n.String(), "?")) }

// namesOf are the host names and IP addresses that a certificate is for.
func namesOf(c *x509.Certificate) (names []string) {
	for _, name := range c.DNSNames[:min(len(c.DNSNames), maxNames)] {
		names = append(names, bounded(name))
	}
	for _, ip := range c.IPAddresses[:min(len(c.IPAddresses), maxNames-len(names))] {
		names = append(names, ip.String())
	}
	return names
}
