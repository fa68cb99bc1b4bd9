//go:build linux

package page_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// ticked is the JavaScript for "the box is on".
func ticked(name string) string {
	return `document.querySelector(` + quoted(control(name)) + `)?.checked`
}

// fieldHolds is the JavaScript for "the field holds a text".
func fieldHolds(name, text string) string {
	return `document.querySelector(` + quoted(control(name)) + `)?.value === ` + quoted(text)
}

// Who may be a peer is chosen in the form: others are reset, and what is wrong is said.
func TestChosenPeers(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.check("selective", true)
	p.fill("allow-peers", "127.0.0.1 127.0.0.8/30，nonsense")
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`/nonsense/.test(document.querySelector('.settings form [role=alert]')?.innerText)`)
	p.fill("allow-peers", "127.0.0.1 127.0.0.8/30")
	p.fill("deny-peers", "127.0.0.9")
	at := p.server()
	for from, may := range map[string]bool{"127.0.0.1": true, "127.0.0.10": true, "127.0.0.9": false, "127.0.0.2": false} {
		if may {
			write(t, dialFrom(t, from, at), "from "+from)
			p.wait(row("←", "from "+from))
			continue
		}
		d := net.Dialer{Deadline: deadline(), LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", at)
		if err == nil {
			c.SetDeadline(deadline())
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v, want a reset", from, err)
		}
	}
	p.wait(`document.querySelectorAll('.panel li').length === 2`)
}

// What a session was opened with is shown by every page, also after a reload.
func TestFormShowsTheSession(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.check("half-open", true)
	p.fill("half-open-for", "7.5")
	p.check("selective", true)
	p.fill("allow-peers", "127.0.0.0/8")
	p.server()
	p.click(control("new-tab"))
	far, port := freeServer(t)
	p.choose(control("protocol"), "tcp-client")
	p.wait(`[...document.querySelector('[data-control=local-address]').options].some(o => o.value === '127.0.0.1')`)
	p.choose(control("local-address"), "127.0.0.1")
	p.check("reconnect", true)
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(isOpen)
	defer far.Close()
	same := func(p *page) {
		t.Helper()
		p.wait(`document.querySelectorAll('header [role=tab]').length === 2`)
		p.click(`header [role=tab]:nth-child(1)`)
		p.wait(ticked("half-open") + ` && ` + fieldHolds("half-open-for", "7.5") + ` && ` + ticked("selective") + ` && ` + fieldHolds("allow-peers", "127.0.0.0/8") + ` && ` + fieldHolds("deny-peers", ""))
		p.click(`header [role=tab]:nth-child(2)`)
		p.wait(ticked("reconnect") + ` && ` + fieldHolds("local-address", "127.0.0.1") + ` && !` + ticked("half-open"))
	}
	same(b.open(t))
	p.do(chromedp.Reload())
	same(p)
}

// An address and its port are one: while one is typed and the other is not, nobody
// is sent to, and what is sent right after goes to them.
func TestUDPRemoteIsTypedInTwo(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	far, err := net.ListenPacket("udp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	_, port, _ := net.SplitHostPort(far.LocalAddr().String())
	p.choose(control("protocol"), "udp")
	board := dial(t, "udp", p.server())
	write(t, board, "I am here")
	p.wait(row("←", "I am here"))
	p.fill("input", "to the far one")
	p.wait(`!document.querySelector('[data-control=send]').disabled`)
	p.fill("remote-address", "127.0.0.2")
	p.do(keys("\t"))
	p.fill("remote-port", port)
	p.click(control("send"))
	p.wait(row("→", "to the far one"))
	p.wait(`document.querySelectorAll('.panel li').length === 2 && document.querySelector('#target-said').innerText === ` + quoted("127.0.0.2:"+port))
	buffer := make([]byte, 100)
	far.SetReadDeadline(deadline())
	if n, _, err := far.ReadFrom(buffer); err != nil || string(buffer[:n]) != "to the far one" {
		t.Errorf("%q, %v", buffer[:n], err)
	}

	p.fill("remote-address", "nowhere.invalid")
	p.do(keys("\t"))
	p.fill("remote-port", "7")
	sent := value[int](p, rows+`.filter(r => r.querySelector('.way')?.innerText === '→').length`)
	p.click(control("send"))
	p.wait(`document.querySelector('.settings form [role=alert]')`)
	if n := value[int](p, rows+`.filter(r => r.querySelector('.way')?.innerText === '→').length`); n != sent {
		t.Error("it was sent to whom was chosen before")
	}
}

// A workbench that was killed leaves nothing on the page that looks alive, and says
// so once.
func TestWorkbenchKilled(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "still here")
	p.fill("input", "a draft")
	p.wait(row("←", "still here"))
	p.click(`.panel .name`)
	p.wait(`document.querySelector('.acts [data-act=abort]')`)
	for _, name := range []string{"lists-tab", "rules-tab", "workspace-tab"} {
		p.click(control(name)) // so that it is loaded
		p.wait(`document.querySelector('.panel [role=tabpanel] button, .panel [role=tabpanel] textarea')`)
	}
	p.click(`.panel [role=tab]`)
	p.click(`.panel .name`)
	b.ui.cmd.Process.Kill()
	b.ui.ends(t)
	if _, err := io.ReadAll(board); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	const alive = `[...document.querySelectorAll('.panel [role=tabpanel] :is(button, input, select, textarea), [data-control=target], .messages button, [data-control=receive-to-file], [data-control=save-data]')].filter(e => !e.matches(':disabled'))`
	p.wait(`document.querySelectorAll('.centre [role=alert]').length === 1 && ` + alive + `.length === 0`)
	p.wait(`document.querySelector('.panel .were') && document.querySelector('.panel').innerText.includes(` + quoted(board.LocalAddr().String()) + `)`)
	for _, name := range []string{"lists-tab", "rules-tab", "workspace-tab"} {
		p.click(control(name))
		p.wait(`document.querySelector('[role=tab][data-control=` + name + `]').ariaSelected === 'true' && ` + alive + `.length === 0 && document.querySelectorAll('.centre [role=alert]').length === 1`)
	}
	p.wait(fieldHolds("input", "a draft"))
	p.click(control("language"))
	p.wait(`document.querySelector('.panel .were').innerText.includes('工作台')`)
}

