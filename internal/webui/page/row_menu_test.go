//go:build linux

package page_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// menuOf opens the menu of the row with a text, as the right button of the mouse does.
func (p *page) menuOf(text string) {
	p.t.Helper()
	p.wait(rows + `.some(r => r.innerText.includes(` + quoted(text) + `))`)
	value[any](p, `(() => { const r = `+rows+`.find(r => r.innerText.includes(`+quoted(text)+`)), box = r.getBoundingClientRect();
		r.querySelector('.content').dispatchEvent(new MouseEvent('contextmenu', {bubbles: true, cancelable: true, clientX: box.left + 200, clientY: box.top + 5})) })()`)
	p.wait(`document.querySelector('[data-control=row-menu] [role=menuitem]')`)
}

func (p *page) inMenu(act string) {
	p.t.Helper()
	p.click(`[data-control=row-menu] [data-act=` + act + `]`)
	p.wait(`!document.querySelector('[data-control=row-menu]')`)
}

// The menu of a row copies its bytes in the form of other programs, sends them again,
// keeps them, filters by them, and begins a rule that answers them.
func TestRowMenu(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	board := dial(t, "tcp", at)
	write(t, board, "temp=21\r\n")
	p.wait(row("←", "temp=21"))
	// what is written to the clipboard is looked at, whatever the browser allows
	value[any](p, `Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text }}, configurable: true})`)
	for act, want := range map[string]string{
		"hex":    "74 65 6d 70 3d 32 31 0d 0a",
		"c":      "static const unsigned char data[9] = {\n  0x74, 0x65, 0x6d, 0x70, 0x3d, 0x32, 0x31, 0x0d, 0x0a,\n};\n",
		"python": `data = b'temp=21\r\n'` + "\n",
		"nc":     `printf 'temp=21\r\n' | nc -w 1 127.0.0.1 ` + at[strings.LastIndex(at, ":")+1:] + "\n",
		"curl":   `printf 'temp=21\r\n' | curl -s -m 2 telnet://` + at + "\n",
	} {
		value[any](p, `window.copied = ''`)
		p.menuOf("temp=21")
		p.inMenu(act)
		p.wait(`window.copied === ` + quoted(want))
	}
	p.menuOf("temp=21")
	p.inMenu("text")
	p.wait(`window.copied.includes('temp=21')`)

	p.menuOf("temp=21")
	p.inMenu("send")
	reads(t, board, "temp=21\r\n")
	p.wait(row("→", "temp=21"))
	p.menuOf("temp=21")
	p.inMenu("box")
	p.wait(`document.querySelector('[data-control=input]').value === '74 65 6d 70 3d 32 31 0d 0a'`)

	p.menuOf("temp=21")
	p.click(`[data-control=row-menu] [data-act=keep]`)
	p.fill("row-name", "warm")
	value[any](p, `document.querySelector('[data-control=row-menu] form').requestSubmit()`)
	p.wait(`[...document.querySelectorAll('.messages .saved button')].some(b => b.innerText === 'warm')`)

	p.menuOf("temp=21")
	p.inMenu("filter")
	p.wait(`document.querySelector('[data-control=filter-text]').value === 'temp=21'`)
	p.fill("filter-text", "")

	p.menuOf("temp=21")
	p.inMenu("rule")
	p.wait(`document.querySelector('.rules form') && [...document.querySelectorAll('.rules form input')].some(i => i.value === 'temp=21')`)
	p.isSound()
}

// The keyboard opens the menu of the chosen rows, which says the time between them, and
// Escape leaves it for the log.
func TestRowMenuByKeyboard(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "first")
	p.wait(row("←", "first"))
	p.say("second")
	p.wait(row("→", "second"))
	value[any](p, `document.querySelector('[data-control=log]').focus()`)
	p.do(keys(kb.ArrowUp), keys(kb.ArrowDown, chromedp.ModifierShift))
	p.wait(rows + `.filter(r => r.getAttribute('aria-selected') === 'true').length === 2`)
	p.do(keys(kb.F10, chromedp.ModifierShift))
	p.wait(`/^2 rows, \+[\d.]+ (µs|ms|s) between the first and the last$/.test(document.querySelector('[data-control=rows-between]')?.innerText)`)
	p.do(keys(kb.ArrowDown))
	p.wait(`document.activeElement.dataset.act === 'hex'`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('[data-control=row-menu]') && document.activeElement.dataset.control === 'log'`)
	p.do(keys(kb.F10, chromedp.ModifierShift))
	p.wait(`document.querySelector('[data-act=compare]')`)
	p.inMenu("compare")
	p.wait(`document.querySelector('[data-control=compared]')?.innerText === '6 bytes differ; 5 and 6 bytes long.'`)
	p.isSound()
}

// The search says which of how many it stands at, marks them in the scroll bar, and takes
// hex and regular expressions.
func TestSearchNumbersHexAndRegexp(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	for _, line := range []string{"t=20", "h=41", "t=21", "other", "t=222"} {
		write(t, board, line)
		p.wait(row("←", line))
	}
	const found = `document.querySelector('[data-control=found]')?.innerText.trim()`
	search := func(text, want string) {
		t.Helper()
		p.fill("search", text)
		value[any](p, `document.querySelector('[data-control=search]').focus()`)
		p.do(keys(kb.Enter))
		p.wait(found + ` === ` + quoted(want))
	}
	search("t=", "1 of 3")
	p.wait(`document.querySelectorAll('[role=scrollbar] .mark').length === 3`)
	p.do(keys(kb.Enter))
	p.wait(found + ` === '2 of 3' && document.querySelector('[role=row][aria-selected=true]').innerText.includes('t=21')`)
	p.do(keys(kb.Enter, chromedp.ModifierShift))
	p.wait(found + ` === '1 of 3'`)
	write(t, board, "t=again")
	p.wait(found + ` === '1 of 4'`) // what comes is looked at, too
	p.click(control("search-hex"))
	search("74 3d 32 32", "1 of 1")
	p.wait(`document.querySelector('[role=row][aria-selected=true]').innerText.includes('t=222')`)
	p.click(control("search-regexp"))
	search(`[th]=\d\d`, "1 of 4")
	search(`nothing like it`, "Not found.")
	p.fill("search", "(")
	value[any](p, `document.querySelector('[data-control=search]').focus()`)
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('.centre [role=alert]')?.innerText.includes('RE2')`)
}

