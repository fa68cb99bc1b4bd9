package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
)

// The attacks by number are those of the project's list. Each test shows the
// refusal, that it was counted, and that the workbench still answers.

// openRoutes need no credential: the page, its files, whether we live, and the way
// to a credential. Nothing else ever does.
func (v *served) openRoutes() map[string]bool {
	open := map[string]bool{"GET /healthz": true, "POST /api/v1/login": true}
	for path := range v.page {
		open["GET "+path], open["HEAD "+path] = true, true
	}
	return open
}

// concrete is a route's path with something in the place of its parameters.
func concrete(path string) string { return inPath.ReplaceAllString(path, "1") }

// counts shows that a check turned away as many requests as were made by do.
func (v *served) counts(check string, n int, do func()) {
	v.t.Helper()
	before := v.Server.refused.all()[check]
	do()
	if got := v.Server.refused.all()[check] - before; got != uint64(n) {
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

func TestT01HostHeader(t *testing.T) {
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
	v.counts(checkHost, 1, func() { v.answers("GET / HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n") })
}

// foreignOrigins are what a browser may say of a page that is not ours.
func foreignOrigins(port string) []string {
	return []string{
		"https://evil.com", "null", "http://127.0.0.1:1", "http://localhost.evil.com", "http://evil-localhost:" + port, "http://localhost:" + port + ".evil.com",
		"http://localhost:" + port + "@evil.com", "http://10.0.0.5:" + port, "file://", "chrome-extension://x", "https://localhost:" + port, "http://LOCALHOST:" + port, "",
	}
}

func TestT03ForeignOrigin(t *testing.T) {
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
	v.counts(checkOrigin, 1, func() {
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

func TestT05EveryRouteWantsACredential(t *testing.T) {
	v := serve(t)
	open := v.openRoutes()
	for _, rt := range v.routes {
		for _, method := range append(methods, "PROPFIND", "TRACE") {
			r := v.request(method, concrete(rt.path), "{}")
			if method == "GET" || method == "HEAD" || method == "OPTIONS" {
				r = v.request(method, concrete(rt.path), nil)
			}
			r.Header.Del("Authorization")
			status, _ := v.do(r)
			switch {
			case open[method+" "+rt.path]:
				if status == 401 {
					t.Errorf("%s %s: %d", method, rt.path, status)
				}
			case method == "PROPFIND" || method == "TRACE":
				if status != 400 {
					t.Errorf("%s %s: %d", method, rt.path, status)
				}
			case status != 401:
				t.Errorf("%s %s without a credential: %d", method, rt.path, status)
			}
		}
		if rt.open != open[rt.method+" "+rt.path] {
			t.Errorf("%s %s: open %v", rt.method, rt.path, rt.open)
		}
	}
	v.counts(checkCredential, 1, func() {
		r := v.request("GET", "/api/v1/machine", nil)
		r.Header.Del("Authorization")
		v.do(r)
	})
}

func TestT06BadCredentials(t *testing.T) {
	v, other := serve(t), serve(t)
	flip := []byte(v.token)
	flip[5] ^= 1
	bad := []string{"", "Bearer ", "Bearer " + v.token[:len(v.token)-1], "Bearer " + string(flip), "Bearer " + other.token,
		"Basic " + v.token, "bearer " + v.token, "Bearer  " + v.token, v.token, "Bearer " + strings.Repeat("A", 8<<10)}
	for _, credential := range bad {
		v.Server.guesses = guesses{} // each alone
		r := v.request("GET", "/api/v1/machine", nil)
		r.Header.Set("Authorization", credential)
		if status, _ := v.do(r); status != 401 {
			t.Errorf("%.40q: %d", credential, status)
		}
	}
	r := v.request("GET", "/api/v1/machine?token="+v.token, nil)
	r.Header.Del("Authorization")
	if status, _ := v.do(r); status != 401 {
		t.Errorf("token in the query: %d", status)
	}
	r = v.request("GET", "/api/v1/machine", nil)
	r.Header.Add("Authorization", "Bearer x")
	if status, _ := v.do(r); status != 401 {
		t.Errorf("two credentials: %d", status)
	}
	// A shell's token is for shells: a browser that has it gets nowhere.
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Ch-Ua"} {
		r = v.request("GET", "/api/v1/machine", nil)
		r.Header.Set("Authorization", "Bearer "+v.ShellToken())
		r.Header.Set(name, map[string]string{"Origin": "http://" + v.addr, "Sec-Fetch-Site": "same-origin"}[name])
		if status, _ := v.do(r); status != 403 {
			t.Errorf("shell's token with %s: %d", name, status)
		}
	}
	r = v.request("GET", "/api/v1/machine", nil)
	r.Header.Set("Authorization", "Bearer "+v.ShellToken())
	if status, _ := v.do(r); status != 200 {
		t.Errorf("shell's token: %d", status)
	}
}

func TestT06GuessingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var g guesses
		for range 1000 {
			wait, tooMany := g.wait(time.Now())
			if tooMany {
				t.Fatal("one at a time is not too many")
			}
			time.Sleep(wait)
		}
		if took := time.Since(begun); took < time.Minute {
			t.Errorf("1000 guesses took %s", took)
		}
		turnedAway := 0
		for range 1000 { // at once
			if _, tooMany := g.wait(time.Now()); tooMany {
				turnedAway++
			}
		}
		if turnedAway < 985 {
			t.Errorf("of 1000 guesses at once %d were turned away", turnedAway)
		}
	})
}

// A password is not looked at while others are being guessed, faster than its turn.
func TestPassword(t *testing.T) {
	v := serve(t, func(o *Config) { o.Password = "correct horse" })
	login := func(password string) int {
		r := v.request("POST", "/api/v1/login", Login{Password: password})
		r.Header.Del("Authorization")
		status, _ := v.do(r)
		return status
	}
	if got := login("wrong"); got != 401 {
		t.Errorf("wrong password: %d", got)
	}
	if got := login("correct horse"); got != 200 {
		t.Errorf("password: %d", got)
	}
	for range freeGuesses {
		v.Server.guesses.wait(time.Now())
	}
	v.Server.guesses.turn = time.Now().Add(time.Hour)
	if got := login("correct horse"); got != 429 {
		t.Errorf("the password while guesses wait: %d", got)
	}
	if status, _ := v.do(v.request("GET", "/api/v1/machine", nil)); status != 200 {
		t.Errorf("a good token while guesses wait: %d", status)
	}
	none := serve(t)
	r := none.request("POST", "/api/v1/login", Login{Password: ""})
	if status, _ := none.do(r); status != 400 {
		t.Errorf("no password: %d", status)
	}
	if status, _ := none.do(none.request("POST", "/api/v1/login", Login{Password: "x"})); status != 401 {
		t.Errorf("a password where there is none: %d", status)
	}
}

// T06: secrets are compared in constant time, and nowhere else. The sources that
// handle them have no other comparison of theirs.
func TestT06OnlyConstantTimeComparisons(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(err)
	}
	secret := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				switch strings.ToLower(id.Name) {
				case "token", "ticket", "password", "shell", "hash", "shellhash", "h", "t":
					found = true
				}
			}
			return true
		})
		return found
	}
	file, err := parser.ParseFile(token.NewFileSet(), "secrets.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.EQL && b.Op != token.NEQ {
			return true
		}
		if lit, ok := b.Y.(*ast.BasicLit); ok && (lit.Value == `""` || lit.Value == "1") {
			return true // whether there is one, and the result of the comparison
		}
		if secret(b.X) || secret(b.Y) {
			t.Errorf("secrets.go compares a secret with %s", b.Op)
		}
		return true
	})
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "secrets.go" && name != "client.go" && !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "sha256") {
			t.Errorf("%s handles secrets", name)
		}
	}
}

