//go:build linux

package page_test

import "testing"

// A request is filled in beside the send box: what is wrong is told at its field, in both
// languages, and the bytes go into the box or out.
func TestRequestForm(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.click(control("chip-form"))
	p.wait(`document.querySelector('[data-control=request-protocol]')?.value === 'modbus-rtu'`)
	const bytes = `document.querySelector('[data-control=request-bytes]').innerText.trim()`
	p.wait(bytes + `.endsWith('01 03 00 00 00 01 84 0a')`)

	p.fill("request-address", "107")
	p.fill("request-count", "126")
	const said = `document.querySelector('[data-control=request-count-note]').innerText`
	p.wait(said + ` === '"126" is not from 1 to 125' && document.querySelector('[data-control=request-put]').disabled && ` + bytes + ` === ''`)
	p.isSound()
	p.fill("request-count", "3")
	p.wait(bytes + `.endsWith('01 03 00 6b 00 03 74 17')`)
	p.click(control("request-put"))
	p.wait(boxHolds + ` === '01 03 00 6b 00 03 {{crc16modbus}}' && document.activeElement.id === 'send-box' && ` + previewShown + ` === '01 03 00 6b 00 03 74 17'`)
	p.click(control("send"))
	reads(t, board, "\x01\x03\x00\x6b\x00\x03\x74\x17")

	p.choose(control("request-protocol"), "modbus-tcp")
	p.choose(control("request-function"), "16")
	p.fill("request-values", "-1 0x0102")
	p.wait(bytes + `.endsWith('00 01 00 00 00 0b 01 10 00 00 00 02 04 ff ff 01 02')`)
	p.click(control("request-send"))
	reads(t, board, "\x00\x01\x00\x00\x00\x0b\x01\x10\x00\x00\x00\x02\x04\xff\xff\x01\x02")
	p.isSound()
}
