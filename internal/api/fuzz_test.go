package api

import (
	"encoding/json"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/core"
)

// fuzzed is a server whose handlers are called without a network: what got in.
func fuzzed(f *testing.F) (*Server, string) {
	s, err := New(Config{Bench: core.New(1 << 20)})
	if err != nil {
		f.Fatal(err)
	}
	s.guard.Allow(netip.MustParseAddrPort("127.0.0.1:1"))
	token, _ := s.guard.Redeem(httptest.NewRequest("POST", "/", nil), s.NewTicket().Ticket)
	return s, token
}

// answered serves a request and checks what every answer must be; it returns the status.
func answered(t *testing.T, s *Server, token, method, target, body string) int {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.RequestURI, r.Host = target, "127.0.0.1:1"
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	resp := w.Result()
	checkAnswer(t, method+" "+target, resp)
	if resp.StatusCode >= 400 {
		var why Failure
		if err := json.Unmarshal(w.Body.Bytes(), &why); err != nil || why.Kind == "" || why.Message == "" {
			t.Fatalf("%s %s %q: %d %s", method, target, body, resp.StatusCode, w.Body)
		}
	}
	return resp.StatusCode
}

// Whatever JSON comes, it is understood strictly or refused with a reason (T38, T50):
// nothing here opens a socket, and nothing fails inside.
func FuzzBodies(f *testing.F) {
	s, token := fuzzed(f)
	for _, seed := range []string{
		`{"kind":"text","text":"a"}`, `{"kind":"hex","text":"01","checksum":{"name":"sum8","from":1,"to":-1}}`, `{"stamp":"","file":{"sockeye":2,"aliases":{"::1":"x"},"endpoint":[{"name":"x","listen":":0","idle_timeout":"1s","max_peers":1}]}}`,
		`{"stamp":"","text":"sockeye = 2\n[rules]"}`, `{"text":"sockeye = 2\n[[endpoint]]\nname = 'a'"}`, `{"stamp":"","endpoint":"x"}`, `{"ticket":"x"}`,
		`{"rules":[{"match":"regexp:^a(.)$","replies":[{"text":"{{match.1}}","delay":"1ms..2ms"}],"goto":"b"},{"every":"1s","in":["b"],"reply_hex":"00"}],"frame":"line","payload":{"kind":"text","text":"ab"}}`, `{"all":true,"name":"a","list":{"times":0,"row":[{"text":"x","delay":"1ms"},{"hex":"01","enabled":false}]}}`, `{"format":"csv","name":"a","text":"payload,kind\nx,text"}`,
		`{"format":"toml","list":{"row":[{"payload":"x"}]},"text":"sockeye = 2\n[[lists.a.row]]\ntext = 'x'"}`, `{"a":{"a":[[{}]]}}`, "{\"\xff\":1}", `{} {}`, `[`, ``,
	} {
		f.Add(seed)
	}
	paths := []string{"POST /api/v1/payload", "PUT /api/v1/workspace", "POST /api/v1/workspace/plan", "POST /api/v1/sessions/s1/send", "POST /api/v1/sessions/s1/runs", "POST /api/v1/lists/parse", "POST /api/v1/lists/export", "PATCH /api/v1/sessions/s1/peers/1",
		"PUT /api/v1/sessions/s1/rules", "POST /api/v1/rules/try"}
	f.Fuzz(func(t *testing.T, body string) {
		for _, p := range paths {
			method, path, _ := strings.Cut(p, " ")
			if status := answered(t, s, token, method, path, body); status >= 500 {
				t.Fatalf("%s %q: %d", p, body, status)
			}
		}
		var open Open
		if decode([]byte(body), &open) != nil {
			return
		}
		if ep, _, err := s.endpointOf(open); err == nil && ep.Mode != sockeye.Listen && ep.Mode != sockeye.Connect {
			t.Fatalf("%q became %+v", body, ep)
		}
	})
}

// Whatever stands in a query, it is understood or refused.
func FuzzQueries(f *testing.F) {
	s, token := fuzzed(f)
	for _, seed := range []string{"from=1&limit=2&back=true", "session=s1&peer=1&direction=sent&text=a", "hex=0a+0d&kind=received,sent", "kind=x", "from=-1", "limit=1e9", "text=%00%ff", "a;b", "text=a&text=b", "%zz",
		"frame=line&check=sum8", "frame=length:size=2,max=9&back=true&peer=1", "frame=idle:1h", "frame=between:head=%22a", "check=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if status := answered(t, s, token, "GET", "/api/v1/events?"+query, ""); status >= 500 {
			t.Fatalf("%q: %d", query, status)
		}
	})
}
