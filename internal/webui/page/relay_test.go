//go:build linux

package page_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// relayUpstream is a server of the test's own behind a relay that the form opens.
type relayUpstream struct {
	*page
	l  net.Listener
	at string // where the relay listens
}

// side is a control of one side of a relay's form.
func side(name, of string) string { return `[data-side=` + of + `] ` + control(name) }

// put fills a field of one side.
func (r *relayUpstream) put(of, name, text string) {
	r.t.Helper()
	value[any](r.page, `(() => { const e = document.querySelector(`+quoted(side(name, of))+`); e.value = `+quoted(text)+`; e.dispatchEvent(new Event('input', {bubbles: true})) })()`)
}

// openRelay opens a relay by the form; its upstream is a server of the test.
func openRelay(t *testing.T) *relayUpstream {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &relayUpstream{page: startBench(t).open(t), l: l}
	r.choose(control("protocol"), "relay")
	r.wait(`document.querySelector(` + quoted(side("remote-address", "upstream")) + `)`)
	host, port, _ := net.SplitHostPort(l.Addr().String())
	r.put("downstream", "local-port", "0")
	r.put("upstream", "remote-address", host)
	r.put("upstream", "remote-port", port)
	r.at = r.server()
	return r
}

// connect is a client of the relay, and its connection at the upstream.
func (r *relayUpstream) connect() (client, far net.Conn) {
	r.t.Helper()
	client = dial(r.t, "tcp", r.at)
	far, err := r.l.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { far.Close() })
	return client, far
}

// A relay is opened by the form, with both addresses and options of both sides. One log has
// the four directions, each can be seen alone, and a peer shows the connection that it is
// paired with; the session at the upstream has no tab of its own. A reload has it all again.
func TestRelayInTheForm(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	client, far := r.connect()
	write(t, client, "question")
	reads(t, far, "question")
	write(t, far, "answer")
	reads(t, client, "answer")
	four := []string{row("←", "question"), row("⇒", "question"), row("⇐", "answer"), row("→", "answer")}
	all := strings.Join(four, " && ")
	r.wait(all)
	own := client.LocalAddr().String()
	for _, sign := range []string{"⇒", "⇐"} {
		r.wait(row(sign, own)) // the pair is named
	}
	r.wait(`document.querySelectorAll('[role=tab][data-session], header [role=tab]').length <= 1`)
	r.wait(`document.querySelector('[data-control=peer-pair]')?.innerText.includes(` + quoted(r.l.Addr().String()) + `)`)
	for n, way := range []string{"received peers", "sent upstream", "received upstream", "sent peers"} {
		r.choose(control("filter-direction"), way)
		for m, one := range four {
			if m == n {
				r.wait(one)
			} else {
				r.wait("!(" + one + ")")
			}
		}
	}
	r.choose(control("filter-direction"), " ")
	other, _ := r.connect()
	write(t, other, "somebody else")
	r.wait(row("⇒", "somebody else"))
	id := value[string](r.page, `[...document.querySelector('[data-control=filter-peer]').options].find(o => o.text.includes(`+quoted(own)+`)).value`)
	r.choose(control("filter-peer"), id)
	r.wait(all + ` && !(` + row("⇒", "somebody else") + `) && !(` + row("←", "somebody else") + `)`)
	r.speaks("a relay")

	r.do(chromedp.Reload())
	r.wait(fieldHolds("protocol", "relay") + ` && document.querySelector(` + quoted(side("remote-port", "upstream")) + `).value === ` + quoted(portOf(r.l.Addr())))
	r.wait(all)
	client.Close()
	far.Close()
	r.wait(`document.querySelectorAll('[data-control=peer-pair]').length === 1`)
	r.do(chromedp.Reload())
	r.wait(row("⇒", own)) // of a pair that has left, from the record
}

// fault writes a fault in the form of the panel; the fields are by their words.
func (r *relayUpstream) fault(kind string, fields map[string]string) {
	r.t.Helper()
	r.click(control("fault-add"))
	r.choose(control("fault-kind"), kind)
	for selector, text := range fields {
		r.wait(`document.querySelector(` + quoted(selector) + `)`)
		if strings.Contains(selector, "fault-way") {
			r.choose(selector, text)
			continue
		}
		value[any](r.page, `(() => { const e = document.querySelector(`+quoted(selector)+`); e.value = `+quoted(text)+`; e.dispatchEvent(new Event('input', {bubbles: true})) })()`)
	}
}