func TestT07TicketRace(t *testing.T) {
	var s secrets
	s.init("")
	for range 1000 {
		ticket := s.ticket()
		var won [2]bool
		var both sync.WaitGroup
		for i := range won {
			both.Go(func() { _, won[i] = s.redeem(ticket) })
		}
		both.Wait()
		if won[0] == won[1] {
			t.Fatalf("redeemed by %v", won)
		}
	}
}

func TestT07LateTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s secrets
		s.init("")
		early, late := s.ticket(), s.ticket()
		time.Sleep(ticketLife - time.Second)
		if _, ok := s.redeem(early); !ok {
			t.Error("refused within its life")
		}
		time.Sleep(2 * time.Second)
		if _, ok := s.redeem(late); ok {
			t.Error("redeemed after its life")
		}
	})
}

func TestT09OnlyJSONWrites(t *testing.T) {
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
	v.counts(checkType, 1, func() {
		r := v.request("POST", "/api/v1/sessions", "{}")
		r.Header.Set("Content-Type", "text/plain")
		v.do(r)
	})
}

// T09: no GET changes anything that another GET would show.
func TestT09ReadingChangesNothing(t *testing.T) {
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
		text, err := json.Marshal([]any{events, sessions, ask[Repeats](v, "GET", "/api/v1/sessions/s1/repeats", nil), ask[Workspace](v, "GET", "/api/v1/workspace", nil), ask[Recording](v, "GET", "/api/v1/recording", nil)})
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

func TestT10Preflight(t *testing.T) {
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
func TestT11HeadersOnEveryStatus(t *testing.T) {
	v := serve(t)
	seen := map[int]bool{}
	for _, r := range []*http.Request{
		v.request("GET", "/", nil), v.request("GET", "/api/v1/machine", nil), v.request("GET", "/api/v1/nothing", nil), v.request("PUT", "/api/v1/machine", "{}"),
		v.request("POST", "/api/v1/sessions", "{"), v.request("GET", "/api/v1/events?limit=x", nil), v.request("DELETE", "/api/v1/sessions/s9", nil),
		v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: v.addr}), v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: "127.0.0.1:1"}),
		v.request("PUT", "/api/v1/workspace", strings.Repeat(" ", mostBody+1)),
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

