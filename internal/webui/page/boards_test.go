//go:build linux

package page_test

import (
	"fmt"
	"net"
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
// happens, and has them send, with an answer of each. The chart of several has a series of each,
// with its name.
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
	talk := func(b *program) net.Conn {
		return dial(t, "tcp", regexp.MustCompile(`listening on tcp://(\S+)`).FindStringSubmatch(b.output())[1])
	}
	gone := join(enrol("plant/away"))
	write(t, talk(gone), "temp=21\n")
	board := join(enrol("plant/press-7", "--label", "kind=press"))
	peer := talk(board)
	write(t, peer, "early")

	p := blank(t)
	p.visit(regexp.MustCompile(`http://\S+`).FindString(hub.output()))
	p.click(control("boards-tab")) // it is there from the beginning; a press changes nothing
	p.wait(`document.querySelector('[data-board="plant/press-7"]')?.innerText.includes('alive')`)
	p.wait(`document.querySelector('[data-board="plant/away"]').innerText.includes('alive')`)
	p.click(`[data-board="plant/away"] button`)
	p.wait(row("←", "temp=21"))
	gone.cmd.Process.Kill()
	p.wait(`/Away/i.test(document.querySelector('[data-board="plant/away"] .state').innerText)`)
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

	p.click(control("boards-log"))
	p.wait(`document.querySelector('[role=tablist] [role=tab][aria-selected=true]').innerText.trim() === 'hub:'`) // all of it
	write(t, peer, "\ntemp=35\n")
	p.drawKeys()
	p.wait(`/temp · plant\/away s1 \S+ 21 .*temp · plant\/press-7 s1 \S+ 35 /.test(` + chartStats + `)`)
	p.shot("boards-chart")
	p.click(control("boards-tab"))

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
