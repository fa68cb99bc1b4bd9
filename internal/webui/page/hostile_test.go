//go:build linux

package page_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pageproto "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The attacks by number are those of the project's list; internal/api has the others.

// corpus is some two hundred texts that would run in a page which took them for
// markup, a link, a template or a script: every way out of a context with every way
// to run, and what stands alone.
func corpus() []string {
	const run = `window.__pwned=1`
	var all []string
	for _, out := range []string{"", `">`, `'>`, "`>", `-->`, `</script>`, `</textarea></title></style>`, `]]>`, "\x00", "\t\r\n"} {
		for _, element := range []string{
			`<script>%s</script>`, `<img src=x onerror=%s>`, `<svg onload=%s>`, `<svg/onload="%s"//`, `<body onpageshow=%s>`, `<details open ontoggle=%s>x</details>`,
			`<input autofocus onfocus=%s>`, `<video><source onerror="%s">`, `<iframe src="javascript:parent.%s">`, `<iframe srcdoc="<script>parent.%s</script>">`,
			`<object data="data:text/html,<script>%s</script>">`, `<embed src="javascript:%s">`, `<marquee onstart=%s>`, `<style onload=%s>*{display:none}</style>`,
			`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=%s&gt;">`, `<svg><animate onbegin=%s attributeName=x dur=1s>`,
		} {
			all = append(all, out+fmt.Sprintf(element, run))
		}
	}
	for _, scheme := range []string{"javascript:", "JaVaScRiPt:", "java\tscript:", "\x01javascript:", "javascript&colon;", "data:text/html,<script>", "vbscript:", "blob:"} {
		all = append(all, scheme+run, `<a href="`+scheme+run+`" autofocus>x</a>`, `<form action="`+scheme+run+`"><button>x</button></form>`)
	}
	for _, template := range []string{"{{constructor.constructor('%s')()}}", "${%s}", "#{%s}", "<%%= %s %%>", "{@html %s}", "[[%s]]", "';%s;//", `\";%s;//`, "\u2028%s\u2028", `\u003cscript\u003e%s`, `&lt;script&gt;%s`, `%%3Cscript%%3E%s`} {
		all = append(all, fmt.Sprintf(template, run))
	}
	return append(all, `<link rel=stylesheet href=//evil.test/x.css>`, `<meta http-equiv=refresh content="0;url=//evil.test/">`, `<base href=//evil.test/>`,
		`<img src=//evil.test/track.png>`, `https://evil.test/`, `//evil.test/x`, `[x](javascript:`+run+`)`, `![x](//evil.test/x.png)`)
}

