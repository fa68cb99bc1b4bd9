//go:build linux

package page_test

import "testing"

// On a telephone the form for a request leaves the send box and its own buttons in the
// window, a chart has the names of its series, and a row of frames its whole time and length;
// in the panel of a laptop a line of a hex dump fits.
func TestNothingHidesInASmallWindow(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "temperature=21.5 humidity=40\n")
	p.wait(row("←", "temperature"))

	p.size(1366, 768)
	p.wait(`innerWidth === 1366`)
	value[any](p, rows+`.find(r => r.innerText.includes('temperature')).dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`(d => d?.innerText.includes('temperat') && d.scrollWidth <= d.clientWidth)(document.querySelector('.panel .dump'))`)
	p.wait(`!document.querySelector('[data-control=decoded]')`) // of no protocol: its bytes stand once

	p.size(360, 740)
	p.wait(`innerWidth === 360`)
	p.click(control("chip-form"))
	// in the window, and what is drawn there
	const inSight = `(e => { const r = e.getBoundingClientRect(); return r.height > 20 && r.bottom <= innerHeight && e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)) })`
	p.wait(`['request-put', 'request-send', 'input', 'send'].every(name => ` + inSight + `(document.querySelector('[data-control=' + name + ']')))`)
	p.shot("small-request")
	p.click(control("request-close"))

	p.click(control("panel"))
	p.click(control("fields-tab"))
	p.fill("fields-spec", "keys")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.click(control("chart"))
	p.click(".panel .closer")
	p.wait(`(s => s?.scrollWidth <= s.clientWidth && s.innerText.includes('temperature'))(document.querySelector('.chart .series'))`)
	write(t, board, "no end")
	p.wait(logged("unfinished"))
	p.wait(`[...document.querySelectorAll('[role=row].meta')].every(r => [...r.querySelectorAll('.time, .length')].every(e => e.scrollWidth <= e.clientWidth))`)
	p.shot("small-chart")
	p.isSound()
}