// Faults are added, changed and removed while the relay runs; each is an event in words at
// the message that it hit, and the list says how much. What is wrong is said below the form.
func TestFaultsInThePanel(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	client, far := r.connect()
	r.click(control("faults-tab"))
	r.wait(`document.querySelector('[data-control=fault-add]')`)
	r.speaks("no faults")
	r.fault("latency", map[string]string{`[data-fault-field=value]`: "soon", control("fault-way"): "to upstream"})
	r.wait(`document.querySelector('[data-control=fault-text]').innerText === 'latency soon to upstream'`)
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('.panel [role=alert]')?.innerText.includes('soon')`)
	r.speaks("a fault that is wrong")
	value[any](r.page, `(() => { const e = document.querySelector('[data-fault-field=value]'); e.value = '20ms'; e.dispatchEvent(new Event('input', {bubbles: true})) })()`)
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=latency] code')?.innerText === 'latency 20ms to upstream'`)
	write(t, client, "late")
	reads(t, far, "late")
	r.wait(row("·", "4 bytes go on 20ms later") + ` && document.querySelector('[data-fault-set=latency] .hits').innerText === 'hit 1'`)

	r.fault("corrupt", map[string]string{`[data-fault-field=bits]`: "2", control("fault-way"): "from upstream", control("fault-seed"): "7", control("fault-when"): "contains:secret"})
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=corrupt] code')?.innerText === 'corrupt bits 2 from upstream seed 7 when contains:secret'`)
	r.wait(`document.querySelector('[data-fault-set=latency] .hits').innerText === 'hit 1'`) // it is still the same
	write(t, far, "plain")
	reads(t, client, "plain")
	write(t, far, "secret")
	r.wait(row("∘", "flipped bit"))

	r.click(`[data-fault-set=corrupt] ` + control("fault-change"))
	r.wait(`document.querySelector('[data-control=fault-kind]').value === 'corrupt' && document.querySelector('[data-control=fault-when]').value === 'contains:secret'`)
	r.choose(control("fault-kind"), "drop")
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=drop] code')?.innerText === 'drop from upstream seed 7 when contains:secret'`)
	r.wait(`document.querySelector('[data-control=faults-tab]').innerText.includes('2')`)
	r.speaks("two faults")
	r.click(`[data-fault-set=drop] ` + control("fault-remove"))
	r.wait(`!document.querySelector('[data-fault-set=drop]') && document.querySelector('[data-fault-set=latency]')`)
	r.click(`[data-fault-set=latency] ` + control("fault-remove"))
	r.wait(`!document.querySelector('[data-fault-set]')`)
	r.wait(row("·", "fault cleared"))
}

// T70: faults that are active stand in a bar above the log, with when they end by themselves.
// There they are kept on, and stay so when another is added, or are taken away.
func TestFaultsInTheBar(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	bar := `document.querySelector('[data-control=fault-bar] strong')?.innerText`
	r.click(control("faults-tab"))
	r.wait(`document.querySelector('[data-control=fault-add]') && !document.querySelector('[data-control=fault-bar]')`)
	r.fault("latency", map[string]string{`[data-fault-field=value]`: "20ms"})
	r.click(control("fault-keep"))
	r.wait(`/^Faults are active: 1, until \d\d:\d\d:\d\d$/.test(` + bar + `)`)
	r.wait(row("·", "fault set for 15m: latency 20ms"))
	r.speaks("faults are active")
	r.click(control("fault-bar-keep"))
	r.wait(bar + ` === 'Faults are active: 1'`)
	r.click(control("peers-tab"))
	r.click(control("fault-bar-show"))
	r.fault("drop", map[string]string{control("fault-seed"): "7", control("fault-when"): "is:x"})
	r.click(control("fault-keep"))
	r.wait(bar + ` === 'Faults are active: 2'`)
	r.do(chromedp.Reload())
	r.wait(bar + ` === 'Faults are active: 2'`)
	r.click(control("fault-bar-remove"))
	r.wait(`!document.querySelector('[data-control=fault-bar]')`)
	r.wait(row("·", "fault cleared: latency 20ms"))
}

// A message that is held waits in the panel until somebody lets it go, changes it as text or
// as bytes, or drops it.
func TestHeldMessagesInThePanel(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	client, far := r.connect()
	r.click(control("faults-tab"))
	r.wait(`document.querySelector('[data-control=fault-add]')`)
	r.fault("hold", map[string]string{control("fault-frame"): "line", control("fault-way"): "to upstream"})
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=hold]')`)
	write(t, client, "one\ntwo\nthree\nf\xf6ur\n")
	held := func(n string) string { return `[data-held="` + n + `"] ` }
	r.wait(`document.querySelectorAll('[data-held]').length === 4 && document.querySelector('[data-control=faults-tab]').innerText.includes('(4)')`)
	r.speaks("what is held")
	r.click(held("1") + control("held-release"))
	reads(t, far, "one\n")
	r.click(held("2") + control("held-edit"))
	r.wait(`document.querySelector('[data-control=held-text]').value === 'two\\n'`)
	r.fill("held-text", `2\x00\n`)
	r.click(control("held-send"))
	reads(t, far, "2\x00\n")
	r.click(held("3") + control("held-discard"))
	r.wait(`!document.querySelector('[data-held="3"]')`)
	r.click(held("4") + control("held-edit"))
	r.wait(`document.querySelector('[data-control=held-text]').value === 'f\\xf6ur\\n'`)
	r.check("held-hex", true)
	r.wait(`document.querySelector('[data-control=held-text]').value.replace(/ /g, '').toLowerCase() === '66f675720a'`)
	r.fill("held-text", "34 0a")
	r.click(control("held-send"))
	reads(t, far, "4\n")
	r.wait(row("·", "held 3: 6 bytes are not passed on") + ` && ` + row("·", "held 2: 4 bytes become 3 bytes"))
	r.wait(`!document.querySelector('[data-held]')`)
}

