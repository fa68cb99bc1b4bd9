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
	if got.Cause != "loopback-only" || !strings.Contains(got.Address, "127.0.0.1:") {
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

// A diagnosis becomes the text that doctor --share writes; shortened, it names no stranger.
func TestDoctorReport(t *testing.T) {
	v := serve(t)
	d := Diagnosis{Address: "203.0.113.9:7000", Verdict: "wrong", Cause: "no-answer", Text: "203.0.113.9 does not answer", Next: "look there",
		Way:    []DoctorStop{{Station: "port", Label: "port 7000", Note: "203.0.113.9", State: "wrong"}},
		Checks: []DoctorCheck{{Check: "port-there", Name: "port there", Verdict: "wrong", Text: "silent", Evidence: []string{"connect: ETIMEDOUT"}}}}
	got := ask[SharedDiagnosis](v, "POST", "/api/v1/doctor/report", ShareDiagnosis{Diagnosis: d})
	for _, part := range []string{"broken here", "203.0.113.9 does not answer", "next: look there", "connect: ETIMEDOUT", `"cause": "no-answer"`} {
		if !strings.Contains(got.Text, part) {
			t.Errorf("%q is not in %s", part, got.Text)
		}
	}
	if got.Name == "" || !strings.HasSuffix(got.Name, ".txt") {
		t.Errorf("the file is called %q", got.Name)
	}
	if got = ask[SharedDiagnosis](v, "POST", "/api/v1/doctor/report", ShareDiagnosis{Diagnosis: d, Shorten: true}); strings.Contains(got.Text, "203.0.113.9") || !strings.Contains(got.Text, "203.0.x.x") {
		t.Errorf("shortened: %s", got.Text)
	}
}

// The code of this machine is one that the doctor takes from the other side.
func TestDoctorCode(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	port := s.Locals[0][strings.LastIndex(s.Locals[0], ":")+1:]
	got := ask[DoctorCode](v, "GET", "/api/v1/doctor/code?port="+port, nil)
	if !strings.HasPrefix(got.Code, "SE1-") {
		t.Errorf("got %+v", got)
	}
	if of := ask[DoctorCode](v, "GET", "/api/v1/doctor/code?network=udp&port="+port, nil); !strings.HasPrefix(of.Code, "SE1-") || of.Code == got.Code {
		t.Errorf("of UDP %+v", of)
	}
	with := ask[Diagnosis](v, "GET", "/api/v1/doctor?session="+s.ID+"&with="+got.Code, nil)
	if with.Verdict == "" || len(with.Checks) == 0 {
		t.Errorf("with a code: %+v", with)
	}
}
