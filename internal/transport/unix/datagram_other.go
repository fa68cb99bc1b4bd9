//go:build !unix

package unix

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
)

// DatagramDriver opens unixgram:// endpoints, which this system has not.
type DatagramDriver struct{}

var errNoDatagrams = &sockeye.Error{Kind: sockeye.Unsupported, Op: "open", Target: "unixgram",
	Message: sockeye.Text{En: "this system has no datagrams over Unix sockets", Zh: "本系统不支持 Unix 数据报套接字"},
	Hint:    sockeye.Text{En: "use unix:// or udp://", Zh: "请使用 unix:// 或 udp://"}}

// Listen fails.
func (DatagramDriver) Listen(context.Context, *transport.DriverSession) error { return errNoDatagrams }

// Dial fails.
func (DatagramDriver) Dial(context.Context, *transport.DriverSession) (*transport.DriverPeer, error) {
	return nil, errNoDatagrams
}