// A relay with faults is saved into the workspace by the page, and another workbench opens it
// from the file with the same faults: the same seed changes the same bytes.
func TestRelayWithFaultsInTheWorkspace(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	r.click(control("faults-tab"))
	r.wait(`document.querySelector('[data-control=fault-add]')`)
	r.fault("corrupt", map[string]string{`[data-fault-field=bits]`: "2", control("fault-way"): "to upstream", control("fault-seed"): "7", control("fault-frame"): "line"})
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=corrupt]')`)
	r.fault("drop", map[string]string{control("fault-way"): "from upstream", control("fault-seed"): "3", control("fault-when"): "contains:secret"})
	r.click(control("fault-keep"))
	r.wait(`document.querySelector('[data-fault-set=drop]')`)
	client, far := r.connect()
	corrupted := func(client, far net.Conn) string {
		t.Helper()
		write(t, client, "the same bytes\n")
		got := make([]byte, len("the same bytes\n"))
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	was := corrupted(client, far)
	if was == "the same bytes\n" {
		t.Error("nothing was corrupted")
	}

	r.click(control("workspace-tab"))
	r.click(control("keep-session"))
	r.wait(`document.querySelector('[data-control=endpoint-name]')`)
	r.fill("endpoint-name", "bad line")
	r.press("Keep")
	r.wait(`document.querySelector('.panel [data-endpoint="bad line"]')`)
	r.wait(inPanel("corrupt bits 2 to upstream seed 7") + ` && ` + inPanel("drop from upstream seed 3 when contains:secret"))
	path := value[string](r.page, `/\S+workspace\.toml/.exec(document.querySelector('.panel .workspace').innerText)[0]`)

	if text := fileText(t, path); !strings.Contains(text, "fault_frame = \"line\"") {
		t.Errorf("the file does not say how the faults find frames:\n%s", text)
	}

	again := &relayUpstream{page: startBench(t, "--workspace", path).open(t), l: r.l}
	again.click(control("workspace-tab"))
	again.click(`.panel [data-endpoint="bad line"]`)
	again.wait(`document.querySelector('header [aria-selected=true]').innerText.trim() === 'bad line'`)
	again.wait(`document.querySelector('[data-control=fault-bar] strong')?.innerText === 'Faults are active: 2'`)
	again.click(control("faults-tab"))
	for kind, text := range map[string]string{"corrupt": "corrupt bits 2 to upstream seed 7", "drop": "drop from upstream seed 3 when contains:secret"} {
		again.wait(`document.querySelector('[data-fault-set=` + kind + `] code')?.innerText === ` + quoted(text))
	}
	const port = `[...document.querySelectorAll('[role=grid] [role=row]')].map(r => /listening on .*:(\d+)/.exec(r.innerText)?.[1]).find(Boolean)`
	again.wait(port)
	again.at = net.JoinHostPort("127.0.0.1", value[string](again.page, port))
	client, far = again.connect()
	if is := corrupted(client, far); is != was {
		t.Errorf("from the workspace it made %q, before %q", is, was)
	}
	write(t, far, "a secret\n")
	write(t, far, "an answer\n")
	reads(t, client, "an answer\n")
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

// What is wrong with either side of a relay is said at its field, all at once.
func TestRelayFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := &relayUpstream{page: startBench(t).open(t)}
	r.choose(control("protocol"), "relay")
	r.wait(`document.querySelector(` + quoted(side("remote-address", "upstream")) + `)`)
	r.choose(side("side-protocol", "upstream"), "to-serial")
	r.wait(`document.querySelector(` + quoted(side("option-baud", "upstream")) + `)`)
	r.put("upstream", "path", "/dev/nowhere")
	r.put("upstream", "option-baud", "fast")
	r.choose(control("relay-share"), "one")
	r.put("downstream", "local-port", "70000")
	r.click(control("open"))
	r.wait(`document.querySelector('[data-side=upstream] [data-fault=baud]')?.innerText !== ''`)
	r.wait(`document.querySelector('form').innerText.includes('70000')`)
	r.speaks("what is wrong with a relay")
}
