// Package websocket is the driver of WebSocket over TCP (RFC 6455), with a codec of its
// own: a message is one event, pings are seen, and why a side closed is known. What is
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
type Driver struct{}

// Listen binds every address of the endpoint. Who connects becomes a peer when its
// handshake is done.
func (Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	bound, err := tcp.Bind(ctx, s)
	if err != nil {
		return err
	}
	for _, l := range bound {
		s.ServeHandshakes(l, func(under transport.Conn) (transport.Conn, error) {
			return accept(under, s.Endpoint(), s.Options())
		})
	}
	return nil
}

// Dial connects and makes the handshake.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	under, how, err := tcp.Connect(ctx, s)
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(s.Options().ConnectTimeout)
	under.SetDeadline(until)
	stop := context.AfterFunc(ctx, func() { under.SetDeadline(time.Unix(1, 0)) })
	c, err := connect(under, s.Endpoint(), s.Options())
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		under.Close()
		if isDeadline(err) {
			err = answered(s.Endpoint(), sockeye.Text{En: "connected, but nothing answers the handshake", Zh: "已连接，但没有应答握手"},
				sockeye.Text{En: "for a plain TCP server write tcp://; a TLS server needs wss://", Zh: "普通 TCP 服务请写 tcp://，TLS 服务请写 wss://"})
		}
		return nil, netinfo.Explain("connect", s.Endpoint().Address.String(), err)
	}
	under.SetDeadline(time.Time{})
	if how == nil {
		how = &sockeye.Detail{}
	}
	how.WebSocket = &c.state
	if p, ok := s.Join(c, how); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}
