//go:build linux

package page_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// isOpen is the JavaScript for "the session of the chosen tab is open".
const isOpen = `document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'open'`

// freeServer is a server of the test on a free port.
func freeServer(t *testing.T) (l net.Listener, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return l, port
}

// client opens a client of a server on this machine, in the tab that is chosen.
func (p *page) client(port string) {
	p.t.Helper()
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(isOpen)
}

// The log of a client says that it has connected, and whereto; only servers listen.
func TestClientDoesNotListen(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	_, port := freeServer(t)
	p.client(port)
	p.wait(row("·", "connected to tcp://127.0.0.1:"+port))
	if value[bool](p, row("·", "listening")) {
		t.Error("a client is said to listen")
	}
	p.click(control("new-tab"))
	p.choose(control("protocol"), "tcp-server")
	p.server()
	p.wait(row("·", "listening on tcp://"))
}

// A tab that is no session yet shows nobody's messages.
func TestNewTabIsEmpty(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "of the first")
	p.wait(row("←", "of the first"))
	p.click(control("new-tab"))
	p.wait(`document.querySelector('header [aria-selected=true]').innerText.trim() === 'New session' && ` + rows + `.length === 0`)
	write(t, board, "while away")
	p.wait(`document.querySelector('header [role=tab]').click() === undefined && ` + row("←", "while away"))
	p.click(`header [role=tab]:nth-child(2)`)
	p.wait(rows + `.length === 0`)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.requests {
		if strings.Contains(url, "/api/v1/events?") && !strings.Contains(url, "session=") {
			t.Errorf("it asks for the rows of all sessions: %s", url)
		}
	}
}

// An address with a fresh key, pasted where the page asks for one, lets in at once,
// although only the part after # is another.
func TestPastedAddress(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	used := b.ticket(t)
	b.useUp(t, used)
	p := blank(t)
	p.visit(used)
	p.wait(`document.body.innerText.includes('This page needs its key')`)
	value[any](p, `location.hash = `+quoted(used[strings.Index(used, "#"):]))
	p.wait(`document.body.innerText.includes('This page needs its key') && location.hash === ''`)
	fresh := b.ticket(t)
	value[any](p, `location.hash = `+quoted(fresh[strings.Index(fresh, "#"):]))
	p.wait(`document.querySelector('[data-control=open]') && location.hash === ''`)
	p.server()
}

// useUp trades a ticket, so that it is good no more.
func (b *bench) useUp(t *testing.T, ticket string) {
	t.Helper()
	p := blank(t)
	p.visit(ticket)
	p.wait(`document.querySelector('[data-control=open]')`)
}

// When the workbench ends, the page says so, and nothing on it looks alive.
func TestWorkbenchEnds(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "still here")
	p.wait(row("←", "still here") + ` && document.querySelector('header .lamp.on')`)
	b.ui.cmd.Process.Signal(syscall.SIGTERM)
	b.ui.ends(t)
	p.wait(`document.querySelector('.centre [role=alert]')?.innerText.includes('The workbench has ended.')`)
	p.wait(`!document.querySelector('.lamp.on') && document.querySelector('[data-control=open]').disabled && document.querySelector('[data-control=send]').disabled`)
	p.wait(`document.title === 'ended · Sockeye' && document.querySelector('footer [role=status]').innerText.includes('ended')`)
	p.wait(row("←", "still here")) // what was received can still be read
	p.click(control("language"))
	p.wait(`document.querySelector('.centre [role=alert]').innerText.includes('工作台已结束')`)
}

// A tab whose peers would be cut off asks before it goes; one without does not.
func TestRemoveAsks(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	p.click(`header [aria-selected=true] .x`)
	p.wait(`document.querySelector('dialog[open]')?.innerText.includes(` + quoted(board.LocalAddr().String()) + `)`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]') && ` + isOpen)
	value[any](p, `document.querySelector('header [aria-selected=true]').focus()`)
	p.do(keys(kb.Delete))
	p.wait(`document.querySelector('dialog[open]') && document.activeElement.dataset.control === 'remove-keep'`)
	p.do(keys(kb.Enter))
	p.wait(`!document.querySelector('dialog[open]') && ` + isOpen)
	write(t, board, "still connected")
	p.wait(row("←", "still connected"))
	p.click(`header [aria-selected=true] .x`)
	p.click(control("remove-end"))
	if n, err := board.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatalf("read %d bytes, %v, want the end", n, err)
	}
	p.wait(`document.querySelector('header [aria-selected=true]').innerText.trim() === 'New session'`)
	p.server()
	p.click(`header [aria-selected=true] .x`)
	p.wait(`document.querySelector('header [aria-selected=true]').innerText.trim() === 'New session' && !document.querySelector('dialog[open]')`)
}

