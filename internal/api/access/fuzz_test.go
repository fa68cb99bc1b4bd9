package access

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// Whatever head comes, the filter either refuses it or lets net/http read the same
// request in it: the same method, target, host and length.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "GET /a?b=%20 HTTP/1.0\r\nhOST: x\r\nA: b\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "GET /%61 HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		end, fault := headEnd(raw, 0)
		if end < 0 || fault != "" {
			return
		}
		length, fault := checkHead(raw[:end])
		if fault != "" {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatalf("let pass, and net/http says %v: %q", err, raw[:end])
		}
		line, _, _ := strings.Cut(string(raw), "\r\n")
		if got := r.Method + " " + r.RequestURI + " " + r.Proto; got != line {
			t.Fatalf("%q was read as %q", line, got)
		}
		if r.ContentLength != length || len(r.TransferEncoding) > 0 || r.Host == "" {
			t.Fatalf("%q: length %d, net/http says %d, %v, host %q", raw[:end], length, r.ContentLength, r.TransferEncoding, r.Host)
		}
	})
}
