//go:build linux

package page_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/chromedp/chromedp"
)

// One send to several peers is one row, which unfolds to a line for each; the status
// bar says to how many it went.
func TestSendToManyIsOneRow(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	boards := make([]net.Conn, 4)
	for n := range boards {
		boards[n] = dial(t, "tcp", at)
	}
	p.wait(`document.querySelectorAll('.panel li').length === 4`)
	p.say("to everybody")
	for _, c := range boards {
		reads(t, c, "to everybody")
	}
	const sent = rows + `.filter(r => r.querySelector('.way')?.innerText === '→')`
	p.wait(sent + `.length === 1 && ` + sent + `[0].querySelector('.peer').innerText.endsWith('4 peers')`)
	p.wait(`document.querySelector('footer [role=status]').innerText === 'Sent 12 bytes to 4 peers.'`)
	p.click(control("unfold"))
	p.wait(sent + `.length === 5`)
	for _, c := range boards {
		p.wait(sent + `.some(r => r.querySelector('.peer').innerText === ` + quoted(c.LocalAddr().String()) + `)`)
	}
	p.click(control("unfold"))
	p.wait(sent + `.length === 1`)
	write(t, boards[2], "after it")
	p.wait(row("←", "after it"))
	p.to(boards[1].LocalAddr().String())
	p.say("to one")
	reads(t, boards[1], "to one")
	p.wait(row("→", "to one") + ` && ` + sent + `.length === 2 && ` + sent + `[1].querySelector('.peer').innerText === ` + quoted(boards[1].LocalAddr().String()))
}

// The list of peers is sorted and grouped, is a table on demand, says the latest message,
// and sends to what it shows. Who has left is folded, and shown alone when pressed.
func TestPeerListOrderGroupsAndTable(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	boards := make([]net.Conn, 6)
	for n := range boards {
		boards[n] = dial(t, "tcp", at)
		p.wait(fmt.Sprintf(`document.querySelectorAll('.panel li').length === %d`, n+1))
	}
	name := func(n int, alias string) {
		t.Helper()
		at := boards[n].LocalAddr().String()
		value[any](p, `[...document.querySelectorAll('.panel li')].find(e => e.innerText.includes(`+quoted(at)+`)).querySelector('button[aria-label^="Name this peer"]').click()`)
		p.fill("alias", alias)
		value[any](p, `document.querySelector('.panel form').requestSubmit()`)
		p.wait(`[...document.querySelectorAll('.panel li strong')].some(e => e.innerText === ` + quoted(alias) + `)`)
	}
	name(0, "press-10")
	name(3, "press-2")
	name(5, "lamp")
	const names = `[...document.querySelectorAll('.panel li strong')].map(e => e.innerText).join()`
	p.wait(names + ` === 'press-10,press-2,lamp'`)
	p.choose(control("peer-order"), "name")
	p.wait(names + ` === 'lamp,press-2,press-10'`)
	write(t, boards[0], "t=21.5\r\n")
	p.wait(`document.querySelector('.panel [data-control=last-message]')?.innerText.includes('← t=21.5')`)
	p.choose(control("peer-order"), "last")
	p.wait(names + `.startsWith('press-10')`)
	p.choose(control("peer-groups"), "label")
	p.wait(`[...document.querySelectorAll('.panel h3')].map(e => e.dataset.group).join() === 'lamp,press,'`)
	p.choose(control("peer-groups"), "")

	p.fill("find-peer", "press")
	p.click(control("send-to-shown"))
	p.wait(`document.querySelector('#target-said').innerText === '2 of 6 peers'`)
	p.say("only presses")
	reads(t, boards[0], "only presses")
	reads(t, boards[3], "only presses")
	p.fill("find-peer", "")

	p.click(control("peer-table"))
	p.wait(`document.querySelectorAll('.panel tbody tr').length === 6 && document.querySelectorAll('.panel li').length === 0`)
	p.wait(`document.querySelector('.panel tbody').innerText.includes('connected')`)
	boards[5].Close()
	p.wait(`document.querySelectorAll('.panel tbody tr').length === 5`)
	p.wait(`document.querySelector('[data-control=peers-left] summary').innerText === 'Left (1)'`)
	p.click(`[data-control=peers-left] summary`)
	p.click(`[data-control=peers-left] button`)
	p.wait(`document.querySelector('[data-control=filter-peer]').value === '6'`)
	p.isSound()
}

// What a peer sends while another tab is shown, or while the log stands at older rows, is
// marked at it until the newest rows are seen again.
func TestUnreadPeers(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "seen")
	p.wait(row("←", "seen") + ` && !document.querySelector('[data-control=unread]')`)
	p.click(control("new-tab"))
	p.wait(`!` + rows + `.length`)
	write(t, board, "unseen")
	p.wait(`document.querySelector('header [role=tab]').click(), true`)
	p.wait(row("←", "unseen") + ` && !document.querySelector('[data-control=unread]')`)
	p.fill("filter-text", "nothing has this")
	p.wait(`!` + row("←", "seen"))
	write(t, board, "hidden")
	p.wait(`document.querySelector('[data-control=unread]')?.innerText === '1'`)
	p.fill("filter-text", "")
	p.wait(row("←", "hidden") + ` && !document.querySelector('[data-control=unread]')`)
}

// At 1366 pixels with an alias three fifths of a row are content, and a row of hex shows
// sixteen bytes. Settings that are folded away stay so over a reload, for that session alone.
func TestWidthForContent(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.size(1366, 768)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	value[any](p, `document.querySelector('.panel li button[aria-label^="Name this peer"]').click()`)
	p.fill("alias", "press-1")
	value[any](p, `document.querySelector('.panel form').requestSubmit()`)
	write(t, board, "0123456789abcdef0123456789abcdef")
	p.wait(row("←", "0123456789abcdef"))
	const content = `(() => { const r = ` + rows + `.find(r => r.querySelector('.way')?.innerText === '←'); return r && r.querySelector('.content').getBoundingClientRect().width / r.getBoundingClientRect().width })()`
	p.wait(rows + `.some(r => r.querySelector('.peer')?.innerText === 'press-1') && ` + content + ` >= 0.6`)
	value[any](p, `[...document.querySelectorAll('.settings [role=radio], .settings button, .settings label')].find(e => e.innerText.trim() === 'Hex').click()`)
	p.wait(rows + `.some(r => r.querySelector('.content')?.innerText.trim().split(/\s+/).length === 16)`)

	const folded = `getComputedStyle(document.querySelector('aside.settings')).display === 'none'`
	p.click(control("settings"))
	p.wait(folded)
	p.wait(`sessionStorage.getItem("sockeye-tabs")?.includes("\"folded\":true")`)
	p.do(chromedp.Reload())
	p.wait(`document.querySelector('[data-control=log]') && ` + row("←", "30 31 32") + ` && ` + folded)
	p.click(control("new-tab"))
	p.wait(`!(` + folded + `)`)
}
