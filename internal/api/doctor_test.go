package api

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// The doctor over the API: the cause, the next step and the way, in the language asked for.
func TestDoctor(t *testing.T) {
	v := serve(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := l.Addr().String()
	got := ask[Diagnosis](v, "GET", "/api/v1/doctor?address="+open, nil)
	if got.Verdict != "ok" || got.Cause != "" || len(got.Way) == 0 {
		t.Errorf("an open port: %+v", got)
	}
	l.Close()
	got = ask[Diagnosis](v, "GET", "/api/v1/doctor?address="+open, nil)
	if got.Verdict != "wrong" || got.Cause != "nothing-listens" || !strings.Contains(got.Next, "sockeye listen") {
		t.Errorf("a closed port: %+v", got)
	}
	for range doctorsAtOnce {
		v.doctors <- struct{}{}
	}
	f := v.failingWith(http.StatusServiceUnavailable, v.request("GET", "/api/v1/doctor?address="+open, nil))
	if f.Hint == "" {
		t.Errorf("too many at once: %+v", f)
	}
}
