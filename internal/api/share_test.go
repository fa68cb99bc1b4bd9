package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// beginSharing shares the page; viewer is the same server as somebody with the link has it.
func (v *served) beginSharing() (share Share, viewer *served) {
	v.t.Helper()
	share = ask[Share](v, "PUT", "/api/v1/share", SetShare{On: true})
	other := *v
	other.token = v.viewerToken(share)
	return share, &other
}

func (v *served) viewerToken(share Share) string {
	v.t.Helper()
	_, secret, _ := strings.Cut(share.URL, "#v=")
	r := v.request("POST", "/api/v1/login", Login{View: secret})
	r.Header.Del("Authorization")
	status, text := v.do(r)
	var got Token
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 || got.Role != "viewer" {
		v.t.Fatalf("%d %s", status, text)
	}
	return got.Token
}

// described are the methods and paths of the description that a workbench gives of itself.
func (v *served) described() (all [][2]string) {
	v.t.Helper()
	doc := ask[struct {
		Paths map[string]map[string]struct {
			Security []any
		}
	}](v, "GET", "/api/v1/openapi.json", nil)
	for path, operations := range doc.Paths {
		for method, o := range operations {
			if o.Security == nil { // it needs a credential
				all = append(all, [2]string{strings.ToUpper(method), path})
			}
		}
	}
	if len(all) < 60 {
		v.t.Fatalf("the description has %d operations", len(all))
	}
	return all
}

// A viewer is refused, in words, whatever the description has and the table of viewers has
// not: a route that nobody thought of is closed. What the table has only reads.
func TestViewersOnlyLook(t *testing.T) {
	v := serve(t)
	_, viewer := v.beginSharing()
	open := map[string]bool{}
	for _, o := range v.described() {
		method, path := o[0], o[1]
		name := method + " " + path
		if viewerRoutes[name] {
			open[name] = true
			if method != "GET" {
				t.Errorf("%s: viewers only read", name)
			}
			continue
		}
		var body any
		if method != "GET" {
			body = "{}"
		}
		got := viewer.failing(403, method, concrete(path), body)
		if got.Kind != sockeye.AccessDenied || !strings.Contains(got.Message, "read-only") || got.Hint == "" || got.Target != method+" "+concrete(path) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name := range viewerRoutes {
		if !open[name] {
			t.Errorf("%s is open to viewers and is not there", name)
		}
	}
	v.counts("viewer", 1, func() { viewer.failing(403, "PUT", "/api/v1/share", SetShare{}) })
	if on := ask[Share](v, "GET", "/api/v1/share", nil).On; !on {
		t.Error("a viewer has ended the share")
	}
}

// A viewer sees the sessions, peers and events that the owner has, and nothing of what names
// files of this machine, its addresses or what was set.
func TestViewersSeeNoSecrets(t *testing.T) {
	dir := t.TempDir()
	v := serve(t, func(o *Config) { o.Bench.CADir = dir + "/ca"; o.Recordings = dir + "/recordings" })
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tcp://127.0.0.1:0"})
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tls://127.0.0.1:0?keylog=keys.txt"})
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tcp://127.0.0.1:0",
		Upstream: &Upstream{Address: "tls://127.0.0.1:1?keylog=up.txt"}, Routes: []string{"tls://127.0.0.1:2?keylog=route.txt peer 10.0.0.1"}})
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true})
	ask[ReceiveFile](v, "PUT", "/api/v1/sessions/"+s.ID+"/file", SetReceiveFile{On: true})
	board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 15 })

	share, viewer := v.beginSharing()
	_, secret, _ := strings.Cut(share.URL, "#v=")
	for name := range viewerRoutes {
		method, path, _ := strings.Cut(name, " ")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "{id}", s.ID), "{seq}", "1")
		text := ""
		if strings.HasSuffix(path, "/live") {
			f := viewer.feed(path)
			f.next()
			text = string(f.lines.Bytes())
		} else {
			_, text = viewer.do(viewer.request(method, path, nil))
		}
		for _, hidden := range []string{dir, ".txt", secret, "options\"", v.token, v.ShellToken()} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s tells a viewer %q: %.600s", name, hidden, text)
			}
		}
	}
	events := ask[Events](viewer, "GET", "/api/v1/events?session="+s.ID, nil)
	if diff := cmp.Diff(ask[Events](v, "GET", "/api/v1/events?session="+s.ID, nil).Events, events.Events); diff != "" || len(events.Events) < 3 {
		t.Errorf("the owner's events against the viewer's:\n%s", diff)
	}
	if m := ask[Machine](viewer, "GET", "/api/v1/machine", nil); m.Version != "test" || len(m.Interfaces) > 0 {
		t.Errorf("%+v", m)
	}
	if r := ask[Recording](viewer, "GET", "/api/v1/recording", nil); r.State != "on" || r.Path == "" {
		t.Errorf("%+v", r)
	}
}

