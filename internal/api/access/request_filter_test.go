package access

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// Each head is refused for its fault, or let pass with the length of its body.
func TestFaultyHeadsAreRefused(t *testing.T) {
	for head, want := range map[string]string{
		"GET / HTTP/1.1|Host: x":                                      "0",
		"GET /a/b?c=d HTTP/1.0|hOST: localhost:1":                     "0",
		"POST /a HTTP/1.1|Host: x|Content-Length: 12":                 "12",
		"POST /a HTTP/1.1|Host: x|Expect: 100-continue":               "0",
		"GET / HTTP/2.0|Host: x":                                      faultFirst,
		"GET / HTTP/1.1 |Host: x":                                     faultFirst,
		"TRACE / HTTP/1.1|Host: x":                                    faultMethod,
		"get / HTTP/1.1|Host: x":                                      faultMethod,
		"GET // HTTP/1.1|Host: x":                                     faultTarget,
		"GET /a/ HTTP/1.1|Host: x":                                    faultTarget,
		"GET /a/../b HTTP/1.1|Host: x":                                faultTarget,
		"GET /./a HTTP/1.1|Host: x":                                   faultTarget,
		"GET /%61 HTTP/1.1|Host: x":                                   faultTarget,
		"GET http://x/ HTTP/1.1|Host: x":                              faultTarget,
		"GET /?a=b#c HTTP/1.1|Host: x":                                faultTarget,
		"GET /?a=%zz HTTP/1.1|Host: x":                                faultTarget,
		"GET / HTTP/1.1|Host : x":                                     faultField,
		"GET / HTTP/1.1|Host: x|none":                                 faultField,
		"GET / HTTP/1.1|Host: x| folded":                              faultField,
		"POST / HTTP/1.1|Host: x|Expect: 200":                         faultField,
		"GET / HTTP/1.1|Host: x|" + refusedHeader + ": a":             faultField,
		"GET / HTTP/1.1":                                              faultHost,
		"GET / HTTP/1.1|Host:":                                        faultHost,
		"GET / HTTP/1.1|Host: x|Host: x":                              faultHost,
		"GET / HTTP/1.1|Host: user@x":                                 faultHost,
		"POST / HTTP/1.1|Host: x|Content-Length: -1":                  faultBody,
		"POST / HTTP/1.1|Host: x|Content-Length: +1":                  faultBody,
		"POST / HTTP/1.1|Host: x|Content-Length: 1, 1":                faultBody,
		"POST / HTTP/1.1|Host: x|Content-Length: 1|Content-Length: 1": faultBody,
		"POST / HTTP/1.1|Host: x|Content-Length: 9223372036854775808": faultBody,
		"POST / HTTP/1.1|Host: x|Content-Length: 4611686018427387904": faultBody,
		"POST / HTTP/1.1|Host: x|Transfer-Encoding: identity":         faultBody,
		"GET / HTTP/1.1|Host: x|Content-Length: 1":                    faultBody,
		"OPTIONS / HTTP/1.1|Host: x|Content-Length: 1":                faultBody,
		"GET / HTTP/1.1|Host: x|Content-Length: 0":                    "0",
	} {
		length, fault := checkHead([]byte(strings.ReplaceAll(head, "|", "\r\n") + "\r\n\r\n"))
		got := fault
		if fault == "" {
			got = fmt.Sprint(length)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}

// The end of a head is found wherever the reads divide it, and what is no line end of
// HTTP, or no text, is refused.
func TestHeadEnd(t *testing.T) {
	const head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for n := range len(head) + 1 {
		end, fault := headEnd([]byte(head[:n]), 0)
		if want := map[bool]int{true: len(head), false: -1}[n == len(head)]; end != want || fault != "" {
			t.Errorf("%q: %d, %s", head[:n], end, fault)
		}
		end, fault = headEnd([]byte(head+"body\n"), max(0, n-1))
		if end != len(head) || fault != "" {
			t.Errorf("with %d bytes seen: %d, %s", n, end, fault)
		}
	}
	for raw, want := range map[string]string{
		"GET / HTTP/1.1\nHost: x\r\n\r\n": faultLine, "GET / HTTP/1.1\rHost: x\r\n\r\n": faultLine, "\nGET / HTTP/1.1\r\n\r\n": faultLine,
		"\r\nGET / HTTP/1.1\r\n\r\n": faultFirst, "GET /\x00 HTTP/1.1\r\n\r\n": faultFirst, "GET /\x7f HTTP/1.1\r\n\r\n": faultFirst, "GET /\x1b HTTP/1.1\r\n\r\n": faultFirst,
	} {
		if end, fault := headEnd([]byte(raw), 0); fault != want {
			t.Errorf("%q: %d, %q, want %q", raw, end, fault, want)
		}
	}
}

// What is read behind a request's body is the next request, not more of the body.
func TestBodiesEndWhereTheySay(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	c := &checkedConn{Conn: server, headTime: time.Minute}
	const post, get = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	go client.Write([]byte(post + "abc" + get + post + "abc" + "GET / HTTP/1.1\nHost: x\r\n\r\n"))
	for _, want := range []string{post, "abc", get, post, "abc"} {
		buf, got := make([]byte, 1000), ""
		for len(got) < len(want) {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got += string(buf[:n])
		}
		if got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	// The head behind a body is looked at like any other.
	buf := make([]byte, 1000)
	if n, err := c.Read(buf); err != nil || !strings.Contains(string(buf[:n]), refusedHeader+": "+faultLine) {
		t.Errorf("a wrong head behind a body: %q, %v", buf[:n], err)
	}
	for size, want := range map[int]string{MaxHead - 100: "GET", MaxHead + 5000: "refused"} {
		client, server := net.Pipe()
		c := &checkedConn{Conn: server, headTime: time.Minute}
		go client.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", size) + "\r\n\r\n"))
		buf := make([]byte, 2*MaxHead)
		n, err := c.Read(buf)
		if err != nil || strings.Contains(string(buf[:n]), refusedHeader+": "+faultLong) != (want == "refused") {
			t.Errorf("a head of %d bytes: %.60q, %v", size, buf[:n], err)
		}
		client.Close()
		server.Close()
	}
}

// A head that comes a byte at a time is the same head.
func TestHeadsInPieces(t *testing.T) {
	const head = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	for at := 1; at < len(head); at++ {
		client, server := net.Pipe()
		c := &checkedConn{Conn: server, headTime: time.Minute}
		go func() {
			client.Write([]byte(head[:at]))
			client.Write([]byte(head[at:]))
			client.Close()
		}()
		buf := make([]byte, 1000)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != head {
			t.Errorf("in two at %d: %q, %v", at, buf[:n], err)
		}
		server.Close()
	}
	client, server := net.Pipe()
	c := &checkedConn{Conn: server, headTime: time.Minute}
	go func() {
		client.Write([]byte("GET / HTTP/1.1\r"))
		client.Write([]byte("Host: x\r\n\r\n"))
	}()
	buf := make([]byte, 1000)
	if n, err := c.Read(buf); err != nil || !strings.Contains(string(buf[:n]), refusedHeader+": "+faultLine) {
		t.Errorf("a bare CR at the border of two reads: %q, %v", buf[:n], err)
	}
	client.Close()
	server.Close()
}
