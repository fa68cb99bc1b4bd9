package access

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// T06: guesses of the password are limited per address and in all.
func TestGuessingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var g guesses
		for range 1000 {
			wait, tooMany := g.wait(guessOrigin{}, time.Now())
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
			if _, tooMany := g.wait(guessOrigin{}, time.Now()); tooMany {
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
		at := func(text string) guessOrigin { return guesserOf(&http.Request{RemoteAddr: text}) }
		for range 1000 {
			g.wait(at("192.0.2.1:1"), time.Now())
			g.wait(at("[2001:db8::1]:1"), time.Now())
		}
		for text, want := range map[string]bool{
			"192.0.2.1:2": true, "[::ffff:192.0.2.1]:3": true, "[2001:db8::ffff:1]:1": true,
			"192.0.2.2:1": false, "[2001:db8:0:1::1]:1": false, "127.0.0.1:1": false, "@": false,
		} {
			if got := g.mustWait(at(text), time.Now()); got != want {
				t.Errorf("%s: %v, want %v", text, got, want)
			}
		}
		for i := range 3 * mostGuessers {
			g.wait(guessOrigin{address: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}, time.Now())
		}
		if g.mustWait(at("@"), time.Now()) {
			t.Error("the owner waits for addresses that are not remembered")
		}
		if n := len(g.byOrigin); n > mostGuessers+2 {
			t.Errorf("%d addresses are remembered", n)
		}
		time.Sleep(time.Hour)
		if g.mustWait(at("192.0.2.1:1"), time.Now()) {
			t.Error("an hour later it still waits")
		}
		g.wait(at("198.51.100.1:1"), time.Now())
		if n := len(g.byOrigin); n > 2 {
			t.Errorf("an hour later %d addresses are remembered", n)
		}
	})
}

// The password is not looked at while others of its address are being guessed, faster
// than its turn; a token is.
func TestPasswordWaitsForGuesses(t *testing.T) {
	g := New(Config{Password: "correct horse"})
	r := httptest.NewRequest(http.MethodPost, "/api/v1/login", nil)
	r.RemoteAddr = "127.0.0.1:1"
	if token, no := g.Enter(r, "correct horse"); no != nil || g.credentials.callerOf(token) != pageCaller {
		t.Fatalf("the password: %v", no)
	}
	local := guesserOf(r)
	for range freeGuesses {
		g.guesses.wait(local, time.Now())
	}
	g.guesses.byOrigin[local].turn = time.Now().Add(time.Hour)
	if _, no := g.Enter(r, "correct horse"); no == nil || no.Status != http.StatusTooManyRequests {
		t.Errorf("the password while guesses wait: %v", no)
	}
}

// All users of a machine share its loopback addresses: another user's guesses there do not keep
// this user's browser waiting.
func TestGuessesOfAnotherUserOfTheMachine(t *testing.T) {
	g := New(Config{Password: "correct horse"})
	table := newConnectionTable(8, 8, 8, func() {})
	request := func(own bool) *http.Request {
		table.isOwn = func(netip.AddrPort, netip.AddrPort) bool { return own }
		c := table.add(fakeConn{from: "127.0.0.1:1", at: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2}, open: new(bool)})
		r := httptest.NewRequest(http.MethodPost, "/api/v1/login", nil)
		r.RemoteAddr = "127.0.0.1:1"
		return r.WithContext(withConnection(r.Context(), c))
	}
	other := request(false)
	for range freeGuesses {
		g.Enter(other, "wrong")
	}
	g.guesses.byOrigin[guesserOf(other)].turn = time.Now().Add(time.Hour)
	if _, no := g.Enter(other, "correct horse"); no == nil || no.Status != http.StatusTooManyRequests {
		t.Errorf("who guessed: %v", no)
	}
	if token, no := g.Enter(request(true), "correct horse"); no != nil || g.credentials.callerOf(token) != pageCaller {
		t.Errorf("this user: %v", no)
	}
}
