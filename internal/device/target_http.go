package device

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// httpLink posts each batch (RFC 9110). The connections are sessions.
type httpLink struct {
	target *targetRunner
	client *http.Client
}

func (t *targetRunner) dialHTTP() (targetLink, error) {
	transport := &http.Transport{
		MaxConnsPerHost:   1, // order
		DisableKeepAlives: false,
		IdleConnTimeout:   30 * time.Second,
		DialContext: func(ctx context.Context, _, hostPort string) (net.Conn, error) {
			return t.dialTCP(ctx, hostPort, false)
		},
		DialTLSContext: func(ctx context.Context, _, hostPort string) (net.Conn, error) { return t.dialTCP(ctx, hostPort, true) },
	}
	// A redirect of a POST would go elsewhere with our headers.
	noRedirects := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &httpLink{t, &http.Client{Transport: transport, CheckRedirect: noRedirects}}, nil
}

func (l *httpLink) lost() <-chan struct{} { return nil }

func (l *httpLink) close() { l.client.CloseIdleConnections() }

// contentTypes are those of the formats.
var contentTypes = map[RowFormat]string{CSV: "text/csv; charset=utf-8", JSON: "application/x-ndjson", JustFloat: "application/octet-stream", Binary: "application/octet-stream"}

func (l *httpLink) deliver(ctx context.Context, rows []SensorRow) error {
	if len(rows) == 0 {
		return nil
	}
	body := l.target.format.heading()
	for n := range rows {
		var err error
		if body, err = l.target.format.append(body, &rows[n]); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.target.Address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	l.setHeaders(request, len(rows))
	response, err := l.client.Do(request)
	if err != nil {
		if inner, ok := err.(*url.Error); ok { // its text repeats the address
			err = inner.Err
		}
		return err
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 4096)) // read on: the connection is used again
	return l.verdict(response, said)
}

func (l *httpLink) setHeaders(r *http.Request, rows int) {
	kind := contentTypes[l.target.Format]
	if kind == "" {
		kind = "text/plain; charset=utf-8"
	}
	if l.target.Format == JSON && rows == 1 {
		kind = "application/json"
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "sockeye")
	for name, value := range l.target.Headers {
		r.Header.Set(name, value)
	}
	if l.target.Username != "" {
		r.SetBasicAuth(l.target.Username, l.target.Password)
	}
}

// verdict: 2xx has the rows; 400, 413, 415 and 422 never want these; anything else may
// want them later.
func (l *httpLink) verdict(r *http.Response, said []byte) error {
	if r.StatusCode/100 == 2 {
		return nil
	}
	fault := &sockeye.Error{Kind: sockeye.Refused, Op: "send", Target: shownAddress(l.target.Address),
		Message: text("the server answers %s: %s", "服务器应答 %s：%s", payload.SafeString(r.Status), payload.Quote(string(said), 80))}
	switch r.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return errRejected{fault}
	case http.StatusUnauthorized, http.StatusForbidden:
		fault.Hint = text("give username and password, or a header with a token", "请设置 username 与 password，或带令牌的请求头")
	}
	if r.StatusCode/100 == 3 {
		fault.Hint = text("write the address that it redirects to: %s", "请改写为它重定向到的地址：%s", payload.Quote(r.Header.Get("Location"), 100))
	}
	return fmt.Errorf("%w", fault)
}