func TestT13And14OnlyCanonicalPaths(t *testing.T) {
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
	v.counts(checkShape, 1, func() { v.answers("GET //evil.com HTTP/1.1\r\nHost: " + v.addr + "\r\n\r\n") })
}

// T15: what two readers could cut differently is refused, and nothing after it is
// carried out.
func TestT15Smuggling(t *testing.T) {
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
		"our own mark":          head + refusedHeader + ": x\r\nContent-Length: 2\r\n\r\n{}",
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
func TestT16Slow(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = limits{header: 300 * time.Millisecond, idle: 300 * time.Millisecond, body: 300 * time.Millisecond, bodyRate: 1 << 20, write: 300 * time.Millisecond, connections: 300}
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
func TestT16DrippingBody(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = limits{header: time.Second, idle: time.Second, body: 200 * time.Millisecond, bodyRate: 1 << 20, write: time.Second, connections: 10}
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
func TestT16ShutWindow(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = limits{header: time.Second, idle: time.Second, body: time.Second, bodyRate: 1 << 20, write: 200 * time.Millisecond, connections: 10}
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

func TestT17NoHTTP2(t *testing.T) {
	v := serve(t)
	if got := v.answers("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); len(got) != 1 || got[0] != 400 {
		t.Errorf("preface: %v", got)
	}
	if got := v.answers("GET / HTTP/1.1\r\nHost: " + v.addr + "\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"); len(got) != 1 || got[0] != 200 {
		t.Errorf("upgrade to h2c: %v", got)
	}
}

func TestT18NothingToDebug(t *testing.T) {
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

// T25: received bytes are only ever a download that no browser shows.
func TestT25DownloadsAreNoPages(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	io.WriteString(b, "<script>alert(1)</script>")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 40 })
	data := ask[Events](v, "GET", "/api/v1/events?kind=received", nil).Events[0]
	for _, path := range []string{"/api/v1/export?format=raw", "/api/v1/export", "/api/v1/export?format=csv", "/api/v1/export?format=jsonl", "/api/v1/export?format=pcapng", fmt.Sprintf("/api/v1/events/%d/data", data.Seq)} {
		resp, err := (checked{t}).RoundTrip(v.request("GET", path, nil))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		h := resp.Header
		_, named, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
		if name := named["filename"]; !plainFileName(name) { // T29: our own name, whatever peers are called
			t.Errorf("%s is named %q", path, name)
		}
		if err != nil || resp.StatusCode != 200 || len(body) == 0 || h.Get("Content-Type") != octets || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") {
			t.Errorf("%s: %s, %d bytes, %v, %v", path, resp.Status, len(body), h, err)
		}
	}
}

// T31: a giant message is one short row; all of it is a download of its own.
func TestT31GiantRows(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Options: &Options{ReadSize: 4 << 20, ReceiveBuffer: 4 << 20}})
	b := board(t, s)
	if _, err := b.Write(make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 8<<20+15 })
	status, text := v.do(v.request("GET", "/api/v1/events", nil))
	var page Events
	if err := json.Unmarshal([]byte(text), &page); err != nil || status != 200 || len(text) > 3<<20 {
		t.Fatalf("%d, %d bytes, %v", status, len(text), err)
	}
	for _, e := range page.Events {
		if len(e.Data) > 64<<10 {
			t.Errorf("event %d shows %d bytes", e.Seq, len(e.Data))
		}
		if e.Kind != "received" {
			continue
		}
		if _, all := v.do(v.request("GET", fmt.Sprintf("/api/v1/events/%d/data", e.Seq), nil)); len(all) != *e.Bytes {
			t.Errorf("event %d has %d bytes, the download %d", e.Seq, *e.Bytes, len(all))
		}
	}
}

