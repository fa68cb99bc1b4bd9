package access

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func enter(t *testing.T, g *Guard, from string) (Caller, string) {
	t.Helper()
	r := &http.Request{RemoteAddr: from, Header: http.Header{}}
	token, no := g.EnterAsViewer(r, g.Sharing().Secret)
	if no != nil {
		t.Fatal(no)
	}
	return callWith(t, g, token)
}

func callWith(t *testing.T, g *Guard, token string) (Caller, string) {
	t.Helper()
	r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + token}}}
	c, no := g.callerOf(r)
	if no != nil {
		return c, no.Err.Message.En
	}
	return c, ""
}

// A share ends by itself, and with it the credentials that it gave.
func TestShareEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{})
		g.BeginSharing(time.Hour)
		secret := g.Sharing().Secret
		token, _ := g.EnterAsViewer(&http.Request{RemoteAddr: "192.0.2.1:1"}, secret)
		c, why := callWith(t, g, token)
		if !c.IsViewer() || why != "" {
			t.Fatal(why)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case <-c.Revoked():
		default:
			t.Error("the viewer may still look")
		}
		if _, why := callWith(t, g, token); !strings.Contains(why, "shared no more") || g.Sharing().Secret != "" {
			t.Errorf("%q, %+v", why, g.Sharing())
		}
		if _, no := g.EnterAsViewer(&http.Request{RemoteAddr: "192.0.2.1:1"}, secret); no == nil {
			t.Error("the link still lets in")
		}
	})
}

// Who watches is who follows now, by address, once for each page.
func TestWhoWatches(t *testing.T) {
	g := New(Config{})
	g.BeginSharing(time.Hour)
	defer g.EndSharing()
	one, _ := enter(t, g, "[::ffff:192.0.2.1]:1")
	two, _ := enter(t, g, "[2001:db8::1]:1")
	first, again, other := one.Watch(), one.Watch(), two.Watch()
	var got []string
	for _, v := range g.Sharing().Viewers {
		got = append(got, v.Address)
	}
	if strings.Join(got, " ") != "192.0.2.1 2001:db8::1" {
		t.Errorf("%v watch", got)
	}
	first()
	other()
	if n := len(g.Sharing().Viewers); n != 1 {
		t.Errorf("%d watch", n)
	}
	again()
	if n := len(g.Sharing().Viewers); n != 0 {
		t.Errorf("%d watch", n)
	}
	Caller{}.Watch()() // the owner is not counted
}

// Of too many, those go who do not watch; when all do, nobody else comes in.
func TestViewersAreBounded(t *testing.T) {
	g := New(Config{})
	g.BeginSharing(time.Hour)
	defer g.EndSharing()
	secret := g.Sharing().Secret
	r := &http.Request{RemoteAddr: "192.0.2.1:1"}
	idle, _ := g.EnterAsViewer(r, secret)
	for range maxViewers {
		c, _ := enter(t, g, "192.0.2.1:1")
		c.Watch()
	}
	if _, why := callWith(t, g, idle); why == "" {
		t.Error("one that does not watch was not forgotten")
	}
	if _, no := g.EnterAsViewer(r, secret); no == nil || no.Status != http.StatusTooManyRequests {
		t.Errorf("one more: %v", no)
	}
}

// Wrong links are guesses like others.
func TestGuessedLinksWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{})
		g.BeginSharing(time.Hour)
		defer g.EndSharing()
		begun := time.Now()
		r := &http.Request{RemoteAddr: "192.0.2.1:1"}
		for range freeGuesses + 5 {
			if _, no := g.EnterAsViewer(r, newSecret()); no == nil || no.Status != http.StatusUnauthorized {
				t.Fatal(no)
			}
		}
		if took := time.Since(begun); took < 5*guessEvery {
			t.Errorf("%d guesses took %s", freeGuesses+5, took)
		}
	})
}

// Sharing anew ends what was shared before, however many begin at once.
func TestOneShareAtATime(t *testing.T) {
	g := New(Config{})
	g.BeginSharing(time.Hour)
	before, _ := enter(t, g, "192.0.2.1:1")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { g.BeginSharing(time.Hour) })
	}
	all.Wait()
	<-before.Revoked()
	last, _ := enter(t, g, "192.0.2.1:1")
	g.EndSharing()
	<-last.Revoked()
}