// A message is taken apart: JSON as a tree, numbers in both byte orders, the checksum at
// its end, and how long after the request it came.
func TestMessageDetails(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	p.say("get")
	reads(t, board, "get")
	choose := func(text string) {
		t.Helper()
		p.wait(row("←", text))
		value[any](p, rows+`.find(r => r.innerText.includes(`+quoted(text)+`)).dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0}))`)
	}
	write(t, board, `{"temp": 21.5, "ok": [true, null]}`)
	choose("temp")
	p.wait(`document.querySelector('[data-control=json-tree]')?.innerText.includes('21.5')`)
	p.wait(`/^\+[\d.]+ (µs|ms|s)$/.test(document.querySelector('[data-control=since-request]')?.innerText)`)
	write(t, board, "123456789\x37\x4b")
	choose("123456789")
	p.click(`[data-control=numbers] summary`)
	p.wait(`document.querySelector('[data-type=u16]').innerText.split(/\s+/).join() === 'u16,12594,12849'`)
	p.fill("numbers-at", "9")
	p.wait(`document.querySelector('[data-type=u16]').innerText.split(/\s+/).join() === 'u16,14155,19255'`)
	p.click(control("checksum-which"))
	p.wait(`document.querySelector('[data-control=checksum-found]')?.innerText === 'It ends with: CRC-16/MODBUS, little endian.'`)
	p.isSound()
}

// Rows with a text have a colour, also those that come later, until the rule is removed.
func TestHighlightRules(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "ALARM 1")
	p.wait(row("←", "ALARM 1"))
	p.menuOf("ALARM 1")
	p.inMenu("highlight")
	p.wait(`document.querySelector('[data-control=highlights]')`)
	value[any](p, `document.querySelector('[data-control=highlights]').open = true`)
	const tinted = rows + `.filter(r => r.classList.contains('tinted')).length`
	p.wait(tinted + ` === 1`)
	p.fill("highlight-text", "ALARM")
	value[any](p, `document.querySelector('[data-control=highlights] form').requestSubmit()`)
	p.click(`[data-highlight="ALARM 1"] button:last-of-type`)
	write(t, board, "quiet")
	write(t, board, "ALARM 2")
	p.wait(row("←", "ALARM 2") + ` && ` + tinted + ` >= 2`)

	// a record that never rests is looked at all the same
	stop := make(chan struct{})
	var busy sync.WaitGroup
	busy.Go(func() {
		for tick := time.NewTicker(40 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				board.Write([]byte("."))
			}
		}
	})
	write(t, board, "ALARM 3")
	p.wait(rows + `.some(r => r.innerText.includes('ALARM 3') && r.classList.contains('tinted'))`)
	close(stop)
	busy.Wait()
	p.click(`[data-highlight=ALARM] button:last-of-type`)
	p.wait(tinted + ` === 0`)
}

// A row begins the fields that read its values: they are in the panel of fields, with the
// values of the message, and a second row of the same kind adds nothing.
func TestFieldsOfARow(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "temp=21.5 hum=40\n")
	p.wait(row("←", "temp"))
	p.menuOf("temp=21.5")
	p.inMenu("fields")
	const spec = `document.querySelector('[data-control=fields-spec]').value`
	p.wait(spec + ` === 'keys' && document.querySelector('[data-values]')?.innerText.includes('21.5')`)
	write(t, board, "temp=22.5 hum=41\n")
	p.wait(row("←", "temp=22.5"))
	p.menuOf("temp=22.5")
	p.inMenu("fields")
	p.wait(spec + ` === 'keys' && document.querySelector('[data-values]')?.innerText.includes('22.5')`)
	p.isSound()
}
