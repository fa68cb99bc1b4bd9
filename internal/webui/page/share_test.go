//go:build linux

package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// unhelpful is the JavaScript for the controls that a viewer sees and that only the owner may
// use, by their names.
const unhelpful = `['input', 'send', 'open', 'protocol', 'new-tab', 'receive-to-file', 'open-recording-link', 'share', 'lists-tab', 'rules-tab', 'workspace-tab', 'file-source']
	.filter(name => { const e = document.querySelector('[data-control=' + name + ']'); return e && e.getClientRects().length > 0 })`

// The owner shares the page by a link; who opens it sees what crosses the session, and can
// send nothing, with the page or past it. The owner sees who watches, and the end of sharing is
// the end of watching.
func TestSharedPage(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	owner := b.open(t)
	address := owner.server()
	board := dial(t, "tcp", address)
	write(t, board, "before")
	owner.wait(row("←", "before"))

	owner.click(control("share"))
	owner.wait(`document.querySelector('[data-control=share-local]')`)
	owner.click(control("share-begin"))
	owner.wait(`document.querySelector('[data-control=share-link]')?.value.includes('#v=') && document.querySelector('[data-control=share-dialog] svg.code path').getAttribute('d').length > 1000`)
	owner.wait(`document.querySelector('[data-control=share-nobody]')`)
	link := value[string](owner, `document.querySelector('[data-control=share-link]').value`)

	viewer := blank(t)
	viewer.visit(link)
	viewer.wait(row("←", "before"))
	viewer.wait(`document.querySelector('[data-control=viewing]')?.innerText.includes('Read-only') && document.querySelector('[data-control=viewer-badge]')`)
	if at := value[string](viewer, `location.href`); strings.Contains(at, "#") {
		t.Errorf("the address still has the secret: %s", at)
	}
	if seen := value[[]string](viewer, unhelpful); len(seen) > 0 {
		t.Errorf("a viewer sees %v", seen)
	}
	write(t, board, "and now")
	viewer.wait(row("←", "and now"))
	viewer.wait(`document.querySelector('.panel li .remote')`)
	if seen := value[int](viewer, `[...document.querySelectorAll('.panel li button')].filter(e => e.getClientRects().length > 0).length`); seen != 1 {
		t.Errorf("a peer has %d buttons", seen)
	}

	// What the page does not offer, the workbench refuses.
	got := value[string](viewer, `(async () => {
		const headers = {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token'), 'Content-Type': 'application/json'};
		const sent = await fetch('/api/v1/sessions/s1/send', {method: 'POST', headers, body: '{"text": "forced", "all": true}'});
		const kept = await fetch('/api/v1/workspace', {headers});
		return sent.status + ' ' + (await sent.json()).message + ' ' + kept.status;
	})()`)
	if got != "403 the page is shared read-only, and this is not for viewers 403" {
		t.Errorf("a forced request: %s", got)
	}

	owner.wait(`document.querySelector('[data-control=share-viewers]')?.innerText.includes('127.0.0.1')`)
	owner.wait(`document.querySelector('[data-control=share]').innerText.trim() === '1'`)
	owner.click(control("share-stop"))
	owner.wait(`document.querySelector('[data-control=share-begin]')`)
	viewer.wait(`document.body.innerText.includes('Nothing is shared here now')`)
	write(t, board, "later")
	owner.wait(row("←", "later"))
	if text := value[string](viewer, `document.body.innerText`); strings.Contains(text, "later") {
		t.Errorf("a viewer of before sees: %s", text)
	}
	viewer.visit(link)
	viewer.do(chromedp.Reload()) // the address has only another end
	viewer.wait(`document.body.innerText.includes('Nothing is shared here now')`)
}

