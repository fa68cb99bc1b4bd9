package core

import (
	"context"
	"time"

	"sockeye/internal/mdns"
)

// discoverTime is how long Discover listens for answers.
const discoverTime = 2 * time.Second

// Discover looks for two seconds for boards, servers and workbenches that announce themselves on
// the links of this machine. Its results came from the network, so whoever shows them escapes them.
// The error is an *sockeye.Error.
func Discover(ctx context.Context) ([]mdns.ServiceInstance, error) {
	return mdns.Discover(ctx, discoverTime, nil, mdns.OverTCP, mdns.OverUDP)
}
