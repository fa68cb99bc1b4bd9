package api

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sockeye/internal/api/access"
	"strings"
	"sync"
	"testing"
	"time"
)

// T13, T14: only paths in their shortest form are answered; no spelling leads around a check.
func TestAnd14OnlyCanonicalPaths(t *testing.T) {
	v := serve(t)
	for _, target := range []string{
		"//evil.com", "/\\evil.com", "/%2f%2fevil", "/%5cevil", "http://evil.com/", "//", "/api/./v1/machine", "//api/v1/machine", "/api/%2e%2e/v1/machine", "/api/../api/v1/machine",
		"/api/v1/machine/", "/api/v1//machine", "/api/v1/machine;x", "/api/v1/machine?raw??", "/api/v1/machine#x", "/api/v1/mach%69ne", "/?raw??", "/?", "/?x=1", "/index.html/", "/index.html/..",
		"*", "api/v1/machine", "/API/v1/machine", "/api/v1/Machine", "/api/v1/machine%00", "/api/v1/machine?next=//evil.com", "/api/v1/sessions?%zz",
	} {
		for _, credential := range []string{"", "Authorization: Bearer " + v.token + "\r\n"} {
			got := v.answers("GET " + target + " HTTP/1.1\r\nHost: " + v.addr + "\r\n" + credential + "Connection: close\r\n\r\n")
			if len(got) != 1 || got[0] != 400 && got[0] != 401 && got[0] != 404 {
				t.Errorf("%s: %v", target, got)
			}
		}
	}
	v.counts("shape", 1, func() { v.answers("GET //evil.com HTTP/1.1\r\nHost: " + v.addr + "\r\n\r\n") })
}

// T15: what two readers could cut differently is refused, and nothing after it is
// carried out.
func TestSmuggledRequestIsRefused(t *testing.T) {
	v := serve(t)
	head := "POST /api/v1/tickets HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\nContent-Type: application/json\r\n"
	after := "POST /api/v1/sessions HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token +
		"\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n" + `{"mode":"listen","address":"127.0.0.1:0"    }`
	for name, shape := range map[string]string{
		"length and chunks":     head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks":                head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"strange coding":        head + "Transfer-Encoding: xchunked\r\n\r\n{}",
		"two lengths":           head + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
		"twice the length":      head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		"list of lengths":       head + "Content-Length: 2, 2\r\n\r\n{}",
		"signed length":         head + "Content-Length: +2\r\n\r\n{}",
		"length in hex":         head + "Content-Length: 0x2\r\n\r\n{}",
		"negative length":       head + "Content-Length: -1\r\n\r\n{}",
		"huge length":           head + "Content-Length: 99999999999999999999999\r\n\r\n{}",
		"folded line":           head + "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
		"bare LF":               head + "X: a\nContent-Length: 2\r\n\r\n{}",
		"bare LF at the end":    head + "Content-Length: 2\n\n{}",
		"bare CR":               head + "X: a\rContent-Length: 2\r\n\r\n{}",
		"space before colon":    head + "Content-Length : 2\r\n\r\n{}",
		"NUL":                   head + "X: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
		"no colon":              head + "Content-Length\r\n\r\n{}",
		"body of a GET":         "GET /api/v1/machine HTTP/1.1\r\nHost: " + v.addr + "\r\nContent-Length: 2\r\n\r\n{}",
		"our own mark":          head + "Sockeye-Refused: x\r\nContent-Length: 2\r\n\r\n{}",
		"version":               strings.Replace(head, "HTTP/1.1", "HTTP/1.2", 1) + "Content-Length: 2\r\n\r\n{}",
		"no version":            "GET /\r\nHost: " + v.addr + "\r\n\r\n",
		"two spaces":            "GET  / HTTP/1.1\r\nHost: " + v.addr + "\r\n\r\n",
		"empty line first":      "\r\n" + head + "Content-Length: 2\r\n\r\n{}",
		"other expectation":     head + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}",
		"header without an end": head + "X: " + strings.Repeat("a", 20<<10),
	} {
		got := v.answers(shape + after)
		if len(got) != 1 || got[0] != 400 && got[0] != 431 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened by what followed", n)
	}
	if got := v.answers(head + "Content-Length: 2\r\n\r\n{}" + after); len(got) != 2 || got[0] != 200 || got[1] != 201 {
		t.Errorf("two good requests: %v", got)
	}
	v.alive()
}

