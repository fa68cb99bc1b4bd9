package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"sockeye/internal/api/access"
	"strconv"
	"strings"
	"time"

	"sockeye"
)

// httpRoute is one thing that can be asked for. The table of them is what is served,
// what openapi.json says and what the attack tests walk.
type httpRoute struct {
	method, path string
	summary      string
	open         bool     // no credential is needed
	viewers      bool     // viewers may ask for it: viewerRoutes
	view         bool     // shows what the journal holds: given up first when memory is short
	query        []string // names that may be in the query
	in, out      reflect.Type
	takes        string // media type of the body; "" is application/json
	media        string // of the answer; "" is application/json
	status       int    // of success; 0 is 200
	mostBody     int64
	do           func(c *requestContext) error
	check        func(c *requestContext) error // what is wrong with a request that is refused anyway, or nil
}

// The bounds of a body, in bytes.
const (
	maxBody     = 1 << 20
	maxSendBody = 12 << 20 // 8 MiB of data as base64, and words
	maxListBody = 6 << 20  // what a workspace may hold, as JSON
)

// pathRoutes are the routes of one path, by method.
type pathRoutes map[string]*httpRoute

// requestContext is one request being answered.
type requestContext struct {
	*Server
	w      http.ResponseWriter
	r      *http.Request
	lang   sockeye.Lang
	q      url.Values
	caller access.Caller
	// unfit is what is wrong with the query and with the types of the body's fields.
	unfit fieldFaults
}

func (c *requestContext) ctx() context.Context { return c.r.Context() }

// add takes a route into the table.
func (s *Server) add(t *httpRoute) *httpRoute {
	if t.mostBody == 0 {
		t.mostBody = maxBody
	}
	if s.paths[t.path] == nil {
		s.paths[t.path] = pathRoutes{}
		pattern := t.path
		if pattern == "/" {
			pattern = "/{$}"
		}
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.run(w, r, s.paths[t.path]) })
	}
	t.viewers = t.open || viewerRoutes[t.method+" "+t.path]
	s.paths[t.path][t.method] = t
	s.routes = append(s.routes, t)
	return t
}

// handle adds a route that takes and gives JSON.
func handle[In, Out any](s *Server, method, path, summary string, do func(c *requestContext, in In) (Out, error)) *httpRoute {
	t := &httpRoute{method: method, path: "/api/v1" + path, summary: summary, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	t.do = func(c *requestContext) error {
		in, err := readRequest[In](c, t)
		if err != nil {
			return err
		}
		out, err := do(c, in)
		if err != nil {
			return err
		}
		answer(c.w, max(t.status, http.StatusOK), c.shown(out))
		return nil
	}
	t.check = func(c *requestContext) error {
		_, err := readRequest[In](c, t)
		return err
	}
	return s.add(t)
}

// readRequest reads the body of a request. When a field of it or the query is unfit, the error
// has everything else that is wrong, too.
func readRequest[In any](c *requestContext, t *httpRoute) (in In, err error) {
	if t.method != http.MethodGet {
		body, err := c.body(t.mostBody)
		if err != nil {
			return in, err
		}
		err = decode(body, &in)
		unfit, isFields := errors.AsType[fieldFaults](err)
		if err != nil && !isFields {
			return in, err
		}
		c.unfit = append(c.unfit, unfit...)
	}
	if len(c.unfit) > 0 {
		return in, c.allFaults(any(in))
	}
	return in, nil
}

// ServeHTTP lets a request in through every check, and answers it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.busy.Add(1)
	defer s.busy.Add(-1)
	access.SetHeaders(w.Header())
	out := newWriter(w, s.o.limits.Write)
	defer s.contain(out, r)
	caller, no := s.guard.Check(r, s.isOpen(r))
	if no != nil {
		s.guard.Count(no)
		s.fail(out, r, no.Status, no.Err)
		return
	}
	if caller.IsViewer() {
		out.revoked = caller.Revoked()
	}
	s.mux.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
}

type callerKey struct{}

// callerOf is who makes a request that was let in.
func callerOf(r *http.Request) access.Caller {
	caller, _ := r.Context().Value(callerKey{}).(access.Caller)
	return caller
}

// shown returns the answer, reduced to what viewers of a share may see if the caller is one.
func (c *requestContext) shown(out any) any {
	if less, ok := out.(forViewers); ok && c.caller.IsViewer() {
		return less.toViewer()
	}
	return out
}

// isOpen says whether a request needs no credential: the page, its files, whether
// we live, and the way to a credential.
func (s *Server) isOpen(r *http.Request) bool {
	route := s.paths[r.URL.Path][r.Method]
	return route != nil && route.open
}

// selfChecking is a request that says what is wrong with it besides the types of its fields.
type selfChecking interface {
	check(c *requestContext) error
}

// allFaults adds to what is unfit what else is wrong with a request, so that all comes
// together.
func (c *requestContext) allFaults(in any) error {
	request, ok := in.(selfChecking)
	if !ok {
		return c.unfit
	}
	return c.with(request.check(c))
}

// with is what is unfit together with other faults that do not come from it.
func (c *requestContext) with(err error) error {
	all := slices.Clone(c.unfit)
	found, more := faultsOf(err)
	for _, e := range found {
		if !c.unfit.covers(e.Target) {
			all.note(e)
		}
	}
	if more > 0 {
		all = append(all, more)
	}
	return all
}

