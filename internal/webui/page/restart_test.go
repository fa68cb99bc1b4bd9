//go:build linux

package page_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// F51: a workbench that is started again under an open tab. The tab says so, takes the
// new address, goes on with the new workbench's sessions and events only, and keeps what
// was filled in; also if the new address comes before the page has seen that its key is
// good no more.
func TestWorkbenchRestarts(t *testing.T) {
	t.Parallel()
	t.Run("noticed", func(t *testing.T) { testWorkbenchRestarts(t, true) })
	t.Run("not yet", func(t *testing.T) { testWorkbenchRestarts(t, false) })
}

func testWorkbenchRestarts(t *testing.T, noticed bool) {
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	for n := range 40 { // the next record is shorter: nothing of this one must be looked for in it
		write(t, board, fmt.Sprintf("before %d", n))
		p.wait(row("←", fmt.Sprintf("before %d", n)))
	}
	p.click(control("clear-display"))
	write(t, board, "of the old one")
	p.wait(row("←", "of the old one"))
	p.fill("input", "half a mess")
	p.wait(`sessionStorage.getItem('sockeye-tabs')?.includes('half a mess')`)
	at, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	b.ui.cmd.Process.Kill()
	b.ui.ends(t)
	p.wait(`document.querySelector('.page.lost')`)

	const realFetch = `window.fetch = window.realFetch ?? window.fetch; `
	if !noticed { // nobody answers who follows the core
		value[any](p, `window.realFetch = window.fetch; window.fetch = (at, ...how) => String(at).includes('/live') ? Promise.reject(new TypeError()) : realFetch(at, ...how)`)
	}
	again := startBenchIn(t, b.home, "--port", at.Port())
	if noticed {
		p.wait(`document.body.innerText.includes('The workbench was started again')`)
	}
	fresh := again.ticket(t)
	value[any](p, realFetch+`location.hash = `+quoted(fresh[strings.Index(fresh, "#"):]))
	p.wait(`document.querySelector('header [aria-selected=true]')?.innerText.trim() === 'New session' && ` + rows + `.length === 0`)
	p.wait(fieldHolds("input", "half a mess"))
	board = dial(t, "tcp", p.server())
	write(t, board, "of the new one")
	p.wait(row("←", "of the new one") + ` && !` + row("←", "of the old one"))
	p.click(control("send"))
	reads(t, board, "half a mess")
}

// F49: a tab that the system has frozen, as browsers do with those nobody looks at,
// costs neither the sockets nor another page anything; when it wakes it shows what is
// the newest.
func TestFrozenTab(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	frozen := b.open(t)
	board := dial(t, "tcp", frozen.server())
	write(t, board, "before")
	awake := b.open(t)
	awake.wait(row("←", "before"))
	frozen.wait(row("←", "before"))

	pids := renderers(t, frozen)
	signal := func(s syscall.Signal) {
		for _, pid := range pids {
			syscall.Kill(pid, s)
		}
	}
	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT)
	write(t, board, strings.Repeat("while it is frozen\n", 1<<21)) // 38 MiB: more than any queue has
	received := func(n int) string {
		return fmt.Sprintf(`document.querySelector('[data-control=count-received] b')?.dataset.bytes === '%d'`, n)
	}
	flood := len("before") + 19<<21
	awake.wait(received(flood))
	write(t, board, "the end")
	awake.wait(received(flood+len("the end")) + ` && ` + row("←", "the end"))
	signal(syscall.SIGCONT)
	frozen.wait(received(flood+len("the end")) + ` && ` + row("←", "the end"))
}

// renderers are the processes of a page's browser that draw pages.
func renderers(t *testing.T, p *page) []int {
	t.Helper()
	browser := strconv.Itoa(chromedp.FromContext(p.ctx).Browser.Process().Pid)
	parents := map[string]string{}
	drawing := map[string]bool{}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		pid := filepath.Base(dir)
		stat, _ := os.ReadFile(filepath.Join(dir, "stat"))
		if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) > 1 {
			parents[pid] = fields[1]
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		drawing[pid] = bytes.Contains(line, []byte("--type=renderer"))
	}
	var found []int
	for pid := range drawing {
		for up := pid; drawing[pid] && up != "" && up != "0"; up = parents[up] {
			if up == browser {
				n, _ := strconv.Atoi(pid)
				found = append(found, n)
				break
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("the browser has no renderer")
	}
	return found
}
