package decode

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
)

// Of content that is larger than it was sent, what is left out is said.
func TestLargeContentSaysWhatIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		size int
		want string
	}{
		{maxInflated, "Content: 1048576 bytes (was gzip)"},
		{maxInflated + 1, "Content: 1048576 bytes (was gzip; the rest is left out)"},
	} {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(make([]byte, c.size))
		w.Close()
		m, ok := http.Decode(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), packed.Bytes()), Hints{})
		if !ok || !strings.Contains(string(m.AppendTree(nil, "", "en")), c.want) {
			t.Errorf("%d bytes: %q is not in %s", c.size, c.want, m.AppendTree(nil, "", "en"))
		}
	}
}
