// Package localca is a certificate authority of one's own: it makes the certificates of
// TLS servers that were given none, and of clients that are to be tried. Whoever is to
// trust them is given the authority's certificate; this package installs it nowhere. It is
// kept in one file that nobody else may read.
package localca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// How long certificates are valid. A board that has not set its clock yet lives some
// hours or days in the past, so what is made now is valid since a day ago. Clients
// refuse a server's certificate that is valid for longer than 398 days (CA/Browser
// Forum, Baseline Requirements 6.3.2).
const (
	backdate      = 24 * time.Hour
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 397 * 24 * time.Hour
)

// Authority is a self-signed certificate and its key (ECDSA on P-256, which the stacks
// of boards have). It does not change, and may be used by several goroutines at once.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NamePrefix is how the common names of these authorities begin.
const NamePrefix = "Sockeye local CA of "

// New makes an authority. The name tells it from those of other machines wherever
// certificates are listed: the host's name, for example.
func New(name string, now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, err
	}
	der, err := signed(&x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"Sockeye local CA"}, CommonName: NamePrefix + name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(authorityLife),
		IsCA:                  true,
		MaxPathLenZero:        true, // it signs servers and clients, no further authority
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &Authority{certificate: certificate, key: key}, err
}

// Parse reads back what PEM gave. It refuses a key that is not the certificate's, and a
// certificate that is not an authority's.
func Parse(text []byte) (*Authority, error) {
	var a Authority
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch block.Type {
		case "CERTIFICATE":
			a.certificate, err = x509.ParseCertificate(block.Bytes)
		case "EC PRIVATE KEY":
			a.key, err = x509.ParseECPrivateKey(block.Bytes)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case a.certificate == nil:
		return nil, errors.New("no certificate in it")
	case a.key == nil:
		return nil, errors.New("no EC private key in it")
	case !a.certificate.IsCA:
		return nil, errors.New("its certificate is not an authority's")
	case !a.key.PublicKey.Equal(a.certificate.PublicKey):
		return nil, errors.New("its key is not its certificate's")
	}
	return &a, nil
}

// PEM is the certificate and the key, to be kept where nobody else can read it.
func (a *Authority) PEM() ([]byte, error) {
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return nil, err
	}
	return append(a.CertificatePEM(), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})...), nil
}

// Certificate is the authority's own certificate. It is not to be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// CertificatePEM is what those who are to trust the authority are given.
func (a *Authority) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// Expired reports whether the authority can no longer vouch for a certificate that is
// made now.
func (a *Authority) Expired(now time.Time) bool { return !now.Before(a.certificate.NotAfter) }

// signed is the DER form of a certificate that parent signs, or that signs itself if
// there is no parent.
func signed(template, parent *x509.Certificate, public crypto.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	if parent == nil {
		parent = template
	}
	return x509.CreateCertificate(rand.Reader, template, parent, public, key)
}

// serialNumber is a random number of 127 bits: positive, and unlikely to be met twice
// (RFC 5280, 4.1.2.2).
func serialNumber() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

// Fingerprint is the SHA-256 of a certificate as openssl and browsers write it:
// "AB:CD:…".
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	var b strings.Builder
	for i, x := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", x)
	}
	return b.String()
}

// Pin is the SHA-256 of a certificate's public key in base 64, as RFC 7469 has it and curl
// writes it: "sha256//…".
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256//" + base64.StdEncoding.EncodeToString(sum[:])
}

// CHeader is a certificate as source code in C, for boards that have no file system: the
// PEM text as one string literal.
func CHeader(c *x509.Certificate, variable string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n// SHA-256 %s\nstatic const char %s[] =\n", commentLine(c.Subject.CommonName), Fingerprint(c), variable)
	for line := range strings.Lines(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))) {
		fmt.Fprintf(&b, "    \"%s\\n\"\n", strings.TrimSuffix(line, "\n"))
	}
	return append(bytes.TrimSuffix(b.Bytes(), []byte("\n")), ";\n"...)
}

// MicroPython is how a program on a MicroPython board trusts the certificate: it carries
// the DER form, which its ssl module takes.
func MicroPython(c *x509.Certificate, host string, port uint16) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "import binascii, socket, ssl\n\n# %s\n# SHA-256 %s\nCA = binascii.unhexlify(\n", commentLine(c.Subject.CommonName), Fingerprint(c))
	for rest := hex.EncodeToString(c.Raw); rest != ""; {
		n := min(76, len(rest))
		fmt.Fprintf(&b, "    \"%s\"\n", rest[:n])
		rest = rest[n:]
	}
	fmt.Fprintf(&b, `)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations(cadata=CA)
s = socket.socket()
s.connect(socket.getaddrinfo(%q, %d)[0][-1])
s = context.wrap_socket(s, server_hostname=%[1]q)
`, host, port)
	return b.Bytes()
}

// commentLine is text that cannot end the comment it is put into.
func commentLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\\' || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, s)
}
