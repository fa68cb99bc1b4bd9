//go:build linux

package page_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hostile are payloads and names that try to be more than text.
var hostile = []string{
	`<img src=x onerror="window.pwned=1">`,
	`<script>window.pwned=1</script>`,
	`"><svg onload=window.pwned=1>`,
	`<iframe srcdoc="<script>parent.pwned=1</script>">`,
	`javascript:window.pwned=1`,
	`<a href="javascript:window.pwned=1">x</a>`,
	`{{constructor.constructor('window.pwned=1')()}}`,
	`${window.pwned=1}`,
	`</span><style>*{display:none}</style>`,
	`<link rel=stylesheet href=//evil.test/x.css>`,
	`<meta http-equiv=refresh content="0;url=//evil.test">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=1&gt;">`,
}

// What peers send shows as itself, in every look, in search, in the message panel
// and in an answer; and no request leaves the machine.
func TestHostilePayloads(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	for _, h := range hostile {
		write(t, board, h)
		p.wait(rows + `.some(r => r.innerText.replaceAll('\n', '').includes(` + quoted(h[:12]) + `))`)
	}
	write(t, board, "left\u202eright\u200b\x1b[2J\x07")
	p.wait(row("←", `left\u{202e}right\u{200b}\x1b[2J\x07`))
	for look := 1; look <= 3; look++ {
		p.click(fmt.Sprintf(`%s label:nth-child(%d)`, control("hex-display"), look))
	}
	p.click(control("hex-display") + ` label:nth-child(1)`)
	p.fill("search", "onerror")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('mark')?.innerText === 'onerror'`)
	value[any](p, `document.querySelector('mark').dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`document.querySelector('.panel pre')?.innerText.includes('onerror')`)
	p.fill("filter-text", "<script>window")
	p.wait(rows + `.length === 1 && ` + row("←", "<script>window.pwned=1</script>"))
	if value[bool](p, `'pwned' in window || !!document.querySelector('main img, main iframe, main script, main a[href^=javascript]')`) {
		t.Error("a payload became more than text")
	}
	origin := value[string](p, `location.origin`)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.requests {
		if !strings.HasPrefix(url, origin+"/") && !strings.HasPrefix(url, "about:") && !strings.HasPrefix(url, "blob:"+origin) {
			t.Errorf("a request left: %s", url)
		}
	}
}

// Text comes in the charset that was chosen, also rows that are there already, and
// characters that were cut by a read are put together, for each peer by itself.
func TestCharsets(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	address := p.server()
	one, other := dial(t, "tcp", address), dial(t, "tcp", address)
	step := func(after string) { p.wait(row("←", after)) }
	write(t, one, "a你"[:2])
	step("a")
	write(t, other, "b好"[:3])
	step("b")
	write(t, one, "a你"[2:]+" one")
	step("你 one")
	write(t, other, "b好"[3:]+" other")
	step("好 other")
	write(t, one, "\xc4\xe3\xba\xc3 gbk")
	step("gbk")
	if value[bool](p, row("←", "你好 gbk")) {
		t.Error("GBK is read as UTF-8")
	}
	p.choose(control("charset"), "gbk")
	p.wait(row("←", "你好 gbk"))
	p.choose(control("charset"), "latin-1")
	p.wait(row("←", "ÄãºÃ gbk"))
	p.choose(control("charset"), "utf-8")
	p.wait(row("←", "你 one") + ` && ` + row("←", "好 other"))
}

