package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
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

// issuedCredentials are the credentials of one run. Only the hashes of those given away are
// kept.
type issuedCredentials struct {
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

func (s *issuedCredentials) init(password string) {
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

// IsSecret says whether a text could be a ticket or a token.
func IsSecret(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}

func same(a, b hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// ticket makes a new one.
func (s *issuedCredentials) ticket() string {
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
func (s *issuedCredentials) redeem(ticket string) (token string, ok bool) {
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
func (s *issuedCredentials) enter(password string) (token string, ok bool) {
	if len(password) > maxSecret || !same(sha256.Sum256([]byte(password)), s.password) || !s.hasPass {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokenLocked(), true
}

func (s *issuedCredentials) tokenLocked() string {
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

func (s *issuedCredentials) callerOf(token string) caller {
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

func badCredential(message, hint sockeye.Text) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.AccessDenied, Message: message, Hint: hint}
}
