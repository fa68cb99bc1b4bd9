//go:build linux

package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserPatience bounds every wait for the browser.
const browserPatience = 30 * time.Second

// browser is a real Chromium that finds evil.test on this machine.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs chromium: apt-get install chromium")
		}
		t.Skip("needs chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP evil.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		ctx, end := context.WithTimeout(ctx, browserPatience)
		defer end()
		chromedp.Cancel(ctx) // waits, so that the profile's directory can be removed
	})
	if err := chromedp.Do(ctx); err != nil { // starts it, for as long as ctx
		t.Fatal(err)
	}
	return &browser{t, ctx}
}

func (b *browser) visit(url string) {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, browserPatience)
	defer end()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		b.t.Fatalf("%s: %v", url, err)
	}
}

// js evaluates an expression in the page; a promise is waited for.
func js[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, browserPatience)
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// evilSite is a site of somebody else, with one page. It notes what browsers send.
type evilSite struct {
	port string
	mu   sync.Mutex
	got  []*http.Request
}

func serveEvil(t *testing.T, page string) *evilSite {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	e := &evilSite{port: port}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.got = append(e.got, r)
		e.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>evil</title>"+page)
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return e
}

// gotNoSecret shows that no browser sent the site what is ours.
func (e *evilSite) gotNoSecret(t *testing.T, secrets ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.got) == 0 {
		t.Error("the site was never visited")
	}
	for _, r := range e.got {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("the other site got %v", r.Header)
		}
		for _, s := range secrets {
			if text := fmt.Sprint(r.URL, r.Header); strings.Contains(text, s) {
				t.Errorf("the other site got a secret in %s", text)
			}
		}
	}
}

// signIn opens our page and stores a token in it as the page does.
func (v *served) signIn(b *browser) {
	v.t.Helper()
	b.visit("http://" + v.addr + "/#t=" + v.NewTicket().Ticket)
	js[bool](b, fmt.Sprintf("sessionStorage.setItem('attack-test', %q), true", v.token))
}

// statusOfFetch is a fetch's status, or "blocked".
func statusOfFetch(url, options string) string {
	return fmt.Sprintf("fetch(%q, %s).then(r => r.text().then(text => r.type == 'opaque' ? 'opaque' : r.status + ' ' + text)).catch(() => 'blocked')", url, options)
}

// T02: a name that comes to mean this machine after its page was loaded gives that
// page nothing.
func TestRebindingInBrowser(t *testing.T) {
	v := serve(t)
	b := openBrowser(t)
	_, port, _ := net.SplitHostPort(v.addr)
	before := v.guard.Rejected()["host"]
	b.visit("http://evil.test:" + port + "/") // the attacker's origin, now ours to answer
	for _, path := range []string{"/", "/api/v1/machine", "/api/v1/events", "/healthz"} {
		got := js[string](b, statusOfFetch(path, "{headers: {Authorization: 'Bearer "+v.token+"'}}"))
		if !strings.HasPrefix(got, "403 ") || strings.Contains(got, "interfaces") {
			t.Errorf("%s: %s", path, got)
		}
	}
	ws := js[string](b, fmt.Sprintf("new Promise(done => { const w = new WebSocket('ws://evil.test:%s/api/v1/live'); w.onopen = () => done('open'); w.onerror = () => done('refused') })", port))
	if ws != "refused" {
		t.Errorf("WebSocket: %s", ws)
	}
	if text := js[string](b, "document.documentElement.innerText"); strings.Contains(text, "127.0.0.1") {
		t.Errorf("the page reads %q", text)
	}
	if v.guard.Rejected()["host"]-before < 5 {
		t.Error("the refusals were not counted")
	}
	v.alive()
}

// T04 and T03: a page on another port of the same host gets nothing from us, and
// nothing of ours.
func TestOtherPortInBrowser(t *testing.T) {
	v := serve(t)
	evil := serveEvil(t, "")
	b := openBrowser(t)
	v.signIn(b)
	b.visit("http://127.0.0.1:" + evil.port + "/")
	base := "http://" + v.addr
	if got := js[string](b, "String(sessionStorage.getItem('attack-test'))"); got != "null" {
		t.Errorf("the other port reads our storage: %s", got)
	}
	for _, c := range []string{
		statusOfFetch(base+"/api/v1/machine", "{credentials: 'include'}"),
		statusOfFetch(base+"/api/v1/machine", "{headers: {Authorization: 'Bearer "+v.token+"'}}"),
		statusOfFetch(base+"/api/v1/sessions", "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}"),
		statusOfFetch(base+"/", "{}"),
	} {
		if got := js[string](b, c); got != "blocked" {
			t.Errorf("%s: %s", c, got)
		}
	}
	if got := js[string](b, statusOfFetch(base+"/api/v1/sessions", `{method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"mode":"listen","address":"127.0.0.1:0"}'}`)); got != "opaque" && got != "blocked" {
		t.Errorf("no-cors: %s", got)
	}
	img := js[string](b, fmt.Sprintf("new Promise(done => { const i = new Image(); i.onload = () => done('loaded'); i.onerror = () => done('refused'); i.src = %q })", base+"/api/v1/machine"))
	ws := js[string](b, fmt.Sprintf("new Promise(done => { const w = new WebSocket('ws://%s/api/v1/live'); w.onopen = () => done('open'); w.onerror = () => done('refused') })", v.addr))
	if img != "refused" || ws != "refused" {
		t.Errorf("image %s, WebSocket %s", img, ws)
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
	evil.gotNoSecret(t, v.token)
	v.alive()
}

// T09: no form of another site's page does anything here.
func TestFormsInBrowser(t *testing.T) {
	v := serve(t)
	page := ""
	for i, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"} {
		page += fmt.Sprintf(`<iframe name=f%d></iframe><form target=f%d method=post enctype=%q action="http://%s/api/v1/sessions"><input name='{"mode":"listen","address":"127.0.0.1:0","x":"' value='"}'></form>`, i, i, kind, v.addr)
	}
	evil := serveEvil(t, page+"<script>for (const f of document.forms) f.submit()</script>")
	b := openBrowser(t)
	v.signIn(b)
	before := v.guard.Rejected()["site"]
	b.visit("http://evil.test:" + evil.port + "/")
	for end := time.Now().Add(browserPatience); v.guard.Rejected()["site"]-before < 3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the forms did not arrive: %v", v.guard.Rejected())
		}
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
	evil.gotNoSecret(t, v.token)
	v.alive()
}