// run answers with the route for the request's method.
func (s *Server) run(w http.ResponseWriter, r *http.Request, routes pathRoutes) {
	t := routes[r.Method]
	if t == nil {
		var allowed []string
		for method := range routes {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.fail(w, r, http.StatusMethodNotAllowed, invalid(r.Method, sockeye.Text{En: "not possible here", Zh: "此处不支持该方法"}, sockeye.Text{}))
		return
	}
	caller := callerOf(r)
	if caller.IsViewer() && !t.viewers {
		no := notForViewers(r)
		s.guard.Count(no)
		s.fail(w, r, no.Status, no.Err)
		return
	}
	if no := wrongType(r, cmp.Or(t.takes, "application/json")); no != nil {
		s.guard.Count(no)
		s.fail(w, r, no.Status, no.Err)
		return
	}
	c := &requestContext{Server: s, w: w, r: r, lang: s.languageOf(r), caller: caller}
	err := c.parseQuery(t.query)
	if err == nil && t.view {
		err = s.bench.CheckView()
	}
	switch {
	case err != nil:
	case len(c.unfit) == 0:
		err = t.do(c)
	case t.check != nil:
		err = t.check(c)
	default:
		err = c.unfit
	}
	if refused, ok := errors.AsType[*access.Rejection](err); ok {
		s.guard.Count(refused)
		s.fail(w, r, refused.Status, refused.Err)
	} else if err != nil {
		s.fail(w, r, 0, err)
	}
}

// wrongType refuses a write that an HTML form could have made.
func wrongType(r *http.Request, want string) *access.Rejection {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == want && len(r.Header.Values("Content-Type")) == 1 {
		return nil
	}
	return &access.Rejection{Check: "content-type", Status: http.StatusUnsupportedMediaType, Err: &sockeye.Error{
		Kind: sockeye.Invalid, Op: "read", Target: "Content-Type",
		Message: sockeye.Text{En: "must be " + want, Zh: "必须是 " + want}}}
}

// parseQuery reads the query. Parameters that the route does not have are unfit.
func (c *requestContext) parseQuery(known []string) error {
	q, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return invalid("query", sockeye.Text{En: "cannot be understood", Zh: "无法解析"}, sockeye.Text{})
	}
	if c.r.URL.RawQuery == "" && strings.Contains(c.r.RequestURI, "?") {
		return invalid("query", sockeye.Text{En: "is empty", Zh: "为空"}, sockeye.Text{})
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(known, name) {
			c.unfit.note(invalid(name, sockeye.Text{En: "unknown query parameter", Zh: "未知的查询参数"}, sockeye.Text{}))
		} else if len(q[name]) > 1 {
			c.unfit.note(invalid(name, sockeye.Text{En: "given twice", Zh: "重复出现"}, sockeye.Text{}))
		}
	}
	c.q = q
	return nil
}

// number is a query parameter that is a number; an absent one is 0.
func (c *requestContext) number(name string, wrong *fieldFaults) uint64 {
	n, err := number(name, c.q.Get(name))
	if err != nil {
		wrong.note(err)
	}
	return n
}

// number is a query parameter or part of the path that is a number; an absent
// parameter is 0.
func number(name, value string) (uint64, error) {
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || strings.Trim(value, "0123456789") != "" {
		return 0, invalid(name, sockeye.Text{En: fmt.Sprintf("%q is not a number from 0 on", value), Zh: fmt.Sprintf("%q 不是非负整数", value)}, sockeye.Text{})
	}
	return n, nil
}

// yes is a query parameter that is true or false; an absent one is false.
func (c *requestContext) yes(name string, wrong *fieldFaults) bool {
	switch v := c.q.Get(name); v {
	case "", "false":
		return false
	case "true":
		return true
	default:
		wrong.note(invalid(name, sockeye.Text{En: fmt.Sprintf("%q is neither true nor false", v), Zh: fmt.Sprintf("%q 不是 true 或 false", v)}, sockeye.Text{}))
		return false
	}
}

// body reads the request's body within bounds of size and time.
func (c *requestContext) body(most int64) ([]byte, error) {
	if c.r.ContentLength > most {
		return nil, tooLong(most)
	}
	control := http.NewResponseController(c.w)
	begun := time.Now()
	body := make([]byte, 0, min(max(c.r.ContentLength, 0), most))
	for {
		c.readBefore(begun, int64(len(body)))
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := c.r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			control.SetReadDeadline(time.Time{})
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, tooSlow()
		case err != nil:
			return nil, invalid("body", sockeye.Text{En: "ends early", Zh: "不完整"}, sockeye.Text{})
		}
	}
}

func tooLong(most int64) error {
	return &sockeye.Error{Kind: sockeye.TooLarge, Op: "read", Target: "body",
		Message: sockeye.Text{En: fmt.Sprintf("more than %d bytes", most), Zh: fmt.Sprintf("超过 %d 字节", most)},
		Hint:    sockeye.Text{En: "send it in pieces", Zh: "请分块发送"}}
}

// boundedWriter gives every piece of an answer so long to be taken.
type boundedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	most    time.Duration
	revoked <-chan struct{} // nothing is written any more when it is done; nil: never
}

func newWriter(w http.ResponseWriter, most time.Duration) *boundedWriter {
	return &boundedWriter{ResponseWriter: w, control: http.NewResponseController(w), most: most}
}

var errRevoked = errors.New("api: the page is shared no more")

// Unwrap is for http.ResponseController.
func (w *boundedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *boundedWriter) Write(p []byte) (n int, err error) {
	const piece = 64 << 10
	for {
		select {
		case <-w.revoked:
			return n, errRevoked
		default:
		}
		w.control.SetWriteDeadline(time.Now().Add(w.most))
		k, err := w.ResponseWriter.Write(p[:min(len(p), piece)])
		n += k
		if p = p[k:]; err != nil || len(p) == 0 {
			return n, err
		}
	}
}
