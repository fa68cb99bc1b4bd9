package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"sockeye"
	"sockeye/internal/api/access"
)

// HTTPClient asks a running workbench. It may be used from any goroutine.
type HTTPClient struct {
	state  access.WorkbenchState
	lang   sockeye.Lang
	dialer *access.WorkbenchDialer
	http   *http.Client
}

// NewClient asks the workbench that a state names. A TLS certificate is trusted if
// it is the one in the state, which came from a file of the same user.
func NewClient(st access.WorkbenchState, l sockeye.Lang) *HTTPClient {
	c := &HTTPClient{state: st, lang: l, dialer: access.NewDialer(st)}
	c.http = &http.Client{Transport: c.dialer.Transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// Find asks the workbench that was published last in a state directory; it may have
// ended since. The error is an *sockeye.Error, of kind NotFound if there is none.
func Find(dir string, l sockeye.Lang) (*HTTPClient, error) {
	st, err := access.ReadState(dir)
	if err != nil {
		return nil, err
	}
	return NewClient(st, l), nil
}

// URL is where the workbench's page is.
func (c *HTTPClient) URL() string { return c.state.URL }

// NewTicket asks for one more way in for a page. Its URL is the state's: nothing but the
// ticket is taken from the answer.
func (c *HTTPClient) NewTicket(ctx context.Context) (Ticket, error) {
	var t Ticket
	if err := c.Ask(ctx, http.MethodPost, "/tickets", None{}, &t); err != nil {
		return Ticket{}, err
	}
	if !access.IsSecret(t.Ticket) {
		return Ticket{}, access.Impostor(c.state.URL, errors.New("its ticket is none"))
	}
	return Ticket{Ticket: t.Ticket, URL: c.state.URL + "#t=" + t.Ticket}, nil
}

// Within is a context for a question that a workbench answers at once: after so long the error
// says that it does not answer.
func (c *HTTPClient) Within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, most, c.dialer.Unanswered())
}

// CloseIdle closes connections that no request uses.
func (c *HTTPClient) CloseIdle() { c.http.CloseIdleConnections() }

// Ask sends a request, in as its body unless nil, and decodes the answer into out
// unless nil. The error is an *sockeye.Error, the workbench's own if it answered.
func (c *HTTPClient) Ask(ctx context.Context, method, path string, in, out any) error {
	body, err := c.Get(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return c.broken(ctx, err)
	}
	return nil
}

// Get is Ask with the body of the answer as it comes.
func (c *HTTPClient) Get(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.dialer.Base()+"api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r)
}

// SendFile has the workbench send size bytes of a file to the peers of a session that the
// query names. It returns when the workbench has the file.
func (c *HTTPClient) SendFile(ctx context.Context, session string, query url.Values, file io.Reader, size int64) (run Run, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.dialer.Base()+"api/v1/sessions/"+url.PathEscape(session)+"/files?"+query.Encode(), file)
	if err != nil {
		return run, err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", octets)
	body, err := c.do(r)
	if err != nil {
		return run, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&run); err != nil {
		return run, c.broken(ctx, err)
	}
	return run, nil
}

// do sends a request and returns the body of its answer.
func (c *HTTPClient) do(r *http.Request) (io.ReadCloser, error) {
	ctx := r.Context()
	r.Header.Set("Authorization", "Bearer "+c.state.Token)
	r.Header.Set("Accept-Language", string(c.lang))
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var f Failure
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
		return nil, access.NoWorkbench(err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, access.NoWorkbench(nil) // another program, or a later workbench, has the port now
	}
	all := []error{ErrorOf(f.ErrorLine)}
	for _, line := range f.Also {
		all = append(all, ErrorOf(line))
	}
	return nil, joinErrors(all)
}

// broken is an error of the connection to the workbench.
func (c *HTTPClient) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e := c.dialer.Refused(ctx, err); e != nil {
		return e
	}
	return &sockeye.Error{Kind: sockeye.Closed, Op: "read", Target: c.dialer.Address(), Err: err,
		Message: sockeye.Text{En: "the workbench ended", Zh: "工作台已结束"}}
}

// ErrorOf is an error as the workbench has told it, in the language asked for.
func ErrorOf(l sockeye.ErrorLine) *sockeye.Error {
	return &sockeye.Error{Kind: l.Kind, Op: l.Op, Target: l.Target, Errno: l.Errno,
		Message: sockeye.Text{En: l.Message, Zh: l.Message}, Hint: sockeye.Text{En: l.Hint, Zh: l.Hint}}
}
