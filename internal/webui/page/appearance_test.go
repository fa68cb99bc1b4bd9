//go:build linux

package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Every press of the theme's button is seen, the first one too; and the chart is drawn
// in the colours of now.
func TestThemeButton(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.theme("light")
	p.server()
	p.wait(`document.querySelector('.panel canvas')`)
	const colours = `(name => {
		const probe = document.createElement('i');
		probe.style.color = 'var(' + name + ')';
		document.body.append(probe);
		const c = getComputedStyle(probe).color;
		probe.remove();
		return c;
	})`
	const ground = `getComputedStyle(document.querySelector('.panel')).backgroundColor`
	// how many pixels of the chart have a colour
	const drawn = `(colour => {
		const [r, g, b] = colour.match(/\d+/g).map(Number), c = document.querySelector('.panel canvas');
		const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] === r && d[i + 1] === g && d[i + 2] === b && d[i + 3] === 255) n++;
		return n;
	})`
	line := value[string](p, colours+`('--line')`)
	p.wait(drawn + `(` + quoted(line) + `) > 50`)
	before := value[string](p, ground)
	for _, theme := range []string{"dark", "light", "dark"} {
		p.click(control("theme"))
		p.wait(ground + ` !== ` + quoted(before))
		before = value[string](p, ground)
		now := value[string](p, colours+`('--line')`)
		p.wait(drawn + `(` + quoted(now) + `) > 50`)
		if old := value[int](p, drawn+`(`+quoted(line)+`)`); now == line || old > 50 {
			t.Errorf("%s: %d pixels of the grid have the colour of before, %s; now it is %s", theme, old, line, now)
		}
		line = now
	}
	if theme := value[string](p, `document.documentElement.dataset.theme`); theme != "dark" {
		t.Errorf("%q was chosen against the system's light", theme)
	}
	p.do(chromedp.Reload())
	p.wait(`document.querySelector('.panel') && ` + ground + ` === ` + quoted(before))
}

// A long message wraps between words, where it has some; nothing of it is left out.
func TestWrapsBetweenWords(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	text := strings.TrimSpace(strings.Repeat("the temperature of the greenhouse is measured every fifteen seconds, ", 6))
	write(t, board, text)
	p.wait(row("←", "the temperature"))
	for _, width := range []int64{1440, 900, 360} {
		p.size(width, 800)
		const lines = `[...document.querySelectorAll('[role=grid] [role=row]')].map(r => r.querySelector('.content:last-child > span')?.textContent ?? '')`
		p.wait(`innerWidth === ` + jsonOf(width) + ` && ` + lines + `.join('').endsWith(` + quoted(text) + `)`)
		got := value[[]string](p, lines+`.filter(l => l !== '')`)
		if len(got) < 3 {
			t.Errorf("at %d it has %d lines", width, len(got))
		}
		for n, line := range got[:len(got)-1] {
			if !strings.HasSuffix(line, " ") && !strings.HasPrefix(got[n+1], " ") {
				t.Errorf("at %d a word is torn: %q | %q", width, line, got[n+1])
			}
		}
	}
}

// ? opens the help, but where one writes it is a letter.
func TestQuestionMark(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.wait(`document.querySelector('[data-control=input]')`)
	p.fill("input", "what?")
	p.wait(`document.querySelector('[data-control=input]').value === 'what?' && !document.querySelector('dialog[open]')`)
	value[any](p, `document.activeElement.blur()`)
	p.do(keys("?"))
	p.wait(`document.querySelector('dialog[open] kbd') && [...document.querySelectorAll('dialog[open] kbd')].some(k => k.innerText === 'F1 ?')`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]')`)
}
