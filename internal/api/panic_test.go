package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// F16: a handler that panics fails its request; other requests are answered, sessions live
// on, and where it happened is written once in ten seconds.
func TestHandlerPanics(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	var log bytes.Buffer
	v.panics.out = &log
	v.paths["/api/v1/recording"]["GET"].do = func(*requestContext) error { panic("planted fault") }
	v.paths["/api/v1/live"]["GET"].do = func(c *requestContext) error {
		c.w.Header().Set("Content-Type", "application/x-ndjson")
		c.w.WriteHeader(http.StatusOK)
		panic("planted in the middle")
	}
	for range 20 {
		f := v.failing(500, "GET", "/api/v1/recording", nil)
		if f.Kind != sockeye.System || f.Target != "/api/v1/recording" || f.Hint == "" {
			t.Fatalf("%+v", f)
		}
	}
	if status, body := v.do(v.request("GET", "/api/v1/sessions/s1", nil)); status != 200 || !strings.Contains(body, `"s1"`) {
		t.Errorf("the session is %d %s", status, body)
	}
	if said := log.String(); strings.Count(said, "planted fault") != 1 || !strings.Contains(said, "panic_test.go") {
		t.Errorf("it said %q", said)
	}
	var l panicLog
	log.Reset()
	l.out = &log
	now := time.Now()
	for _, at := range []time.Duration{0, time.Second, 9999 * time.Millisecond, 10 * time.Second, 15 * time.Second} {
		l.note(now.Add(at), "x", nil)
	}
	if n := strings.Count(log.String(), "fault of the program"); n != 2 {
		t.Errorf("%d are written in 15 seconds, want 2", n)
	}
}
