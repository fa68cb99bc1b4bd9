//go:build linux

package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// rules opens the panel of rules.
func (p *page) rules() {
	p.t.Helper()
	p.click(control("rules-tab"))
	p.wait(`document.querySelector('.rules')`)
}

// addRule fills a new rule's form and applies it.
func (p *page) addRule(name, pattern, text, reply string) {
	p.t.Helper()
	p.click(control("rule-add"))
	p.fill("rule-name", name)
	p.choose(control("rule-pattern"), pattern)
	if pattern != "any" {
		p.fill("rule-match", text)
	}
	p.fill("reply-1", reply)
	p.click(control("rule-apply"))
	p.wait(`!document.querySelector('[data-control=rule-form]')`)
}

// ruleNames is the JavaScript for the names in the list, in order.
const ruleNames = `[...document.querySelectorAll('.rules ol strong')].map(e => e.innerText).join()`

// counted is the JavaScript for "the counters of a rule say so".
func counted(n int, text string) string {
	return fmt.Sprintf(`document.querySelectorAll('.rules ol > li')[%d].querySelector('[data-control=rule-counts]').innerText.includes(%s)`, n, quoted(text))
}

// A rule that was made in the page answers a real peer, its counter runs, and it can be
// edited, turned off and on and removed while the peer is connected.
func TestRules(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.rules()
	p.addRule("identity", "prefix", "*IDN?", `meter 1\n`)
	write(t, board, "*IDN?")
	reads(t, board, "meter 1\n")
	p.wait(row("→", "meter 1"))
	p.wait(counted(0, "answered 1"))
	p.wait(`document.querySelector('[data-control=rules-tab]').innerText.includes('1')`)

	p.click(`.rules [aria-label="Edit rule 1"]`)
	p.fill("reply-1", `{{match}} 2\n`)
	p.click(control("reply-add"))
	p.choose(control("reply-as-2"), "hex")
	p.fill("reply-2", "06")
	p.fill("reply-delay-2", "5ms..10ms")
	p.click(control("rule-apply"))
	p.wait(`!document.querySelector('[data-control=rule-form]')`)
	write(t, board, "*IDN?")
	reads(t, board, "*IDN? 2\n\x06")

	p.check("rules-on", false)
	p.wait(`document.querySelector('.rules ol.off') && !document.querySelector('[data-control=rules-tab] .n')`)
	write(t, board, "*IDN? nobody")
	p.wait(row("←", "nobody"))
	p.check("rules-on", true)
	p.wait(`!document.querySelector('.rules ol.off')`)
	write(t, board, "*IDN?")
	reads(t, board, "*IDN? 2\n\x06")

	p.do(chromedp.Reload()) // the core has them
	p.rules()
	p.wait(ruleNames + ` === 'identity'`)
	p.wait(counted(0, "answered 1"))
	p.click(`.rules [aria-label="Edit rule 1"]`)
	p.click(control("rule-remove"))
	p.wait(`document.querySelectorAll('.rules ol').length === 0`)
	write(t, board, "*IDN? again")
	p.wait(row("←", "again"))
}

