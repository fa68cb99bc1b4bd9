//go:build linux

package page_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// listRow is the JavaScript for the nth row of the list, from 1.
func listRow(n int) string {
	return fmt.Sprintf(`document.querySelectorAll('.lists li[data-row]')[%d]`, n-1)
}

// listed waits until the list has exactly these data, in this order.
func (p *page) listed(data ...string) {
	p.t.Helper()
	p.wait(`JSON.stringify([...document.querySelectorAll('[data-row-data]')].map(e => e.value)) === JSON.stringify(` + jsonOf(data) + `)`)
}

// inRow types into a field of a row.
func (p *page) inRow(n int, field, text string) {
	p.t.Helper()
	e := listRow(n) + `.querySelector('[data-row-` + field + `]')`
	p.wait(e)
	value[any](p, `(() => { `+e+`.focus(); `+e+`.select?.() })()`)
	p.do(keys(text))
}

// withList is a page with a session, a board and a list of three rows.
func withList(t *testing.T) (p *page, board net.Conn, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "workspace.toml")
	p = startBench(t, "--workspace", file).open(t)
	board = dial(t, "tcp", p.server())
	p.wait(`document.querySelector('.panel .remote')`)
	p.click(control("lists-tab"))
	p.click(control("list-new"))
	p.inRow(1, "data", "a{{seq}}")
	for n, text := range []string{"b", "c"} {
		p.click(control("row-add"))
		p.wait(`document.activeElement === ` + listRow(n+2) + `?.querySelector('[data-row-data]')`)
		p.do(keys(text))
	}
	p.listed("a{{seq}}", "b", "c")
	return p, board, file
}

// holds waits until the workspace's file holds a text.
func holds(t *testing.T, path, text string) {
	t.Helper()
	if !eventually(func() bool { b, _ := os.ReadFile(path); return strings.Contains(string(b), text) }) {
		t.Fatalf("the workspace never held %q, but:\n%s", text, fileText(t, path))
	}
}

// A list is made, put into order by keys and by dragging, and sent twice.
func TestListOrder(t *testing.T) {
	t.Parallel()
	p, board, _ := withList(t)
	p.do(keys(kb.ArrowUp, chromedp.ModifierAlt))
	p.listed("a{{seq}}", "c", "b")
	p.wait(`document.activeElement === ` + listRow(2) + `.querySelector('[data-row-data]') && document.querySelector('[data-control=list-said]').innerText === 'Now row 2 of 3.'`)
	p.do(keys(kb.ArrowUp, chromedp.ModifierAlt), keys(kb.ArrowUp, chromedp.ModifierAlt))
	p.listed("c", "a{{seq}}", "b")
	p.drag(listRow(1)+`.querySelector('.grip')`, listRow(3))
	p.listed("a{{seq}}", "b", "c")
	p.choose(control("list-often"), "some")
	p.click(control("list-run"))
	reads(t, board, "a1bca2bc")
	p.wait(`document.querySelector('[data-control=list-progress]').innerText.includes('6 of 6')`)
	p.wait(`document.querySelector('[data-control=list-progress]').innerText.includes('done')`)
}

// drag moves the mouse from the middle of one element below that of another.
func (p *page) drag(from, to string) {
	p.t.Helper()
	at := func(e string, part float64) (x, y float64) {
		box := value[[]float64](p, fmt.Sprintf(`(() => { const r = %s.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height * %v] })()`, e, part))
		return box[0], box[1]
	}
	mouse := func(kind input.DispatchMouseEventType, x, y float64, buttons int64) {
		command(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: buttons, ClickCount: 1})
	}
	x, y := at(from, 0.5)
	_, below := at(to, 0.9)
	mouse("mouseMoved", x, y, 0)
	mouse("mousePressed", x, y, 1)
	p.wait(`document.querySelector('.dragged')`)
	for part := 1.0; part <= 4; part++ {
		mouse("mouseMoved", x, y+(below-y)*part/4, 1)
	}
	mouse("mouseReleased", x, below, 0)
	p.wait(`!document.querySelector('.dragged')`)
}

