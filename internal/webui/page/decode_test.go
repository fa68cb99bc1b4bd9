//go:build linux

package page_test

import (
	"testing"
)

// What looks like a protocol is offered to be shown so; then the log says what each message
// is, and the panel has the tree of its fields, each with the bytes that it was read from.
func TestDecodedMessages(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	for range 3 { // read holding registers of unit 1, as Modbus RTU
		write(t, board, "\x01\x03\x00\x00\x00\x0a\xc5\xcd")
	}
	p.wait(`document.querySelector('[data-control=guess]')?.innerText.includes('Modbus RTU')`)
	p.click(control("guess-show"))
	p.wait(rows + `.some(r => r.querySelector('[data-summary=modbus-rtu]'))`)
	p.wait(`!document.querySelector('[data-control=guess]')`)

	p.click(`.log [role=row]:has([data-summary])`)
	p.wait(`document.querySelectorAll('[data-control=decoded] [role=treeitem]').length > 4`)
	p.wait(`document.querySelector('[data-control=decode]').value === 'modbus-rtu'`)
	// the checksum is the last two bytes, and a field lights up its own
	last := `[...document.querySelectorAll('[data-control=decoded] [role=treeitem] .field')].at(-1)`
	value[any](p, last+`.focus()`)
	p.wait(`[...document.querySelectorAll('[data-control=decoded] [data-lit]')].map(e => e.innerText.trim()).join(' ') === 'c5 cd'`)

	// another protocol, chosen by hand, and none
	choose := func(name string) {
		t.Helper()
		p.wait(`document.querySelector('[data-control=decode-log] option[value=json]')`)
		value[any](p, `(() => { const s = document.querySelector('[data-control=decode-log]'); s.value = '`+name+`'; s.dispatchEvent(new Event('change', {bubbles: true})) })()`)
	}
	choose("dns")
	p.wait(`!document.querySelector('[data-control=decoded]') && !document.querySelector('[data-summary]')`) // nothing is such a message
	choose("")
	p.wait(`document.querySelector('[data-control=guess]')`)
	p.click(control("guess-no"))
	p.wait(`!document.querySelector('[data-control=guess]')`)
	p.isSound()
}
