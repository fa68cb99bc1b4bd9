//go:build linux

// The page in a real browser, on the real program: every test drives headless
// Chromium as a person would, and waits for what can be seen, never for time.
package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience bounds every wait for a state: far more than anything takes, also on a
// machine that builds something else meanwhile, under -race. Who writes a test may
// want to wait less: SOCKEYE_PATIENCE=10s.
var patience = 90 * time.Second

// tools is what all tests share: the program, built once, and a browser.
var tools struct {
	program  string // path of the built sockeye
	chromium string // path of the browser
	why      string // why there is none here, or ""
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if d, err := time.ParseDuration(os.Getenv("SOCKEYE_PATIENCE")); err == nil {
		patience = d
	}
	dir, err := os.MkdirTemp("", "sockeye-page")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	pool.dir = dir
	defer endBrowsers()
	sideBySide()
	tools.program = filepath.Join(dir, "sockeye")
	args := append([]string{"build", "-o", tools.program}, buildFlags...)
	if out, err := exec.Command("go", append(args, "sockeye/cmd/sockeye")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		tools.why = "chromium is not here: apt-get install chromium"
		return m.Run()
	}
	tools.chromium = chromium
	return m.Run()
}

// page is one tab of the browser, with cookies and storage of its own.
type page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	wrong    []string // exceptions, and what the content policy refused
	requests []string
}

// open opens the page of a workbench.
func (b *bench) open(t testing.TB) *page {
	t.Helper()
	p := blank(t)
	p.visit(b.ticket(t))
	return p
}

// serverWent is what the browser says of a request whose server ended before, in or after it.
var serverWent = regexp.MustCompile(`net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED)`)

// blank is a page that shows nothing yet. What it logs as an error fails the test.
func blank(t testing.TB) *page {
	t.Helper()
	return pageIn(t, takePage(t))
}

// pageIn is blank in a window that the test has.
func pageIn(t testing.TB, ctx context.Context) *page {
	t.Helper()
	p := &page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if text := fmt.Sprint(m); strings.HasPrefix(text, "error") && !strings.Contains(text, "server responded with") && !serverWent.MatchString(text) {
				p.mu.Lock()
				p.wrong = append(p.wrong, text)
				p.mu.Unlock()
			}
		}
	}()
	t.Cleanup(p.isSound)
	command(p, network.Enable, network.EnableParams{})
	command(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // as the only window has it
	return p
}

func (p *page) visit(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

func (p *page) hear(event any) {
	if r, ok := event.(*network.EventRequestWillBeSent); ok {
		p.mu.Lock()
		p.requests = append(p.requests, r.Request.URL)
		p.mu.Unlock()
	}
}

// isSound fails the test if the page met something that it should not have.
func (p *page) isSound() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.wrong {
		p.t.Errorf("the page says: %s", w)
	}
	if p.t.Failed() {
		p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
	}
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.must(p.try(steps...))
}

func (p *page) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	return chromedp.Do(ctx, steps...)
}

func (p *page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Fatalf("%v; the page shows:\n%s", err, p.text())
	}
}

// redrawn is what the browser says of an element that was found, and was drawn anew before
// anything was done with it.
var redrawn = regexp.MustCompile(`Could not find node|No node with given id|not belong to the document|Node is detached`)

// command gives the browser a command of its protocol.
func command[P, R any](p *page, c cdp.Command[P, R], params P) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	if _, err := chromedp.Call(ctx, c, params); err != nil {
		p.t.Fatalf("%s: %v", c.Method, err)
	}
}

// absent is what the browser says of a script that reads what is not there.
var absent = regexp.MustCompile(`TypeError: Cannot (read|set) properties of (null|undefined)`)

// value evaluates a JavaScript expression; a promise is waited for. What the expression
// reads may not be there yet, or be drawn anew: it is evaluated again until it is.
func value[T any](p *page, js string) T {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
		if err == nil {
			return v
		}
		if !absent.MatchString(err.Error()) {
			p.t.Fatalf("%s: %s", brief(js, 200), brief(err.Error(), 2000))
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("%s: %s", brief(js, 200), brief(err.Error(), 2000))
		}
	}
}

// brief is the beginning of what may be a whole library.
func brief(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s … (%d bytes)", strings.ToValidUTF8(text[:most], ""), len(text))
}

// wait waits until a JavaScript expression is true.
func (p *page) wait(js string) {
	p.t.Helper()
	p.waitFor(js, func() string { return "never true: " + brief(js, 1000) + "; the page shows:\n" + p.text() })
}

// waitFor is wait that says in its own words what never came.
func (p *page) waitFor(js string, what func() string) {
	p.t.Helper()
	const loop = `new Promise(done => {
		const end = Date.now() + %d;
		const look = () => {
			let is = false;
			try { is = !!(%s) } catch {}
			if (is || Date.now() > end) done(is); else setTimeout(look, 15);
		};
		look();
	})`
	ctx, end := context.WithTimeout(p.ctx, 2*patience)
	defer end()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(loop, patience.Milliseconds(), js), chromedp.EvalAwaitPromise))
	if err != nil || !ok {
		p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		if err != nil {
			p.t.Error(brief(err.Error(), 2000))
		}
		p.t.Fatal(what())
	}
}