// On a telephone nothing of why a peer left is cut off, and on no screen that a
// message has more than is shown.
func TestNothingSaidIsCut(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dialFrom(t, "127.0.0.1", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	p.click(control("new-tab"))
	p.choose(control("protocol"), "udp")
	write(t, dial(t, "udp", p.server()), strings.Repeat("many words of it ", 3000)) // one message
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '51000'`)
	uncut := func(where, found string) {
		t.Helper()
		p.wait(found)
		if over := value[bool](p, `(e => e.getBoundingClientRect().bottom > e.closest('.line').getBoundingClientRect().bottom + 1)(`+found+`)`); over {
			p.shot("over-" + where)
			t.Errorf("%s stands over the next line", where)
		}
		if cut := value[string](p, `(e => [e, ...e.querySelectorAll('*')].some(x => x.scrollWidth > x.clientWidth + 1 && getComputedStyle(x).display !== 'inline') || e.getBoundingClientRect().right > innerWidth ? e.innerText : '')(`+found+`)`); cut != "" {
			p.shot("cut-" + where)
			t.Errorf("%s: cut: %s", where, cut)
		}
	}
	more := rows + `.map(r => r.querySelector('.more')).find(e => e?.innerText.includes('51,000'))?.closest('.content')`
	left := rows + `.map(r => r.querySelector('.content')).findLast(e => e && /left: |已断开/.test(e.innerText))`
	both := func(where, found string) {
		t.Helper()
		for _, width := range []int64{1440, 360} {
			p.size(width, 740)
			p.wait(`innerWidth === ` + jsonOf(width))
			for _, language := range []string{"zh-Hans", "en"} {
				p.click(control("language"))
				p.wait(`document.documentElement.lang === ` + quoted(language))
				uncut(where+"-"+language+"-"+jsonOf(width), found)
			}
		}
	}
	both("more", more)
	p.click(`header [role=tab]`)
	board.CloseWrite()
	both("left", left)
}

// The answer to opening a session may come after the feed has told that it is
// connected: what is older changes nothing.
func TestLateAnswerToOpening(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p, other := b.open(t), b.open(t)
	_, port := freeServer(t)
	value[any](p, `(() => {
		const ask = window.fetch;
		window.fetch = async (...a) => {
			const answer = await ask(...a);
			if (a[1]?.method === 'POST' && a[0].endsWith('/sessions')) await new Promise(done => window.answered = done);
			return answer;
		};
	})()`)
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(`window.answered`)
	other.click(`header [role=tab]:nth-child(2)`)
	other.wait(isOpen + ` && document.querySelectorAll('.panel li').length === 1`)
	value[any](p, `window.answered()`)
	p.wait(isOpen)
}

// The form has the options of the table for the kind of endpoint that is chosen; what is
// typed is asked for, everything that is wrong is said at its field, and the session
// shows it again.
func TestMoreOptions(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.click(control("more-options") + ` summary`)
	p.wait(`!!document.querySelector('[data-control=option-backlog]') && !document.querySelector('[data-control=option-kernel-time]')`)
	p.choose(control("protocol"), "udp")
	p.wait(`!document.querySelector('[data-control=option-backlog]') && !!document.querySelector('[data-control=option-kernel-time]')`)
	p.choose(control("protocol"), "tcp-server")
	p.fill("option-idle-timeout", "soon")
	p.fill("option-max-peers", "-3")
	p.choose(control("option-no-delay"), "off")
	p.fill("local-port", "0")
	p.click(control("more-options") + ` summary`) // out of sight
	p.click(control("open"))
	const said = `document.querySelector('.settings form [data-fault=%s]')?.innerText`
	p.wait(fmt.Sprintf(said, "idle-timeout") + `?.includes('"soon" is not a time') && ` + fmt.Sprintf(said, "max-peers") + `?.includes('1048576')`)
	p.wait(`document.activeElement.dataset.control === 'option-idle-timeout' && document.activeElement.ariaInvalid === 'true'`)
	p.speaks("faults of options")
	p.fill("option-idle-timeout", "1m30s")
	p.fill("option-max-peers", "3")
	p.server()
	p.wait(`!document.querySelector('[data-fault]')`)
	again := b.open(t)
	again.wait(isOpen)
	again.click(control("more-options") + ` summary`)
	again.wait(fieldHolds("option-idle-timeout", "90s") + ` && ` + fieldHolds("option-max-peers", "3") + ` && ` + fieldHolds("option-no-delay", "off") + ` && ` + fieldHolds("option-backlog", ""))
}
