package dtls

import (
	"context"
	stdtls "crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"sockeye"
	"sockeye/internal/tlsinfo"
)

// common is what both sides have.
func common(secure *stdtls.Config) []dtls.Option {
	all := []dtls.Option{dtls.WithExtendedMasterSecret(dtls.RequestExtendedMasterSecret)}
	if secure.KeyLogWriter != nil {
		all = append(all, dtls.WithKeyLogWriter(secure.KeyLogWriter))
	}
	if len(secure.Certificates) > 0 {
		all = append(all, dtls.WithCertificates(secure.Certificates...))
	}
	return all
}

// serverOptions are what a server has. It shows the certificate for the name that a client
// asks for.
func serverOptions(secure *stdtls.Config) (all []dtls.ServerOption) {
	for _, o := range common(secure) {
		all = append(all, o)
	}
	if secure.GetCertificate != nil {
		all = append(all, dtls.WithGetCertificate(func(hello *dtls.ClientHelloInfo) (*stdtls.Certificate, error) {
			return secure.GetCertificate(&stdtls.ClientHelloInfo{ServerName: hello.ServerName})
		}))
	}
	if secure.ClientAuth == stdtls.RequireAndVerifyClientCert {
		all = append(all, dtls.WithClientAuth(dtls.RequireAndVerifyClientCert), dtls.WithClientCAs(secure.ClientCAs))
	}
	return all
}

// clientOptions are what a client has. It checks the server itself, so that what is wrong is
// known and not only an alert, and notes whether the server wanted a certificate.
func clientOptions(secure *stdtls.Config, h *tlsinfo.Handshake) (all []dtls.ClientOption) {
	for _, o := range common(secure) {
		all = append(all, o)
	}
	all = append(all, dtls.WithServerName(secure.ServerName), dtls.WithInsecureSkipVerify(true))
	if !secure.InsecureSkipVerify {
		all = append(all, dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error { return checkServer(raw, secure) }))
	}
	own := secure.Certificates
	return append(all, dtls.WithGetClientCertificate(func(*dtls.CertificateRequestInfo) (*stdtls.Certificate, error) {
		h.Asked = true
		if len(own) == 0 {
			return &stdtls.Certificate{}, nil
		}
		h.Shown = true
		return &own[0], nil
	}))
}

// checkServer verifies a chain as crypto/tls does.
func checkServer(raw [][]byte, secure *stdtls.Config) error {
	chain, err := parse(raw)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return errors.New("the server showed no certificate")
	}
	o := x509.VerifyOptions{Roots: secure.RootCAs, DNSName: secure.ServerName, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(o); err != nil {
		return &stdtls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	return nil
}

func parse(raw [][]byte) (chain []*x509.Certificate, err error) {
	for _, der := range raw {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, c)
	}
	return chain, nil
}

// explain is an error of a handshake in words.
func explain(h *tlsinfo.Handshake, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded) && h.Client:
		return &sockeye.Error{Kind: sockeye.TimedOut, Op: h.Op, Target: h.Target, Err: err,
			Message: sockeye.Text{En: "nothing answers the DTLS handshake", Zh: "没有应答 DTLS 握手"},
			Hint:    sockeye.Text{En: "UDP does not say whether anybody is there: see that a DTLS server has the port, and no plain UDP one", Zh: "UDP 不会告知对方是否存在：请确认该端口上是 DTLS 服务，而不是普通 UDP"}}
	case errors.Is(err, context.DeadlineExceeded):
		return h.Explain(os.ErrDeadlineExceeded)
	}
	if number, ok := alertOf(err); ok {
		return h.Explain(&net.OpError{Op: "remote error", Err: number})
	}
	if text := err.Error(); !h.Client && strings.Contains(text, "required client verification") {
		return h.Explain(errors.New("tls: client didn't provide a certificate"))
	} else if strings.Contains(text, "shared cipher suites") {
		return h.Explain(errors.New("tls: no cipher suite supported by both client and server"))
	}
	return h.Explain(err)
}

// remoteAlert is the number of an alert as package tlsinfo knows it.
type remoteAlert uint8

// Error is what RFC 5246 calls the alert.
func (a remoteAlert) Error() string { return stdtls.AlertError(a).Error() }

// alertOf is the alert that the other side sent. Its error has no type outside of the
// library.
func alertOf(err error) (remoteAlert, bool) {
	_, text, found := strings.Cut(err.Error(), "alert: Alert ")
	if !found {
		return 0, false
	}
	_, name, _ := strings.Cut(text, ": ")
	if name == alert.NoCertificate.String() { // what the library says of a certificate that is required
		return 116, true // certificate_required, RFC 8446 section 6
	}
	for n := range 256 {
		if alert.Description(n).String() == name {
			return remoteAlert(n), true
		}
	}
	return 0, false
}