// watched is a page that notes, from its first line on, what its policy refuses.
func (b *bench) watched(t testing.TB) *page {
	t.Helper()
	p := blank(t)
	command(p, pageproto.AddScriptToEvaluateOnNewDocument, pageproto.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.__refused = [];
		document.addEventListener('securitypolicyviolation', e => window.__refused.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample), true)`})
	p.visit(b.ticket(t))
	p.wait(`document.querySelector('[data-control=local-port]')`)
	return p
}

// unharmed shows that nothing ran, that nothing even tried to, and that no request
// left for another origin.
func (p *page) unharmed(where string) {
	p.t.Helper()
	if got := value[string](p, `('__pwned' in window ? 'the canary is dead' : '') + window.__refused.join('\n')`); got != "" {
		p.t.Errorf("%s: %s", where, got)
	}
	const strange = `[...document.querySelectorAll('main img, main iframe, main object, main embed, main script, main style, main video, main math, main marquee, main details details, a[href^="javascript:" i], a[href^="data:" i], a[href*="evil.test"], [onerror], [onload], form[action], base, meta[http-equiv]')].map(e => e.outerHTML).join('\n')`
	if got := value[string](p, strange); got != "" {
		p.t.Errorf("%s: a text became an element: %s", where, got)
	}
	origin := value[string](p, `location.origin`)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.requests {
		if !strings.HasPrefix(url, origin+"/") && !strings.HasPrefix(url, "blob:"+origin+"/") {
			p.t.Errorf("%s: a request left: %s", where, url)
		}
	}
	if len(p.requests) == 0 {
		p.t.Errorf("%s: no request was seen at all", where)
	}
}

// shown is a text as the log shows it, without spaces, which lines may end with.
func shown(text string) string {
	escapes := strings.NewReplacer("\x00", `\x00`, "\x01", `\x01`, "\t", `\t`, "\r", `\r`, "\n", `\n`, "\u2028", `\u{2028}`, " ", "")
	return escapes.Replace(text)
}

// walked is what the log shows from its first row to its last, without spaces,
// screen by screen.
func (p *page) walked(last string) string {
	p.t.Helper()
	value[any](p, `(() => { window.__seen = new Map(); document.querySelector('[role=grid]').focus() })()`)
	p.do(keys(kb.Home))
	p.wait(rows + `.some(r => r.ariaRowIndex === '1')`)
	// The lines of a row that a screen cuts come whole with another screen.
	const look = `(() => {
		const now = new Map();
		for (const r of ` + rows + `) {
			const content = r.querySelector('.content > span:not(.offset):not(.beside):not(.more)');
			now.set(r.ariaRowIndex, (now.get(r.ariaRowIndex) ?? '') + (content?.textContent ?? '').replace(/[\s\u2028]/g, ''));
		}
		for (const [i, text] of now) if (text.length > (__seen.get(i) ?? '').length) __seen.set(i, text);
		return [...now.keys()].at(-1) + ' ' + ` + rows + `[0]?.textContent;
	})()`
	for was, n := "", 0; n < 500; n++ {
		p.wait(rows + `.length > 0`)
		now := value[string](p, look)
		if now == was && strings.HasPrefix(now, last+" ") {
			break
		}
		was = now
		value[any](p, `new Promise(done => {
			document.querySelector('[role=grid]').dispatchEvent(new WheelEvent('wheel', {deltaY: 1200, bubbles: true, cancelable: true}));
			requestAnimationFrame(() => requestAnimationFrame(done));
		})`)
	}
	return value[string](p, `[...__seen.values()].join('\n')`)
}

// T22: whatever a peer sends shows as itself, as text, as hex and as both, in the
// search, in the filter and in the panel of a message, and runs nowhere.
func TestMarkupInPayloads(t *testing.T) {
	t.Parallel()
	all := corpus()
	if len(all) < 200 {
		t.Fatalf("the corpus has %d texts", len(all))
	}
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			p := startBench(t).watched(t)
			if network == "udp" {
				p.choose(control("protocol"), "udp")
			}
			p.size(1900, 2400) // so that the walks are short
			p.wait(`innerHeight === 2400`)
			address := p.server()
			board := dial(t, network, address)
			sent := 0
			for i, text := range all {
				if network == "tcp" { // one connection each, for reads join what is written to one
					board = dial(t, network, address)
				}
				write(t, board, text)
				sent += len(text)
				if i%20 == 19 || i == len(all)-1 { // more at once would not fit the buffer of a datagram socket
					p.wait(fmt.Sprintf(`document.querySelector('[data-control=count-received] b').dataset.bytes === '%d'`, sent))
				}
			}
			write(t, board, "the last")
			p.wait(row("←", "the last"))
			last := value[string](p, rows+`.at(-1).ariaRowIndex`)
			for look, name := range []string{"text", "hex", "both"} {
				p.click(fmt.Sprintf(`%s label:nth-child(%d)`, control("hex-display"), look+1))
				got := p.walked(last)
				for _, text := range all {
					want := shown(text)
					if name != "text" {
						want = hex.EncodeToString([]byte(text))
					}
					if !strings.Contains(got, want) {
						t.Errorf("%s: %q does not show", name, text)
					}
				}
				p.unharmed(name)
			}
			p.click(control("hex-display") + ` label:nth-child(1)`)
			for _, wanted := range []string{"<script>", "onerror=", "javascript:", "{{constructor", "</textarea>"} {
				value[any](p, `document.querySelector('[role=grid]').focus()`)
				p.do(keys(kb.Escape)) // the search begins anew, not at the row found before
				p.fill("search", wanted)
				p.do(keys(kb.Enter))
				found := `[...document.querySelectorAll('mark')].find(m => m.innerText === ` + quoted(wanted) + `)`
				p.wait(found)
				value[any](p, found+`.dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
				p.wait(`document.querySelector('.panel pre')?.innerText.includes(` + quoted(wanted) + `)`)
				p.unharmed("the search for " + wanted)
			}
			p.fill("filter-text", "<svg onload=window.__pwned=1>")
			p.wait(row("←", "<svg onload=window.__pwned=1>"))
			p.unharmed("the filter")
		})
	}
}

// asked is what an API request of the page's own is answered with: the status of
// each. In body, x is a text of the list.
func (p *page) asked(method, path, body string, list []string) []int {
	p.t.Helper()
	return value[[]int](p, fmt.Sprintf(`(async () => {
		const headers = {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token'), 'Content-Type': 'application/json'};
		const all = [];
		for (const x of %s) {
			const got = await fetch('/api/v1' + %s, {method: %s, headers, body: JSON.stringify(%s)});
			await got.text();
			all.push(got.status);
		}
		return all;
	})()`, jsonOf(list), quoted(path), quoted(method), body))
}

