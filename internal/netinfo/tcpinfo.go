package netinfo

import "time"

// SendState is what the kernel tells of the bytes that it took for a TCP peer.
type SendState struct {
	Unsent   int           // not acknowledged, our FIN included
	InFlight bool          // segments are under way
	Probes   int           // of the closed window that were not answered
	LastAck  time.Duration // since anything was acknowledged, probes included
	Acked    uint64        // bytes, since the connection began
}
