//go:build linux

package page_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dialFrom connects from an address of this machine, so that who comes back can be
// told from others.
func dialFrom(t *testing.T, from, to string) *net.TCPConn {
	t.Helper()
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(2 * patience))
	return c.(*net.TCPConn)
}

// abort ends a connection by a reset.
func abort(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

// A peer that finished sending leaves, unless it is asked to be kept: then it is
// marked, and can still be sent to.
func TestHalfOpenPeers(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dialFrom(t, "127.0.0.1", p.server())
	write(t, board, "to the end")
	p.wait(row("←", "to the end") + ` && document.querySelectorAll('.panel li').length === 1`)
	board.CloseWrite()
	p.wait(`document.querySelectorAll('.panel li').length === 0`)
	if _, err := board.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read: %v, want the end", err)
	}

	p.click(control("new-tab"))
	p.check("half-open", true)
	p.fill("half-open-for", "3600")
	board = dialFrom(t, "127.0.0.1", p.server())
	write(t, board, "half of it")
	p.wait(row("←", "half of it"))
	board.CloseWrite()
	p.wait(`document.querySelector('.panel [data-state=half-open]')?.innerText === 'half-open'`)
	p.click(control("target"))
	p.wait(`document.querySelector('.picker [data-state=half-open]')`)
	p.click(control("target"))
	p.say("the other half")
	reads(t, board, "the other half")

	p.click(`.panel .name`)
	p.click(`.acts [data-act=finish]`) // now neither sends
	p.wait(`document.querySelectorAll('.panel li').length === 0`)
}

// Who can receive no more is not counted among "all".
func TestAllLeavesOutTheDeaf(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	deaf, other := dialFrom(t, "127.0.0.1", at), dialFrom(t, "127.0.0.2", at)
	p.wait(`document.querySelector('#target-said').innerText.includes('(2)')`)
	value[any](p, `[...document.querySelectorAll('.panel .name')].find(b => b.innerText.includes(`+quoted(deaf.LocalAddr().String())+`)).click()`)
	p.click(`.acts [data-act=finish]`)
	p.wait(`document.querySelector('.panel [data-state=we-finished]') && document.querySelector('#target-said').innerText === 'All connections (1)'`)
	p.say("to who can hear")
	reads(t, other, "to who can hear")
	p.wait(`document.querySelector('footer [role=status]').innerText === 'Sent 15 bytes.' && !document.querySelector('.composer [role=alert]')`)
}

