package websocket

import (
	"bufio"
	"bytes"
	"io"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// FuzzFrames has a codec read what a peer may send: it ends with an error or the end, keeps
// no more than a message may have, and what it reads it writes back so that it is read as
// the same messages.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{"\x81\x85abcd\x09\x07\x0f\x08\x0e", "\x82\x80abcd", "\x01\x81abcdx\x80\x81abcdy", "\x89\x80abcd\x88\x82abcd\x62\x8a",
		"\x82\xfe\xff\xffabcd", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffabcd", "\xc1\x87abcd\xab*\x06\x00\x00\x00\x00", "\x8b\x80abcd"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	const most = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte, compressed bool) {
		c := memoryConn(data, most)
		c.state.Compressed = compressed
		for {
			message, kind, err := c.readMessage(func(*sockeye.Detail) {})
			if err != nil {
				return
			}
			if len(message) > most {
				t.Fatalf("a message of %d bytes", len(message))
			}
			op := opBinary
			if kind == sockeye.TextMessage {
				op = opText
			}
			w := memoryConn(nil, most)
			w.client, w.key = true, func() [4]byte { return [4]byte{1, 2, 3, 4} }
			back := memoryConn(bytes.Clone(w.frame(frameHeader{op: op, final: true}, message)), most)
			again, sameKind, err := back.readMessage(func(*sockeye.Detail) {})
			if err != nil || !bytes.Equal(again, message) || sameKind != kind {
				t.Fatalf("%q %s became %q %s, %v", message, kind, again, sameKind, err)
			}
			c.FreeMessage()
		}
	})
}

// memoryConn reads frames from memory, as a server.
func memoryConn(data []byte, most int) *conn {
	in := &limitedReader{r: bytes.NewReader(data), left: -1}
	return &conn{Conn: discard{}, in: in, reader: bufio.NewReader(in), most: most}
}

// discard is a connection that takes everything.
type discard struct{ transport.Conn }

func (discard) Write(b []byte) (int, error)      { return io.Discard.Write(b) }
func (discard) SetWriteDeadline(time.Time) error { return nil }