// T11 and T12: as a script, we define nothing; in a frame, we are blank; opened as a
// window, we let nobody hold us.
func TestEmbeddingInBrowser(t *testing.T) {
	v := serve(t)
	evil := serveEvil(t, "")
	b := openBrowser(t)
	v.signIn(b)
	b.visit("http://evil.test:" + evil.port + "/")
	base := "http://" + v.addr
	for path := range v.page {
		got := js[string](b, fmt.Sprintf("new Promise(done => { const before = Object.keys(window).length; const s = document.createElement('script'); s.onload = () => done('loaded'); s.onerror = () => done('refused'); s.src = %q; document.head.append(s) })", base+path))
		if got != "refused" {
			t.Errorf("%s as a script: %s", path, got)
		}
	}
	if got := js[string](b, fmt.Sprintf("new Promise(done => { const s = document.createElement('script'); s.onload = () => done('loaded'); s.onerror = () => done('refused'); s.src = %q; document.head.append(s) })", base+"/api/v1/machine")); got != "refused" {
		t.Errorf("the API as a script: %s", got)
	}
	frame := js[string](b, fmt.Sprintf("new Promise(done => { const f = document.createElement('iframe'); f.onload = () => { try { done('reads ' + f.contentWindow.document.body.innerText) } catch (e) { done('shut, ' + f.contentWindow.length + ' frames') } }; f.src = %q; document.body.append(f) })", base+"/"))
	if frame != "shut, 0 frames" {
		t.Errorf("frame: %s", frame)
	}
	v.alive()
}

// T12: whoever opens us in a window has no hold of that window.
func TestOpenerInBrowser(t *testing.T) {
	v := serve(t)
	evil, other := serveEvil(t, ""), serveEvil(t, "")
	b := openBrowser(t)
	for _, host := range []string{"evil.test:", "127.0.0.1:"} { // another site, and another port of ours
		b.visit("http://" + host + evil.port + "/")
		// A window that nobody protects can be held, so that the test could fail.
		held := js[string](b, fmt.Sprintf(`new Promise(done => {
			const w = window.open('http://127.0.0.1:%s/');
			const look = () => { try { if (w.location.href === 'about:blank') return setTimeout(look, 10) } catch {} done(w.closed ? 'closed' : 'open') };
			look();
		})`, other.port))
		if held != "open" {
			t.Errorf("%s an ordinary window is %s", host, held)
		}
		for _, path := range []string{"/", "/api/v1/machine", "/healthz", "/nowhere"} {
			got := js[string](b, fmt.Sprintf(`new Promise(done => {
				const w = window.open(%q), end = Date.now() + %d;
				if (!w) return done('null');
				const look = () => w.closed ? done('closed') : Date.now() > end ? done('open, with ' + w.length + ' frames') : setTimeout(look, 10);
				look();
			})`, "http://"+v.addr+path, (browserPatience/2).Milliseconds()))
			if got != "closed" && got != "null" {
				t.Errorf("%s %s: the handle is %s", host, path, got)
			}
		}
	}
	evil.gotNoSecret(t, v.token)
	v.alive()
}

// T25: what a peer sent is no page of ours, however one comes to its address.
func TestPayloadIsNoPageInBrowser(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	c := board(t, s)
	io.WriteString(c, "<script>window.__pwned = 1</script>")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 50 })
	b := openBrowser(t)
	v.signIn(b)
	for _, path := range []string{"/api/v1/export?format=raw", "/api/v1/export?format=text", "/api/v1/events/4/data", "/api/v1/events"} {
		b.visit("http://" + v.addr + path)
		if js[bool](b, "'__pwned' in window") {
			t.Errorf("%s ran", path)
		}
	}
	// With the credential, as our page asks for it: bytes, and no document.
	b.visit("http://" + v.addr + "/")
	got := js[string](b, fmt.Sprintf("fetch('/api/v1/export?format=raw', {headers: {Authorization: 'Bearer %s'}}).then(r => r.headers.get('Content-Type') + ' ' + r.headers.get('Content-Security-Policy').split(';')[0])", v.token))
	if got != octets+" sandbox" {
		t.Error(got)
	}
}
