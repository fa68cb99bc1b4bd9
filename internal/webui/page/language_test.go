//go:build linux

package page_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// foreign is the JavaScript for what the page says in the other language: Chinese in
// English, and in Chinese two English words in a row. What people and peers wrote,
// code, and names of languages are nobody's language.
const foreign = `(() => {
	const zh = document.documentElement.lang === 'zh-Hans';
	const wrong = zh ? /\b[A-Za-z]{2,}('s)? [a-z]{2,}\b/ : /\p{Script=Han}/u;
	const free = '[lang]:not(html), code, .mono, textarea, datalist, script, style, kbd, [data-foreign]';
	const found = [];
	const isForeign = (said) => wrong.test(said.replace(/sockeye [a-z]+( --?[a-z-]+)*/g, '')); // a command is nobody's language
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const { data, parentElement: e } = texts.currentNode;
		if (isForeign(data) && !e.closest(free)) found.push(data.trim());
	}
	for (const e of document.querySelectorAll('[aria-label],[placeholder],[title]')) {
		if (e.closest('[lang]:not(html)')) continue;
		for (const said of [e.getAttribute('aria-label'), e.placeholder, e.closest(free) ? '' : e.title]) if (said && isForeign(said)) found.push(said);
	}
	return [...new Set(found)].join('\n');
})()`

// speaks switches to the other language, and waits until nothing is left of this one.
func (p *page) speaks(where string) {
	p.t.Helper()
	for _, language := range []string{"zh-Hans", "en"} {
		p.click(control("language"))
		p.wait(`document.documentElement.lang === ` + quoted(language))
		p.waitFor(foreign+` === ''`, func() string {
			return where + ", " + language + ", says:\n" + value[string](p, foreign)
		})
	}
}