// What the core finds wrong stands at its field, in its words, and nothing typed is lost.
func TestRuleFaults(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.server()
	p.rules()
	p.click(control("rule-add"))
	p.choose(control("rule-pattern"), "hex")
	p.fill("rule-match", "01 0")
	p.fill("reply-1", "{{nonsense}}")
	p.click(`.rules details summary`)
	p.fill("rule-in", "nowhere")
	p.fill("rule-chance", "2")
	p.click(control("rule-apply"))
	for field, says := range map[string]string{"rule-match": "column", "reply-1": "nonsense", "rule-in": "no rule leads to the state", "rule-chance": "between 0 and 1"} {
		p.wait(fmt.Sprintf(`document.querySelector('[data-control=%q]').getAttribute('aria-invalid') === 'true'`, field))
		p.wait(`[...document.querySelectorAll('.rules .wrong')].some(e => e.innerText.includes(` + quoted(says) + `))`)
	}
	p.shot("rule-faults")
	p.fill("rule-match", "01 0?")
	p.fill("reply-1", "x")
	p.fill("rule-in", "")
	p.fill("rule-chance", "0.5")
	p.fill("reply-delay-1", "soon")
	p.click(control("rule-apply"))
	p.wait(`document.querySelectorAll('.rules [aria-invalid=true]').length === 1 && document.querySelector('[data-control=reply-delay-1]').getAttribute('aria-invalid') === 'true'`)
	p.fill("reply-delay-1", "1s")
	p.click(control("rule-apply"))
	p.wait(`!document.querySelector('[data-control=rule-form]') && document.querySelector('.rules ol .mono').innerText === 'hex:01 0?'`)
	p.fill("rules-frame", "lime")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('[data-control=rules-frame]').getAttribute('aria-invalid') === 'true' && document.querySelector('.rules .wrong').innerText.includes('lime')`)
	p.fill("rules-frame", "line")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelectorAll('.rules [aria-invalid=true], .rules .wrong').length === 0`)
}

// The order is changed by keyboard and by dragging; the first rule that matches answers.
func TestRuleOrder(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.rules()
	for _, name := range []string{"one", "two", "three"} {
		p.addRule(name, "any", "", name+`\n`)
	}
	p.wait(ruleNames + ` === 'one,two,three'`)
	write(t, board, "?")
	reads(t, board, "one\n")
	value[any](p, `document.querySelector('[aria-label="Move rule 2 up"]').focus()`)
	p.do(keys(kb.Enter))
	p.wait(ruleNames + ` === 'two,one,three'`)
	write(t, board, "?")
	reads(t, board, "two\n")
	// the last one to the top, with the mouse
	p.wait(`(() => { const r = document.querySelectorAll('.rules .grip')[2].getBoundingClientRect(), was = window.at; window.at = r.y; return was === r.y })()`)
	at := value[[]float64](p, `[2, 0].flatMap(n => { const r = document.querySelectorAll('.rules .grip')[n].getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })`)
	mouse := func(kind input.DispatchMouseEventType, x, y float64, buttons int64) {
		command(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", Buttons: buttons, ClickCount: 1})
	}
	mouse("mousePressed", at[0], at[1], 1)
	p.wait(`document.querySelector('.rules li.dragged')`)
	mouse("mouseMoved", at[2], at[3]-8, 1)
	p.wait(`document.querySelector('.rules li.before strong').innerText === 'two'`)
	mouse("mouseReleased", at[2], at[3]-8, 0)
	p.wait(ruleNames + ` === 'three,two,one'`)
	write(t, board, "?")
	reads(t, board, "three\n")
}

// The try box tells which rule answers with what, when, and the state after; it tries
// what was received, too, and sends nothing.
func TestTryRules(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "on <b>board</b>")
	p.wait(row("←", "on <b>board</b>"))
	p.rules()
	p.addRule("switch", "regexp", `^on (.*)$`, `{{match.1}} is on`)
	p.click(`.rules [aria-label="Edit rule 1"]`)
	p.fill("reply-delay-1", "20ms")
	p.click(`.rules details summary`)
	p.fill("rule-goto", "lit")
	p.click(control("rule-apply"))
	p.wait(`!document.querySelector('[data-control=rule-form]')`)
	p.addRule("off", "is", "off", "dark")
	p.click(`.rules [aria-label="Edit rule 2"]`)
	p.click(`.rules details summary`)
	p.fill("rule-in", "lit")
	p.click(control("rule-apply"))
	p.wait(`!document.querySelector('[data-control=rule-form]')`)

	said := `document.querySelector('[data-control=try-result]').innerText`
	p.fill("try-message", "on x")
	p.click(control("try"))
	p.wait(`['x is on', 'rule 1 (switch)', 'after 20 ms', 'state: lit'].every(w => ` + said + `.includes(w))`)
	p.fill("try-message", "off")
	p.click(control("try"))
	p.wait(said + `.includes('no rule answers')`)
	p.choose(control("try-state"), "lit")
	p.click(control("try"))
	p.wait(said + `.includes('dark') && ` + said + `.includes('rule 2 (off)')`)
	p.check("try-hex", true)
	p.fill("try-message", "6f 66 66")
	p.click(control("try"))
	p.wait(said + `.includes('64 61 72 6b')`)
	p.check("try-hex", false)
	p.click(control("try-received"))
	p.wait(said + `.includes('on <b>board</b>') && ` + said + `.includes('<b>board</b> is on') && !document.querySelector('.rules b')`)
	p.wait(`document.querySelector('[data-control=count-sent] b').dataset.bytes === '0'`)
	for _, scheme := range []string{"light", "dark"} {
		p.theme(scheme)
		p.shot("rules-" + scheme)
	}
	p.click(control("language"))
	p.shot("rules-zh")
	p.size(360, 740)
	p.click(control("panel"))
	p.wait(`getComputedStyle(document.querySelector('.panel')).visibility === 'visible'`)
	p.shot("rules-360")
	p.wait(`document.querySelector('.panel .scroll').scrollWidth <= document.querySelector('.panel .scroll').clientWidth`)
}

