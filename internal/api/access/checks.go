package access

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"sockeye"
)

// The checks a request goes through, in order. Each stands alone and counts what
// it turns away.
const (
	checkShape      = "shape"
	checkHost       = "host"
	checkSite       = "site"
	checkOrigin     = "origin"
	checkCredential = "credential"
	checkShell      = "shell"
	checkOwner      = "owner"       // of a Unix socket
	checkPlaces     = "connections" // closed for another one
)

// rejectCounters counts what was turned away, by check.
type rejectCounters struct {
	mu sync.Mutex
	n  map[string]uint64
}

func (r *rejectCounters) count(check string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[string]uint64{}
	}
	r.n[check]++
}

func (r *rejectCounters) all() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]uint64{}
	for check, n := range r.n {
		out[check] = n
	}
	return out
}

// Rejection is why a request is turned away: the check that did, the HTTP status and
// what to say.
type Rejection struct {
	Check  string
	Status int
	Err    *sockeye.Error
}

func (no *Rejection) Error() string { return no.Check + ": " + no.Err.Error() }

// Count counts a request that was turned away, by Check or by whoever answers requests.
func (g *Guard) Count(no *Rejection) { g.rejected.count(no.Check) }

// Rejected is how many requests and connections were turned away, by check.
func (g *Guard) Rejected() map[string]uint64 { return g.rejected.all() }

// ContentPolicy lets the page do nothing but talk to us: no foreign source, no
// inline code, no markup made of strings.
const ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// SetHeaders puts on every answer, errors too, what a browser needs to know.
func SetHeaders(h http.Header) {
	h.Set("Content-Security-Policy", ContentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// Check says who makes a request, or why it is turned away. open says that it needs no
// credential.
func (g *Guard) Check(r *http.Request, open bool) (Caller, *Rejection) {
	for _, check := range []func(*http.Request) *Rejection{badShape, g.wrongHost, wrongSite, g.wrongOrigin} {
		if no := check(r); no != nil {
			return Caller{}, no
		}
	}
	if open {
		return Caller{}, nil
	}
	return g.callerOf(r)
}

func badShape(r *http.Request) *Rejection {
	fault := r.Header.Get(refusedHeader)
	if fault == "" {
		return nil
	}
	status := http.StatusBadRequest
	if fault == faultLong {
		status = http.StatusRequestHeaderFieldsTooLarge
	}
	return &Rejection{checkShape, status, &sockeye.Error{
		Kind: sockeye.Invalid, Op: "read", Target: fault,
		Message: sockeye.Text{En: "not a request of a shape that is understood in one way only", Zh: "请求格式不规范，可能有歧义"},
	}}
}

func (g *Guard) wrongHost(r *http.Request) *Rejection {
	if g.allowsHost(r, r.Host) {
		return nil
	}
	return &Rejection{checkHost, http.StatusForbidden, badCredential(
		sockeye.Text{En: "this is not a name of this workbench", Zh: "不是本工作台的主机名"},
		sockeye.Text{En: "use the address that sockeye ui prints", Zh: "请使用 sockeye ui 显示的地址"})}
}

// wrongSite refuses what a page of another site makes a browser do (Fetch Metadata).
func wrongSite(r *http.Request) *Rejection {
	sites := r.Header.Values("Sec-Fetch-Site")
	opening := r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	switch {
	case len(sites) == 0, len(sites) == 1 && (sites[0] == "same-origin" || sites[0] == "none" && opening):
		return nil
	}
	return &Rejection{checkSite, http.StatusForbidden, badCredential(
		sockeye.Text{En: "asked for by another site's page", Zh: "请求来自其他网站的页面"},
		sockeye.Text{En: "open the address that sockeye ui prints by itself", Zh: "请直接打开 sockeye ui 显示的地址"})}
}

func (g *Guard) wrongOrigin(r *http.Request) *Rejection {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	host, ours := strings.CutPrefix(origins[0], g.scheme()+"://")
	if len(origins) == 1 && ours && g.allowsHost(r, host) {
		return nil
	}
	return &Rejection{checkOrigin, http.StatusForbidden, badCredential(
		sockeye.Text{En: "asked for by a page of another origin", Zh: "请求来自其他来源的页面"}, sockeye.Text{})}
}

func (g *Guard) callerOf(r *http.Request) (Caller, *Rejection) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	who := anonymous
	var looks *viewer
	if found && len(r.Header.Values("Authorization")) == 1 {
		if who = g.credentials.callerOf(token); who == anonymous {
			looks = g.viewerOf(token)
		}
	}
	switch {
	case looks != nil && looks.share.ended.Err() != nil:
		return Caller{}, sharingEnded()
	case looks != nil:
		proveViewer(r.Context())
		return Caller{looks, g}, nil
	case who == anonymous:
		return Caller{}, g.wrongCredential(r)
	case who == shellCaller && fromBrowser(r.Header):
		return Caller{}, &Rejection{checkShell, http.StatusForbidden, badCredential(
			sockeye.Text{En: "this token is for shells, not for pages", Zh: "该令牌只供命令行使用，网页不能使用"}, sockeye.Text{})}
	}
	prove(r.Context())
	return Caller{}, nil
}

// fromBrowser says whether a browser made the request.
func fromBrowser(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Sec-") {
			return true
		}
	}
	return slices.ContainsFunc([]string{"Origin", "Referer"}, func(name string) bool { return len(h.Values(name)) > 0 })
}