// Whatever the core has put into words follows the language of the page: the card of
// the first visit, failures that are on the screen, the log, every panel.
func TestLanguageOfTheCore(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.wait(`document.querySelector('.card code')`)
	p.speaks("the first visit")

	taken, port := freeServer(t)
	defer taken.Close()
	p.choose(control("local-address"), "127.0.0.1")
	p.fill("local-port", port)
	p.click(control("open"))
	p.wait(`document.querySelector('.settings form [role=alert]')`)
	p.speaks("a port in use")

	board := dial(t, "tcp", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	p.speaks("the peers")

	p.check("send-hex", true)
	p.fill("input", "0g")
	p.wait(`document.querySelector('.composer [role=alert]')`)
	p.speaks("a payload that is none")
	p.check("send-hex", false)
	p.fill("input", "")

	p.click(control("rules-tab"))
	p.click(control("rule-add"))
	p.choose(control("rule-pattern"), "hex")
	p.fill("rule-match", "01 0")
	p.click(control("rule-apply"))
	p.wait(`document.querySelector('.panel .wrong')`)
	p.speaks("a rule that is wrong")

	p.click(control("lists-tab"))
	p.click(control("list-new"))
	p.wait(`document.querySelector('[data-row-data]')`)
	p.click(`[data-row-more]`)
	p.choose(`[data-row-kind]`, "hex")
	value[any](p, `document.querySelector('[data-row-data]').focus()`)
	p.do(keys("0g"))
	p.wait(`document.querySelector('.panel [data-row] [role=alert]')`)
	p.speaks("a list with a wrong row")

	p.click(control("workspace-tab"))
	p.wait(`document.querySelector('.panel .workspace section')`)
	for name, text := range map[string]string{
		"sound.toml": "sockeye = 2\n[[endpoint]]\nname = \"lamp\"\nlisten = \"tcp://127.0.0.1:0\"\necho = true\n",
		"wrong.toml": "sockeye = 2\n[[endpoint]]\nname = \"lamp\"\nlisten = \"nonsense\"\n",
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.upload("workspace-import", file)
		p.wait(`document.querySelector('.import')?.innerText.includes(` + quoted(name) + `)`)
		p.speaks("an imported file, " + name)
		p.click(control("import-cancel"))
		p.wait(`!document.querySelector('.import')`)
	}

	taken.Close()
	p.click(control("new-tab"))
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", port)
	p.click(`label:has([data-control=reconnect])`)
	p.click(control("open"))
	p.wait(rows + `.some(r => r.classList.contains('bad'))`)
	p.speaks("a refused connection")
	p.wait(`document.querySelector('[role=row].bad')`)
	value[any](p, `document.querySelector('[role=row].bad').dispatchEvent(new MouseEvent('mousedown', {bubbles: true}))`)
	p.wait(`document.querySelector('.panel .message [role=alert]')`)
	p.speaks("the message of a failure")
}

// The language of a note in the status bar is that of the moment, too.
func TestNoteFollowsTheLanguage(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.server()
	p.click(control("clear-display"))
	note := `document.querySelector('footer [role=status]').innerText`
	if said := value[string](p, note); !strings.HasPrefix(said, "Display cleared") {
		t.Fatalf("%q", said)
	}
	p.click(control("language"))
	p.wait(`/^(显示已清除|就绪)/.test(` + note + `)`)
}

// inBoth opens something in either language, and says what of it is in the other.
func (p *page) inBoth(where string, open, leave func()) {
	p.t.Helper()
	for _, language := range []string{"zh-Hans", "en"} {
		p.click(control("language"))
		p.wait(`document.documentElement.lang === ` + quoted(language))
		open()
		p.waitFor(foreign+` === ''`, func() string {
			return where + ", " + language + ", says:\n" + value[string](p, foreign)
		})
		leave()
	}
}

// Every form, menu and dialog is wholly in the language of the page.
func TestLanguageOfEveryPanel(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	stay := func() {}
	escape := func() { p.do(keys(kb.Escape)) }
	board := dial(t, "tcp", p.server())
	write(t, board, "hello")
	p.wait(row("←", "hello"))

	p.click(`.panel .name`)
	p.wait(`document.querySelector('.panel .acts')`)
	p.inBoth("a peer", stay, stay)
	p.inBoth("whom to send to", func() { p.click(control("target")); p.wait(`document.querySelector('.picker .list')`) }, escape)
	p.inBoth("saving", func() { p.click(control("save-data")) }, func() { p.click(control("save-data")) })
	p.inBoth("the help", func() {
		value[any](p, `document.activeElement.blur()`)
		p.do(keys("?"))
		p.wait(`document.querySelector('dialog[open]')`)
	}, func() { escape(); p.wait(`!document.querySelector('dialog[open]')`) })
	p.inBoth("removing a tab", func() {
		p.click(`header [aria-selected=true] .x`)
		p.wait(`document.querySelector('dialog[open]')`)
	}, func() { p.click(control("remove-keep")); p.wait(`!document.querySelector('dialog[open]')`) })

	value[any](p, rows+`.find(r => r.innerText.includes('hello')).dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0}))`)
	p.wait(`document.querySelector('.panel .message pre')`)
	p.inBoth("a message", stay, stay)
	for _, charset := range []string{"auto", "gbk"} {
		p.choose(control("charset"), charset)
		p.inBoth("the charset "+charset, stay, stay)
	}
	p.check("checksum", true)
	p.check("file-source", true)
	p.inBoth("a file to send, and a checksum", stay, stay)
	p.check("file-source", false)

	p.click(control("workspace-tab"))
	p.inBoth("the workspace as text", func() {
		p.click(control("workspace-text"))
		p.wait(`document.querySelector('[data-control=workspace-area]')`)
	}, func() { escape(); p.wait(`!document.querySelector('[data-control=workspace-area]')`) })

	abort(board.(*net.TCPConn))
	p.click(control("peers-tab"))
	p.wait(`document.querySelectorAll('.panel li').length === 0`)
	p.inBoth("the end of a peer", stay, stay)

	p.click(control("new-tab"))
	for _, protocol := range []string{"tcp-client", "udp", "tcp-server"} {
		p.choose(control("protocol"), protocol)
		if protocol != "tcp-client" {
			p.check("selective", true)
		}
		p.inBoth("the form of "+protocol, stay, stay)
	}
	b.ui.cmd.Process.Signal(syscall.SIGTERM)
	b.ui.ends(t)
	p.wait(`document.querySelector('.page.lost')`)
	p.inBoth("the workbench that ended", stay, stay)
}

// The page that asks for its key speaks both languages.
func TestLanguageOfTheLogin(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := blank(t)
	address, _, _ := strings.Cut(b.ticket(t), "#")
	p.visit(address)
	p.wait(`document.querySelector('main form')`)
	for _, language := range []string{"中文", "English"} {
		p.press(language)
		p.waitFor(foreign+` === ''`, func() string { return language + " says:\n" + value[string](p, foreign) })
	}
}
