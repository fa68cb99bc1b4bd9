//go:build linux

package page_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// openChart opens the chart of values that a board sends in two waves.
func (p *page) openChart() (board func(text string)) {
	p.t.Helper()
	c := dial(p.t, "tcp", p.server())
	var text strings.Builder
	for n := range 400 {
		fmt.Fprintf(&text, "u=%.3f i=%.3f\n", 5*math.Sin(float64(n)/20), 5*math.Cos(float64(n)/20))
	}
	write(p.t, c, text.String()+"u=0 i=5\n")
	p.drawKeys()
	p.wait(chartStats + `?.includes('u 0 ')`)
	return func(text string) { write(p.t, c, text) }
}

// drawKeys opens the chart of values that are written with their names.
func (p *page) drawKeys() {
	p.t.Helper()
	p.click(control("fields-tab"))
	p.fill("fields-spec", "keys")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.click(control("chart"))
}

// chartStats is the JavaScript for what stands below the chart.
const chartStats = `document.querySelector('[data-control=chart-stats]')?.innerText.replace(/\s+/g, ' ')`

// savesPictures saves what the chart shows in both forms.
func (p *page) savesPictures() {
	p.t.Helper()
	for as, mime := range map[string]string{"png": "image/png ", "svg": "image/svg+xml "} {
		value[any](p, `window.saved = undefined`)
		p.click(control("chart-" + as))
		p.wait(`window.saved?.startsWith('` + mime + `') && !window.saved.endsWith(' 0')`)
	}
}

// The chart draws how often which values came, and one value over another; both follow what
// comes and what is hidden, lead to messages, and are saved.
func TestChartHistogramAndXY(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	send := p.openChart()
	p.downloads(t.TempDir())
	value[any](p, `(() => { const make = URL.createObjectURL; URL.createObjectURL = blob => { window.saved = blob.type + ' ' + blob.size; return make(blob) } })()`)

	const bars = `+document.querySelector('[data-control=chart-histogram]')?.dataset.marks`
	p.choose(control("chart-kind"), "histogram")
	p.wait(bars + ` > 150`) // of two series, 128 to 256 intervals each
	titles := `[...document.querySelectorAll('[data-control=chart-histogram] title')]`
	if sum := value[int](p, titles+`.reduce((a, e) => a + +e.textContent.split(': ')[1], 0)`); sum != 802 {
		t.Errorf("the bars are of %d values", sum)
	}
	p.click(`[data-series=i]`)
	p.wait(titles + `.reduce((a, e) => a + +e.textContent.split(': ')[1], 0) === 401`)
	p.click(`[data-series=i]`)
	p.savesPictures()
	p.shot("chart-histogram")

	const dots = `+document.querySelector('[data-control=chart-xy]')?.dataset.marks`
	p.choose(control("chart-kind"), "xy")
	p.wait(`document.querySelector('[data-control=chart-x]')?.value === 'u' && document.querySelector('[data-control=chart-y]').value === 'i' && ` + dots + ` > 100`)
	before := value[int](p, dots)
	send("u=9 i=9\n")
	p.wait(dots + fmt.Sprintf(` === %d`, before+1))
	p.wait(`[...document.querySelectorAll('[data-control=chart-xy] title')].some(e => e.textContent === '9, 9')`)
	value[any](p, `[...document.querySelectorAll('[data-control=chart-xy] rect')].find(e => e.textContent === '9, 9').dispatchEvent(new MouseEvent('click', {bubbles: true}))`)
	p.wait(rows + `.some(r => r.getAttribute('aria-selected') === 'true' && r.innerText.includes('u=9'))`)
	p.savesPictures()
	p.choose(control("chart-y"), "u")
	p.wait(`[...document.querySelectorAll('[data-control=chart-xy] title')].every(e => { const [x, y] = e.textContent.split(/[ (]/).map(parseFloat); return Math.abs(x - y) < 0.05 })`)
	p.choose(control("chart-y"), "i")

	for _, width := range []int64{1366, 360} {
		for _, scheme := range []string{"dark", "light"} {
			p.size(width, 800)
			p.theme(scheme)
			p.wait(fmt.Sprintf(`innerWidth === %d && document.querySelector('[data-control=chart-xy]').getBoundingClientRect().right <= innerWidth`, width))
			p.shot(fmt.Sprintf("chart-xy-%s-%d", scheme, width))
		}
	}
	p.size(1440, 1000)
	axe := axeCore(t)
	value[any](p, `(() => {`+string(axe)+`})()`)
	if bad := p.violations(".chart"); len(bad) > 0 {
		t.Errorf("%s", bad)
	}
	p.isSound()
}

