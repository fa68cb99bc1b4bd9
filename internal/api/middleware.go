package api

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
	checkType       = "content-type"
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

// rejection is why a request is turned away.
type rejection struct {
	check  string
	status int
	err    *sockeye.Error
}

// contentPolicy lets the page do nothing but talk to us: no foreign source, no
// inline code, no markup made of strings.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// setHeaders puts on every answer, errors too, what a browser needs to know.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// ServeHTTP lets a request in through every check, and answers it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.busy.Add(1)
	defer s.busy.Add(-1)
	setHeaders(w.Header())
	out := newWriter(w, s.o.limits.write)
	defer s.contain(out, r)
	if no := s.reject(out, r); no != nil {
		s.refused.count(no.check)
		s.fail(out, r, no.status, no.err)
		return
	}
	s.mux.ServeHTTP(out, r)
}

func (s *Server) reject(w http.ResponseWriter, r *http.Request) *rejection {
	for _, check := range []func(*http.Request) *rejection{badShape, s.wrongHost, wrongSite, s.wrongOrigin} {
		if no := check(r); no != nil {
			return no
		}
	}
	if s.isOpen(r) {
		return nil
	}
	return s.noCredential(r)
}

func badShape(r *http.Request) *rejection {
	fault := r.Header.Get(refusedHeader)
	if fault == "" {
		return nil
	}
	status := http.StatusBadRequest
	if fault == faultLong {
		status = http.StatusRequestHeaderFieldsTooLarge
	}
	return &rejection{checkShape, status, &sockeye.Error{
		Kind: sockeye.Invalid, Op: "read", Target: fault,
		Message: sockeye.Text{En: "not a request of a shape that is understood in one way only", Zh: "请求格式不规范，可能有歧义"},
	}}
}

func (s *Server) wrongHost(r *http.Request) *rejection {
	if s.allowsHost(r.Host) {
		return nil
	}
	return &rejection{checkHost, http.StatusForbidden, badCredential(
		sockeye.Text{En: "this is not a name of this workbench", Zh: "不是本工作台的主机名"},
		sockeye.Text{En: "use the address that sockeye ui prints", Zh: "请使用 sockeye ui 显示的地址"})}
}

// wrongSite refuses what a page of another site makes a browser do (Fetch Metadata).
func wrongSite(r *http.Request) *rejection {
	sites := r.Header.Values("Sec-Fetch-Site")
	opening := r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	switch {
	case len(sites) == 0, len(sites) == 1 && (sites[0] == "same-origin" || sites[0] == "none" && opening):
		return nil
	}
	return &rejection{checkSite, http.StatusForbidden, badCredential(
		sockeye.Text{En: "asked for by another site's page", Zh: "请求来自其他网站的页面"},
		sockeye.Text{En: "open the address that sockeye ui prints by itself", Zh: "请直接打开 sockeye ui 显示的地址"})}
}

func (s *Server) wrongOrigin(r *http.Request) *rejection {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	host, ours := strings.CutPrefix(origins[0], s.scheme()+"://")
	if len(origins) == 1 && ours && s.allowsHost(host) {
		return nil
	}
	return &rejection{checkOrigin, http.StatusForbidden, badCredential(
		sockeye.Text{En: "asked for by a page of another origin", Zh: "请求来自其他来源的页面"}, sockeye.Text{})}
}

// isOpen says whether a request needs no credential: the page, its files, whether
// we live, and the way to a credential.
func (s *Server) isOpen(r *http.Request) bool {
	paths := s.paths[r.URL.Path]
	route := paths[r.Method]
	return route != nil && route.open
}

func (s *Server) noCredential(r *http.Request) *rejection {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	who := anonymous
	if found && len(r.Header.Values("Authorization")) == 1 {
		who = s.secrets.callerOf(token)
	}
	switch {
	case who == anonymous:
		status, err := s.wrongCredential(r)
		return &rejection{checkCredential, status, sockeye.ErrorOf(err)}
	case who == shellCaller && fromBrowser(r.Header):
		return &rejection{checkShell, http.StatusForbidden, badCredential(
			sockeye.Text{En: "this token is for shells, not for pages", Zh: "该令牌只供命令行使用，网页不能使用"}, sockeye.Text{})}
	}
	prove(r.Context())
	return nil
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