// A reload keeps what this window did to its view: cleared rows, counters, the draft,
// and whom it sends to; also of a tab that is not open yet.
func TestReloadKeepsTheView(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	board, other := dial(t, "tcp", at), dial(t, "tcp", at)
	write(t, other, "of the other")
	p.wait(row("←", "of the other"))
	write(t, board, "before clearing")
	p.wait(row("←", "before clearing"))
	p.to(board.LocalAddr().String())
	p.click(control("clear-display"))
	p.click(control("reset-counters"))
	p.wait(rows + `.length === 0`)
	write(t, board, "after")
	p.wait(row("←", "after"))
	p.fill("input", "half a mess")
	p.click(control("new-tab"))
	p.fill("local-port", "12345")
	p.fill("input", "a draft of its own")
	p.wait(`sessionStorage.getItem('sockeye-tabs')?.includes('a draft of its own')`)
	p.do(chromedp.Reload())
	p.wait(`document.querySelectorAll('header [role=tab]').length === 2`)
	p.click(`header [role=tab]:nth-child(1)`)
	p.wait(`document.querySelector('[data-control=local-port]').value === '12345' && document.querySelector('[data-control=input]').value === 'a draft of its own'`)
	p.click(`header [role=tab]:nth-child(2)`)
	p.wait(row("←", "after") + ` && ` + rows + `.length === 1`)
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '5'`)
	p.wait(`document.querySelector('[data-control=input]').value === 'half a mess'`)
	p.wait(`document.querySelector('#target-said').innerText === ` + quoted(board.LocalAddr().String()))
}

// Saving saves what is shown, and says so; all of the session, when that is chosen.
func TestSaveWhatIsShown(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "before clearing")
	p.wait(row("←", "before clearing"))
	p.click(control("clear-display"))
	write(t, board, "after clearing")
	p.wait(row("←", "after clearing"))
	p.say("an answer")
	reads(t, board, "an answer")
	p.wait(row("→", "an answer"))
	p.choose(`.bar .way`, "received")
	p.wait(`!` + row("→", "an answer"))
	p.check("pause-display", true)
	write(t, board, "while paused")
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '41'`)

	save := func(what, ending string) string {
		t.Helper()
		dir := t.TempDir()
		p.downloads(dir)
		p.click(control("save-data"))
		p.wait(`document.querySelector('[data-control=save-part]')`)
		if what == "all" {
			value[any](p, `(() => { const e = document.querySelector('[data-control=save-what]'); e.selectedIndex = 1; e.dispatchEvent(new Event('change', {bubbles: true})) })()`)
			p.wait(`!document.querySelector('[data-control=save-part]')`)
		}
		p.press("Text")
		p.wait(`document.querySelector('footer [role=status]').innerText.startsWith(` + quoted(ending) + `)`)
		awaitFile(t, filepath.Join(dir, "*.txt"), "after clearing")
		names, _ := filepath.Glob(filepath.Join(dir, "*.txt"))
		text, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	has := func(text string, want map[string]bool) {
		t.Helper()
		for part, is := range want {
			if strings.Contains(text, part) != is {
				t.Errorf("%q is in the file: %v\n%s", part, !is, text)
			}
		}
	}
	has(save("shown", "Saved what is shown"), map[string]bool{"before clearing": false, "an answer": false, "while paused": false})
	has(save("all", "Saved everything of this session"), map[string]bool{"before clearing": true, "an answer": true, "while paused": true})
}

// The rows of a board that has left can be looked at alone, also by a page that never
// saw it.
func TestFilterByDepartedPeer(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	at := p.server()
	gone, there := dial(t, "tcp", at), dial(t, "tcp", at)
	write(t, gone, "from one that leaves")
	write(t, there, "from one that stays")
	p.wait(row("←", "from one that leaves") + ` && ` + row("←", "from one that stays"))
	p.press("Name this peer " + gone.LocalAddr().String())
	p.fill("alias", "hall")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('.panel').innerText.includes('hall')`)
	gone.(*net.TCPConn).SetLinger(0)
	gone.Close()
	alone := func(p *page) {
		t.Helper()
		option := fmt.Sprintf(`[...document.querySelectorAll('[data-control=filter-peer] optgroup option')].find(o => o.innerText.includes(%s))`, quoted(gone.LocalAddr().String()))
		p.wait(option + `?.innerText.includes('hall')`)
		p.choose(control("filter-peer"), value[string](p, option+`.value`))
		p.wait(row("←", "from one that leaves") + ` && !` + row("←", "from one that stays"))
	}
	alone(p)
	alone(b.open(t))
}

// At 360 px, what is sent and said makes nothing wider than the screen.
func TestSendingOnATelephone(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, strings.Repeat("many bytes ", 200_000))
	p.size(360, 740)
	p.wait(`innerWidth === 360 && document.querySelector('[data-control=count-received] b').dataset.bytes === '2200000'`)
	for _, language := range []string{"en", "zh-Hans"} {
		p.wait(`document.documentElement.lang === ` + quoted(language))
		for n := range 3 {
			text := fmt.Sprintf("%d: what is sent from a telephone is longer than its screen is wide", n)
			p.say(text)
			reads(t, board, text)
			p.wait(rows + `.some(r => r.innerText.includes(` + quoted(fmt.Sprintf("%d: what", n)) + `))`)
			p.wait(`/\d/.test(document.querySelector('footer [role=status]').innerText)`)
			if out := value[string](p, sticksOut); out != "" {
				p.shot("telephone-" + language)
				t.Errorf("%s, after %d: %s", language, n+1, out)
			}
		}
		p.click(control("language"))
	}
}

// sticksOut says what is wider than the window, or scrolls sideways in it, or "".
const sticksOut = `(() => {
	for (const e of [document.documentElement, document.body, ...document.querySelectorAll('.page, main, .centre, .composer, .composer > *, footer, footer > *, header')]) {
		if (getComputedStyle(e).visibility === 'hidden') continue;
		const r = e.getBoundingClientRect();
		if (r.left < -1 || r.right > innerWidth + 1) return e.tagName + '.' + e.className + ' from ' + r.left + ' to ' + r.right;
		if (e.scrollLeft > 0) return e.tagName + '.' + e.className + ' is scrolled by ' + e.scrollLeft;
	}
	return window.scrollX || visualViewport.width > innerWidth + 1 ? 'the window' : '';
})()`