// A trigger shows the time around where it fired: each time, or once until it is armed.
func TestChartTrigger(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	send := p.openChart()
	told := `document.querySelector('[data-control=trigger-told]')?.innerText.replace(/\s+/g, ' ')`
	whole := value[string](p, `document.querySelector('.plot').dataset.from`)
	p.choose(control("trigger-kind"), "rising")
	p.choose(control("trigger-value"), "u")
	p.fill("trigger-level", "7")
	p.wait(told + `?.includes('Waiting')`)
	p.fill("trigger-window", "400")

	send("u=8 i=1\n")
	p.wait(told + `?.includes('Fired 1 times') && ` + told + `.includes(' · 8')`)
	p.wait(`(({from, to}) => Math.abs(to - from - 400) < 2 && from !== ` + quoted(whole) + `)(document.querySelector('.plot').dataset)`)
	p.click(control("trigger-jump"))
	p.wait(rows + `.some(r => r.getAttribute('aria-selected') === 'true' && r.innerText.includes('u=8'))`)
	send("u=1 i=1\nu=9 i=1\n")
	p.wait(told + `?.includes('Fired 2 times') && ` + told + `.includes(' · 9')`)

	// once: the first since it was armed stays
	p.check("trigger-single", true)
	p.wait(told + `.includes(' · 8')`)
	p.click(control("trigger-arm"))
	p.wait(told + `?.includes('Waiting')`)
	send("u=0 i=1\nu=10 i=1\nu=0 i=1\nu=11 i=1\n")
	p.wait(told + `?.includes('Fired 2 times') && ` + told + `.includes(' · 10')`)
	p.check("trigger-single", false)
	p.wait(told + `.includes(' · 11')`)

	// a hold-off lets the second pass
	p.fill("trigger-hold", "3600000")
	p.wait(told + `?.includes('Fired 1 times') && ` + told + `.includes(' · 10')`)
	p.shot("chart-trigger")
	p.choose(control("trigger-kind"), "above")
	p.fill("trigger-hold", "0")
	p.wait(told + `?.includes('Fired 2 times')`)
	p.inBoth("the chart's trigger", func() {}, func() {})
	p.choose(control("trigger-kind"), "")
	p.wait(`!document.querySelector('[data-control=trigger-told]') && document.querySelector('.plot').dataset.from === ` + quoted(whole))
}

