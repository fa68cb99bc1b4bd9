// Package mqtt is the driver of MQTT brokers over TCP or TLS (versions 3.1, 3.1.1 and 5).
// A message that is published, or handed to a subscriber, is one event with its topic; who
// subscribes to what is seen. The sessions, subscriptions, retained messages and wills of
// clients are the work of mochi-mqtt, which reads and writes through this package.
package mqtt

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Driver opens brokers.
type Driver struct {
	Over tcp.Carrier
}

// CheckFiles says what is wrong with files that the carrier's options name.
func (d Driver) CheckFiles(ep sockeye.Endpoint) error { return d.Over.CheckFiles(ep) }

// Listen binds every address of the endpoint and starts a broker behind them. Who connects
// becomes a peer when the broker has accepted its CONNECT.
func (d Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	bound, carry, err := d.Over.Bind(ctx, s)
	if err != nil {
		return err
	}
	b, err := newBroker(s)
	if err != nil {
		return err // the session closes the listeners
	}
	for _, l := range bound {
		s.ServeHandshakes(l, func(below transport.Conn) (transport.Conn, error) {
			under, err := carry(below)
			if err != nil {
				return nil, err
			}
			return b.accept(under)
		})
	}
	return nil
}

// Dial is for endpoints that connect, of which there are none.
func (Driver) Dial(context.Context, *transport.DriverSession) (*transport.DriverPeer, error) {
	return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "connect", Message: sockeye.Text{En: "a broker only listens", Zh: "代理只能监听"}}
}
