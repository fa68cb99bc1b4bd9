//go:build linux

package page_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
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
	p.do(chromedp.KeyEvent("0g"))
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
