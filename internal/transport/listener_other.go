//go:build !linux

package transport

import "net"

// serveEpoll would serve the peers without a goroutine for each; this system has
// only portableConn.
func (s *Session) serveEpoll([]*net.TCPListener) bool { return false }
