package api

import (
	"strings"
	"testing"
)

// T05: every route but the few public ones wants a credential.
func TestEveryRouteWantsACredential(t *testing.T) {
	v := serve(t)
	open := v.openRoutes()
	for _, rt := range v.routes {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"} {
			r := v.request(method, concrete(rt.path), "{}")
			if method == "GET" || method == "HEAD" || method == "OPTIONS" {
				r = v.request(method, concrete(rt.path), nil)
			}
			r.Header.Del("Authorization")
			status, _ := v.do(r)
			switch {
			case open[method+" "+rt.path]:
				if status == 401 {
					t.Errorf("%s %s: %d", method, rt.path, status)
				}
			case method == "PROPFIND" || method == "TRACE":
				if status != 400 {
					t.Errorf("%s %s: %d", method, rt.path, status)
				}
			case status != 401:
				t.Errorf("%s %s without a credential: %d", method, rt.path, status)
			}
		}
		if rt.open != open[rt.method+" "+rt.path] {
			t.Errorf("%s %s: open %v", rt.method, rt.path, rt.open)
		}
	}
	v.counts("credential", 1, func() {
		r := v.request("GET", "/api/v1/machine", nil)
		r.Header.Del("Authorization")
		v.do(r)
	})
}

// T06: a wrong, missing, doubled or malformed credential is refused alike.
func TestBadCredentials(t *testing.T) {
	v, other := serve(t), serve(t)
	flip := []byte(v.token)
	flip[5] ^= 1
	bad := []string{"", "Bearer ", "Bearer " + v.token[:len(v.token)-1], "Bearer " + string(flip), "Bearer " + other.token,
		"Basic " + v.token, "bearer " + v.token, "Bearer  " + v.token, v.token, "Bearer " + strings.Repeat("A", 8<<10)}
	for _, credential := range bad {
		r := v.request("GET", "/api/v1/machine", nil)
		r.Header.Set("Authorization", credential)
		if status, _ := v.do(r); status != 401 {
			t.Errorf("%.40q: %d", credential, status)
		}
	}
	r := v.request("GET", "/api/v1/machine?token="+v.token, nil)
	r.Header.Del("Authorization")
	if status, _ := v.do(r); status != 401 {
		t.Errorf("token in the query: %d", status)
	}
	r = v.request("GET", "/api/v1/machine", nil)
	r.Header.Add("Authorization", "Bearer x")
	if status, _ := v.do(r); status != 401 {
		t.Errorf("two credentials: %d", status)
	}
	// A shell's token is for shells: a browser that has it gets nowhere.
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Ch-Ua"} {
		r = v.request("GET", "/api/v1/machine", nil)
		r.Header.Set("Authorization", "Bearer "+v.ShellToken())
		r.Header.Set(name, map[string]string{"Origin": "http://" + v.addr, "Sec-Fetch-Site": "same-origin"}[name])
		if status, _ := v.do(r); status != 403 {
			t.Errorf("shell's token with %s: %d", name, status)
		}
	}
	r = v.request("GET", "/api/v1/machine", nil)
	r.Header.Set("Authorization", "Bearer "+v.ShellToken())
	if status, _ := v.do(r); status != 200 {
		t.Errorf("shell's token: %d", status)
	}
}

// A password lets in where there is one.
func TestPasswordLetsIn(t *testing.T) {
	v := serve(t, func(o *Config) { o.Password = "correct horse" })
	login := func(password string) int {
		r := v.request("POST", "/api/v1/login", Login{Password: password})
		r.Header.Del("Authorization")
		status, _ := v.do(r)
		return status
	}
	if got := login("wrong"); got != 401 {
		t.Errorf("wrong password: %d", got)
	}
	if got := login("correct horse"); got != 200 {
		t.Errorf("password: %d", got)
	}
	none := serve(t)
	r := none.request("POST", "/api/v1/login", Login{Password: ""})
	if status, _ := none.do(r); status != 400 {
		t.Errorf("no password: %d", status)
	}
	if status, _ := none.do(none.request("POST", "/api/v1/login", Login{Password: "x"})); status != 401 {
		t.Errorf("a password where there is none: %d", status)
	}
}
