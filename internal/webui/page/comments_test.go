//go:build linux

package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// commented is whether the row with a text has a comment; "" is none.
func commented(text, comment string) string {
	said := `r.querySelector('[data-comment]')?.innerText`
	is := said + ` === ` + quoted(comment)
	if comment == "" {
		is = said + ` === undefined`
	}
	return rows + `.some(r => r.innerText.includes(` + quoted(text) + `) && ` + is + `)`
}

// writeComment fills the form for a comment and sends it.
func (p *page) writeComment(text string) {
	p.t.Helper()
	p.wait(`document.querySelector('[data-control=row-comment]')`)
	p.fill("row-comment", text)
	value[any](p, `document.querySelector('[data-control=row-menu] form').requestSubmit()`)
	p.wait(`!document.querySelector('[data-control=row-menu]')`)
}

// current makes the row with a text the current one, with the focus in the log.
func (p *page) current(text string) {
	p.t.Helper()
	p.wait(rows + `.some(r => r.innerText.includes(` + quoted(text) + `))`)
	value[any](p, `(() => { const r = `+rows+`.find(r => r.innerText.includes(`+quoted(text)+`));
		r.dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0})); document.querySelector('[data-control=log]').focus() })()`)
	p.wait(chosenRow(text))
}

func chosenRow(text string) string {
	return rows + `.some(r => r.ariaSelected === 'true' && r.innerText.includes(` + quoted(text) + `))`
}

func (p *page) key(key string) {
	p.t.Helper()
	p.do(keys(key))
}

// Comments and bookmarks are written with the menu and with keys, gone through, found, changed and
// taken away; the recording has them, also those written when it is opened.
func TestComments(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.recording(true)
	for _, line := range []string{"temp=20", "temp=21", "temp=25"} {
		write(t, board, line+"\n")
		p.wait(row("←", line))
	}
	p.menuOf("temp=21")
	p.click(`[data-control=row-menu] [data-act=comment]`)
	p.writeComment("why <b>so</b> warm?")
	p.wait(commented("temp=21", "★ why <b>so</b> warm?"))
	p.wait(`document.querySelector('footer .note').innerText.includes('Kept in the recording')`)

	p.current("temp=25")
	p.key("b")
	p.wait(commented("temp=25", "★"))
	p.key("[")
	p.wait(chosenRow("temp=21"))
	p.key("]")
	p.wait(chosenRow("temp=25"))
	p.key("c")
	p.writeComment("too warm")
	p.wait(commented("temp=25", "★ too warm"))

	p.click(control("comments"))
	p.wait(`document.querySelectorAll('[data-control=comment-go]').length === 2`)
	p.click(control("commented"))
	p.wait(row("←", "temp=21") + ` && !` + row("←", "temp=20"))
	p.click(control("commented"))
	p.wait(row("←", "temp=20"))
	p.click(`.panel li:first-child [data-control=comment-go]`)
	p.wait(chosenRow("temp=21"))
	p.menuOf("temp=21")
	p.inMenu("uncomment")
	p.wait(commented("temp=21", "") + ` && document.querySelectorAll('[data-control=comment-go]').length === 1`)
	p.do(chromedp.Reload())
	p.wait(commented("temp=25", "★ too warm"))

	p.recording(false)
	p.click(control("open-recording-link"))
	p.click(`[data-recording]`)
	p.wait(`document.querySelector('[data-control=open]').innerText.trim() === 'Open'`)
	p.wait(commented("temp=25", "★ too warm") + ` && ` + commented("temp=21", ""))
	p.menuOf("temp=20")
	p.inMenu("bookmark")
	p.wait(commented("temp=20", "★"))
	p.wait(`document.querySelector('footer .note').innerText.includes('Kept in the recording')`)
	p.isSound()
}