func (p *page) text() string {
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return brief(err.Error(), 2000)
	}
	return brief(v, 8000)
}

// control is the selector of a control by its stable name.
func control(name string) string { return `[data-control="` + name + `"]` }

// jsonOf is a value in JavaScript.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func quoted(s string) string { return jsonOf(s) }

// click clicks in the middle of what a selector finds, as a mouse does.
func (p *page) click(selector string) {
	p.t.Helper()
	// The mouse hits a place: what is still moving would not be there any more. What is hit
	// instead, because the page moved after all, does not hear of it.
	const still = `(() => {
		const e = document.querySelector(%[1]s);
		if (!e || e.disabled) return false;
		const r = e.getBoundingClientRect(), was = window.clickAt;
		window.clickAt = [r.x, r.y, r.width, r.height].join();
		if (was !== window.clickAt) return false;
		window.clickHit = false;
		window.clickGuard = new AbortController();
		for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) addEventListener(type, c => {
			if (!c.target.closest?.(%[1]s)) {
				c.preventDefault();
				c.stopImmediatePropagation();
			} else if (type === 'click') window.clickHit = true;
		}, {capture: true, signal: window.clickGuard.signal});
		return true;
	})()`
	// Where a click leads to another page, nothing is left of the old one.
	for end := time.Now().Add(patience); ; {
		value[any](p, `window.clickAt = ''`)
		p.wait(fmt.Sprintf(still, quoted(selector)))
		err := p.try(chromedp.Click(chromedp.CSS(selector)))
		if err != nil && !redrawn.MatchString(err.Error()) {
			p.must(err)
		}
		if value[bool](p, `(window.clickGuard?.abort(), window.clickHit !== false)`) && err == nil {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("a click on %s hits something else", selector)
		}
	}
}

// press clicks a button by the words on it.
func (p *page) press(words string) {
	p.t.Helper()
	const find = `[...document.querySelectorAll('button')].find(b => b.innerText.trim() === %s || b.getAttribute('aria-label') === %[1]s)`
	p.wait(fmt.Sprintf(find, quoted(words)))
	value[any](p, fmt.Sprintf(find+`.click()`, quoted(words)))
}

// fill replaces what a field holds, by keys.
func (p *page) fill(name, text string) {
	p.t.Helper()
	p.wait(`document.querySelector(` + quoted(control(name)) + `) && !document.querySelector(` + quoted(control(name)) + `).disabled`)
	value[any](p, `(() => { const e = document.querySelector(`+quoted(control(name))+`); e.focus(); e.select() })()`)
	if text == "" {
		p.do(keys(kb.Delete))
		return
	}
	p.do(keys(text))
}

// choose chooses an option by its value.
func (p *page) choose(selector, option string) {
	p.t.Helper()
	value[any](p, `(() => { const e = document.querySelector(`+quoted(selector)+`); e.value = `+quoted(option)+`; e.dispatchEvent(new Event('change', {bubbles: true})) })()`)
	p.wait(`document.querySelector(` + quoted(selector) + `).value === ` + quoted(option))
}

// check turns a box on or off.
func (p *page) check(name string, on bool) {
	p.t.Helper()
	box := `document.querySelector(` + quoted(control(name)) + `)`
	p.wait(box)
	if value[bool](p, box+`.checked`) != on {
		p.click(control(name))
	}
	p.wait(fmt.Sprintf(`%s.checked === %v`, box, on))
}

// recording switches whether what is received goes to a recording, and waits until it does.
func (p *page) recording(on bool) {
	p.t.Helper()
	p.check("receive-to-file", on)
	p.wait(fmt.Sprintf(`!!document.querySelector('.settings .path') === %v`, on))
}

// upload gives a file to a control that takes one.
func (p *page) upload(name, file string) {
	p.t.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.CSS(control(name)), []string{file}))
}

func (p *page) size(width, height int64) { p.do(chromedp.EmulateViewport(width, height)) }

func (p *page) theme(scheme string) {
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// rows are the rows of the log on the screen, each a message or an event.
const rows = `[...document.querySelectorAll('[role=grid] [role=row]')]`

// logged is the JavaScript for "the log holds a text". A long row is broken into lines,
// which are rows of their own; where, the name of this machine may decide.
func logged(text string) string {
	return `document.querySelector('[role=grid]').innerText.replace(/\s+/g, ' ').includes(` + quoted(text) + `)`
}

// row is the JavaScript for "a row has a direction mark and holds a text".
func row(way, text string) string {
	return rows + `.some(r => r.querySelector('.way')?.innerText === ` + quoted(way) + ` && r.innerText.includes(` + quoted(text) + `))`
}

// shots is where screenshots go; git ignores it.
const shots = "../../../dist/screenshots"

// picture is a screenshot in the size of a document.
func (p *page) picture(name string) {
	p.size(1180, 720)
	p.wait(`innerWidth === 1180`)
	p.shot(name)
	p.size(1440, 1000)
	p.wait(`innerWidth === 1440`)
}

func (p *page) shot(name string) {
	ctx, end := context.WithTimeout(p.ctx, 10*time.Second) // nobody depends on it
	defer end()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil && os.MkdirAll(shots, 0o755) == nil {
		err = os.WriteFile(filepath.Join(shots, name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Logf("screenshot %s: %v", name, err)
	}
}