// The owner sees who watches, and the end of sharing ends what viewers follow, and their
// credential, which is told apart from a guess.
func TestSharingEnds(t *testing.T) {
	v := serve(t)
	if got := ask[Share](v, "GET", "/api/v1/share", nil); got.On || got.URL != "" || !got.Local {
		t.Errorf("before: %+v", got)
	}
	share, viewer := v.beginSharing()
	if want := v.URL() + "#v="; !strings.HasPrefix(share.URL, want) || len(share.QR) < 21 || len(share.QR[0]) != len(share.QR) {
		t.Errorf("%+v, want a link to %s", share, want)
	}
	until, err := time.Parse(time.RFC3339Nano, share.Until)
	if left := time.Until(until); err != nil || left > DefaultShareTime || left < DefaultShareTime-time.Minute {
		t.Errorf("until %s: %v", share.Until, err)
	}
	feed := viewer.feed("/api/v1/live")
	if line := feed.next(); line.Sharing != nil {
		t.Errorf("a viewer hears %+v", line.Sharing)
	}
	told := v.follow(func(l Live) bool { return l.Sharing != nil && len(l.Sharing.Viewers) == 1 }).Sharing
	if at := told.Viewers[0]; !told.On || at.Address != "127.0.0.1" || at.Since == "" {
		t.Errorf("%+v", told)
	}
	owner := v.feed("/api/v1/live")
	owner.next()
	if got := ask[Share](v, "PUT", "/api/v1/share", SetShare{}); got.On || got.URL != "" || len(got.Viewers) > 0 {
		t.Errorf("after: %+v", got)
	}
	for feed.lines.Scan() {
	}
	for line := owner.next(); line.Sharing == nil || line.Sharing.On; line = owner.next() {
	}
	for range 30 { // none of them waits, as a guess would
		if got := viewer.failing(401, "GET", "/api/v1/sessions", nil); !strings.Contains(got.Message, "shared no more") {
			t.Fatalf("%+v", got)
		}
	}
	_, secret, _ := strings.Cut(share.URL, "#v=")
	v.failing(401, "POST", "/api/v1/login", Login{View: secret})
	again, _ := v.beginSharing()
	if again.URL == share.URL {
		t.Error("the same link once more")
	}
	v.failing(401, "POST", "/api/v1/login", Login{View: secret})
	v.failing(400, "PUT", "/api/v1/share", SetShare{On: true, ForMS: 1e12})
	v.failing(400, "POST", "/api/v1/login", Login{View: secret, Password: "x"})
}

// An answer that is being written to a viewer goes no further than the piece in which sharing
// ends.
func TestEndedShareStopsAnswers(t *testing.T) {
	revoked := make(chan struct{})
	w := newWriter(httptest.NewRecorder(), time.Second)
	w.revoked = revoked
	if n, err := w.Write([]byte("shown")); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	close(revoked)
	if n, err := w.Write([]byte("not shown")); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}

// Beyond this machine a page is shared only with TLS and a password; the link has the name in
// the certificate where the address is not in it.
func TestShareBeyondThisMachine(t *testing.T) {
	at := beyond{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8443}}
	plain := serve(t)
	plain.Allow(at)
	if got := plain.failing(403, "PUT", "/api/v1/share", SetShare{On: true}); !strings.Contains(got.Message, "without TLS and a password") {
		t.Errorf("%+v", got)
	}
	pair := ownCertificate(t)
	pair.Leaf, _ = x509.ParseCertificate(pair.Certificate[0])
	s, err := New(Config{Bench: plain.bench, Password: "correct horse", TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, Hosts: []string{"other.example", "lab.example"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	s.Allow(at)
	s.guard.BeginSharing(time.Hour)
	if got := s.shareNow(); got.Local || !strings.HasPrefix(got.URL, "https://lab.example:8443/#v=") {
		t.Errorf("%+v", got)
	}
	s.o.Hosts = nil
	if got := s.shareNow(); !strings.HasPrefix(got.URL, "https://192.0.2.7:8443/#v=") {
		t.Errorf("%+v", got)
	}
}

// beyond is a listener of which only its address is known.
type beyond struct{ at net.Addr }

func (b beyond) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (b beyond) Close() error              { return nil }
func (b beyond) Addr() net.Addr            { return b.at }

// A page that is served on every address may be called by each; not by a name that only leads
// there.
func TestEveryAddressIsAName(t *testing.T) {
	v := serve(t)
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	v.Allow(l)
	go func() { done <- v.Serve(l) }()
	defer func() { l.Close(); <-done }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	at := net.JoinHostPort("127.0.0.2", port)
	for host, want := range map[string]int{at: 200, net.JoinHostPort("127.0.0.3", port): 403, net.JoinHostPort("evil.example", port): 403} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+at+"/healthz", nil)
		r.Host = host
		if status, body := v.do(r); status != want {
			t.Errorf("Host %s: %d %s", host, status, body)
		}
	}
}
