//go:build linux

package page_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const plantFile = `sockeye = 2
# of the plant

[[dashboards.plant]]
kind = "gauge"
title = "Boiler"
field = "temp"
max = 50.0

[[dashboards.plant]]
kind = "led"
field = "alarm"

[[dashboards.plant]]
kind = "value"
field = "temp"

[[dashboards.plant]]
kind = "slider"
title = "Valve"
text = 'valve {{var.value}}\n'
step = 10.0

[[dashboards.plant]]
kind = "button"
title = "Stop"
text = 'stop\n'
`

// openDashboard shows the dashboard of values that are read as keys.
func (p *page) openDashboard() {
	p.click(control("fields-tab"))
	p.wait(`document.querySelector('[data-control=fields-spec]')`)
	p.choose(control("fields-spec"), "keys")
	p.click(control("dashboard"))
	p.wait(`document.querySelector('[data-control=dashboard-view]')`)
}

// Instruments show the last values and send; they are moved with the mouse and with keys, and
// kept in the workspace file, whose comments stay.
func TestDashboard(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plant.toml")
	if err := os.WriteFile(path, []byte(plantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startBench(t, "--workspace", path).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "temp=20 alarm=0\n")
	p.openDashboard()
	const big = `document.querySelector('[data-instrument=value] output')?.innerText`
	p.wait(big + ` === '20'`)
	p.wait(`document.querySelector('[data-instrument=gauge] [role=meter]').getAttribute('aria-valuenow') === '20' && document.querySelector('[data-instrument=led]').innerText.includes('off')`)
	write(t, board, "temp=31 alarm=1\n")
	p.wait(big + ` === '31' && document.querySelector('[data-instrument=led] .lit')`)

	// a slider and a button send
	board.SetReadDeadline(time.Now().Add(patience))
	from := bufio.NewReader(board)
	line := func(want string) {
		t.Helper()
		if got, err := from.ReadString('\n'); got != want {
			t.Fatalf("got %q (%v), want %q", got, err, want)
		}
	}
	value[any](p, `(() => { const s = document.querySelector('[data-instrument=slider] input'); s.value = 40; s.dispatchEvent(new Event('input', {bubbles: true})); s.dispatchEvent(new Event('change', {bubbles: true})) })()`)
	line("valve 40\n")
	p.click(`[data-instrument=button] button`)
	line("stop\n")

	// keys move and resize what has the focus, and the mouse drags it
	p.click(control("dash-arrange"))
	area := func(n string) string {
		return `document.querySelector('[data-widget="` + n + `"]')?.style.gridArea.replace(/\s+/g, ' ')`
	}
	p.wait(area("2") + `=== '1 / 4 / span 2 / span 3'`)
	value[any](p, `document.querySelector('[data-widget="2"]').focus()`)
	p.do(keys(kb.ArrowDown), keys(kb.ArrowDown), keys(kb.ArrowRight))
	p.wait(area("2") + `=== '3 / 5 / span 2 / span 3'`)
	p.do(keys(kb.ArrowRight, 8)) // Shift
	p.wait(area("2") + `=== '3 / 5 / span 2 / span 4'`)
	at := value[[]float64](p, `(() => { const r = document.querySelector('[data-widget="1"]').getBoundingClientRect(), g = document.querySelector('[data-control=dashboard-grid]').clientWidth / 12; return [r.left + 10, r.top + 10, g] })()`)
	p.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]), chromedp.MouseEvent("mousePressed", at[0], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent("mouseMoved", at[0]+at[2], at[1], chromedp.ButtonLeft), chromedp.MouseEvent("mouseReleased", at[0]+at[2], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.wait(area("1") + `=== '1 / 2 / span 2 / span 3'`)

	// another instrument is added, and what is wrong with it is said
	p.click(control("dash-add-gauge"))
	p.fill("widget-title", "Pressure")
	p.fill("widget-max", "-1")
	p.click(control("dash-keep"))
	p.wait(`document.querySelector('[data-control=dashboard-view]').innerText.includes('-1 is not above 0')`)
	p.fill("widget-max", "16")
	p.click(control("dash-keep"))
	p.wait(`document.querySelector('[data-control=dash-arrange]')`)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# of the plant\n", "title = \"Boiler\"", "column = 2\n", "title = \"Pressure\"\n", "max = 16.0\n"} {
		if !strings.Contains(string(kept), want) {
			t.Errorf("%q is not in\n%s", want, kept)
		}
	}
	p.isSound()
}

// A recording that was opened shows its values, and sends nothing.
func TestDashboardOfRecording(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plant.toml")
	if err := os.WriteFile(path, []byte(plantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startBench(t, "--workspace", path).open(t)
	board := dial(t, "tcp", p.server())
	p.recording(true)
	write(t, board, "temp=25 alarm=1\n")
	p.wait(row("←", "temp=25"))
	p.recording(false)
	live := value[string](p, titleShown)
	p.click(control("open-recording-link"))
	p.wait(`document.querySelector('[data-recording]')`)
	p.click(`[data-recording]`)
	p.wait(`!document.querySelector('[data-control=open-recording]') && ` + titleShown + ` !== ` + quoted(live))
	p.openDashboard()
	p.wait(`document.querySelector('[data-instrument=value] output')?.innerText === '25'`)
	p.wait(`document.querySelector('[data-instrument=button] button').disabled && document.querySelector('[data-instrument=slider] input').disabled`)
}

// axe-core finds nothing serious in a dashboard, while it is looked at and arranged.
func TestDashboardAccess(t *testing.T) {
	t.Parallel()
	axe := axeCore(t)
	path := filepath.Join(t.TempDir(), "plant.toml")
	if err := os.WriteFile(path, []byte(plantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startBench(t, "--workspace", path).open(t)
	write(t, dial(t, "tcp", p.server()), "temp=20 alarm=1\n")
	p.openDashboard()
	p.wait(`document.querySelector('[data-instrument=led] .lit')`)
	value[any](p, string(axe)+`; 0`)
	for _, scheme := range []string{"light", "dark"} {
		p.theme(scheme)
		for _, f := range p.violations("[data-control=dashboard-view]") {
			t.Errorf("%s: %s", scheme, f)
		}
		p.shot("dashboard-" + scheme)
	}
	p.click(control("dash-arrange"))
	p.wait(`document.querySelector('[data-widget="1"]')`)
	p.do(chromedp.Focus(chromedp.CSS(`[data-widget="1"]`)), keys(kb.Enter))
	p.wait(`document.querySelector('[data-control=widget-form]')`)
	for _, f := range p.violations("[data-control=dashboard-view]") {
		t.Errorf("arranged: %s", f)
	}
	p.shot("dashboard-arranged")
}