// T32: a page names a recording, it does not choose where it is.
func TestT32PathsOfRecordings(t *testing.T) {
	v := serve(t)
	for _, name := range hostilePaths {
		f := v.failing(400, "PUT", "/api/v1/recording", SetRecording{On: true, Path: name})
		if f.Kind != sockeye.Invalid || f.Target != "path" {
			t.Errorf("%q: %+v", name, f)
		}
	}
	if found, err := os.ReadDir(v.o.Recordings); err == nil {
		t.Errorf("something was made: %v", found)
	}
	if got := ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "board-1"}); got.State != "on" || !strings.HasPrefix(got.Path, v.o.Recordings+"/board-1/") {
		t.Errorf("%+v", got)
	}
	if got := ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{}); got.State != "off" {
		t.Errorf("%+v", got)
	}
	v.failing(409, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "board-1"})
	if err := os.Symlink(t.TempDir(), filepath.Join(v.o.Recordings, "link")); err != nil {
		t.Fatal(err)
	}
	v.failing(409, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "link"})
}

// T32: nor does one that names a file for what is received.
func TestT32PathsOfReceiveFiles(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	const file = "/api/v1/sessions/s1/file"
	for _, name := range hostilePaths {
		f := v.failing(400, "PUT", file, SetReceiveFile{On: true, Path: name})
		if f.Kind != sockeye.Invalid || f.Target != "path" {
			t.Errorf("%q: %+v", name, f)
		}
	}
	if found, err := os.ReadDir(v.o.Recordings); err == nil {
		t.Errorf("something was made: %v", found)
	}
	if err := os.MkdirAll(v.o.Recordings, 0o700); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(v.o.Recordings, "link")); err != nil {
		t.Fatal(err)
	}
	v.failing(409, "PUT", file, SetReceiveFile{On: true, Path: "link"})
	if _, err := os.Stat(outside); err == nil {
		t.Error("a link was followed")
	}
}

var hostilePaths = []string{
	"..", ".", "../x", "a/b", "/etc/x", "/", "a/../b", "..\\x", "C:\\x", "C:x", "\\\\host\\share", "a\\b", "%2e%2e", "%2f", "..%2f", "x\x00", "\x00", "a\nb", " a", "a b", ".hidden", "end.",
	"~", "~/x", "$HOME", "a;b", "a|b", "`id`", "$(id)", "a*", "a?", "*", "a:b", "a\"b", "a'b", "<x>", "-\x01", "名", "\u202e", "ａ", "a\u0301", "/proc/self/mem", "/dev/null", "file:///x", "//x",
	"./x", "x/", "x/.", "x/..", "....//", "..;/", "..\u2215x", "..\uff0fx", "\xff", "\xc0\xae", "a\tb", "a\rb", strings.Repeat("a", 81), strings.Repeat("../", 40), "{x}", "[x]", "x@y", "x#y", "x&y", "=x", "+x",
}

