package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The attacks by number are those of the project's list. Each test shows the
// refusal, that it was counted, and that the workbench still answers.

// openRoutes need no credential: the page, its files, whether we live, and the way
// to a credential. Nothing else ever does.
func (v *served) openRoutes() map[string]bool {
	open := map[string]bool{"GET /healthz": true, "GET /proof": true, "POST /api/v1/login": true}
	for path := range v.page {
		open["GET "+path], open["HEAD "+path] = true, true
	}
	return open
}

// concrete is a route's path with something in the place of its parameters.
func concrete(path string) string { return inPath().ReplaceAllString(path, "1") }

// counts shows that a check turned away as many requests as were made by do.
func (v *served) counts(check string, n int, do func()) {
	v.t.Helper()
	before := v.guard.Rejected()[check]
	do()
	if got := v.guard.Rejected()[check] - before; got != uint64(n) {
		v.t.Errorf("check %s counted %d, want %d", check, got, n)
	}
	v.alive()
}

func (v *served) alive() {
	v.t.Helper()
	r := v.request("GET", "/healthz", nil)
	r.Header.Del("Authorization")
	if status, body := v.do(r); status != 200 || !strings.Contains(body, "true") {
		v.t.Errorf("/healthz: %d %s", status, body)
	}
}

// raw sends bytes and returns all that comes back until the end.
func (v *served) raw(text string) []byte {
	v.t.Helper()
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		v.t.Fatal(err)
	}
	c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c) // a reset after the answer is as good as an end
	return answer
}

// answers are the statuses of all answers on a connection, each checked.
func (v *served) answers(text string) []int {
	v.t.Helper()
	var statuses []int
	in := bufio.NewReader(bytes.NewReader(v.raw(text)))
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses
		}
		checkAnswer(v.t, fmt.Sprintf("%.60q", text), resp)
		io.Copy(io.Discard, resp.Body)
		statuses = append(statuses, resp.StatusCode)
	}
}

