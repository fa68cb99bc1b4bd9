package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// T05: every route but the few public ones wants a credential.
func TestEveryRouteWantsACredential(t *testing.T) {
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

// T06: a wrong, missing, doubled or malformed credential is refused alike.
func TestBadCredentials(t *testing.T) {
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

// T06: guesses of the password are limited per address and in all.
func TestGuessingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var g guesses
		for range 1000 {
			wait, tooMany := g.wait(netip.Addr{}, time.Now())
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
			if _, tooMany := g.wait(netip.Addr{}, time.Now()); tooMany {
				turnedAway++
			}
		}
		if turnedAway < 985 {
			t.Errorf("of 1000 guesses at once %d were turned away", turnedAway)
		}
	})
}

// Issue "Hostile files" (10): a guesser locks out nobody else. Of IPv6 the /64 network
// counts, and memory is bounded.
func TestGuessersByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g guesses
		at := func(text string) netip.Addr { return guesserAddress(&http.Request{RemoteAddr: text}) }
		for range 1000 {
			g.wait(at("192.0.2.1:1"), time.Now())
			g.wait(at("[2001:db8::1]:1"), time.Now())
		}
		for text, want := range map[string]bool{
			"192.0.2.1:2": true, "[::ffff:192.0.2.1]:3": true, "[2001:db8::ffff:1]:1": true,
			"192.0.2.2:1": false, "[2001:db8:0:1::1]:1": false, "127.0.0.1:1": false, "@": false,
		} {
			if got := g.punished(at(text), time.Now()); got != want {
				t.Errorf("%s: %v, want %v", text, got, want)
			}
		}
		for i := range 3 * mostGuessers {
			g.wait(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), time.Now())
		}
		if n := len(g.byAddress); n > mostGuessers+1 {
			t.Errorf("%d addresses are remembered", n)
		}
		time.Sleep(time.Hour)
		if g.punished(at("192.0.2.1:1"), time.Now()) {
			t.Error("an hour later it still waits")
		}
		g.wait(netip.MustParseAddr("198.51.100.1"), time.Now())
		if n := len(g.byAddress); n > 2 {
			t.Errorf("an hour later %d addresses are remembered", n)
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
	local := netip.MustParseAddr("127.0.0.1")
	for range freeGuesses {
		v.Server.guesses.wait(local, time.Now())
	}
	v.Server.guesses.byAddress[local].turn = time.Now().Add(time.Hour)
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
func TestOnlyConstantTimeComparisons(t *testing.T) {
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
	handling := map[string]bool{"credentials.go": true, "proof.go": true, "client.go": true}
	inspect := func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.EQL && b.Op != token.NEQ {
			return true
		}
		if lit, ok := b.Y.(*ast.BasicLit); ok && (lit.Value == `""` || lit.Value == "1") {
			return true // whether there is one, and the result of the comparison
		}
		if secret(b.X) || secret(b.Y) {
			t.Errorf("a secret is compared with %s", b.Op)
		}
		return true
	}
	for _, name := range []string{"credentials.go", "proof.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, inspect)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !handling[name] && name != "workspace_file.go" && !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "sha256") {
			t.Errorf("%s handles secrets", name)
		}
	}
}

// T07: a ticket opens once, however many use it at the same moment.
func TestTicketRace(t *testing.T) {
	var s credentials
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

// T07: a ticket is worth nothing after its time.
func TestLateTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s credentials
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