// Values of two units have an axis each; a logarithmic scale draws them otherwise; the time
// that is shown moves by half of itself, and the chart closes.
func TestChartAxes(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "u=1V i=900mA p=3V\n")
	p.click(control("fields-tab"))
	p.fill("fields-spec", "keys")
	value[any](p, `document.querySelector('[data-control=fields-spec]').dispatchEvent(new Event('change', {bubbles: true}))`)
	p.click(control("chart"))
	p.wait(chartStats + `?.includes('u V 1 1 1 1 0 ')`)
	write(t, board, "u=1000V i=1mA p=4V\n")
	p.wait(`/u V 1[, ]?000 1 /.test(` + chartStats + `)`)

	// the axis on the right takes its place from the plot
	const right = `(plot => plot.getBoundingClientRect().right - plot.querySelector('.u-over').getBoundingClientRect().right)(document.querySelector('.plot'))`
	p.wait(right + ` > 60`)
	p.click(`[data-series=i]`)
	p.wait(right + ` < 60`)
	p.click(`[data-series=i]`)
	p.wait(right + ` > 60`)

	const picture = `document.querySelector('.plot canvas').toDataURL()`
	p.wait(`(last => (window.drawn = ` + picture + `) === last)(window.drawn)`) // twice the same
	linear := value[string](p, picture)
	p.click(control("chart-log"))
	p.wait(picture + ` !== ` + quoted(linear))
	p.shot("chart-log")
	p.click(control("chart-log"))
	p.wait(picture + ` === ` + quoted(linear))

	const from, to = `+document.querySelector('.plot').dataset.from`, `+document.querySelector('.plot').dataset.to`
	since, until := value[float64](p, from), value[float64](p, to)
	moved := func(by float64) string { // each step cuts off what is less than a millisecond
		return fmt.Sprintf(`Math.abs(%s - %f) < 5 && Math.abs(%s - %f) < 5`, from, since+by*(until-since), to, until+by*(until-since))
	}
	p.click(`.chart [aria-label="Earlier"]`)
	p.wait(moved(-0.5))
	p.click(`.chart [aria-label="Later"]`)
	p.wait(moved(0))
	p.click(`.chart [aria-label="Later"]`)
	p.wait(moved(0.5))
	p.click(control("chart-whole"))
	p.wait(moved(0) + ` && document.querySelector('[data-control=chart-whole]').disabled`)
	p.inBoth("the chart of two units", func() {}, func() {})
	p.click(`.chart [aria-label="Hide the chart"]`)
	p.wait(`!document.querySelector('[data-control=chart-view]')`)
	p.isSound()
}

// Every kind of trigger waits for its own: down, either way, and below a level, of the value
// that is chosen.
func TestChartTriggerKinds(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	send := p.openChart() // it ends with u=0 and i=5
	told := `document.querySelector('[data-control=trigger-told]')?.innerText.replace(/\s+/g, ' ')`
	p.choose(control("trigger-kind"), "falling")
	p.choose(control("trigger-value"), "i")
	p.fill("trigger-level", "-7")
	p.wait(told + `?.includes('Waiting')`)
	send("u=0 i=-8\nu=-9 i=-8\n")
	p.wait(told + `?.includes('Fired 1 times') && ` + told + `.includes(' · -8')`)
	p.choose(control("trigger-kind"), "either")
	send("u=0 i=-1\n")
	p.wait(told + `?.includes('Fired 2 times') && ` + told + `.includes(' · -1')`)
	p.choose(control("trigger-kind"), "rising")
	p.wait(told + `?.includes('Fired 1 times') && ` + told + `.includes(' · -1')`)
	p.choose(control("trigger-value"), "u")
	p.choose(control("trigger-kind"), "below")
	p.wait(told + `?.includes('Fired 1 times') && ` + told + `.includes(' · -9')`)
	p.isSound()
}

// lastSaved keeps what the page gives the browser to save in window.savedBlob, and can say at
// which heights a picture has so many pixels of a colour beside each other.
const lastSaved = `(() => {
	const make = URL.createObjectURL;
	URL.createObjectURL = blob => { window.savedBlob = blob; return make(blob) };
	window.heightsOf = async (colour, far) => {
		const picture = await createImageBitmap(window.savedBlob);
		const canvas = new OffscreenCanvas(picture.width, picture.height), ctx = canvas.getContext('2d');
		ctx.drawImage(picture, 0, 0);
		const {data} = ctx.getImageData(0, 0, picture.width, picture.height);
		ctx.fillStyle = colour;
		ctx.fillRect(0, 0, 1, 1);
		const want = ctx.getImageData(0, 0, 1, 1).data;
		// of each row how many pixels have the colour
		const rows = Array.from({length: picture.height}, (_, y) => Array.from({length: picture.width}, (_, x) => 4 * (y * picture.width + x)).filter(i => [0, 1, 2].every(c => Math.abs(data[i + c] - want[c]) < 8)).length);
		const high = [];
		rows.forEach((n, y) => { if (n >= far) (high.at(-1)?.at(-1) === y - 1 ? high.at(-1) : (high.push([]), high.at(-1))).push(y) });
		return high.map(band => (band[0] + band.at(-1)) / 2);
	};
})()`

