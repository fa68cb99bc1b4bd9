package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sockeye/internal/core"
)

// served is a workbench with its API on a port of its own.
type served struct {
	*Server
	t     testing.TB
	bench *core.Core
	addr  string // 127.0.0.1:PORT
	token string
}

func serve(t testing.TB, change ...func(*Config)) *served {
	t.Helper()
	bench := core.New(8 << 20)
	o := Config{Bench: bench, Version: "test", Recordings: t.TempDir() + "/recordings"}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &served{Server: s, t: t, bench: bench, addr: l.Addr().String()}
	done := make(chan error, 1)
	s.Allow(l)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close(ctx)
		bench.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	v.token, _ = s.guard.Redeem(httptest.NewRequest("POST", "/", nil), s.NewTicket().Ticket)
	return v
}

// alwaysHeaders are in every answer, whatever it is.
var alwaysHeaders = []string{
	"Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy", "Referrer-Policy", "Cache-Control",
}

// checked is a transport that holds every answer of the whole suite against what
// none may lack, and none may have (T10, T11, T13).
type checked struct{ t testing.TB }

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err == nil {
		checkAnswer(c.t, r.Method+" "+r.URL.Path, resp)
	}
	return resp, err
}

func checkAnswer(t testing.TB, what string, resp *http.Response) {
	t.Helper()
	for _, name := range alwaysHeaders {
		if resp.Header.Get(name) == "" {
			t.Errorf("%s: %s has no %s", what, resp.Status, name)
		}
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" || name == "Location" {
			t.Errorf("%s: %s has %s", what, resp.Status, name)
		}
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		t.Errorf("%s redirects: %s", what, resp.Status)
	}
}

// request is one with the page's credential.
func (v *served) request(method, path string, body any) *http.Request {
	v.t.Helper()
	var text io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(b)
	default:
		out, err := json.Marshal(b)
		if err != nil {
			v.t.Fatal(err)
		}
		text = bytes.NewReader(out)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, "http://"+v.addr+path, text)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do sends a request and returns status and body.
func (v *served) do(r *http.Request) (int, string) {
	v.t.Helper()
	resp, err := (&http.Client{Transport: checked{v.t}}).Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// ask sends a request that must succeed, and decodes the answer.
func ask[T any](v *served, method, path string, body any) T {
	v.t.Helper()
	status, text := v.do(v.request(method, path, body))
	var out T
	if status/100 != 2 {
		v.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		v.t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
	return out
}

// failing sends a request that must fail, and decodes why.
func (v *served) failing(status int, method, path string, body any) Failure {
	v.t.Helper()
	return v.failingWith(status, v.request(method, path, body))
}

func (v *served) failingWith(status int, r *http.Request) Failure {
	v.t.Helper()
	got, text := v.do(r)
	var out Failure
	if err := json.Unmarshal([]byte(text), &out); err != nil || got != status {
		v.t.Fatalf("%s %s: %d %s, want %d", r.Method, r.URL, got, text, status)
	}
	return out
}
