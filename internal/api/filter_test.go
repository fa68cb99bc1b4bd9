package api

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// Each head is refused for its fault, or let pass with the length of its body.
func TestHeads(t *testing.T) {
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
	go client.Write([]byte(post + "abc" + get))
	for _, want := range []string{post, "abc", get} {
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
	for size, want := range map[int]string{maxHead - 100: "GET", maxHead + 5000: "refused"} {
		client, server := net.Pipe()
		c := &checkedConn{Conn: server, headTime: time.Minute}
		go client.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", size) + "\r\n\r\n"))
		buf := make([]byte, 2*maxHead)
		n, err := c.Read(buf)
		if err != nil || strings.Contains(string(buf[:n]), refusedHeader+": "+faultLong) != (want == "refused") {
			t.Errorf("a head of %d bytes: %.60q, %v", size, buf[:n], err)
		}
		client.Close()
		server.Close()
	}
}

// JSON is one object, each field once, in UTF-8, nested so deep and no deeper.
func TestStrictJSON(t *testing.T) {
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	for text, want := range map[string]string{
		`{}`: "", " {} \n": "", `{"a":{"b":1},"c":[{"b":1},{"b":2}]}`: "", nested(maxDepth): "",
		nested(maxDepth + 1): "nested deeper", `{"a":1,"a":2}`: "given twice", `{"a":1,"A":2}`: "given twice", `{"x":{"a":1,"a":2}}`: "given twice",
		`{"payloads":{"a":1,"A":2}}`: "", `{"payloads":{"a":1,"a":2}}`: "given twice", `{"payloads":{"a":{"b":1,"B":2}}}`: "given twice",
		`[]`: "one JSON object", `1`: "one JSON object", `"{}"`: "one JSON object", `{}{}`: "something follows", `{} x`: "something follows",
		`{"a":}`: "not JSON",
	} {
		err := onceEach([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(sockeye.ErrorOf(err).Message.En, want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	var into struct {
		A int `json:"a"`
	}
	for text, want := range map[string]string{"": "", "{\"a\":1}": "", "{\"a\":\"\xff\"}": "not UTF-8", `{"b":1}`: "unknown field", `{`: "ends early", `{"a"`: "ends early", `{"a":1.5}`: "a whole number"} {
		err := decode([]byte(text), &into)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(sockeye.ErrorOf(err).Message.En, want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// A secret that is longer than any of ours is turned away before it is hashed: hashing
// megabytes for everybody who asks is work that others could order.
func TestLongSecretsAreNotHashed(t *testing.T) {
	var s credentials
	password := strings.Repeat("p", maxSecret+1)
	s.init(password)
	if _, ok := s.enter(password); ok {
		t.Error("a password beyond the bound lets in")
	}
	s.shellHash, s.tokens = hashOf(password), []issuedToken{{hashOf(password), time.Now()}}
	if got := s.callerOf(password); got != anonymous {
		t.Errorf("a token beyond the bound is %v's", got)
	}
	s.tickets = []issuedToken{{hashOf(password), time.Now()}}
	if _, ok := s.redeem(password); ok {
		t.Error("a ticket beyond the bound is redeemed")
	}
	fits := strings.Repeat("p", maxSecret)
	s.init(fits)
	if _, ok := s.enter(fits); !ok {
		t.Error("a password as long as may be does not let in")
	}
}

func hashOf(secret string) hash {
	var s credentials
	s.init(secret)
	return s.password
}

// The latest tokens are kept, the oldest forgotten, and a ticket works once.
func TestTokensAreBounded(t *testing.T) {
	var s credentials
	s.init("")
	first, ok := s.redeem(s.ticket())
	if !ok || s.callerOf(first) != pageCaller {
		t.Fatal("a ticket does not work")
	}
	for range maxTokens - 1 {
		s.redeem(s.ticket())
	}
	if s.callerOf(first) != pageCaller || len(s.tokens) != maxTokens {
		t.Errorf("with %d tokens the first is forgotten", len(s.tokens))
	}
	last := s.ticket()
	token, _ := s.redeem(last)
	if s.callerOf(first) != anonymous || s.callerOf(token) != pageCaller || len(s.tokens) != maxTokens {
		t.Errorf("with one more: %d tokens", len(s.tokens))
	}
	if _, again := s.redeem(last); again {
		t.Error("a ticket works twice")
	}
	if _, ok := s.enter(""); ok {
		t.Error("without a password anybody is let in")
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
