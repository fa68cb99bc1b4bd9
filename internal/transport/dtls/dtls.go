// Package dtls is the driver of DTLS 1.2 over UDP (RFC 6347): servers and clients, each of
// whose messages is one record in one datagram. It may be lost or overtaken. Certificates,
// names and the key log are those of package tls.
package dtls

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/tlsinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/inet"
	"sockeye/internal/transport/tls"
)

// Driver opens DTLS endpoints.
type Driver struct{}

// CheckFiles says what is wrong with the files that the options of an endpoint name.
func (Driver) CheckFiles(ep sockeye.Endpoint) error { return tls.CheckFiles(ep) }

// Listen binds every address of the endpoint. Who says hello becomes a peer when its
// handshake is done; before that it has to show that its address is its own (RFC 6347
// section 4.2.1).
func (Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	secure, own, err := tls.ServerConfig(s)
	if err != nil {
		return err
	}
	s.DescribeOpened(&sockeye.Detail{TLS: &sockeye.TLSState{Certificates: tlsinfo.Chain([]*x509.Certificate{own})}})
	var bound []*listener
	var locals []sockeye.SocketAddr
	udp := s.Endpoint().Address
	udp.Network = datagramNetwork(udp.Network)
	err = inet.BindAll(ctx, udp, func(network, address string) (netip.AddrPort, error) {
		at, err := net.ResolveUDPAddr(network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		l, err := listen(network, at, serverOptions(secure))
		if err != nil {
			return netip.AddrPort{}, err
		}
		bound = append(bound, l)
		local := netinfo.AddrPort(l.Addr())
		locals = append(locals, sockeye.IPSocketAddr(local))
		return local, nil
	})
	if err != nil {
		for _, l := range bound {
			l.Close()
		}
		return err
	}
	s.Opened(locals...)
	tls.WarnOfTime(s, own)
	for _, l := range bound {
		s.ServeHandshakes(l, func(c transport.Conn) (transport.Conn, error) { return accept(s, c.(*conn)) })
	}
	return nil
}

// accept makes the handshake of a server.
func accept(s *transport.DriverSession, c *conn) (transport.Conn, error) {
	ctx, cancel := context.WithTimeout(s.Context(), s.Options().ConnectTimeout)
	defer cancel()
	if first, err := c.under.peek(); err != nil || !beginsHandshake(first) {
		return nil, plainText(c.Remote().String(), first, err)
	}
	h := tlsinfo.Handshake{Op: "accept", Target: c.Remote().String(), Now: time.Now()}
	if err := c.dtls.HandshakeContext(ctx); err != nil {
		return nil, explain(&h, err)
	}
	return c, c.agree(false)
}

// Dial connects and makes the handshake.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	a := s.Endpoint().Address
	addrs, err := netinfo.Resolve(ctx, a.Host, datagramNetwork(a.Network))
	if err != nil {
		return nil, err
	}
	for _, ip := range addrs {
		var c *conn
		if c, err = connect(ctx, s, netip.AddrPortFrom(ip, a.Port)); err != nil {
			continue
		}
		s.Opened(c.Local())
		if p, ok := s.Join(c, c.Joined()); ok {
			return p, nil
		}
		return nil, transport.ErrClosing
	}
	return nil, netinfo.Explain("connect", a.String(), err)
}

// connect makes a connection over a socket of its own, which is told when nobody is there.
func connect(ctx context.Context, s *transport.DriverSession, to netip.AddrPort) (*conn, error) {
	if filter := s.Config().DialFilter; filter != nil {
		if err := filter(to); err != nil {
			return nil, err
		}
	}
	secure, err := tls.ClientConfig(s)
	if err != nil {
		return nil, err
	}
	h := tlsinfo.Handshake{Op: "connect", Target: s.Endpoint().Address.String(), Client: true, Name: secure.ServerName, Now: time.Now()}
	ctx, cancel := context.WithTimeout(ctx, s.Options().ConnectTimeout)
	defer cancel()
	under, err := (&net.Dialer{}).DialContext(ctx, "udp", to.String())
	if err != nil {
		return nil, err
	}
	d, err := dtls.ClientWithOptions(dtlsnet.PacketConnFromConn(under), under.RemoteAddr(), clientOptions(secure, &h)...)
	if err != nil {
		under.Close()
		return nil, explain(&h, err)
	}
	c := newConn(d)
	if err := d.HandshakeContext(ctx); err != nil {
		d.Close()
		return nil, explain(&h, err)
	}
	return c, c.agree(secure.InsecureSkipVerify)
}

// datagramNetwork is UDP in the family of a network.
func datagramNetwork(n sockeye.Network) sockeye.Network {
	switch n.Family() {
	case 4:
		return sockeye.UDP4
	case 6:
		return sockeye.UDP6
	}
	return sockeye.UDP
}