// T38: JSON that would make a parser work, guess or choose is refused.
func TestT38HostileJSON(t *testing.T) {
	v := serve(t)
	for name, body := range map[string]string{
		"deep":            strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"deep list":       `{"mode":` + strings.Repeat("[", 100_000),
		"huge number":     `{"mode":"listen","address":":0","options":{"idle_timeout_ms":1e400}}`,
		"twice":           `{"mode":"listen","mode":"connect","address":":0"}`,
		"twice, by case":  `{"mode":"listen","MODE":"connect","address":":0"}`,
		"twice, deep":     `{"mode":"listen","address":":0","options":{"prefer":4,"prefer":6}}`,
		"UTF-8":           "{\"mode\":\"\xff\",\"address\":\":0\"}",
		"unknown":         `{"mode":"listen","address":":0","nothing":1}`,
		"two values":      `{"mode":"listen","address":":0"}{}`,
		"list":            `[]`,
		"text":            `"x"`,
		"null":            `null`,
		"ends early":      `{"mode":"listen"`,
		"wrong type":      `{"mode":7,"address":":0"}`,
		"NaN":             `{"mode":"listen","address":":0","options":{"idle_timeout_ms":NaN}}`,
		"comment":         `{"mode":"listen",/**/"address":":0"}`,
		"byte order mark": "\ufeff{}",
	} {
		f := v.failing(400, "POST", "/api/v1/sessions", body)
		if f.Kind != sockeye.Invalid || f.Message == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	v.failing(413, "PUT", "/api/v1/workspace", `{"aliases":[{"alias":"`+strings.Repeat("x", 8<<20)+`"}]}`)
	if got := v.answers("PUT /api/v1/workspace HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n{"); len(got) != 1 || got[0] != 413 {
		t.Errorf("a terabyte: %v", got)
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

// T50: numbers out of range are refused, each field by its name, and none wraps.
func TestT50NumericEdges(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 })
	for _, c := range []struct{ method, path, body, field string }{
		{"POST", "/sessions", `{"mode":"listen","address":":65536"}`, ""},
		{"POST", "/sessions", `{"mode":"listen","address":":-1"}`, ""},
		{"POST", "/sessions", `{"mode":"connect","address":"127.0.0.1:0"}`, "address"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"source_port":65536}}`, "options.source_port"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"source_port":-1}}`, "options.source_port"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"max_peers":-1}}`, "max-peers"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"max_peers":9223372036854775808}}`, "options.max_peers"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"backlog":1e18}}`, "options.backlog"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"backlog":1.5}}`, "options.backlog"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"idle_timeout_ms":-1}}`, "options.idle_timeout_ms"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"idle_timeout_ms":1e18}}`, "options.idle_timeout_ms"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","device":{"hello":"","interval_ms":-1}}`, "device.interval_ms"},
		{"POST", "/sessions/s1/repeats", `{"all":true,"data":"aA==","every_ms":0}`, "every_ms"},
		{"POST", "/sessions/s1/repeats", `{"all":true,"data":"aA==","every_ms":-1}`, "every_ms"},
		{"POST", "/sessions/s1/repeats", `{"all":true,"data":"aA==","every_ms":1e18}`, "every_ms"},
		{"POST", "/sessions/s1/repeats", `{"all":true,"data":"aA==","every_ms":10,"count":-1}`, "count"},
		{"POST", "/sessions/s1/repeats", `{"all":true,"data":"aA==","every_ms":10,"count":18446744073709551616}`, "count"},
		{"POST", "/sessions/s1/send", `{"to":[-1],"data":"aA=="}`, "to"},
		{"GET", "/events?from=-1", "", "from"},
		{"GET", "/events?from=18446744073709551616", "", "from"},
		{"GET", "/events?limit=1001", "", "limit"},
		{"GET", "/events?limit=1e3", "", "limit"},
		{"GET", "/events?from=+1", "", "from"},
		{"GET", "/events/-1/data", "", "seq"},
		{"GET", "/live?from=x", "", "from"},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		f := v.failing(400, c.method, "/api/v1"+c.path, body)
		if f.Kind != sockeye.Invalid || c.field != "" && f.Target != c.field {
			t.Errorf("%s %s: %+v", c.path, c.body, f)
		}
	}
	several := v.failing(400, "POST", "/api/v1/sessions", `{"mode":"x","address":":0","options":{"max_peers":-1,"read_size":-1}}`)
	if len(several.Also) != 2 {
		t.Errorf("three fields are wrong: %+v", several)
	}
}

// The dialler's guard: no session may connect to where we take orders ourselves.
func TestSessionsCannotReachTheControlAddress(t *testing.T) {
	v := serve(t)
	_, port, _ := net.SplitHostPort(v.addr)
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "sockeye.localhost"} {
		got, text := v.do(v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: "tcp://" + host + ":" + port}))
		if got != 403 || !strings.Contains(text, "not-permitted") {
			t.Errorf("%s: %d %s", host, got, text)
		}
	}
}
