//go:build !linux

package wire

import "net"

// serveFast would serve the peers without a goroutine for each; this system has
// only the portable mover.
func (s *Session) serveFast([]*net.TCPListener) bool { return false }
