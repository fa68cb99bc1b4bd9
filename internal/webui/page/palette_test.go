//go:build linux

package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// palette opens the palette of all actions and types into it.
func (p *page) palette(typed string) {
	p.t.Helper()
	p.do(keys("k", chromedp.ModifierCtrl))
	p.wait(`document.activeElement?.dataset.control === 'palette-input'`)
	p.do(keys(typed))
	p.wait(`document.querySelector('[data-control=palette-input]').value === ` + quoted(typed))
}

// runs runs the first action that the palette finds, which is named so.
func (p *page) runs(typed, name string) {
	p.t.Helper()
	p.palette(typed)
	p.wait(`document.querySelector('[data-control=palette] [aria-selected=true]')?.innerText.startsWith(` + quoted(name) + `)`)
	p.do(keys(kb.Enter))
	p.wait(`!document.querySelector('[data-control=palette]')`)
}

// The palette finds actions by words, Chinese and pinyin initials whatever the language,
// does them, and the help lists the same ones.
func TestPalette(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "Hello")
	p.wait(row("←", "Hello"))

	p.runs("hex", "Show data as hex")
	p.wait(row("←", "48 65 6c 6c 6f"))
	p.runs("ywbxs", "Show data as text")
	p.wait(row("←", "Hello"))
	p.runs("清除", "Clear display")
	p.wait(`!` + row("←", "Hello"))
	p.runs("rul", "Panel: rules")
	p.wait(`document.querySelector('[data-control=rules-tab]').getAttribute('aria-selected') === 'true'`)
	p.runs("send box", "To the send box")
	p.wait(`document.activeElement.id === 'send-box'`)
	p.runs("new session", "New session")
	p.wait(`document.querySelectorAll('header [role=tab]').length === 2`)
	p.runs("go to", "Go to TCP")
	p.wait(`document.querySelector('header [role=tab][aria-selected=true]').innerText.includes('TCP')`)

	p.palette("no such thing")
	p.wait(`document.querySelector('[data-control=palette] [role=status]')?.innerText === 'No such action.'`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('[data-control=palette]')`)
	p.runs("change the lang", "Change the language")
	p.wait(`document.documentElement.lang === 'zh-Hans'`)
	p.runs("kjj", "快捷键与帮助")
	p.wait(`document.querySelector('dialog')?.innerText.includes('Ctrl K') && document.querySelector('dialog').innerText.includes('十六进制')`)
	p.isSound()
}

// axe-core finds nothing serious in the palette, light and dark, and at 360 pixels.
func TestPaletteAccess(t *testing.T) {
	t.Parallel()
	axe := axeCore(t)
	p := startBench(t).open(t)
	p.server()
	value[any](p, string(axe)+`; 0`)
	for _, scheme := range []string{"light", "dark"} {
		p.theme(scheme)
		p.size(360, 640)
		p.palette("s")
		p.shot("palette-360-" + scheme)
		for _, f := range p.violations("[data-control=palette]") {
			t.Errorf("%s: %s", scheme, f)
		}
		p.do(keys(kb.Escape))
		p.wait(`!document.querySelector('[data-control=palette]')`)
	}
}

// violations are what axe-core, which is loaded already, finds in a part of the page.
func (p *page) violations(selector string) []string {
	return value[[]string](p, `axe.run(`+quoted(selector)+`, {resultTypes: ['violations']}).then(r => r.violations
		.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120) + ' ' + n.failureSummary).join(' | ')))`)
}
