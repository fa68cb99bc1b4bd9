//go:build linux

package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	previewShown = `document.querySelector('[data-control=preview]')?.innerText.trim()`
	boxHolds     = `document.querySelector('[data-control=input]').value`
)

// The chips say and change how it is sent, the checksum is tinted among the bytes, and
// what looks like hex or text is sent so after one click.
func TestSendChips(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.fill("input", "01 03 00 00 00 0A")
	p.click(control("looks-hex"))
	p.wait(`document.querySelector('[data-control=chip-hex]').getAttribute('aria-pressed') === 'true' && document.querySelector('[data-control=send-hex]').checked`)
	p.choose(control("chip-checksum"), "CRC-16/MODBUS")
	p.wait(`document.querySelector('[data-control=preview] mark')?.innerText === 'c5 cd' && ` + previewShown + ` === '01 03 00 00 00 0a c5 cd'`)
	p.click(control("send"))
	reads(t, board, "\x01\x03\x00\x00\x00\x0a\xc5\xcd")

	p.choose(control("chip-checksum"), "")
	p.fill("input", "hello")
	p.click(control("looks-text"))
	p.choose(control("chip-ending"), "crlf")
	p.wait(previewShown + ` === '68 65 6c 6c 6f 0d 0a'`)
	p.choose(control("chip-checksum"), "SUM-8")
	p.wait(`document.querySelector('[data-control=preview] mark')?.innerText === '14' && ` + previewShown + ` === '68 65 6c 6c 6f 14 0d 0a'`)
	p.click(control("chip-repeat"))
	p.wait(`document.querySelector('[data-control=repeat]').checked && document.querySelector('[data-control=chip-every]')`)
	p.isSound()
}

// Ctrl+R searches what was sent; fields are offered while one is typed, and seen as bytes.
func TestSendHistoryAndFields(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	for _, text := range []string{"led on", "led off", "status"} {
		p.say(text)
		reads(t, board, text)
	}
	value[any](p, `document.querySelector('[data-control=input]').focus()`)
	p.do(keys("r", chromedp.ModifierCtrl))
	p.wait(`document.activeElement.dataset.control === 'history-find'`)
	p.do(keys("LED"))
	p.wait(`[...document.querySelectorAll('[data-control=history] [role=option]')].map(o => o.innerText).join() === 'led off,led on'`)
	p.do(keys(kb.ArrowDown), keys(kb.Enter))
	p.wait(boxHolds + ` === 'led on' && document.activeElement.id === 'send-box' && !document.querySelector('[data-control=history]')`)

	p.fill("input", "n={{se")
	p.wait(`document.querySelector('[data-control=offer] [aria-selected=true]')?.innerText.includes('{{seq}}')`)
	p.do(keys(kb.Tab))
	p.wait(boxHolds + ` === 'n={{seq}}' && !document.querySelector('[data-control=offer]')`)
	p.wait(`/^6e 3d 3[0-9]$/.test(` + previewShown + `)`)
	p.click(control("send"))
	reads(t, board, "n=1")
	p.isSound()
}
