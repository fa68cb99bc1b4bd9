package api

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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

// The doctor of a session looks at its conversation, and at its port if nobody is there.
func TestDoctorOfSession(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	got := ask[Diagnosis](v, "GET", "/api/v1/doctor?session="+s.ID, nil)
	if got.Verdict != "ok" || !strings.Contains(got.Address, "127.0.0.1:") {
		t.Errorf("nobody came yet: %+v", got)
	}
	c, err := net.Dial("tcp", s.Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("\xc4\xe3\xba\xc3\n")); err != nil { // 你好 in GBK
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); got.Cause != "other-charset" && time.Now().Before(end); { // until it was received
		got = ask[Diagnosis](v, "GET", "/api/v1/doctor?session="+s.ID, nil)
	}
	if got.Cause != "other-charset" || !strings.Contains(got.Next, "--charset gbk") {
		t.Errorf("GBK came: %+v", got)
	}
	v.failing(http.StatusNotFound, "GET", "/api/v1/doctor?session=s99", nil)
}