// T23: no name is more than text: of a peer, of a saved message, of a file to send,
// of the host in an endpoint, of a recording and its directory, in an error.
func TestMarkupInNames(t *testing.T) {
	t.Parallel()
	const evil = `"><img src=x onerror=window.__pwned=1>`
	all := corpus()
	b := startBenchIn(t, filepath.Join(t.TempDir(), evil))
	p := b.watched(t)
	refused := func(what, method, path, body string, list []string) {
		t.Helper()
		statuses := p.asked(method, path, body, list)
		if len(statuses) != len(list) {
			t.Errorf("%s: %d answers", what, len(statuses))
		}
		for i, status := range statuses {
			if status != 400 {
				t.Errorf("%s %q: %d", what, list[i], status)
			}
		}
	}

	// saved messages, which a name may be given that is any text
	const now = `stamp: (await (await fetch('/api/v1/workspace', {headers})).json()).stamp`
	const plain = `text.replaceAll('\\', '\\\\').replaceAll('{{', '\\{{')`
	saved := `Object.fromEntries(` + jsonOf(all) + `.map((text, i) => [text + ' ' + i, {text: ` + plain + `}]))`
	endpoints := jsonOf(all) + `.map((text, i) => ({name: text + ' ' + i, listen: ':0'}))`
	if got := p.asked("PUT", "/workspace", `{`+now+`, file: {sockeye: 2, about: `+quoted(evil)+`, payloads: `+saved+`, variables: {`+quoted(evil)+`: `+quoted(evil)+`}, endpoint: `+endpoints+`}}`, []string{"once"}); got[0] != 200 {
		t.Fatalf("the workspace: %v", got)
	}
	p.do(chromedp.Reload())
	p.wait(fmt.Sprintf(`document.querySelectorAll('.messages .saved').length === %d`, len(all)))
	names := value[string](p, `[...document.querySelectorAll('.messages .saved > button:first-child')].map(e => e.textContent).join('').replaceAll(' ', '')`)
	for i, text := range all {
		if !strings.Contains(names, fmt.Sprint(shown(text), i)) {
			t.Errorf("the message %q does not show", text)
		}
	}
	p.unharmed("saved messages")
	p.click(control("workspace-tab"))
	p.wait(fmt.Sprintf(`document.querySelectorAll('.workspace .endpoint').length === %d`, len(all)))
	p.unharmed("the workspace")
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('[data-control=workspace-area]').value.includes('onerror')`)
	p.unharmed("the workspace as text")
	p.do(keys(kb.Escape))
	if got := p.asked("PUT", "/workspace", `{`+now+`, file: {sockeye: 2}}`, []string{"once"}); got[0] != 200 {
		t.Fatalf("the workspace: %v", got)
	}
	p.do(chromedp.Reload())
	p.wait(`document.querySelector('[data-control=local-port]') && !document.querySelector('.messages .saved')`)

	// names of peers, and what is said of those that are refused
	board := dial(t, "tcp", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	peer := value[string](p, `(async () => {
		const headers = {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token')};
		const [s] = (await (await fetch('/api/v1/sessions', {headers})).json()).sessions;
		const [q] = (await (await fetch('/api/v1/sessions/' + s.id + '/peers', {headers})).json()).peers;
		return '/sessions/' + s.id + '/peers/' + q.id;
	})()`)
	refused("alias", "PATCH", peer, `{alias: x}`, all)
	p.press("Name this peer " + board.LocalAddr().String())
	p.fill("alias", evil)
	p.do(keys(kb.Enter))
	p.wait(`[...document.querySelectorAll('[role=alert]')].some(e => e.textContent.includes('onerror=window.__pwned=1'))`)
	p.unharmed("the name of a peer")

	// directory and name of a recording
	refused("recording", "PUT", "/recording", `{on: true, path: x}`, all)
	p.check("receive-to-file", true)
	p.wait(`document.querySelector('.settings .path')?.innerText.includes(` + quoted(evil) + `)`)
	p.unharmed("the path of the recording")
	p.check("receive-to-file", false)

	// the name of a file to send
	file := filepath.Join(t.TempDir(), evil)
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.check("file-source", true)
	p.do(chromedp.SetUploadFiles(chromedp.CSS(control("file")), []string{file}))
	p.wait(`document.querySelector('.composer .name')?.innerText === ` + quoted(evil))
	p.unharmed("the name of a file")

	// the host of an endpoint, and the error that names it
	var noHosts []string // what could be a host is asked of the network
	for _, text := range all {
		if strings.ContainsAny(text, `<>"' `) {
			noHosts = append(noHosts, text)
		}
	}
	refused("host", "POST", "/sessions", `{mode: 'connect', address: x}`, noHosts)
	p.click(control("new-tab"))
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", evil)
	p.fill("remote-port", "1")
	p.click(control("open"))
	p.wait(`document.querySelector('.settings form [role=alert]')?.innerText.includes('address')`) // the error names the field
	p.unharmed("the error of a host")
}

