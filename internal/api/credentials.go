package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"sockeye"
)

// The limits of credentials.
const (
	ticketLife = time.Minute
	maxTokens  = 256 // of pages; the oldest is forgotten
	maxSecret  = 512 // bytes of one that is presented
)

// credentials are the credentials of one run. Only the hashes of those given away are
// kept.
type credentials struct {
	shell     string
	shellHash hash
	password  hash // zero: there is none
	hasPass   bool

	mu      sync.Mutex
	tickets []issuedToken
	tokens  []issuedToken
}

type hash = [sha256.Size]byte

type issuedToken struct {
	hash hash
	at   time.Time
}

func (s *credentials) init(password string) {
	s.shell = newSecret()
	s.shellHash = sha256.Sum256([]byte(s.shell))
	s.hasPass = password != ""
	s.password = sha256.Sum256([]byte(password))
}

// newSecret is 256 random bits.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// isSecret says whether a text could be one that newSecret made.
func isSecret(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}

func same(a, b hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// ticket makes a new one.
func (s *credentials) ticket() string {
	t := newSecret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets = keepLatest(append(s.tickets, issuedToken{sha256.Sum256([]byte(t)), time.Now()}))
	return t
}

func keepLatest(list []issuedToken) []issuedToken {
	if over := len(list) - maxTokens; over > 0 {
		list = append(list[:0], list[over:]...)
	}
	return list
}

// redeem trades a ticket for a token. A ticket is used up by it.
func (s *credentials) redeem(ticket string) (token string, ok bool) {
	if len(ticket) > maxSecret {
		return "", false
	}
	h := sha256.Sum256([]byte(ticket))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.tickets {
		if same(t.hash, h) {
			s.tickets = append(s.tickets[:i], s.tickets[i+1:]...)
			if time.Since(t.at) > ticketLife {
				return "", false
			}
			return s.tokenLocked(), true
		}
	}
	return "", false
}

// enter trades the password for a token.
func (s *credentials) enter(password string) (token string, ok bool) {
	if len(password) > maxSecret || !same(sha256.Sum256([]byte(password)), s.password) || !s.hasPass {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokenLocked(), true
}

func (s *credentials) tokenLocked() string {
	t := newSecret()
	s.tokens = keepLatest(append(s.tokens, issuedToken{sha256.Sum256([]byte(t)), time.Now()}))
	return t
}

// caller says whose a token is.
type caller int

const (
	anonymous caller = iota
	pageCaller
	shellCaller
)

func (s *credentials) callerOf(token string) caller {
	if len(token) > maxSecret {
		return anonymous
	}
	h := sha256.Sum256([]byte(token))
	if same(h, s.shellHash) {
		return shellCaller
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if same(t.hash, h) {
			return pageCaller
		}
	}
	return anonymous
}

// guesses slows down whoever presents wrong credentials, each address by itself, so that
// a guesser does not lock others out.
type guesses struct {
	mu        sync.Mutex
	byAddress map[netip.Addr]*guesser
}

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
	mostGuessers = 4096             // addresses that are remembered; beyond, all others share one
)

// guesserAddress is the address by which a guesser is known: of IPv6 the /64 network,
// which one machine may have all of.
func guesserAddress(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // the owner's socket
	}
	address := at.Addr().Unmap().WithZone("")
	if address.Is6() {
		network, _ := address.Prefix(64)
		return network.Addr()
	}
	return address
}

// ofLocked is the guesser of an address; those who have waited it out are forgotten.
func (g *guesses) ofLocked(address netip.Addr, now time.Time) *guesser {
	if one := g.byAddress[address]; one != nil {
		return one
	}
	if len(g.byAddress) >= mostGuessers {
		maps.DeleteFunc(g.byAddress, func(_ netip.Addr, one *guesser) bool { return one.isQuiet(now) })
	}
	if len(g.byAddress) >= mostGuessers {
		address = netip.Addr{}
	}
	one := g.byAddress[address]
	if one == nil {
		one = &guesser{}
		if g.byAddress == nil {
			g.byAddress = map[netip.Addr]*guesser{}
		}
		g.byAddress[address] = one
	}
	return one
}

// isQuiet says whether it would make no difference to forget it.
func (g *guesser) isQuiet(now time.Time) bool {
	return !g.turn.After(now) && (len(g.recent) == 0 || now.Sub(g.recent[len(g.recent)-1]) > time.Minute)
}

// wait is how long the answer to one more wrong credential of an address must wait;
// tooMany says that others of it already wait as long as anybody may.
func (g *guesses) wait(address netip.Addr, now time.Time) (d time.Duration, tooMany bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.ofLocked(address, now)
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

// punished says whether credentials of an address that can be guessed must wait their
// turn.
func (g *guesses) punished(address netip.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.ofLocked(address, now)
	return len(one.recent) == freeGuesses && now.Sub(one.recent[0]) <= time.Minute
}

func badCredential(message, hint sockeye.Text) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.AccessDenied, Message: message, Hint: hint}
}
