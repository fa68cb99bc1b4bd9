//go:build linux

package page_test

import "testing"

const offered = `document.querySelector('[data-control=looks-like]')?.innerText.trim()`

// What looks like GBK or JSON lines is shown so after one click, and not offered again.
func TestLooksLike(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "\xce\xc2\xb6\xc8:21\n")
	p.wait(offered + `.startsWith('This looks like GBK.')`)
	p.click(control("looks-show"))
	p.wait(row("←", "温度:21") + ` && !document.querySelector('[data-control=looks-like]')`)

	p.click(control("clear-display"))
	write(t, board, "{\"t\":21}\n{\"t\"")
	write(t, board, ":22}\n")
	p.wait(offered + `.startsWith('This looks like JSON lines.')`)
	p.click(control("looks-show"))
	p.wait(row("←", `{"t":21}`) + ` && ` + row("←", `{"t":22}`) + ` && !document.querySelector('[data-control=looks-like]')`)
	p.isSound()
}

// What was opened before is filled in again with one press, without its options.
func TestLastSettings(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.choose(control("protocol"), "udp")
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp.on')`)
	p.click(control("open"))
	p.wait(`!document.querySelector('[data-control=open] .lamp.on')`)
	p.click(control("new-tab"))
	p.wait(`document.querySelector('[data-control=last-settings] button')?.innerText.trim() === 'UDP ← :0'`)
	p.click(control("last-settings") + " button")
	p.wait(`document.querySelector('[data-control=protocol]').value === 'udp' && document.querySelector('[data-control=local-port]').value === '0' && !document.querySelector('[data-control=last-settings]')`)
	p.isSound()
}
