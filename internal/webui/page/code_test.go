//go:build linux

package page_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// A session that listens offers the program for the board, in the language that is chosen,
// with comments in one of two and this machine's address in it; it is copied and saved.
func TestCodeButton(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	const code = `document.querySelector('[data-control=code] pre')?.innerText`
	p.wait(`!document.querySelector('[data-control=code-open]')`) // nothing is open
	address := p.server()
	port := address[strings.LastIndexByte(address, ':')+1:]
	p.click(control("code-open"))
	p.wait(code + `.includes('import socket') && ` + code + `.includes(` + quoted(port) + `)`)
	p.choose(control("code-comments"), "zh")
	p.wait(`/[\u4e00-\u9fff]/.test(` + code + `)`)
	p.choose(control("code-for"), "c")
	p.wait(code + `.includes('#include')`)
	p.fill("code-host", "pc.local")
	p.wait(code + `.includes('pc.local')`)

	value[any](p, `Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text }}, configurable: true})`)
	p.click(control("code-copy"))
	p.wait(`window.copied?.includes('pc.local')`)
	dir := t.TempDir()
	p.downloads(dir)
	p.click(control("code-save"))
	awaitFile(t, filepath.Join(dir, "board.c"), "pc.local")
	p.click(`[data-control=code] [data-control=dialog-close]`)
	p.wait(`!document.querySelector('[data-control=code]')`)
	p.isSound()
}

// Who announces itself is offered where an address is typed, with its name; an escape in
// the name is shown. Choosing fills address and port.
func TestFoundNames(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	value[any](p, `(() => { const real = window.fetch; window.fetch = (url, o) => String(url).endsWith('/discover')
		? Promise.resolve(new Response(JSON.stringify({found: [
			{name: 'green\u001bhouse', kind: 'session', address: 'tcp://192.0.2.7:9000', host: 'greenhouse.local', port: 9000, addresses: ['192.0.2.7'], interface: 'eth0'},
			{name: 'roof', kind: 'board', address: '192.0.2.8', host: 'roof.local', port: 0, addresses: ['192.0.2.8'], interface: 'eth0'}]})))
		: real(url, o) })()`)
	p.choose(control("protocol"), "tcp-client")
	p.wait(`!document.querySelector('datalist option')`)
	value[any](p, `document.querySelector('[data-control=remote-address]').focus()`)
	p.wait(`[...document.querySelectorAll('datalist option')].map(o => o.value + ' ' + o.textContent).join() === 'tcp://192.0.2.7:9000 green\\x1bhouse'`)
	p.wait(`document.querySelector('[data-control=remote-address]').list.options.length === 1`)
	value[any](p, `(() => { const e = document.querySelector('[data-control=remote-address]'); e.value = e.list.options[0].value; e.dispatchEvent(new Event('input', {bubbles: true})) })()`) // as choosing does
	p.wait(`document.querySelector('[data-control=remote-port]').value === '9000'`)
	p.isSound()
}