// A run without end shows the row it is at, and stops at once.
func TestListForEver(t *testing.T) {
	t.Parallel()
	p, board, _ := withList(t)
	p.choose(control("list-often"), "ever")
	p.click(control("list-run"))
	p.wait(`document.querySelector('.lists .fault')?.innerText.includes('a list that is sent for ever needs a pause')`)
	p.inRow(1, "delay", "5")
	p.click(control("list-run"))
	reads(t, board, "a1bca2bca3bc")
	p.wait(`document.querySelector('.lists li[aria-current=step]') && document.querySelector('[data-control=list-run]').innerText === 'Stop'`)
	p.click(control("list-run"))
	p.wait(`document.querySelector('[data-control=list-progress]').dataset.running === 'false' && document.querySelector('[data-control=list-progress]').innerText.includes('stopped')`)
	p.wait(`document.querySelector('[data-control=list-run]').innerText === 'Send list' && !document.querySelector('.lists li[aria-current=step]')`)
}

// One row goes at a click; what is wrong with one stands there, and nowhere else.
func TestListRows(t *testing.T) {
	t.Parallel()
	p, board, file := withList(t)
	p.click(`.lists li:nth-child(2) [data-row-send]`)
	reads(t, board, "b")
	p.inRow(2, "data", "{{sq}}")
	p.wait(listRow(2) + `.querySelector('.fault')?.innerText.includes('unknown field') && document.querySelectorAll('.lists .fault').length === 1`)
	p.inRow(1, "delay", "90000000000")
	p.wait(listRow(1) + `.querySelector('.fault')?.innerText.includes('24h')`)
	p.inRow(1, "delay", "0")
	p.inRow(2, "data", "b2")
	p.wait(`!document.querySelector('.lists .fault')`)
	holds(t, file, `text = "b2"`)
	p.click(`.lists li:nth-child(2) [data-row-more]`)
	p.choose(`.lists li:nth-child(2) [data-row-kind]`, "hex")
	p.inRow(2, "data", "31 0d")
	p.inRow(2, "checksum", "sum8")
	p.click(`.lists li:nth-child(2) [data-row-send]`)
	reads(t, board, "1\r\x3e")
	p.click(`.lists li:nth-child(1) [data-row-enabled]`)
	p.fill("input", "from the box")
	p.click(control("row-from-box"))
	p.listed("a{{seq}}", "31 0d", "c", "from the box")
	p.click(`.lists li:nth-child(2) [data-row-remove]`)
	p.listed("a{{seq}}", "c", "from the box")
	p.click(control("list-undo"))
	p.listed("a{{seq}}", "31 0d", "c", "from the box")
	p.click(control("list-run"))
	reads(t, board, "1\r\x3ecfrom the box")
	holds(t, file, `enabled = false`)
}

