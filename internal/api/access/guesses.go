package access

import (
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"sockeye"
)

// guesses slows down whoever presents wrong credentials, each origin by itself, so that
// a guesser does not lock others out.
type guesses struct {
	mu       sync.Mutex
	byOrigin map[guessOrigin]*guesser
}

// guessOrigin is by what a guesser is known. All users of a machine share its loopback
// addresses, so this user's programs are told apart from those of others.
type guessOrigin struct {
	address netip.Addr // of IPv6 the /64 network, which one machine may have all of
	kind    guesserKind
}

type guesserKind uint8

const (
	guesserElsewhere guesserKind = iota // of an address
	guesserOwn                          // a program of this user
	guesserRest                         // all those beyond mostGuessers
)

// guesser is what an address has presented: beyond ten wrong ones in a minute, each
// waits its turn, one a second.
type guesser struct {
	recent []time.Time // in the last minute, at most freeGuesses
	turn   time.Time   // when the next one is answered
}

const (
	freeGuesses  = 10
	guessEvery   = time.Second
	maxTurn      = 10 * time.Second // a wrong credential waits no longer; it is turned away at once
	mostGuessers = 4096             // origins that are remembered; beyond, all others share one
)

// guesserOf is by what the sender of a request is known.
func guesserOf(r *http.Request) guessOrigin {
	c, ok := r.Context().Value(connectionContextKey{}).(*limitedConn)
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || ok && c.own { // the owner's socket has no port
		return guessOrigin{kind: guesserOwn}
	}
	address := at.Addr().Unmap().WithZone("")
	if address.Is6() {
		network, _ := address.Prefix(64)
		address = network.Addr()
	}
	return guessOrigin{address: address}
}

// ofLocked is the guesser of an origin; those who have waited it out are forgotten.
func (g *guesses) ofLocked(from guessOrigin, now time.Time) *guesser {
	if one := g.byOrigin[from]; one != nil {
		return one
	}
	if len(g.byOrigin) >= mostGuessers {
		maps.DeleteFunc(g.byOrigin, func(_ guessOrigin, one *guesser) bool { return one.isQuiet(now) })
	}
	if len(g.byOrigin) >= mostGuessers && from.kind != guesserOwn {
		from = guessOrigin{kind: guesserRest}
	}
	one := g.byOrigin[from]
	if one == nil {
		one = &guesser{}
		if g.byOrigin == nil {
			g.byOrigin = map[guessOrigin]*guesser{}
		}
		g.byOrigin[from] = one
	}
	return one
}

// isQuiet says whether it would make no difference to forget it.
func (g *guesser) isQuiet(now time.Time) bool {
	return !g.turn.After(now) && (len(g.recent) == 0 || now.Sub(g.recent[len(g.recent)-1]) > time.Minute)
}

// wait is how long the answer to one more wrong credential of an origin must wait;
// tooMany says that others of it already wait as long as anybody may.
func (g *guesses) wait(from guessOrigin, now time.Time) (d time.Duration, tooMany bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.ofLocked(from, now)
	for len(one.recent) > 0 && now.Sub(one.recent[0]) > time.Minute {
		one.recent = one.recent[1:]
	}
	if len(one.recent) < freeGuesses {
		one.recent = append(one.recent, now)
		return 0, false
	}
	if one.turn.Before(now) {
		one.turn = now
	}
	if one.turn.Sub(now) >= maxTurn {
		return 0, true
	}
	one.turn = one.turn.Add(guessEvery)
	one.recent = append(one.recent[1:], now)
	return one.turn.Sub(now), false
}

// mustWait says whether credentials of an origin that can be guessed must wait their
// turn.
func (g *guesses) mustWait(from guessOrigin, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.ofLocked(from, now)
	return len(one.recent) == freeGuesses && now.Sub(one.recent[0]) <= time.Minute
}

// wrongCredential turns a request without a good credential away, and makes those wait
// who guess.
func (g *Guard) wrongCredential(r *http.Request) *Rejection {
	err := badCredential(
		sockeye.Text{En: "a credential is needed, and this is none", Zh: "缺少有效的凭据"},
		sockeye.Text{En: "open the address that sockeye ui prints; each is good once, for a minute", Zh: "请打开 sockeye ui 显示的地址；每个地址一分钟内有效，只能用一次"})
	if r.Header.Get("Authorization") == "" {
		return &Rejection{checkCredential, http.StatusUnauthorized, err} // no guess
	}
	return g.wrongGuess(r, err)
}

// wrongGuess counts a wrong credential, and waits as long as one must.
func (g *Guard) wrongGuess(r *http.Request, err *sockeye.Error) *Rejection {
	wait, tooMany := g.guesses.wait(guesserOf(r), time.Now())
	if tooMany {
		return &Rejection{checkCredential, http.StatusTooManyRequests, &sockeye.Error{Kind: sockeye.LimitReached,
			Message: sockeye.Text{En: "too many wrong credentials", Zh: "错误的凭据过多"},
			Hint:    sockeye.Text{En: "wait a minute", Zh: "请等一分钟"}}}
	}
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
	}
	return &Rejection{checkCredential, http.StatusUnauthorized, err}
}
