//go:build !unix

package tls

// readSocket waits until there is something to read.
func (r *records) readSocket() (buf *[]byte, n int, err error) { return r.readUnder() }
