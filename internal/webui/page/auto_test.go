//go:build linux

package page_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"sockeye/internal/payload"
)

// With "auto" the page shows a stream in UTF-8 or GBK as the command line does, whatever
// comes and however reads cut it, and says what was chosen.
func TestAutoRows(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{"ok", "\xce", "\xc2\xb6\xc8", "again \xce\xc2", "\xc2\xa9", "温度", "\xc2\xa9", "\xe6\xb8", "x\xce\xc2\xb6\xc8",
		"\xce", "a", "\xce", "\n", "\x81\x30\x81\x30", "\xff\xce\xc2", "\xe6", "\xb8\xa9", "\xb6", "\xc8\xe6\xb8\xa9"}
	for range 5 { // all rows fit on the screen
		piece := ""
		for range 1 + random.IntN(4) {
			char := []string{"温", "度", "\xce\xc2", "\xb6\xc8", "é", "a~", "\x01", "\xff", "\x810\x810"}[random.IntN(9)]
			from := 0
			if random.IntN(3) == 0 {
				from = random.IntN(len(char))
			}
			piece += char[from:]
		}
		if len(piece) > 1 && random.IntN(3) == 0 {
			piece = piece[:len(piece)-1]
		}
		pieces = append(pieces, piece)
	}
	pieces = append(pieces, "温度", "\xce\xc2\xb6\xc8")
	p := startBench(t).open(t)
	p.choose(control("charset"), "auto")
	board := dial(t, "tcp", p.server())
	for n, piece := range pieces {
		write(t, board, piece)
		p.wait(fmt.Sprintf(rows+`.filter(r => r.querySelector('.way')?.innerText === '←').length === %d`, n+1))
	}
	// What is chosen anew from the menu is the same as what was chosen while it came.
	for _, charset := range []string{"auto", "utf-8", "auto"} {
		p.choose(control("charset"), charset)
		core := payload.Charset(charset)
		want := terminalRows(core, pieces)
		diff := "nothing was compared"
		for limit := time.Now().Add(time.Minute); diff != "" && time.Now().Before(limit); {
			got := value[[]string](p, rows+`.filter(r => r.querySelector('.way')?.innerText === '←').map(r => r.querySelector('.content').textContent.replace(/^[ \n]+|[ \n]+$/g, ''))`)
			for n := range got {
				got[n] = comparable(got[n])
			}
			if diff = cmp.Diff(want, got); diff != "" {
				p.wait(`new Promise(done => requestAnimationFrame(() => done(true)))`)
			}
		}
		if diff != "" {
			t.Fatalf("%s (-want +got):\n%s", charset, diff)
		}
	}
	heading := func(piece, want string) {
		t.Helper()
		n := 0
		for n < len(pieces) && pieces[n] != piece {
			n++
		}
		value[any](p, fmt.Sprintf(rows+`.filter(r => r.querySelector('.way')?.innerText === '←')[%d].dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0}))`, n))
		p.wait(`document.querySelector('h3 .charset')?.innerText === ` + quoted(want))
	}
	heading("again \xce\xc2", "auto (GBK)")
	heading("温度", "auto (UTF-8)")
	heading("ok", "auto")
	if menu := value[string](p, `document.querySelector(`+quoted(control("charset"))+`).selectedOptions[0].text`); !strings.HasPrefix(menu, "auto") {
		t.Errorf("the menu says %q", menu)
	}
	p.fill("search", "again 温")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('[role=row].chosen')?.innerText.includes('again 温')`)
}
