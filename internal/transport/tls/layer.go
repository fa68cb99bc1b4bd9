package tls

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Layer is TLS as the tcp.Carrier of what runs over it, such as WebSocket.
type Layer struct{}

// Bind is the function of this name.
func (Layer) Bind(ctx context.Context, s *transport.DriverSession) ([]*tcp.Listener, func(transport.Conn) (transport.Conn, error), error) {
	return Bind(ctx, s)
}

// Connect is the function of this name.
func (Layer) Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error) {
	return Connect(ctx, s)
}

// CheckFiles is the function of this name.
func (Layer) CheckFiles(ep sockeye.Endpoint) error { return CheckFiles(ep) }
