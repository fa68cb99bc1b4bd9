//go:build linux

package page_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// hubProgram builds the hub, which one test needs.
var hubProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(tools.program), "sockeye-hub")
	out, err := exec.Command("go", append(append([]string{"build", "-o", path}, buildFlags...), "sockeye/cmd/sockeye-hub")...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, err
})

// A hub has a page: it shows the boards that are enrolled, the log of what they do as it
// happens, and has them send, with an answer of each.
func TestBoardsOfHub(t *testing.T) {
	t.Parallel()
	hubPath, err := hubProgram()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	hub := start(t, home, hubPath, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0", "--lang", "en")
	t.Cleanup(func() { hub.ends(t) })
	t.Cleanup(func() { hub.cmd.Process.Kill() })
	hub.says(t, "sockeye hub page opens another")
	enrol := func(name string, more ...string) string {
		p := start(t, home, hubPath, append([]string{"enrol", name, "--no-qr", "--lang", "en"}, more...)...)
		p.ends(t)
		lines := strings.Fields(p.output())
		return lines[len(lines)-1]
	}
	join := func(code string) *program {
		b := start(t, t.TempDir(), tools.program, "listen", "127.0.0.1:0", "--hub", code, "--hub-send", "--lang", "en")
		t.Cleanup(func() { b.ends(t) })
		t.Cleanup(func() { b.cmd.Process.Kill() })
		b.says(t, "publishing as")
		b.says(t, "listening on tcp://")
		return b
	}
	gone := join(enrol("plant/away"))
	board := join(enrol("plant/press-7", "--label", "kind=press"))
	at := regexp.MustCompile(`listening on tcp://(\S+)`).FindStringSubmatch(board.output())[1]
	peer := dial(t, "tcp", at)
	write(t, peer, "early")

	gone.cmd.Process.Kill()

	p := blank(t)
	p.visit(regexp.MustCompile(`http://\S+`).FindString(hub.output()))
	p.click(control("boards-tab")) // it is there from the beginning; a press changes nothing
	p.wait(`document.querySelector('[data-board="plant/press-7"]')?.innerText.includes('alive')`)
	p.wait(`document.querySelector('[data-board="plant/away"]').innerText.includes('away')`)
	p.wait(`/s1 tcp:.*[1-9] · peers: 1/.test(document.querySelector('[data-board="plant/press-7"]').innerText)`)

	p.click(`[data-board="plant/press-7"] button`)
	p.wait(row("←", "early"))
	write(t, peer, "later")
	p.wait(row("←", "later")) // it follows
	p.wait(`document.querySelector('[role=tab][aria-selected=true]').innerText.includes('hub:plant/press-7')`)

	p.click(control("boards-all"))
	p.fill("boards-input", `led on\n`)
	p.click(control("boards-send"))
	reads(t, peer, "led on\n")
	p.wait(`document.querySelector('[data-result=delivered]')?.innerText.includes('plant/press-7 delivered to 1')`)
	p.wait(`document.querySelector('[data-result=away]').innerText.includes('plant/away')`)
	p.wait(logged("led on"))
	p.shot("boards")

	p.fill("boards-filter", "KIND=press")
	p.wait(`document.querySelectorAll('[data-board]').length === 1`)
	p.click(control("boards-log"))
	p.wait(`document.querySelectorAll('[role=tablist] [role=tab]').length > 2`)
	p.click(control("language"))
	p.wait(`document.querySelector('[data-board="plant/press-7"]').innerText.includes('在线')`)
	p.waitFor(foreign+` === ''`, func() string { return "in Chinese:\n" + value[string](p, foreign) })
	p.size(360, 740)
	p.wait(`innerWidth === 360 && document.documentElement.scrollWidth <= 360`)
	p.shot("boards-360-zh")
}