func number(t testing.TB, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Pictures of a chart with a logarithmic scale have that scale in the file: powers of ten at
// equal distances, and the curve where they say. Values without a logarithm harm neither.
func TestChartPicturesWithLogarithmicScale(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.downloads(t.TempDir())
	board := dial(t, "tcp", p.server())
	p.drawKeys()
	for _, text := range []string{"u=1", "u=1", "u=10", "u=10", "u=100", "u=100", "u=1000", "u=1000"} { // twice, so that each step has a length
		before := value[string](p, chartStats+` ?? ''`)
		write(t, board, text+"\n")
		p.wait(`(now => now && now !== ` + quoted(before) + `)(` + chartStats + `)`)
	}
	p.wait(chartStats + `?.includes('u 1000 1 1000 ')`)
	p.click(control("chart-log"))
	value[any](p, lastSaved)

	p.click(control("chart-svg"))
	p.wait(`window.savedBlob?.type === 'image/svg+xml'`)
	svg := value[string](p, `window.savedBlob.text()`)
	ticks := regexp.MustCompile(`y="([\d.]+)" text-anchor="end" data-axis="left">([^<]+)<`).FindAllStringSubmatch(svg, -1)
	var texts []string
	var at, curve []float64
	for _, m := range ticks {
		texts = append(texts, m[2])
		at = append(at, number(t, m[1])-4)
	}
	for _, m := range regexp.MustCompile(`<circle cx="[\d.]+" cy="([-\d.]+)"`).FindAllStringSubmatch(svg, -1) {
		if y := number(t, m[1]); len(curve) == 0 || curve[len(curve)-1] != y {
			curve = append(curve, y)
		}
	}
	if got := strings.Join(texts, " "); got != "1 10 100 1000" {
		t.Errorf("the ticks are %s", got)
	}
	evenly := func(what string, at []float64) {
		t.Helper()
		if len(at) != 4 {
			t.Fatalf("%s: %v, want 4 heights", what, at)
		}
		for i := range 3 {
			if by := (at[3] - at[0]) / 3; math.Abs(at[i+1]-at[i]-by) > 2 || math.Abs(by) < 30 {
				t.Errorf("%s are at %v, not at equal distances", what, at)
			}
		}
	}
	evenly("the ticks", at)
	evenly("the curve", curve)
	for i, y := range curve {
		if math.Abs(y-at[i]) > 0.2 {
			t.Errorf("%s is drawn at %f, its tick is at %f", texts[i], y, at[i])
		}
	}

	p.click(control("chart-png"))
	p.wait(`window.savedBlob?.type === 'image/png'`)
	// the points of the values stand out from the line that goes up
	colour := value[string](p, `getComputedStyle(document.querySelector('[data-series=u] ~ i')).backgroundColor`)
	evenly("the points of the PNG", value[[]float64](p, `window.heightsOf(`+quoted(colour)+`, 40)`))

	write(t, board, "u=0\nu=-5\n")
	p.wait(chartStats + `?.includes('u -5 -5 1000 ')`)
	p.click(control("chart-svg"))
	p.wait(`window.savedBlob?.type === 'image/svg+xml'`)
	if text := value[string](p, `window.savedBlob.text()`); strings.Contains(text, "NaN") || strings.Contains(text, "Infinity") || !strings.Contains(text, ">1000</text>") {
		t.Errorf("with values without a logarithm: %s", text)
	}
	p.shot("chart-log-nonpositive")
	p.isSound()
}