// T24: nothing that looks like an address becomes a link, and the page asks no one
// but the workbench, also when the row is chosen, opened and double-clicked.
func TestNoLinks(t *testing.T) {
	t.Parallel()
	p := startBench(t).watched(t)
	board := dial(t, "tcp", p.server())
	for _, link := range []string{"javascript:window.__pwned=1", "data:text/html,<script>window.__pwned=1</script>", "https://evil.test/?t=1", "http://evil.test/track.png", "www.evil.test", "file:///etc/passwd", "mailto:x@evil.test", "//evil.test/x"} {
		write(t, board, link)
		p.wait(rows + `.map(r => r.querySelector('.content').textContent.trim()).join('').includes(` + quoted(link) + `)`)
		value[any](p, `(() => {
			const line = `+rows+`.findLast(r => r.querySelector('.way').innerText === '←').querySelector('.content span');
			for (const kind of ['mousedown', 'mouseup', 'click', 'auxclick', 'dblclick']) line.dispatchEvent(new MouseEvent(kind, {bubbles: true, ctrlKey: kind === 'click'}));
		})()`)
		p.wait(`document.querySelector('.panel pre')?.innerText.includes(` + quoted(link) + `)`)
	}
	if got := value[string](p, `[...document.querySelectorAll('a')].filter(a => !a.classList.contains('skip')).map(a => a.outerHTML).join()`); got != "" {
		t.Errorf("there are links: %s", got)
	}
	p.unharmed("links")
}

// T30: what could turn a name or a text around or hide in it shows as an escape, and
// a name that looks like another's always stands beside the address in digits.
func TestSpoofedNames(t *testing.T) {
	t.Parallel()
	p := startBench(t).watched(t)
	address := p.server()
	first, second := dial(t, "tcp", address), dial(t, "tcp", address)
	turned := []struct{ sent, shown string }{
		{"user\u202egpj.exe\u202c", `user\u{202e}gpj.exe\u{202c}`},
		{"a\u2066b\u2069c\u200e\u200f\u061c", `a\u{2066}b\u{2069}c\u{200e}\u{200f}\u{61c}`},
		{"zero\u200bwidth\u200d\ufeff\u00ad", `zero\u{200b}width\u{200d}\u{feff}\u{ad}`},
		{"fill\u3164er\U000e0041\u115f", `fill\u{3164}er\u{e0041}\u{115f}`},
	}
	for _, c := range turned {
		write(t, first, c.sent)
		p.wait(row("←", c.shown))
	}
	write(t, second, "from the second")
	p.wait(row("←", "from the second"))

	// A name that is not what it seems is refused, and the refusal shows why.
	p.press("Name this peer " + first.LocalAddr().String())
	p.wait(`document.querySelector('[data-control=alias]')`)
	value[any](p, `(() => { // no key types this
		const e = document.querySelector('[data-control=alias]');
		e.value = 'pump\u202e1';
		e.dispatchEvent(new Event('input', {bubbles: true}));
		e.focus();
	})()`)
	p.do(keys(kb.Enter))
	p.wait(`[...document.querySelectorAll('[role=alert]')].some(e => /pump\\u\{?202e/.test(e.textContent))`)
	// Letters of other scripts are good names: the address tells them apart.
	twins := []string{"pump", "\u0440ump"} // the second with a Cyrillic er
	for i, c := range []string{first.LocalAddr().String(), second.LocalAddr().String()} {
		p.press("Name this peer " + c)
		p.fill("alias", twins[i])
		p.do(keys(kb.Enter))
		both := fmt.Sprintf(`.innerText.includes(%s) && e.innerText.includes(%s)`, quoted(twins[i]), quoted(c))
		p.wait(`[...document.querySelectorAll('.panel li')].some(e => e` + both + `)`)
		p.wait(`[...document.querySelector('[data-control=filter-peer]').options].some(e => e` + both + `)`)
		if i == 1 { // while nobody else looks like it, a name stands alone
			for n, of := range []string{first.LocalAddr().String(), second.LocalAddr().String()} {
				p.wait(rows + `.some(r => { const e = r.querySelector('.peer'); return e.innerText === ` + quoted(twins[n]+" "+of) + ` })`)
			}
		}
		p.click(control("target"))
		p.wait(`[...document.querySelectorAll('.picker .list label')].some(e => e` + both + `)`)
		p.do(keys(kb.Escape))
		p.wait(`!document.querySelector('.picker .list')`)
	}
	const raw = `/[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]/.test(document.body.textContent)`
	if value[bool](p, raw) {
		t.Error("a control stands in the page as itself")
	}
	value[any](p, rows+`.findLast(r => r.innerText.includes('from the second')).querySelector('.content').dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`(() => { const e = document.querySelector('.panel .message'); return e && e.innerText.includes(` + quoted(second.LocalAddr().String()) + `) })()`)
	p.unharmed("names")
}