// T01: a request whose Host is not one of the own names is refused before anything else.
func TestHostHeader(t *testing.T) {
	v := serve(t)
	_, port, _ := net.SplitHostPort(v.addr)
	bad := []string{
		"evil.com", "evil.com:" + port, "localhost:1", "127.0.0.1", "0.0.0.0:" + port, "[::]:" + port, "127.1:" + port, "2130706433:" + port,
		"[::ffff:127.0.0.1]:" + port, "LOCALHOST.:" + port, "localhost.evil.com:" + port, "user@localhost:" + port, "", "localhost:" + port + ".", "127.0.0.1:0" + port,
	}
	for _, rt := range v.routes {
		for _, host := range bad {
			got := v.answers(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", rt.method, concrete(rt.path), host, v.token))
			if len(got) != 1 || got[0] != 403 && got[0] != 400 {
				t.Errorf("%s %s with Host %q: %v", rt.method, rt.path, host, got)
			}
		}
	}
	for _, two := range []string{"Host: localhost:" + port + "\r\nHost: evil.com", "Host: evil.com\r\nhost: localhost:" + port} {
		if got := v.answers("GET / HTTP/1.1\r\n" + two + "\r\n\r\n"); len(got) != 1 || got[0] != 400 {
			t.Errorf("two hosts: %v", got)
		}
	}
	for _, host := range []string{"127.0.0.1:" + port, "[::1]:" + port, "localhost:" + port, "sockeye.localhost:" + port} {
		if got := v.answers("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"); len(got) != 1 || got[0] != 200 {
			t.Errorf("Host %s: %v", host, got)
		}
	}
	v.counts("host", 1, func() { v.answers("GET / HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n") })
}

// foreignOrigins are what a browser may say of a page that is not ours.
func foreignOrigins(port string) []string {
	return []string{
		"https://evil.com", "null", "http://127.0.0.1:1", "http://localhost.evil.com", "http://evil-localhost:" + port, "http://localhost:" + port + ".evil.com",
		"http://localhost:" + port + "@evil.com", "http://10.0.0.5:" + port, "file://", "chrome-extension://x", "https://localhost:" + port, "http://LOCALHOST:" + port, "",
	}
}

// T03: a request that a foreign page sends is refused, with or without a credential.
func TestForeignOrigin(t *testing.T) {
	v := serve(t)
	_, port, _ := net.SplitHostPort(v.addr)
	for _, origin := range foreignOrigins(port) {
		for _, path := range []string{"/", "/healthz", "/api/v1/live", "/api/v1/machine"} {
			r := v.request("GET", path, nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
			r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
			r.Header.Set("Sec-WebSocket-Version", "13")
			if status, _ := v.do(r); status != 403 {
				t.Errorf("%s with Origin %q: %d", path, origin, status)
			}
		}
	}
	v.counts("origin", 1, func() {
		r := v.request("GET", "/api/v1/machine", nil)
		r.Header.Set("Origin", "null")
		v.do(r)
	})
	r := v.request("GET", "/api/v1/machine", nil)
	r.Header.Set("Origin", "http://localhost:"+port)
	if status, _ := v.do(r); status != 200 {
		t.Errorf("own origin: %d", status)
	}
	// Nothing here speaks WebSocket, whoever asks.
	r = v.request("GET", "/api/v1/live", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Del("Authorization")
	if status, _ := v.do(r); status != 401 {
		t.Errorf("upgrade without a credential: %d", status)
	}
}

// Only requests whose Sec-Fetch headers a page of this origin, or a person, would send are
// served.
func TestFetchMetadata(t *testing.T) {
	v := serve(t)
	for _, c := range []struct {
		path, site, mode string
		want             int
	}{
		{"/api/v1/machine", "same-origin", "cors", 200},
		{"/api/v1/machine", "same-site", "cors", 403},
		{"/api/v1/machine", "cross-site", "cors", 403},
		{"/api/v1/machine", "none", "navigate", 403},
		{"/", "none", "navigate", 200},
		{"/", "none", "no-cors", 403},
		{"/", "cross-site", "navigate", 403},
		{"/", "same-origin", "navigate", 200},
		{"/", "Same-Origin", "navigate", 403},
	} {
		r := v.request("GET", c.path, nil)
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.Header.Set("Sec-Fetch-Mode", c.mode)
		if status, _ := v.do(r); status != c.want {
			t.Errorf("%+v: %d", c, status)
		}
	}
}

// T09: nothing is changed by what an HTML form can send: a body must say that it is JSON.
func TestOnlyJSONWrites(t *testing.T) {
	v := serve(t)
	for _, rt := range v.routes {
		if rt.method == "GET" || rt.method == "HEAD" {
			continue
		}
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, text/plain", "application/jsonx", "text/json"} {
			r := v.request(rt.method, concrete(rt.path), "{}")
			r.Header.Del("Content-Type")
			if kind != "" {
				r.Header.Set("Content-Type", kind)
			}
			if status, _ := v.do(r); status != 415 {
				t.Errorf("%s %s as %q: %d", rt.method, rt.path, kind, status)
			}
		}
	}
	v.counts("content-type", 1, func() {
		r := v.request("POST", "/api/v1/sessions", "{}")
		r.Header.Set("Content-Type", "text/plain")
		v.do(r)
	})
}

// T09: no GET changes anything that another GET would show.
func TestReadingChangesNothing(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 15 })
	state := func() string {
		events := ask[Events](v, "GET", "/api/v1/events", nil)
		sessions := ask[Sessions](v, "GET", "/api/v1/sessions", nil)
		for i := range sessions.Sessions {
			sessions.Sessions[i].ReceiveRate = 0 // time changes it
		}
		text, err := json.Marshal([]any{events, sessions, ask[Runs](v, "GET", "/api/v1/sessions/s1/runs", nil), ask[Workspace](v, "GET", "/api/v1/workspace", nil), ask[Recording](v, "GET", "/api/v1/recording", nil)})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := state()
	for _, rt := range v.routes {
		if rt.method != "GET" || strings.HasSuffix(rt.path, "/live") {
			continue
		}
		v.do(v.request("GET", strings.ReplaceAll(rt.path, "{id}", "s1"), nil))
		v.do(v.request("GET", concrete(rt.path), nil))
	}
	if after := state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// T10: a preflight of a foreign origin gets no permission.
func TestForeignPreflightIsRefused(t *testing.T) {
	v := serve(t)
	for _, rt := range v.routes {
		r := v.request("OPTIONS", concrete(rt.path), nil)
		r.Header.Del("Authorization")
		r.Header.Set("Origin", "https://evil.com")
		r.Header.Set("Access-Control-Request-Method", rt.method)
		r.Header.Set("Access-Control-Request-Private-Network", "true")
		if status, _ := v.do(r); status != 403 {
			t.Errorf("preflight of %s: %d", rt.path, status)
		}
	}
}

// T11: whatever the status, an answer says that it is nobody else's, and its body is
// an object and no script.
func TestHeadersOnEveryStatus(t *testing.T) {
	v := serve(t)
	seen := map[int]bool{}
	for _, r := range []*http.Request{
		v.request("GET", "/", nil), v.request("GET", "/api/v1/machine", nil), v.request("GET", "/api/v1/nothing", nil), v.request("PUT", "/api/v1/machine", "{}"),
		v.request("POST", "/api/v1/sessions", "{"), v.request("GET", "/api/v1/events?limit=x", nil), v.request("DELETE", "/api/v1/sessions/s9", nil),
		v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: v.addr}), v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: "127.0.0.1:1"}),
		v.request("PUT", "/api/v1/workspace", strings.Repeat(" ", maxListBody+1)),
	} {
		status, body := v.do(r) // the transport looks at the headers
		seen[status] = true
		if r.URL.Path != "/" && !strings.HasPrefix(body, "{") {
			t.Errorf("%s %s: %d %.40q", r.Method, r.URL.Path, status, body)
		}
	}
	for _, want := range []int{200, 400, 403, 404, 405, 413, 502} {
		if !seen[want] {
			t.Errorf("no answer had status %d: %v", want, seen)
		}
	}
}