// T16: who sends or reads too slowly is cut, and others do not notice.
func TestSlowClientIsCut(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: 2 * time.Second, Idle: 2 * time.Second, Body: 2 * time.Second, BodyRate: 1 << 20, Write: 2 * time.Second, Connections: 2000} // a quarter is this user's: enough for all
	})
	slow := map[string]string{
		"nothing at all": "",
		"head":           "GET / HTTP/1.1\r\nHost: ",
		"second head":    "GET /healthz HTTP/1.1\r\nHost: " + v.addr + "\r\n\r\nGET /",
		"body":           "PUT /api/v1/workspace HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
	}
	var all sync.WaitGroup
	for range 50 {
		for name, text := range slow {
			all.Go(func() {
				c, err := net.Dial("tcp", v.addr)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				io.WriteString(c, text)
				c.SetReadDeadline(time.Now().Add(30 * time.Second))
				if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Errorf("%s: not cut", name)
				}
			})
		}
	}
	for range 20 {
		v.alive()
	}
	all.Wait()
	v.alive()
}

// T16: one byte every now and then keeps no body open: it must come at a rate.
func TestDrippingBody(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Second, Idle: time.Second, Body: 200 * time.Millisecond, BodyRate: 1 << 20, Write: time.Second, Connections: 10}
	})
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "PUT /api/v1/workspace HTTP/1.1\r\nHost: "+v.addr+"\r\nAuthorization: Bearer "+v.token+"\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				io.WriteString(c, " ")
			case <-stop:
				return
			}
		}
	}()
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 408 {
		t.Error(resp.Status)
	}
}

// T16: a reader whose window stays shut is cut, and nobody waits for it any more.
func TestShutWindow(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Second, Idle: time.Second, Body: time.Second, BodyRate: 1 << 20, Write: 200 * time.Millisecond, Connections: 10}
	})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	b.Write(bytes.Repeat([]byte("x"), 4<<20))
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes >= 4<<20 })
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(4096)
	io.WriteString(c, "GET /api/v1/export?format=raw HTTP/1.1\r\nHost: "+v.addr+"\r\nAuthorization: Bearer "+v.token+"\r\n\r\n")
	v.untilFree()
}

// untilFree waits until no request is being answered.
func (v *served) untilFree() {
	v.t.Helper()
	for end := time.Now().Add(30 * time.Second); v.Server.busy.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			v.t.Fatal("a request is still being answered")
		}
	}
}

// T17: HTTP/2, whose streams could be reset by the thousand, is not spoken.
func TestNoHTTP2(t *testing.T) {
	v := serve(t)
	if got := v.answers("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); len(got) != 1 || got[0] != 400 {
		t.Errorf("preface: %v", got)
	}
	if got := v.answers("GET / HTTP/1.1\r\nHost: " + v.addr + "\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"); len(got) != 1 || got[0] != 200 {
		t.Errorf("upgrade to h2c: %v", got)
	}
}

// T18: no debugging route is served.
func TestNothingToDebug(t *testing.T) {
	v := serve(t)
	for _, path := range []string{"/debug/pprof", "/debug/pprof/heap", "/debug/vars", "/metrics", "/api/v1/debug"} {
		r := v.request("GET", path, nil)
		if status, _ := v.do(r); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
		r = v.request("GET", path, nil)
		r.Header.Del("Authorization")
		if status, _ := v.do(r); status != 401 {
			t.Errorf("%s without a credential: %d", path, status)
		}
	}
}
