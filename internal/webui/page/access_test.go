//go:build linux

package page_test

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sockeye/internal/webui"
)

// From a small telephone to a 4K screen, light and dark, in both languages, with
// the drawers in and out, nothing sticks out of the window.
func TestWidths(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, strings.Repeat("a long line without an end ", 40))
	write(t, board, strings.Repeat("x", 300))
	p.wait(rows + `.length > 4`)
	fits := func(what string) {
		t.Helper()
		if out := value[string](p, `(() => {
			if (document.documentElement.scrollWidth > innerWidth) return 'the document';
			for (const e of document.querySelectorAll('header *, footer *, .composer *, .bar *, .settings *, .panel .switch *')) {
				const r = e.getBoundingClientRect(), s = getComputedStyle(e);
				if (r.width === 0 || s.visibility === 'hidden' || e.closest('.unseen, .list, svg, option, optgroup, .skip')) continue;
				if (r.left < -1 || r.right > innerWidth + 1) return e.tagName + '.' + e.className + ' from ' + r.left + ' to ' + r.right;
			}
			return '';
		})()`); out != "" {
			p.shot("overflow-" + what)
			t.Errorf("%s: %s sticks out", what, out)
		}
	}
	for _, width := range []int64{360, 768, 1024, 1440, 3840} {
		height := width * 9 / 16
		if width < 1000 {
			height = 740
		}
		p.size(width, height)
		// no line of the log is longer than the log is wide
		p.wait(fmt.Sprintf(`innerWidth === %d && %s.length > 2 && %[2]s.every(r => r.scrollWidth <= r.clientWidth)`, width, rows))
		for _, scheme := range []string{"light", "dark"} {
			p.theme(scheme)
			fits(fmt.Sprintf("%d-%s", width, scheme))
			p.shot(fmt.Sprintf("%d-%s", width, scheme))
		}
		if width < 900 {
			p.click(control("settings"))
			p.wait(`getComputedStyle(document.querySelector('.settings')).visibility === 'visible'`)
			fits(fmt.Sprintf("%d-settings", width))
			p.click(".settings .closer")
			p.click(control("panel"))
			p.wait(`getComputedStyle(document.querySelector('.panel')).visibility === 'visible'`)
			fits(fmt.Sprintf("%d-panel", width))
			p.click(".panel .closer")
		}
		p.click(control("language"))
		fits(fmt.Sprintf("%d-zh", width))
		p.click(control("language"))
	}
}

// axeCore is the program that finds what keeps people out of a page. Without it, the test is
// skipped; in CI it fails.
func axeCore(t *testing.T) []byte {
	t.Helper()
	axe, err := os.ReadFile("../../../web/node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: go run ./internal/tools/verify page installs it", err)
		}
		t.Skipf("%v: npm ci in web installs it", err)
	}
	return axe
}

// axe-core finds nothing serious, wherever one can be on the page.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	axe := axeCore(t)
	b := startBench(t)
	p := b.open(t)
	p.wait(`document.querySelector('.card')`)
	value[any](p, string(axe)+`; 0`)
	check := func(where string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			p.theme(scheme)
			found := value[[]string](p, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations
					.filter(v => v.impact === 'serious' || v.impact === 'critical')
					.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target + ': ' + n.failureSummary)))`)
			for _, f := range found {
				t.Errorf("%s, %s: %s", where, scheme, f)
			}
		}
	}
	check("first visit")
	p.server()
	p.click(control("simulate"))
	p.wait(row("←", "Hello 01Studio!"))
	p.say("answer")
	p.wait(row("←", "answer"))
	value[any](p, `document.querySelector('.panel .name').click()`)
	p.check("checksum", true)
	p.click(control("save-data"))
	p.click(control("target"))
	p.wait(`document.querySelector('.picker .list') && document.querySelector('.panel dl')`)
	check("a session")
	p.do(keys(kb.Escape))
	p.click(control("hex-display") + ` label:nth-child(3)`)
	value[any](p, `document.querySelector('[role=row]').dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`document.querySelector('.panel .message')`)
	check("a message")
	p.choose(control("framing"), "length")
	p.choose(control("framing-check"), "SUM-8")
	p.wait(`document.querySelector('.tag')`)
	check("frames")
	p.choose(control("framing"), "")
	p.click(control("workspace-tab"))
	p.wait(`document.querySelector('.panel .workspace section')`)
	check("the workspace")
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] [data-control=workspace-area]')`)
	check("the workspace as text")
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]')`)
	p.do(keys(kb.F1))
	p.wait(`document.querySelector('dialog[open]')`)
	check("help")
	p.do(keys(kb.Escape))
	p.size(360, 740)
	p.wait(`innerWidth === 360`)
	check("a small screen")
}