// The tail is followed, let go by scrolling up, and taken up again; every row of a
// long record can be reached, and found.
func TestLongLog(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.choose(control("protocol"), "udp")
	board := dial(t, "udp", p.server())
	const many = 3000
	for i := range many {
		write(t, board, fmt.Sprintf("row %d;", i)) // a datagram is one event
		if i%500 == 499 {
			p.wait(row("←", fmt.Sprintf("row %d;", i)))
		}
	}
	if n := value[int](p, rows+`.length`); n > 80 {
		t.Errorf("%d rows are in the document", n)
	}
	wheel := func(up int) {
		value[any](p, fmt.Sprintf(`document.querySelector('[role=grid]').dispatchEvent(new WheelEvent('wheel', {deltaY: %d, bubbles: true, cancelable: true}))`, -up))
	}
	wheel(500)
	p.wait(`document.querySelector('[data-control=to-end]')`)
	write(t, board, "while away;")
	p.wait(`/newer/.test(document.querySelector('[data-control=to-end]').innerText)`)
	if value[bool](p, row("←", "while away;")) {
		t.Error("the tail is followed although somebody scrolled up")
	}
	value[any](p, `document.querySelector('[role=grid]').focus()`)
	p.do(keys(kb.Home))
	p.wait(row("←", "row 0;"))
	p.do(keys(kb.End))
	p.wait(row("←", "while away;") + ` && !document.querySelector('[data-control=to-end]')`)
	p.fill("search", "row 42;")
	p.do(keys(kb.Enter, chromedp.ModifierShift))
	p.wait(`document.querySelector('mark')?.innerText === 'row 42;'`)
	p.fill("filter-text", "row 77;")
	p.wait(rows + `.length === 1`)
}

// Both languages: the first by the browser's wish, then by the switch, live. In
// one no word of the other is left.
func TestLanguages(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := blank(t)
	command(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "Chromium", AcceptLanguage: "zh-CN"})
	p.visit(b.ticket(t))
	p.wait(`document.documentElement.lang === 'zh-Hans' && document.body.innerText.includes('网络设置')`)
	p.server()
	p.click(control("simulate"))
	p.wait(row("←", "Hello 01Studio!"))
	p.theme("dark")
	p.say("你好，开发板！")
	p.wait(row("←", "你好，开发板！"))
	p.picture("page.zh-CN") // README.zh-CN.md shows it
	for _, is := range []int{1, 0, 1} {
		p.wait(`document.querySelector('.tools [lang]')`)
		for _, other := range words(t) {
			wrong := other[1-is]
			if wrong == other[is] || len(wrong) < 2 || strings.Contains(wrong, "{") {
				continue
			}
			if value[bool](p, `(() => {
				const wrong = `+quoted(wrong)+`;
				const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
				while (texts.nextNode()) if (texts.currentNode.data.trim() === wrong && !texts.currentNode.parentElement.closest('[lang]:not(html)')) return true;
				return [...document.querySelectorAll('[aria-label],[placeholder],[title]')].some(e => !e.closest('[lang]:not(html)') &&
					[e.getAttribute('aria-label'), e.placeholder, e.title].includes(wrong));
			})()`) {
				t.Errorf("in language %d the page says %q", is, wrong)
			}
		}
		p.click(control("language"))
	}
	p.wait(`document.documentElement.lang === 'en'`)

}

var entry = regexp.MustCompile(`(?s)\n  (\w+): \[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"),\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"),?\s*\]`)

// words are the entries of the page's table, in English and Chinese.
func words(t *testing.T) [][2]string {
	t.Helper()
	source, err := os.ReadFile("../../../web/src/i18n/table.ts")
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	for _, m := range entry.FindAllStringSubmatch(string(source), -1) {
		all = append(all, [2]string{m[2] + m[3], m[4] + m[5]})
	}
	if lines := len(regexp.MustCompile(`(?m)^  \w+: \[`).FindAllString(string(source), -1)); len(all) != lines || lines < 150 {
		t.Fatalf("%d of %d entries of the table of words were read", len(all), lines)
	}
	return all
}

// A character that a read has cut is whole, also where its beginning is far before the
// rows that are loaded.
func TestCutCharacters(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	at := p.server()
	board := dial(t, "tcp", at)
	write(t, board, "\xe4\xbd")
	p.wait(rows + `.some(r => r.querySelector('.length')?.innerText === '2')`)
	for range 170 { // each joins and finishes
		dial(t, "tcp", at).Close()
	}
	const finished = `fetch('/api/v1/events?kind=finished&limit=1000', {headers: {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token')}}).then(r => r.json()).then(j => j.events.length)`
	if !eventually(func() bool { return value[int](p, finished) == 170 }) {
		t.Fatal("the others do not finish")
	}
	write(t, board, "\xa0 one")
	p.wait(row("←", "你 one"))
	p.visit(b.ticket(t))
	p.wait(row("←", "你 one"))
}