// Rules are kept in the workspace under a name, and used from there by another session;
// an endpoint is kept with the rules that answer it.
func TestRulesInTheWorkspace(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.server()
	p.rules()
	p.addRule("greeting", "is", "hi", `hello\n`)
	p.fill("rules-name", "polite")
	p.click(control("rules-keep"))
	p.wait(`[...document.querySelector('[data-control=rules-use]').options].some(o => o.value === 'polite')`)

	p.click(control("new-tab"))
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelector('[data-control=rules-use]') && document.querySelectorAll('.rules ol').length === 0`)
	value[any](p, `(() => { const e = document.querySelector('[data-control=rules-use]'); e.value = 'polite'; e.dispatchEvent(new Event('change', {bubbles: true})) })()`)
	p.wait(ruleNames + ` === 'greeting'`)
	write(t, board, "hi")
	reads(t, board, "hello\n")
	p.wait(counted(0, "answered 1"))
	p.fill("rules-frame", "line")
	p.do(keys(kb.Enter))
	p.wait(counted(0, "answered 0")) // they begin anew
	write(t, board, "h")
	p.wait(row("←", "h"))
	write(t, board, "i\n")
	reads(t, board, "hello\n")

	p.click(control("workspace-tab"))
	p.click(control("keep-session"))
	p.fill("endpoint-name", "simulator")
	p.do(keys(kb.Enter))
	p.wait(`[...document.querySelectorAll('.workspace .endpoint')].some(e => e.innerText.includes('simulator') && e.innerText.includes('one rule (simulator), frames: line'))`)
}

// Rules can be made before the session is opened, and stay when it is closed and opened
// again: a device simulator in the page. They are reached by keyboard, and axe-core
// finds nothing serious in the panel.
func TestRulesBeforeOpening(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.rules()
	p.addRule("greeting", "any", "", "hello")
	for range 2 {
		p.fill("local-port", "0")
		p.click(control("open"))
		p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'open'`)
		_, port, _ := strings.Cut(value[string](p, `document.querySelector('header [aria-selected=true]').innerText.trim()`), ":")
		board := dial(t, "tcp", "127.0.0.1:"+port)
		write(t, board, "?")
		reads(t, board, "hello")
		p.wait(counted(0, "answered 1"))
		p.click(control("open"))
		p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'closed'`)
	}
	axe := axeCore(t)
	p.click(`.rules [aria-label="Edit rule 1"]`)
	p.click(`.rules details summary`)
	for _, scheme := range []string{"light", "dark"} {
		p.theme(scheme)
		for _, f := range value[[]string](p, string(axe)+`;
			axe.run(document.querySelector('.panel'), {resultTypes: ['violations']}).then(r => r.violations
				.filter(v => v.impact === 'serious' || v.impact === 'critical')
				.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target + ': ' + n.failureSummary)))`) {
			t.Errorf("%s: %s", scheme, f)
		}
		p.shot("rule-form-" + scheme)
	}
}
