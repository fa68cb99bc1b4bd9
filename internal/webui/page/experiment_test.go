//go:build linux

package page_test

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// server opens a server on a free port with the left column, and says where
// boards reach it.
func (p *page) server() string {
	p.t.Helper()
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp.on') && /^(TCP|UDP|TLS|DTLS|WSS|Relay) :[1-9]/.test(document.querySelector('header [aria-selected=true]').innerText.trim())`)
	title := value[string](p, `document.querySelector('header [aria-selected=true]').innerText.trim()`)
	_, port, _ := strings.Cut(title, ":")
	return net.JoinHostPort("127.0.0.1", port)
}

// say types into the send box and presses the button.
func (p *page) say(text string) {
	p.t.Helper()
	p.fill("input", text)
	p.click(control("send"))
}

// to chooses exactly these peers in the list of connections, by their addresses.
func (p *page) to(addresses ...string) {
	p.t.Helper()
	p.click(control("target"))
	p.wait(`document.querySelector('.picker .list')`)
	list := jsonOf(addresses)
	value[any](p, `(() => {
		const wanted = `+list+`;
		const boxes = () => [...document.querySelectorAll('.picker .list label')];
		const all = boxes()[0].querySelector('input');
		if (all.checked) all.click();
	})()`)
	for _, a := range addresses {
		p.wait(`[...document.querySelectorAll('.picker .list label')].some(l => l.innerText.includes(` + quoted(a) + `))`)
	}
	p.wait(`!document.querySelector('.picker .list input').checked`)
	value[any](p, `[...document.querySelectorAll('.picker .list label')].slice(1).forEach(l => {
		const box = l.querySelector('input');
		if (box.checked !== `+list+`.some(a => l.innerText.includes(a))) box.click();
	})`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('.picker .list')`)
}

// The whole experiment, with the board on sockeye device: open, hello, answer one
// chosen peer, the answer comes back, close; the board leaves.
func TestExperiment(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.wait(`document.body.innerText.includes('Talk to your board')`)
	address := p.server()
	board := b.start(t, "device", "--lang", "en", address)
	p.wait(row("←", "Hello 01Studio!"))
	peer := value[string](p, `document.querySelector('.panel .remote').innerText`)
	p.to(peer)
	p.wait(`document.querySelector('#target-said').innerText === ` + quoted(peer))
	p.say("Hello board!")
	p.wait(row("→", "Hello board!"))
	p.wait(row("←", "Hello board!"))
	board.says(t, "Hello board!")
	p.wait(`document.querySelector('[data-control=count-sent] b').dataset.bytes === '12'`)
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '27'`)
	p.picture("page") // README.md shows it
	p.click(control("reset-counters"))
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '0'`)
	p.click(control("open"))
	board.ends(t)
	p.wait(rows + `.some(r => r.innerText.includes('closed here (FIN)'))`)
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'closed'`)
}

// The same with the tutorial's own program.
func TestTutorialProgram(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	host, port, _ := net.SplitHostPort(p.server())
	board := start(t, b.home, "python3", "-u", filepath.Join("..", "..", "cli", "testdata", "tutorial.py"), host, port)
	p.wait(row("←", "Hello 01Studio!"))
	p.say("https://www.walnutpi.com")
	p.wait(row("→", "https://www.walnutpi.com"))
	board.says(t, "b'https://www.walnutpi.com'")
	p.wait(row("←", "https://www.walnutpi.com"))
}

// The first visit: the card opens the server and starts a board, and the line for
// a board names this machine.
func TestFirstVisit(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.wait(`/sockeye device .+:10000/.test(document.querySelector('.card').innerText)`)
	p.server() // any free port: another program may have 10000
	p.wait(`/sockeye device .+/.test(document.querySelector('.card').innerText) && !document.querySelector('.card').innerText.includes(':10000')`)
	p.click(control("simulate"))
	p.wait(row("←", "Hello 01Studio!"))
	p.wait(`!document.querySelector('.card')`)
	p.say("Hello board!")
	p.wait(row("←", "Hello board!"))
	p.wait(`document.querySelectorAll('header [role=tab]').length === 2`)
}