// A list comes from a table, is renamed, goes out as a file and comes back; another
// page finds it as it is.
func TestListFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "workspace.toml")
	b := startBench(t, "--workspace", file)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelector('.panel .remote')`)
	p.click(control("lists-tab"))
	dir := t.TempDir()
	p.brings(dir, "bad.csv", "payload,delay\nx,1ms\nx,soon\n")
	p.wait(`document.querySelector('.lists .fault')?.innerText.includes('row 2')`)
	p.brings(dir, "from excel.csv", "name,kind,payload,delay\n'=first,text,<b>{{seq}},2ms\n,hex,3,\n")
	p.wait(`document.querySelector('.lists .fault')?.innerText.includes('single digit')`)
	p.brings(dir, "from excel.csv", "name,kind,payload,delay\n'=first,text,<b>{{seq}},2ms\n,hex,31,\n")
	p.listed("<b>{{seq}}", "31")
	p.wait(`document.querySelector('[data-control=list]').value === 'from excel' && document.querySelector('.lists .about').innerText === '=first'`)
	p.click(control("list-rename"))
	p.fill("list-name", "开机")
	p.do(keys(kb.Enter))
	holds(t, file, `[[lists."开机".row]]`)
	value[any](p, `(() => {
		window.saved = [];
		URL.createObjectURL = blob => { window.blob = blob; return '#' };
		HTMLAnchorElement.prototype.click = function () { window.saved.push([this.download, window.blob.text()]) };
	})()`)
	for n, format := range []string{"toml", "csv"} {
		p.click(control("list-" + format))
		p.wait(fmt.Sprintf(`window.saved.length === %d`, n+1))
		name, text := value[string](p, fmt.Sprintf(`window.saved[%d][0]`, n)), value[string](p, fmt.Sprintf(`window.saved[%d][1]`, n))
		if name != "开机."+format {
			t.Errorf("%q", name)
		}
		p.click(control("list-remove"))
		p.wait(`document.querySelector('[data-control=list]').disabled`)
		p.brings(dir, name, text)
		p.listed("<b>{{seq}}", "31")
		p.wait(`document.querySelector('[data-control=list]').value === '开机' && document.querySelector('.lists .about').innerText === '=first'`)
	}
	p.click(control("list-run"))
	reads(t, board, "<b>11")

	again := b.open(t)
	again.wait(`document.querySelector('[data-control=lists-tab]')`)
	again.click(control("lists-tab"))
	again.listed("<b>{{seq}}", "31")
}

// brings gives the page a file to import.
func (p *page) brings(dir, name, text string) {
	p.t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.wait(`document.querySelector('[data-control=list-import]')`)
	p.do(chromedp.SetUploadFiles(chromedp.CSS(control("list-import")), []string{path}))
}

// The lists are whole and sound on a small telephone and on a desk, in both languages,
// light and dark, with a row open and a run going.
func TestListsFit(t *testing.T) {
	t.Parallel()
	axe := axeCore(t)
	p, _, _ := withList(t)
	p.inRow(1, "delay", "20")
	p.click(`.lists li:nth-child(2) [data-row-more]`)
	p.inRow(2, "name", "a name that is long enough to need more than one line of the panel")
	p.inRow(2, "checksum", "no such sum")
	p.wait(listRow(2) + `.querySelector('.fault')`)
	p.choose(control("list-often"), "ever")
	for _, width := range []int64{1440, 360} {
		p.size(width, 800)
		p.wait(fmt.Sprintf(`innerWidth === %d`, width))
		if width < 1000 {
			p.click(control("panel"))
			p.wait(`getComputedStyle(document.querySelector('.panel')).visibility === 'visible'`)
		}
		for range 2 {
			p.click(control("language"))
			for _, scheme := range []string{"light", "dark"} {
				p.theme(scheme)
				lang := value[string](p, `document.documentElement.lang`)
				p.shot(fmt.Sprintf("lists-%d-%s-%s", width, lang, scheme))
				for _, out := range value[[]string](p, `[...document.querySelectorAll('.lists *, .panel .switch *')].filter(e => {
					const r = e.getBoundingClientRect(), panel = document.querySelector('.panel').getBoundingClientRect();
					return r.width > 0 && !e.closest('.unseen, svg, option, datalist') && (r.left < panel.left - 1 || r.right > panel.right + 1);
				}).map(e => e.outerHTML.slice(0, 100))`) {
					t.Errorf("%d, %s: %s sticks out", width, lang, out)
				}
				for _, f := range value[[]string](p, string(axe)+`;
					axe.run('.panel', {resultTypes: ['violations']}).then(r => r.violations
						.filter(v => v.impact === 'serious' || v.impact === 'critical')
						.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target + ': ' + n.failureSummary)))`) {
					t.Errorf("%d, %s, %s: %s", width, lang, scheme, f)
				}
			}
		}
	}
}

// A file goes in pieces of the size that is asked for, at the rate that is asked for.
func TestFilePace(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	path := filepath.Join(t.TempDir(), "eleven.bin")
	if err := os.WriteFile(path, []byte("01234567890"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.check("file-source", true)
	p.do(chromedp.SetUploadFiles(chromedp.CSS(control("file")), []string{path}))
	p.fill("file-chunk", "4")
	p.fill("file-rate", "1000")
	p.click(control("send"))
	reads(t, board, "01234567890")
	for _, piece := range []string{"0123", "4567", "890"} {
		p.wait(row("→", piece))
	}
	p.wait(rows + `.filter(r => r.querySelector('.way')?.innerText === '→').length === 3`)
}

// A file goes on when the page that began it is closed: another page sees how far it is,
// pauses it, lets it go on, and ends it. It is long enough for any machine to open that
// page meanwhile.
func TestFileOutlivesItsPage(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	first := b.open(t)
	board := dial(t, "tcp", first.server())
	first.wait(`document.querySelectorAll('.panel li').length === 1`)
	path := filepath.Join(t.TempDir(), "slow.bin")
	if err := os.WriteFile(path, []byte(strings.Repeat("0123456789", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	first.check("file-source", true)
	first.upload("file", path)
	first.fill("file-chunk", "1")
	first.fill("file-rate", "8")
	first.click(control("send"))
	reads(t, board, "0")
	first.wait(`document.querySelector('.file-run[data-state=sending]')`)
	first.visit("about:blank") // as whoever closes the tab
	reads(t, board, "12")

	second := b.open(t)
	second.wait(`document.querySelector('.file-run[data-state=sending]')?.innerText.includes('slow.bin')`)
	second.click(control("file-pause"))
	second.wait(`document.querySelector('.file-run[data-state=paused]')`)
	second.click(control("file-pause"))
	reads(t, board, "3456789"+strings.Repeat("0123456789", 3))
	second.click(control("file-stop"))
	second.wait(`document.querySelector('.file-run[data-state=ended]')`)
}

// The list of an endpoint is sent when a person opens the endpoint, and not before; the
// page shows it, beside another list, and stops it.
func TestListOfEndpoint(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ticker.toml")
	const text = "sockeye = 2\n[[endpoint]]\nname = \"ticker\"\nlisten = \"127.0.0.1:0\"\nsend = \"ticks\"\n\n" +
		"[lists.first]\n\n[lists.ticks]\ntimes = 0\n\n[[lists.ticks.row]]\ntext = \"tick \"\ndelay = \"10ms\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startBench(t, "--workspace", file).open(t)
	p.click(`.card [data-endpoint=ticker]`)
	p.wait(`/^TCP :[1-9]/.test(document.querySelector('header [aria-selected=true]').innerText.trim()) || document.querySelector('header [aria-selected=true]').innerText.includes('ticker')`)
	p.click(control("lists-tab"))
	p.wait(`document.querySelector('[data-control=list]').value === 'first'`)
	p.wait(`document.querySelector('[data-run=ticks]')`)
	p.choose(control("list"), "ticks")
	p.wait(`document.querySelector('[data-control=list-progress]')?.dataset.running === 'true' && !document.querySelector('[data-run=ticks]')`)
	p.choose(control("list"), "first")
	p.click(`[data-run=ticks]`)
	p.wait(`!document.querySelector('[data-run=ticks]')`)
	p.choose(control("list"), "ticks")
	p.wait(`document.querySelector('[data-control=list-progress]')?.dataset.running === 'false'`)
}

// A file on its way to the workbench shows how far it is, and can be canceled there:
// nothing of it is sent. A file by lines waits between them.
func TestFileUploadShowsProgress(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	path := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(path, bytes.Repeat([]byte{0x55}, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p.check("file-source", true)
	p.upload("file", path)
	p.wait(`document.querySelector('.file .name')?.innerText === 'firmware.bin'`)
	slow := func(bytesPerSecond float64) {
		command(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: bytesPerSecond}}})
	}
	slow(100_000)
	p.click(control("send"))
	p.wait(`(e => e.value > 0 && e.value < e.max)(document.querySelector('[data-state=uploading] progress'))`)
	p.speaks("a file on its way")
	p.click(control("file-cancel"))
	p.wait(`!document.querySelector('[data-state=uploading]') && !document.querySelector('[data-control=send]').disabled`)
	slow(-1)
	lines := filepath.Join(t.TempDir(), "lines.txt")
	if err := os.WriteFile(lines, []byte("one\ntwo\nthree"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.upload("file", lines)
	p.fill("file-line-delay", "300")
	p.click(control("send"))
	reads(t, board, "one\ntwo\nthree")
	p.wait(row("→", "one") + ` && ` + row("→", "two") + ` && ` + row("→", "three") + ` && document.querySelector('.file-run[data-state=done]')?.innerText.includes('lines.txt')`)
	if n := value[int](p, rows+`.filter(r => r.querySelector('.way')?.innerText === '→').length`); n != 3 {
		t.Errorf("%d messages were sent, want the three lines", n)
	}
}
