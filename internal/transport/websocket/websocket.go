// Package websocket is the driver of WebSocket over TCP or TLS (RFC 6455), with a codec of
// its own: a message is one event, pings are seen, and why a side closed is known. What is
// recorded is the messages, unmasked and decompressed.
package websocket

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/tcp"
)

// Driver opens WebSocket endpoints.
type Driver struct {
	Over tcp.Carrier
}

// CheckFiles says what is wrong with files that the carrier's options name.
func (d Driver) CheckFiles(ep sockeye.Endpoint) error { return d.Over.CheckFiles(ep) }

// Listen binds every address of the endpoint. Who connects becomes a peer when its
// handshake is done.
func (d Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	bound, carry, err := d.Over.Bind(ctx, s)
	if err != nil {
		return err
	}
	for _, l := range bound {
		s.ServeHandshakes(l, func(below transport.Conn) (transport.Conn, error) {
			under, err := carry(below)
			if err != nil {
				return nil, err
			}
			c, err := accept(under, s.Endpoint(), s.Options())
			if err != nil {
				under.Close()
				return nil, err
			}
			return c, nil
		})
	}
	return nil
}

// Dial connects and makes the handshake.
func (d Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	under, how, err := d.Over.Connect(ctx, s)
	if err != nil {
		return nil, err
	}
	setDeadline(under, time.Now().Add(s.Options().ConnectTimeout))
	stop := context.AfterFunc(ctx, func() { setDeadline(under, time.Unix(1, 0)) })
	c, err := connect(under, s.Endpoint(), s.Options())
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		under.Close()
		if isDeadline(err) {
			err = unanswered(s.Endpoint())
		}
		return nil, netinfo.Explain("connect", s.Endpoint().Address.String(), err)
	}
	setDeadline(under, time.Time{})
	if how == nil {
		how = &sockeye.Detail{}
	}
	how.WebSocket = &c.state
	if p, ok := s.Join(c, how); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}

func setDeadline(c transport.Conn, at time.Time) {
	c.SetReadDeadline(at)
	c.SetWriteDeadline(at)
}

// unanswered is the error of a server that says nothing.
func unanswered(ep sockeye.Endpoint) error {
	hint := sockeye.Text{En: "for a plain TCP server write tcp://; a TLS server needs wss://", Zh: "普通 TCP 服务请写 tcp://，TLS 服务请写 wss://"}
	if ep.Address.Network.Traits().TLS {
		hint = plainHint(ep)
	}
	return answered(ep, sockeye.Text{En: "connected, but nothing answers the handshake", Zh: "已连接，但没有应答握手"}, hint)
}