// A viewer looks at a message, at decoded fields, searches, and finds no action that would be
// refused in the menu of rows, in the palette, or by a key.
func TestViewerLooksAround(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	owner := b.open(t)
	board := dial(t, "tcp", owner.server())
	write(t, board, "temp=21\n")
	owner.wait(row("←", "temp=21"))
	owner.click(control("share"))
	owner.click(control("share-begin"))
	owner.wait(`document.querySelector('[data-control=share-link]')?.value`)

	p := blank(t)
	p.visit(value[string](owner, `document.querySelector('[data-control=share-link]').value`))
	p.wait(row("←", "temp=21"))
	value[any](p, rows+`.find(r => r.innerText.includes('temp=21')).dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`document.querySelector('.panel .message .dump')`)
	p.click(control("fields-tab"))
	p.fill("fields-spec", "keys")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.wait(`document.querySelector('[data-values]')?.innerText.includes('21')`)
	p.click(control("chart"))
	p.wait(`document.querySelector('.centre canvas')`)
	p.fill("search", "temp")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('.bar').innerText.includes('1 of 1')`)
	p.click(control("row-actions"))
	p.wait(`document.querySelector('[data-control=row-menu]')`)
	if acts := value[[]string](p, `[...document.querySelectorAll('[data-act]')].map(e => e.dataset.act)`); strings.Join(acts, " ") != "text hex c python curl nc filter highlight fields peer" {
		t.Errorf("a row has %v", acts)
	}
	p.do(keys(kb.Escape))
	p.do(keys("k", chromedp.ModifierCtrl))
	p.wait(`document.querySelector('[data-do=doHex]')`)
	for _, word := range []string{"doSend", "doOpen", "doNewSession", "doRecord", "doWorkspace", "doShare", "doRemove"} {
		if value[bool](p, `!!document.querySelector('[data-do=`+word+`]')`) {
			t.Errorf("the palette offers %s", word)
		}
	}
	p.do(keys(kb.Escape))
	value[any](p, `document.querySelector('[role=tab][aria-selected=true]').focus()`)
	p.do(keys(kb.Delete))
	p.wait(`!document.querySelector('dialog[open]') && document.querySelector('header [role=tab] .lamp.on')`)

	p.click(control("language"))
	p.wait(`document.querySelector('[data-control=viewing]').innerText.includes('仅供观看')`)
	p.wait(row("←", "temp=21"))
	if banner := value[string](p, `document.querySelector('[role=alert]')?.innerText ?? ''`); banner != "" {
		t.Errorf("something was refused: %s", banner)
	}
}

// axe-core finds nothing serious in the dialog that shares, or in a viewer's page, and nothing
// sticks out of a small screen.
func TestShareAccessibility(t *testing.T) {
	t.Parallel()
	axe := axeCore(t)
	b := startBench(t)
	owner := b.open(t)
	board := dial(t, "tcp", owner.server())
	write(t, board, "hello")
	owner.click(control("share"))
	owner.click(control("share-begin"))
	owner.wait(`document.querySelector('[data-control=share-link]')?.value`)
	viewer := blank(t)
	viewer.visit(value[string](owner, `document.querySelector('[data-control=share-link]').value`))
	viewer.wait(row("←", "hello"))
	viewer.wait(`document.querySelector('[data-control=viewing]') && document.querySelector('[data-control=viewer-badge]')`)
	owner.wait(`document.querySelector('[data-control=share-viewers]')`)
	for name, p := range map[string]*page{"owner": owner, "viewer": viewer} {
		value[any](p, string(axe)+`; 0`)
		for _, width := range []int64{1440, 360} {
			p.size(width, 800)
			p.wait(`innerWidth === ` + jsonOf(width))
			for _, scheme := range []string{"light", "dark"} {
				p.theme(scheme)
				for _, f := range value[[]string](p, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations
					.filter(v => v.impact === 'serious' || v.impact === 'critical')
					.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target + ': ' + n.failureSummary)))`) {
					t.Errorf("%s, %s: %s", name, scheme, f)
				}
				p.shot("share-" + name + "-" + jsonOf(width) + "-" + scheme)
			}
			if out := value[string](p, `[...document.querySelectorAll('header *, [data-control=viewing] *, dialog *')].filter(e => {
				const r = e.getBoundingClientRect();
				return r.width > 0 && !e.closest('.list, svg, option') && (r.left < -1 || r.right > innerWidth + 1);
			}).map(e => e.outerHTML.slice(0, 80)).join()`); out != "" {
				t.Errorf("%s: %s sticks out", name, out)
			}
		}
	}
}
