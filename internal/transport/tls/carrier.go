package tls

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Carrier is TLS for what runs over it, such as WebSocket.
type Carrier struct{}

// Bind is the function of this name.
func (Carrier) Bind(ctx context.Context, s *transport.DriverSession) ([]*tcp.Listener, func(transport.Conn) (transport.Conn, error), error) {
	return Bind(ctx, s)
}

// Connect is the function of this name.
func (Carrier) Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error) {
	return Connect(ctx, s)
}

// CheckFiles is the function of this name.
func (Carrier) CheckFiles(ep sockeye.Endpoint) error { return CheckFiles(ep) }
