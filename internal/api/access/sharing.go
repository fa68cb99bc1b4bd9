package access

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sockeye"
)

// sharedLook is what the owner shows to others: one share at a time, the latest.
type sharedLook struct {
	mu  sync.Mutex
	now *share // the latest, also when it has ended; nil: there was none
}

// share is a look that was given away by a link, and who came by it.
type share struct {
	secret  string
	until   time.Time
	ended   context.Context // done when it was stopped or is over
	end     context.CancelFunc
	viewers []*viewer
}

// viewer is a page that came by the link. Its fields but hash and address are guarded by the
// sharedLook's mu.
type viewer struct {
	share   *share
	hash    hash // of its token
	address string
	feeds   int       // that it follows now
	since   time.Time // when it began to follow
}

// maxViewers is how many pages of one share are remembered.
const maxViewers = 128

// Sharing is what is shared now. Secret is "" if nothing is.
type Sharing struct {
	Secret  string
	Until   time.Time
	Viewers []Viewer // those who watch now, the first who came first
}

// Viewer is a page that watches.
type Viewer struct {
	Address string // without its port
	Since   time.Time
}

// BeginSharing lets those look who have the secret that it makes, for so long. An earlier
// share ends.
func (g *Guard) BeginSharing(life time.Duration) {
	s := &share{secret: newSecret(), until: time.Now().Add(life)}
	s.ended, s.end = context.WithDeadline(context.Background(), s.until)
	g.shared.mu.Lock()
	defer g.shared.mu.Unlock()
	if before := g.shared.now; before != nil {
		before.end()
	}
	g.shared.now = s
}

// EndSharing takes the look back from all who have it: their credentials are good no more,
// and what they are being answered ends.
func (g *Guard) EndSharing() {
	g.shared.mu.Lock()
	defer g.shared.mu.Unlock()
	if s := g.shared.now; s != nil {
		s.end()
	}
}

// Sharing says what is shared, and who watches.
func (g *Guard) Sharing() Sharing {
	g.shared.mu.Lock()
	defer g.shared.mu.Unlock()
	s := g.shared.now
	if s == nil || s.ended.Err() != nil {
		return Sharing{}
	}
	out := Sharing{Secret: s.secret, Until: s.until}
	for _, v := range s.viewers {
		if v.feeds > 0 {
			out.Viewers = append(out.Viewers, Viewer{v.address, v.since})
		}
	}
	slices.SortStableFunc(out.Viewers, func(a, b Viewer) int { return a.Since.Compare(b.Since) })
	return out
}

// EnterAsViewer trades the secret of a share for a token that only looks. A wrong one waits
// as long as a guess must.
func (g *Guard) EnterAsViewer(r *http.Request, secret string) (token string, no *Rejection) {
	g.shared.mu.Lock()
	s := g.shared.now
	good := s != nil && len(secret) <= maxSecret && same(sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(s.secret)))
	switch {
	case good && s.ended.Err() != nil:
		no = sharingEnded()
	case good:
		token, no = s.addLocked(addressOf(r))
	}
	g.shared.mu.Unlock()
	if good {
		return token, no
	}
	return "", g.wrongGuess(r, badCredential(
		sockeye.Text{En: "this link does not let in, or does so no more", Zh: "该链接无效或已失效"},
		sockeye.Text{En: "ask whoever shares the page for a new link", Zh: "请向分享页面的人索取新的链接"}))
}

// addLocked makes a viewer. Of too many, one that does not watch is forgotten.
func (s *share) addLocked(address string) (token string, no *Rejection) {
	if len(s.viewers) >= maxViewers {
		idle := slices.IndexFunc(s.viewers, func(v *viewer) bool { return v.feeds == 0 })
		if idle < 0 {
			return "", &Rejection{checkCredential, http.StatusTooManyRequests, &sockeye.Error{Kind: sockeye.LimitReached,
				Message: sockeye.Text{En: "too many watch already", Zh: "观看者过多"},
				Hint:    sockeye.Text{En: "try again when somebody has left", Zh: "请等有人离开后再试"}}}
		}
		s.viewers = slices.Delete(s.viewers, idle, idle+1)
	}
	token = newSecret()
	s.viewers = append(s.viewers, &viewer{share: s, hash: sha256.Sum256([]byte(token)), address: address})
	return token, nil
}

// addressOf is where a request comes from, without its port.
func addressOf(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return at.Addr().Unmap().String()
}

func sharingEnded() *Rejection {
	return &Rejection{checkCredential, http.StatusUnauthorized, badCredential(
		sockeye.Text{En: "the page is shared no more", Zh: "页面已停止分享"},
		sockeye.Text{En: "ask whoever shared it for a new link", Zh: "请向分享者索取新的链接"})}
}

// viewerOf is whose a token is, of the latest share; nil if it is none of its.
func (g *Guard) viewerOf(token string) *viewer {
	if len(token) > maxSecret {
		return nil
	}
	h := sha256.Sum256([]byte(token))
	g.shared.mu.Lock()
	defer g.shared.mu.Unlock()
	if g.shared.now == nil {
		return nil
	}
	for _, v := range g.shared.now.viewers {
		if same(v.hash, h) {
			return v
		}
	}
	return nil
}

// Caller is who makes a request: the owner, in a page or a shell, or a viewer. The zero
// value is somebody without a credential.
type Caller struct {
	viewer *viewer
	guard  *Guard
}

// IsViewer reports whether the caller may only look.
func (c Caller) IsViewer() bool { return c.viewer != nil }

// Revoked is done when the caller may look no more; nil for the owner.
func (c Caller) Revoked() <-chan struct{} {
	if c.viewer == nil {
		return nil
	}
	return c.viewer.share.ended.Done()
}

// Watch counts a viewer among those who watch, until done is called.
func (c Caller) Watch() (done func()) {
	if c.viewer == nil {
		return func() {}
	}
	c.count(1)
	return func() { c.count(-1) }
}

func (c Caller) count(by int) {
	c.guard.shared.mu.Lock()
	defer c.guard.shared.mu.Unlock()
	if c.viewer.feeds == 0 {
		c.viewer.since = time.Now()
	}
	c.viewer.feeds += by
}
