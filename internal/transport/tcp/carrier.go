package tcp

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
)

// Carrier makes the connections that another protocol runs over: TCP alone, or TLS over it.
type Carrier interface {
	// Bind binds every address of the endpoint and reports them. It returns the listeners,
	// which the session closes, and what makes a connection of one that they accept.
	Bind(ctx context.Context, s *transport.DriverSession) ([]*Listener, func(transport.Conn) (transport.Conn, error), error)
	// Connect connects to the endpoint's address, and says how that came about.
	Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error)
	// CheckFiles says what is wrong with files that its options name.
	CheckFiles(ep sockeye.Endpoint) error
}

// Plain is the Carrier that is TCP alone.
type Plain struct{}

// Bind binds the addresses of the endpoint; connections are used as they are accepted.
func (Plain) Bind(ctx context.Context, s *transport.DriverSession) ([]*Listener, func(transport.Conn) (transport.Conn, error), error) {
	bound, err := Bind(ctx, s)
	return bound, func(c transport.Conn) (transport.Conn, error) { return c, nil }, err
}

// Connect connects over TCP, before ctx ends.
func (Plain) Connect(ctx context.Context, s *transport.DriverSession) (transport.Conn, *sockeye.Detail, error) {
	c, how, err := Connect(ctx, s)
	if err != nil {
		return nil, nil, err // not a Conn that holds nil
	}
	return c, how, nil
}

// CheckFiles finds nothing: no option of TCP names a file.
func (Plain) CheckFiles(sockeye.Endpoint) error { return nil }
