//go:build linux

package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Values that are read out of messages are columns of the log, a table of the last of each
// peer, and a chart that is zoomed, paused, followed to the message, and saved.
func TestFieldsColumnsAndChart(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	for n := range 50 {
		write(t, board, fmt.Sprintf("temp=%d hum=%d\n", 20+n, 100-n))
	}
	p.wait(rows + `.some(r => r.innerText.includes('temp=69'))`)
	p.click(control("fields-tab"))
	p.fill("fields-spec", "keys")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.wait(`document.querySelector('[data-values]')?.innerText.replace(/\s+/g, ' ').includes('temp 69')`)
	p.wait(`[...document.querySelectorAll('.log .names span')].map(e => e.innerText).join() === 'temp,hum'`)
	p.wait(rows + `.some(r => r.querySelector('[data-value=temp]')?.innerText === '69' && r.querySelector('[data-value=hum]').innerText === '51')`)
	p.click(control("field-columns"))
	p.wait(`!document.querySelector('.log .names')`)
	p.click(control("field-columns"))

	p.click(control("chart"))
	const stats = `document.querySelector('[data-control=chart-stats]')?.innerText.replace(/\s+/g, ' ')`
	p.wait(stats + `?.includes('temp 69 20 69 44.5')`)
	p.wait(`document.querySelector('.chart canvas')`)
	p.click(`[data-series=hum]`)
	p.wait(`!` + stats + `.includes('hum')`)

	// a value that comes is shown, unless the chart pauses
	write(t, board, "temp=500 hum=0\n")
	p.wait(stats + `.includes('temp 500 20 500')`)
	p.click(control("chart-pause"))
	write(t, board, "temp=900 hum=0\n")
	p.wait(rows + `.some(r => r.querySelector('[data-value=temp]')?.innerText === '900')`)
	p.wait(stats + `.includes('temp 500 20 500')`)
	p.click(control("chart-pause"))
	p.wait(stats + `.includes('temp 900 20 900')`)

	// a press jumps to the message, a drag zooms, and the whole is back with a button
	press := func(from, to float64) {
		t.Helper()
		at := value[[]float64](p, `(() => { const r = document.querySelector('.chart .u-over').getBoundingClientRect(); return [r.left, r.top, r.width, r.height] })()`)
		x := func(part float64) float64 { return at[0] + at[2]*part }
		y := at[1] + at[3]/2
		p.do(chromedp.MouseEvent("mouseMoved", x(from), y), chromedp.MouseEvent("mousePressed", x(from), y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
			chromedp.MouseEvent("mouseMoved", x((from+to)/2), y), chromedp.MouseEvent("mouseMoved", x(to), y), chromedp.MouseEvent("mouseReleased", x(to), y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	}
	press(0.01, 0.01)
	p.wait(`document.querySelector('[role=row][aria-selected=true]')`)
	press(0.2, 0.9)
	p.wait(`!document.querySelector('[data-control=chart-whole]').disabled`)
	p.click(control("chart-whole"))
	p.wait(`document.querySelector('[data-control=chart-whole]').disabled && ` + stats + `.includes('temp 900 20 900')`)
	p.click(control("chart-log"))

	// two times are marked, and what is between them is said
	for n, part := range []float64{0.1, 0.9} {
		value[any](p, fmt.Sprintf(`(() => { const over = document.querySelector('.chart .u-over'), r = over.getBoundingClientRect();
			const at = {clientX: r.left + %g * r.width, clientY: r.top + 20, shiftKey: true, bubbles: true};
			over.dispatchEvent(new MouseEvent('mousedown', at)); over.dispatchEvent(new MouseEvent('click', at)) })()`, part))
		p.wait(fmt.Sprintf(`document.querySelectorAll('[data-control=chart-marks] thead th').length === %d`, []int{2, 4}[n]))
	}
	p.wait(`document.querySelector('[data-control=chart-marks] thead').innerText.includes('Hz')`)
	p.click(control("chart-unmark"))
	p.wait(`!document.querySelector('[data-control=chart-marks]')`)

	p.downloads(t.TempDir())
	value[any](p, `(() => { const make = URL.createObjectURL; URL.createObjectURL = blob => { window.saved = blob.type + ' ' + blob.size; return make(blob) } })()`)
	for _, as := range []string{"png", "svg"} {
		value[any](p, `window.saved = undefined`)
		p.click(control("chart-" + as))
		p.wait(`window.saved?.startsWith('image/` + map[string]string{"png": "png", "svg": "svg+xml"}[as] + ` ')`)
	}
	p.isSound()
	p.do(chromedp.Reload())
	p.wait(`[...document.querySelectorAll('.log .names span')].map(e => e.innerText).join() === 'temp,hum'`)
}

// What is wrong with a field spec is said where it is typed, in the words of the core.
func TestFieldSpecFault(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "t=1\n")
	p.wait(row("←", "t=1"))
	p.click(control("fields-tab"))
	p.fill("fields-spec", "u16be")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.wait(`document.querySelector('.panel .fields [role=alert]')`)
	if said := value[string](p, `document.querySelector('.panel .fields [role=alert]').innerText`); !strings.Contains(said, "fields") {
		t.Errorf("it says %q", said)
	}
	p.click(control("fields-off"))
	p.wait(`!document.querySelector('.panel .fields [role=alert]')`)
}
