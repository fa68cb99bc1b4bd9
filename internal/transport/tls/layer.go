package tls

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Layer is TLS as the tcp.Carrier of what runs over it, such as WebSocket.
type Layer struct{}

// Bind binds the addresses of the endpoint; connections that are accepted do a TLS handshake.
func (Layer) Bind(ctx context.Context, s *transport.DriverSession) ([]*tcp.Listener, func(transport.Conn) (transport.Conn, error), error) {
	return Bind(ctx, s)
}

// Connect connects over TCP and does a TLS handshake, both before ctx ends.
func (Layer) Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error) {
	return Connect(ctx, s)
}

// CheckFiles says what is wrong with the certificate and key files that options name.
func (Layer) CheckFiles(ep sockeye.Endpoint) error { return CheckFiles(ep) }
