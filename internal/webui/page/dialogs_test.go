//go:build linux

package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// isDialog checks what holds for every dialog: it has a name, it is modal, and Tab goes round
// within it in both ways; the focus is never outside.
func (p *page) isDialog(name string) {
	p.t.Helper()
	box := fmt.Sprintf(`document.querySelector('dialog[open]:modal[data-control=%s]')`, name)
	p.wait(box + `?.contains(document.activeElement)`)
	if named := value[string](p, `(d => d.getAttribute('aria-label') ?? document.getElementById(d.getAttribute('aria-labelledby'))?.innerText ?? '')(`+box+`)`); strings.TrimSpace(named) == "" {
		p.t.Errorf("%s has no name", name)
	}
	value[any](p, `window.stops = new Set(); 0`)
	stops := value[int](p, `[...`+box+`.querySelectorAll('button, input, select, textarea, summary, [tabindex]')].filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility()).length`)
	for _, modifiers := range [][]chromedp.Modifier{nil, {chromedp.ModifierShift}} {
		for range stops + 1 {
			p.do(keys(kb.Tab, modifiers...))
			if !value[bool](p, `(window.stops.add(document.activeElement), `+box+`.contains(document.activeElement))`) {
				p.t.Errorf("%s: Tab leads to %s", name, value[string](p, `document.activeElement.outerHTML.slice(0, 120)`))
				return
			}
		}
	}
	if seen := value[int](p, `window.stops.size`); seen < stops {
		p.t.Errorf("%s: Tab reaches %d of %d controls", name, seen, stops)
	}
}

// Every dialog keeps the focus, closes by Escape and by its button, and gives the focus back
// to what opened it.
func TestDialogsKeepTheFocus(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.fails(closedPort(t))
	p.wait(`document.querySelector('.settings [data-word=refused]') && document.querySelector('[data-control=why]')`)

	// by a press on what opens it, which then has the focus again
	by := func(name, opener string) {
		t.Helper()
		for _, closes := range []string{"Escape", "button"} {
			p.click(opener)
			p.wait(`document.querySelector('dialog[open][data-control=` + name + `]')`)
			if closes == "Escape" {
				p.isDialog(name)
				p.do(keys(kb.Escape))
			} else {
				p.click(`dialog[data-control=` + name + `] [data-control=dialog-close]`)
			}
			p.wait(`!document.querySelector('dialog[open]')`)
			p.wait(`document.activeElement?.matches(` + quoted(opener) + `)`)
		}
	}
	by("doctor", control("why"))
	by("explain", `.settings [data-word=refused]`)
	by("help-dialog", control("help"))
	by("share-dialog", control("share"))
	by("open-recording", control("open-recording-link"))
	p.click(control("workspace-tab"))
	by("workspace-dialog", control("workspace-text"))
	p.click(control("workspace-text"))
	p.click(`[data-control=workspace-dialog] .acts button:last-child`) // Cancel takes the dialog away
	p.wait(`!document.querySelector('dialog[open]') && document.activeElement?.matches('[data-control=workspace-text]')`)

	p.choose(control("protocol"), "tcp-server")
	dial(t, "tcp", p.server())
	by("code", control("code-open"))
	value[any](p, `document.getElementById('send-box').focus()`)
	p.do(keys("k", chromedp.ModifierCtrl))
	p.isDialog("palette")
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]') && document.activeElement?.id === 'send-box'`)
	value[any](p, `document.querySelector('[role=tab][aria-selected=true]').focus()`)
	p.do(keys(kb.Delete))
	p.isDialog("remove-tab")
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]') && document.activeElement?.matches('[role=tab][aria-selected=true]')`)
	p.isSound()
}
