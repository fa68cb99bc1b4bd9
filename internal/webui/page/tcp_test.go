//go:build linux

package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A peer's page draws what TCP does for it, with the messages of the log on the same axis,
// and says what limits it. What was seen is kept: a reload begins with it.
func TestTCPPicture(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	const points = `Number(document.querySelector('[data-plot=rtt]')?.dataset.points ?? 0)`
	look := func() {
		p.wait(`document.querySelector('.panel .name')`)
		value[any](p, `document.querySelector('.panel .name').click()`)
		p.click(`.panel [data-act=tcp]`)
	}
	look()
	p.wait(points + ` >= 2`) // a second one came by itself
	p.say("answer")
	reads(t, board, "answer")
	p.wait(`Number(document.querySelector('[data-plot=bytes]').dataset.marks) >= 1`)
	p.wait(`document.querySelectorAll('[data-control=tcp-view] canvas').length === 4`)
	p.wait(`document.querySelector('[data-control=tcp-limit]').innerText.includes('this program sets the pace')`)
	p.wait(`/[KMG]?B/.test(document.querySelector('[data-line=bytes-1]').innerText) && !/^0 B/.test(document.querySelector('[data-line=bytes-1]').innerText)`)
	if n := value[int](p, rows+`.filter(r => /TCP: /.test(r.innerText)).length`); n > 0 {
		t.Errorf("%d samples are in the log", n)
	}
	for _, theme := range []string{"dark", "light"} {
		p.theme(theme)
		p.shot("tcp-" + theme)
	}
	seen := value[int](p, points)
	p.do(chromedp.Reload())
	p.theme("light")
	look()
	p.wait(points + ` > ` + jsonOf(seen))
	p.click(control("language"))
	p.wait(`document.querySelector('[data-control=tcp-limit]')?.innerText.includes('由本程序决定速度')`)
	p.waitFor(foreign+` === ''`, func() string { return "in Chinese:\n" + value[string](p, foreign) })
	p.size(360, 740)
	p.wait(`innerWidth === 360 && document.querySelector('[data-plot=rtt]').getBoundingClientRect().right <= 360`)
	p.shot("tcp-360-zh")
}
