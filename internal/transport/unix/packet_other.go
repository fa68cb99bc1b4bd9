//go:build !linux

package unix

import (
	"context"

	"sockeye"
	"sockeye/internal/transport"
)

// PacketDriver opens unixpacket:// endpoints, which this system has not.
type PacketDriver struct{}

var errNoPackets = &sockeye.Error{Kind: sockeye.Unsupported, Op: "open", Target: string(sockeye.Unixpacket),
	Message: sockeye.Text{En: "Unix sockets that keep messages whole (SOCK_SEQPACKET) are of Linux only", Zh: "保持消息完整的 Unix 套接字（SOCK_SEQPACKET）只在 Linux 上有"},
	Hint:    sockeye.Text{En: "use unix:// with frames, or ws://", Zh: "请使用 unix:// 加分帧，或改用 ws://"}}

// Listen fails.
func (PacketDriver) Listen(context.Context, *transport.DriverSession) error { return errNoPackets }

// Dial fails.
func (PacketDriver) Dial(context.Context, *transport.DriverSession) (*transport.DriverPeer, error) {
	return nil, errNoPackets
}
