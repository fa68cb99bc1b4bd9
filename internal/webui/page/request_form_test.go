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

// Forms of protocols of text and of packets: the bytes are shown while they are filled in.
func TestRequestFormsOfOtherProtocols(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.click(control("chip-form"))
	p.wait(`document.querySelector('[data-control=request-protocol]')?.value === 'modbus-rtu'`)
	const bytes = `document.querySelector('[data-control=request-bytes]').innerText.trim()`
	p.choose(control("request-protocol"), "mqtt")
	p.choose(control("request-packet"), "48")
	p.fill("request-topic", "a/+")
	p.wait(`document.querySelector('[data-control=request-topic-note]').innerText.startsWith('"+" may not be in a topic')`)
	p.fill("request-topic", "led")
	p.fill("request-message", "on")
	p.wait(bytes + `.endsWith('30 07 00 03 6c 65 64 6f 6e')`)
	p.click(control("request-send"))
	reads(t, board, "\x30\x07\x00\x03led"+"on")

	p.choose(control("request-protocol"), "scpi")
	p.wait(bytes + `.endsWith('2a 49 44 4e 3f 0a')`)
	p.click(control("request-put"))
	p.wait(boxHolds + ` === '*IDN?\\n'`)

	p.choose(control("request-protocol"), "at")
	p.choose(control("request-kind"), "read")
	p.fill("request-name", "+CWMODE")
	p.wait(bytes + `.endsWith('3f 0d 0a')`)
	p.click(control("request-send"))
	reads(t, board, "AT+CWMODE?\r\n")

	p.choose(control("request-protocol"), "http")
	p.choose(control("request-method"), "POST")
	p.fill("request-body", "level=5")
	p.wait(bytes + `.startsWith('94 B: 50 4f 53 54 20')`) // only the first bytes are shown
	p.click(control("request-send"))
	reads(t, board, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\nlevel=5")
	p.isSound()
}

// Who presses Send before the preview has followed the fields sends what the fields say: the
// answer that makes the bytes is held back here, so the preview is of the earlier values.
func TestRequestFormSendsWhatTheFieldsSay(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.click(control("chip-form"))
	const bytes = `document.querySelector('[data-control=request-bytes]').innerText.trim()`
	p.wait(bytes + `.endsWith('01 03 00 00 00 01 84 0a') && !document.querySelector('[data-control=request-send]').disabled`)
	value[any](p, `(() => {
		const ask = window.fetch;
		const held = new Promise(release => window.releaseEncode = release);
		window.fetch = async (url, ...rest) => (String(url).includes('/encode') && await held, ask(url, ...rest));
	})()`)

	p.fill("request-count", "3")
	p.click(control("request-send"))
	p.fill("request-address", "7") // after the press: it is not of what was sent
	value[any](p, `window.releaseEncode()`)
	reads(t, board, "\x01\x03\x00\x00\x00\x03\x05\xcb")
	p.wait(bytes + `.endsWith('01 03 00 07 00 03 b4 0a')`)
	p.click(control("request-send"))
	reads(t, board, "\x01\x03\x00\x07\x00\x03\xb4\x0a")

	p.choose(control("request-protocol"), "scpi")
	p.click(control("request-put")) // at once: the box has the request of this form
	p.wait(boxHolds + ` === '*IDN?\\n'`)
	p.isSound()
}