// Three boards at once, each answered alone; then two of them; then all.
func TestThreeBoards(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	address := p.server()
	var boards []net.Conn
	for i := range 3 {
		c := dial(t, "tcp", address)
		write(t, c, fmt.Sprintf("board %d", i+1))
		boards = append(boards, c)
		p.wait(row("←", fmt.Sprintf("board %d", i+1)))
	}
	local := func(i int) string { return boards[i].LocalAddr().String() }
	for i, c := range boards {
		p.to(local(i))
		p.say(fmt.Sprintf("to %d only", i+1))
		reads(t, c, fmt.Sprintf("to %d only", i+1))
	}
	p.to(local(0), local(2))
	p.wait(`document.querySelector('#target-said').innerText === '2 of 3 peers'`)
	p.say("to two")
	reads(t, boards[0], "to two")
	reads(t, boards[2], "to two")
	p.click(control("target"))
	value[any](p, `document.querySelector('.picker .list input').click()`)
	p.wait(`document.querySelector('#target-said').innerText === 'All connections (3)'`)
	p.say("to all")
	for _, c := range boards {
		reads(t, c, "to all") // nothing else came in between: nobody heard what was for another
	}
}

// A peer can be named, filtered by, finished, closed and aborted.
func TestPeers(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	address := p.server()
	first, second := dial(t, "tcp", address), dial(t, "tcp", address)
	write(t, first, "from the first")
	write(t, second, "from the second")
	p.wait(row("←", "from the first") + ` && ` + row("←", "from the second"))
	p.press("Name this peer " + first.LocalAddr().String())
	p.fill("alias", "lamp-hall")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('.panel').innerText.includes('lamp-hall')`)
	p.wait(rows + `.some(r => { const e = r.querySelector('.peer'); return e?.innerText === 'lamp-hall' && e.title.includes(` + quoted(first.LocalAddr().String()) + `) && r.innerText.includes('from the first') })`)

	p.choose(control("filter-peer"), value[string](p, `[...document.querySelector('[data-control=filter-peer]').options].find(o => o.innerText.includes('lamp')).value`))
	p.wait(row("←", "from the first") + ` && !` + row("←", "from the second"))
	p.choose(control("filter-peer"), "0")
	p.wait(row("←", "from the second"))

	open := func(c net.Conn) {
		value[any](p, `[...document.querySelectorAll('.panel .name')].find(b => b.innerText.includes(`+quoted(c.LocalAddr().String())+`)).click()`)
	}
	open(first)
	p.wait(`document.querySelector('.panel dl').innerText.includes('ESTABLISHED')`)
	p.click(`.acts [data-act=finish]`)
	if n, err := first.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("read %d bytes, %v, want the end", n, err)
	}
	write(t, first, "still there")
	p.wait(row("←", "still there"))
	first.Close()
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	open(second)
	p.click(`.acts [data-act=abort]`)
	if _, err := second.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Fatalf("read: %v, want a reset", err)
	}
	p.wait(rows + `.some(r => r.innerText.includes('aborted here (RST)'))`)
	p.wait(`document.querySelectorAll('.panel li').length === 0`) // what moves under the mouse is not hit
	third := dial(t, "tcp", address)
	p.wait(`document.querySelector('.panel').innerText.includes(` + quoted(third.LocalAddr().String()) + `)`)
	open(third)
	p.click(`.acts [data-act=close]`)
	if n, err := third.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("read %d bytes, %v, want the end", n, err)
	}
}

// Reload in the middle, and a second page on the same workbench: both see the same
// sessions, peers and rows, and either can send.
func TestReloadAndSecondPage(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "before the reload")
	p.wait(row("←", "before the reload"))
	p.do(chromedp.Reload())
	p.wait(row("←", "before the reload"))
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'open'`)
	p.say("after the reload")
	reads(t, board, "after the reload")

	second := b.open(t)
	second.wait(row("←", "before the reload") + ` && ` + row("→", "after the reload"))
	second.say("from the second page")
	reads(t, board, "from the second page")
	p.wait(row("→", "from the second page"))
	write(t, board, "to both pages")
	p.wait(row("←", "to both pages"))
	second.wait(row("←", "to both pages"))
	second.click(control("open"))
	second.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'closed'`)
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'closed'`)
}

// A page without its key says how to get one, and a used ticket is no key.
func TestNoKey(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	used := b.url
	b.open(t)
	p := blank(t)
	for _, url := range []string{used, used[:strings.Index(used, "#")]} {
		p.visit("about:blank")
		p.visit(url)
		p.wait(`document.body.innerText.includes('sockeye ui')`)
	}
}
