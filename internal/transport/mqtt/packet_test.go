package mqtt

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"

	"sockeye"
)

// Whatever comes, reading packets ends, takes no more memory than came, and says what is
// wrong; what is read can be written again as it was.
func FuzzPackets(f *testing.F) {
	for _, s := range []string{"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c", "\x30\x05\x00\x01tab", "\x82\x08\x00\x01\x00\x03a/b\x01", "\x32\x0c\x00\x01t\x00\x01\x03\x23\x00\x01xy", "\xe0\x00", "\x30\xff\xff\xff\x7f"} {
		f.Add([]byte(s), byte(4))
		f.Add([]byte(s), byte(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, version byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		var again []byte
		for {
			p, err := readPacket(r, 1<<20)
			if err != nil {
				if !errors.Is(err, io.EOF) && sockeye.ErrorOf(err).Message.IsZero() {
					t.Fatalf("an error without words: %v", err)
				}
				break
			}
			p.decoded(version)
			again = append(again, p.raw...)
			if q, rest, ok := split(p.raw); !ok || len(rest) > 0 || !bytes.Equal(q.body, p.body) {
				t.Fatalf("% x is split to % x, %v", p.raw, q.raw, ok)
			}
		}
		if !bytes.HasPrefix(data, again) {
			t.Fatalf("% x was read as % x", data, again)
		}
	})
}
