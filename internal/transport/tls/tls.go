// Package tls is the driver of TLS over TCP: servers and clients, whose bytes are recorded
// as they are before encryption. Certificates are those of files or of the local CA; what
// was agreed on, and who the other side is, are part of each peer.
package tls

import (
	"context"
	stdtls "crypto/tls"
	"crypto/x509"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/tlsinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Driver opens TLS endpoints.
type Driver struct{}

// Listen binds every address of the endpoint. Who connects becomes a peer when its
// handshake is done.
func (Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	bound, accept, err := Bind(ctx, s)
	if err != nil {
		return err
	}
	for _, l := range bound {
		s.ServeHandshakes(l, accept)
	}
	return nil
}

// Dial connects and makes the handshake.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	c, how, err := Connect(ctx, s)
	if err != nil {
		return nil, err
	}
	if p, ok := s.Join(c, how); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}

// Bind is Listen for a driver of something that runs over TLS: it returns the bound
// listeners, and what makes a TLS connection of one that they accept.
func Bind(ctx context.Context, s *transport.DriverSession) ([]*tcp.Listener, func(transport.Conn) (transport.Conn, error), error) {
	config, own, err := ServerConfig(s)
	if err != nil {
		return nil, nil, err
	}
	s.DescribeOpened(&sockeye.Detail{TLS: &sockeye.TLSState{Certificates: tlsinfo.Chain([]*x509.Certificate{own})}})
	bound, err := tcp.Bind(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	WarnOfTime(s, own)
	keepTicketsFromLeavers(config)
	o := &s.Options().TLS
	return bound, func(under transport.Conn) (transport.Conn, error) { return accept(under, config, o) }, nil
}

// keepTicketsFromLeavers has a server give clients of TLS 1.3 no session tickets (RFC 8446
// section 4.6.1). crypto/tls sends them in its first flight. A client that only sends and closes
// leaves them unread, so that its system resets the connection, and drops what it still holds
// back of the client's message (RFC 1122 sections 4.2.2.13 and 4.2.3.4). In TLS 1.2 a ticket is
// part of the handshake, which the client reads.
func keepTicketsFromLeavers(c *stdtls.Config) {
	without := c.Clone()
	without.SessionTicketsDisabled = true
	c.GetConfigForClient = func(h *stdtls.ClientHelloInfo) (*stdtls.Config, error) {
		if slices.Contains(h.SupportedVersions, stdtls.VersionTLS13) && (c.MaxVersion == 0 || c.MaxVersion >= stdtls.VersionTLS13) {
			return without, nil
		}
		return nil, nil
	}
}

// WarnOfTime records that a server's own certificate is not valid now, if that is so: it serves
// those who do not look.
func WarnOfTime(s *transport.DriverSession, own *x509.Certificate) {
	h := tlsinfo.Handshake{Op: "listen", Target: s.Endpoint().Address.String(), Now: time.Now()}
	if e := h.OutOfTime(own); e != nil {
		s.Failed(e)
	}
}

// accept makes the handshake of a server. Who speaks something else is told by an alert.
func accept(under transport.Conn, config *stdtls.Config, o *sockeye.TLSOptions) (transport.Conn, error) {
	records := newRecords(under)
	t := stdtls.Server(records, config)
	h := tlsinfo.Handshake{Op: "accept", Target: under.Remote().String(), Now: time.Now()}
	if err := t.Handshake(); err != nil {
		if records.beganPlain() {
			under.Write(tlsinfo.PlainTextAlert)
			return nil, h.PlainText(records.first, err)
		}
		return nil, h.Explain(records.afterAlert(err))
	}
	return newConn(under, records, t, h, o), nil
}

// Connect is Dial for a driver of something that runs over TLS: it returns the connection,
// which is nobody's peer yet, and how it came about.
func Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error) {
	config, err := ClientConfig(s)
	if err != nil {
		return nil, nil, err
	}
	under, how, err := tcp.Connect(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	under.SetDeadline(time.Now().Add(s.Options().ConnectTimeout))
	stop := context.AfterFunc(ctx, func() { under.SetDeadline(time.Unix(1, 0)) })
	c, err := connect(under, config, s)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		under.Close()
		return nil, nil, netinfo.Explain("connect", s.Endpoint().Address.String(), err)
	}
	under.SetDeadline(time.Time{})
	if how == nil {
		how = &sockeye.Detail{}
	}
	how.TLS = c.state
	return c, how, nil
}

// connect makes the handshake of a client.
func connect(under transport.Conn, config *stdtls.Config, s *transport.DriverSession) (*conn, error) {
	h := tlsinfo.Handshake{Op: "connect", Target: s.Endpoint().Address.String(), Client: true, Name: config.ServerName, Now: time.Now()}
	own := config.Certificates
	config.GetClientCertificate = func(r *stdtls.CertificateRequestInfo) (*stdtls.Certificate, error) {
		h.Asked = true
		for i := range own {
			if err := r.SupportsCertificate(&own[i]); err == nil || len(own) == 1 {
				h.Shown = true
				return &own[i], nil
			}
		}
		return &stdtls.Certificate{}, nil
	}
	records := newRecords(under)
	t := stdtls.Client(records, config)
	if err := t.Handshake(); err != nil {
		return nil, h.Explain(records.afterAlert(err))
	}
	c := newConn(under, records, t, h, &s.Options().TLS)
	c.state.Unverified = config.InsecureSkipVerify
	return c, nil
}

// newConn is a connection whose handshake is done.
func newConn(under transport.Conn, records *records, t *stdtls.Conn, h tlsinfo.Handshake, o *sockeye.TLSOptions) *conn {
	records.immediate, records.last = true, nil
	h.Op, h.Target = "receive", under.Remote().String()
	return &conn{Conn: under, records: records, tls: t, state: tlsinfo.State(t.ConnectionState()), handshake: h, recordSize: recordSizeFor(o)}
}
