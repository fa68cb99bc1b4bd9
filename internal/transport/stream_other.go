//go:build !unix

package transport

// newConnIO makes what reads and writes a connection: package net offers no
// readiness here.
func newConnIO(c *StreamConn) (connReader, connWriter) { return newWaitingIO(c) }
