//go:build unix

package transport

import (
	"errors"

	"sockeye"
)

// layeredReader reads a LayeredConn. What is awaited after the end of the stream is about
// its socket, as without the layer.
type layeredReader struct {
	*readyReader
	conn LayeredConn
}

// next waits for bytes of the layer, records them and returns the buffer that holds them;
// the caller puts it back. At the end of the stream the error is io.EOF.
func (in *layeredReader) next() (*[]byte, int, error) {
	p := in.c.peer
	for {
		in.conn.WaitReadable()
		buf := p.session.buffers.Get().(*[]byte)
		n, err := in.conn.ReadReady(*buf)
		if n > 0 {
			in.c.recordReceived((*buf)[:n], nil)
			if p.Public().LiveOptions().QuickAck == sockeye.On {
				in.raw.Control(AckAtOnce)
			}
			return buf, n, nil
		}
		p.session.buffers.Put(buf)
		if !errors.Is(err, ErrNotReadable) {
			return nil, 0, err
		}
	}
}

// waitAcknowledged waits as without the layer. The peer may have ended the layer alone, and
// not its socket, so an acknowledgement makes this one writable, not readable.
func (in *layeredReader) waitAcknowledged() error {
	return in.c.awaitAcknowledged(in.raw.Write)
}
