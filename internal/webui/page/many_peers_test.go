//go:build linux

package page_test

import (
	"fmt"
	"net"
	"testing"
)

// With two thousand peers the page draws a part of them, finds any by its address, and
// still shows what each sends.
func TestManyPeers(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	boards := make([]net.Conn, 2000)
	for n := range boards {
		boards[n] = dial(t, "tcp", at)
	}
	p.wait(`document.querySelector('[data-control=peers-tab] .n').innerText === '2000'`)
	for _, list := range []string{".panel li", ".picker .list label", "[data-control=filter-peer] option"} {
		if list == ".picker .list label" {
			p.click(control("target"))
			p.wait(`document.querySelector('.picker .list')`)
		}
		if n := value[int](p, `document.querySelectorAll(`+quoted(list)+`).length`); n > 2001 || list != "[data-control=filter-peer] option" && n > 301 {
			t.Errorf("%s: %d are drawn", list, n)
		}
	}
	p.wait(`document.querySelector('[data-control=peers-hidden]').innerText.startsWith('1,700 more') && document.querySelector('.picker .list').innerText.includes('1,800 more')`)
	last := boards[len(boards)-1]
	for n, c := range boards {
		write(t, c, fmt.Sprintf("board %d", n))
	}
	p.wait(row("←", "board 1999"))
	p.click(control("target")) // leaves the choice
	p.fill("find-peer", last.LocalAddr().String())
	p.wait(`document.querySelectorAll('.panel li').length === 1 && document.querySelector('.panel li').innerText.includes(` + quoted(last.LocalAddr().String()) + `)`)
	p.say("to all")
	reads(t, last, "to all")
	reads(t, boards[0], "to all")
	t.Logf("longest pause between two frames in a second of traffic: %d ms", value[int](p, `new Promise(done => {
		let last = performance.now(), worst = 0; const end = last + 1000;
		const look = now => { worst = Math.max(worst, now - last); last = now; now > end ? done(Math.round(worst)) : requestAnimationFrame(look) };
		requestAnimationFrame(look);
	})`))
}