// The experiment with the keyboard alone.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.wait(`document.querySelector('[data-control=local-port]')`)
	focused := func() string {
		return value[string](p, `document.activeElement?.dataset?.control ?? document.activeElement?.tagName ?? ''`)
	}
	tabTo := func(name string) {
		t.Helper()
		for range 80 {
			if focused() == name {
				return
			}
			p.do(keys(kb.Tab))
		}
		t.Fatalf("Tab never comes to %s", name)
	}
	tabTo("local-port")
	p.do(keys("a", chromedp.ModifierCtrl))
	value[any](p, `document.activeElement.select()`)
	p.do(keys("0" + kb.Enter))
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'open'`)
	_, port, _ := strings.Cut(value[string](p, `document.querySelector('header [aria-selected=true]').innerText.trim()`), ":")
	board := dial(t, "tcp", "127.0.0.1:"+port)
	write(t, board, "Hello")
	p.wait(row("←", "Hello"))
	tabTo("input")
	p.do(keys("by hand"), keys(kb.Enter, chromedp.ModifierCtrl))
	reads(t, board, "by hand")
	p.wait(row("→", "by hand"))
	tabTo("log")
	p.do(keys(kb.ArrowUp))
	p.wait(`document.querySelector('[role=row][aria-selected=true]')?.innerText.includes('Hello')`)
	p.do(keys("f", chromedp.ModifierCtrl))
	p.wait(`document.activeElement.dataset.control === 'search'`)
	p.do(keys(kb.F6))
	p.wait(`document.activeElement.dataset.control === 'log'`)
}

// The first load is small: what the page needs before it stands, compressed. What comes
// later is named by the program and not imported at its beginning, or, of fonts, has no
// letter of ASCII.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	const most = 120_000
	files := webui.Files()
	first := map[string]bool{"/": true}
	var add func(from, name string)
	links := regexp.MustCompile(`(?:src|href)="(/[^"]+)"|(?:from|import)"(\./[^"]+)"`)
	faces := regexp.MustCompile(`@font-face\{[^}]*url\(([^)]+)\)[^}]*unicode-range:U\+20-7E[^}]*\}`)
	add = func(from, name string) {
		name = path.Join(path.Dir(from), name)
		if first[name] {
			return
		}
		first[name] = true
		if files[name] == nil {
			t.Fatalf("%s names %s, which is not there", from, name)
		}
		body := string(files[name].Body)
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			if m[2] != "" {
				add(name, m[2])
			}
		}
		for _, m := range faces.FindAllStringSubmatch(body, -1) {
			add("/", m[1])
		}
	}
	for _, m := range links.FindAllStringSubmatch(string(files["/"].Body), -1) {
		add("/", m[1])
	}
	sum := 0
	for name := range first {
		f := files[name]
		if f.Gzip != nil {
			sum += len(f.Gzip)
		} else {
			sum += len(f.Body)
		}
	}
	t.Logf("the first load is %d bytes in %d files", sum, len(first))
	if sum > most || len(first) < 7 {
		t.Errorf("the first load is %d bytes in %d files, want at most %d", sum, len(first), most)
	}
}