// A board that does not read is shown as such, with what waits for it; and when it
// goes, it is said how much never reached it.
func TestNotReading(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dialFrom(t, "127.0.0.1", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	file := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(file, bytes.Repeat([]byte("firmware"), 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p.check("file-source", true)
	p.upload("file", file)
	p.wait(`document.querySelector('.composer .name')?.innerText === 'firmware.bin'`)
	p.click(control("send"))
	p.wait(`/^not reading: window \d+ for \d+ s · [\d.]+ [kM]B wait for it$/.test(document.querySelector('.panel [data-state=not-reading]')?.innerText)`)
	p.click(control("language"))
	p.wait(`/^对方停止读取：窗口为 0 已 \d+ 秒 · [\d.]+ [kM]B 等待发送$/.test(document.querySelector('.panel [data-state=not-reading]')?.innerText)`)
	p.click(control("language"))
	abort(board)
	p.wait(`/^left: .* — [\d,]+ bytes never reached it$/.test(` + rows + `.filter(r => r.classList.contains('bad')).map(r => r.querySelector('.content').innerText).join('').replace(/^.*(?=left: )/s, ''))`)
}

// The recipient that was chosen is followed when it comes back, and said to have left
// while it has not; nobody else gets what was meant for it. The core keeps the choice.
func TestRecipientComesBack(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	at := p.server()
	board, other := dialFrom(t, "127.0.0.2", at), dialFrom(t, "127.0.0.1", at)
	write(t, board, "I am here")
	p.wait(row("←", "I am here") + ` && document.querySelectorAll('.panel li').length === 2`)
	was := board.LocalAddr().String()
	p.to(was)
	p.wait(`document.querySelector('#target-said').innerText === ` + quoted(was))
	abort(board)
	p.fill("input", "welcome back")
	p.wait(`document.querySelector('#target-said').innerText === ` + quoted(was+" (has left)") + ` && document.querySelector('[data-control=send]').disabled`)

	again := dialFrom(t, "127.0.0.2", at)
	now := again.LocalAddr().String()
	_, port, _ := net.SplitHostPort(now)
	p.wait(`document.querySelector('#target-said').innerText === ` + quoted(now+" · reconnected as :"+port))
	p.wait(`document.querySelector('.panel [data-state=back]')`)
	p.click(control("send"))
	reads(t, again, "welcome back")

	second := b.open(t)
	second.wait(`document.querySelector('#target-said')?.innerText.startsWith(` + quoted(now) + `)`)
	p.click(control("target"))
	p.click(`.picker .list label:first-child`)
	p.wait(`document.querySelector('#target-said').innerText === 'All connections (2)'`)
	second.wait(`document.querySelector('#target-said').innerText === 'All connections (2)'`)
	p.say("to everybody")
	reads(t, other, "to everybody") // and nothing before it
}

// UDP is told of in its own words: nobody connects, joins or sends a FIN.
func TestUDPWords(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.choose(control("protocol"), "udp")
	p.wait(`!document.querySelector('[data-control=half-open]')`)
	at := p.server()
	p.wait(`document.querySelector('.panel .none').innerText.startsWith('No datagram')`)
	board := dial(t, "udp", at)
	write(t, board, "a datagram")
	p.wait(row("·", "first datagram from "+board.LocalAddr().String()) + ` && ` + row("←", "a datagram"))
	p.wait(`document.querySelector('#target-said').innerText === 'All peers (1)'`)
	p.click(`.panel .name`)
	p.click(`.acts [data-act=close]`)
	p.wait(row("·", "left: closed here; UDP does not tell the peer"))
	said := value[string](p, `document.querySelector('[role=grid]').innerText + document.querySelector('.panel').innerText`)
	for _, tcp := range []string{"joined", "FIN", "onnect"} {
		if strings.Contains(said, tcp) {
			t.Errorf("of UDP it is said: %s\n%s", tcp, said)
		}
	}
}

// Where there is nothing to see, the page says what to do next; and that it records is
// told in the last line, whatever else is shown.
func TestEmptyViewsSayWhatToDo(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	const panel = `document.querySelector('.panel .none')?.innerText`
	const empty = `document.querySelector('[role=grid] .empty')?.innerText`
	p.wait(panel + `?.startsWith('Nobody is here: open a session')`)
	p.click(`.card .away`)
	p.wait(empty + `?.startsWith('Open a session')`)
	at := p.server()
	_, port, _ := net.SplitHostPort(at)
	p.wait(panel + `?.includes('connect to') && ` + panel + `.endsWith(` + quoted(":"+port) + `)`)
	p.speaks("empty views")
	p.wait(`!document.querySelector('[data-control=recording-state]')`)
	p.check("receive-to-file", true)
	for _, width := range []int64{360, 1440} {
		p.size(width, 740)
		p.wait(`innerWidth === ` + jsonOf(width))
		p.wait(`(r => r && r.width > 30 && r.right <= innerWidth)(document.querySelector('[data-control=recording-state]')?.getBoundingClientRect())`)
	}
	p.check("receive-to-file", false)
	p.wait(`!document.querySelector('[data-control=recording-state]')`)
}

// The empty view of a relay says where to connect to and where that goes, one of a serial
// port what to do until the port is there.
func TestEmptyViewsOfRelayAndSerialSayWhatToDo(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := &relayUpstream{page: b.open(t)}
	const panel = `document.querySelector('.panel .none')?.innerText`
	p.choose(control("protocol"), "relay")
	p.wait(panel + `?.includes('where the relay listens and what its upstream is')`)
	p.speaks("a relay that is not open")
	p.wait(`document.querySelector(` + quoted(side("remote-address", "upstream")) + `)`)
	p.put("upstream", "remote-address", "127.0.0.1")
	p.put("upstream", "remote-port", "1883")
	p.put("downstream", "local-port", "0")
	_, port, _ := net.SplitHostPort(p.server())
	p.wait(panel + `?.includes('connect to the relay instead of its server:') && ` + panel + `.includes(` + quoted(":"+port+". What it sends goes on to ") + `) && ` + panel + `.includes('127.0.0.1:1883')`)
	p.speaks("a relay that nobody came to")

	p.click(control("new-tab"))
	p.choose(control("protocol"), "relay")
	p.wait(`document.querySelector(` + quoted(side("side-protocol", "downstream")) + `)`)
	p.choose(side("side-protocol", "downstream"), "udp")
	p.choose(side("side-protocol", "upstream"), "to-udp")
	p.put("upstream", "remote-address", "127.0.0.1")
	p.put("upstream", "remote-port", "5000")
	p.put("downstream", "local-port", "0")
	p.click(control("open"))
	p.wait(panel + `?.startsWith('No datagram has come yet. Let your program send to the relay') && ` + panel + `.includes('127.0.0.1:5000')`)
	p.speaks("a relay that no datagram came to")

	p.click(control("new-tab"))
	p.choose(control("protocol"), "serial")
	p.wait(panel + `?.startsWith('No port is open: choose one and its baud rate')`)
	p.speaks("a port that is not open")
	p.fill("path", filepath.Join(t.TempDir(), "board"))
	p.check("reconnect", true)
	p.click(control("open"))
	p.wait(panel + `?.startsWith('The port is not there: plug the device in')`)
	p.speaks("a port that is not there")
}
