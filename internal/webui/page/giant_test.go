//go:build linux

package page_test

import (
	"strings"
	"testing"
)

// T31: a giant message and a crowd of connections do not fill the tab: it keeps the
// rows it shows, and goes on working.
func TestGiantRows(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	address := p.server()
	const crowd, giant = 2000, 256 << 20
	for range crowd {
		dial(t, "tcp", address)
	}
	p.wait(`/Peers\s*2,?000/.test(document.body.innerText)`)
	sender := dial(t, "tcp", address)
	piece := strings.Repeat("0123456789abcdef", 1<<16)
	for range giant / len(piece) {
		write(t, sender, piece)
	}
	sender.Close()
	// Its end comes after all of it; a message sent before could be far above.
	p.wait(`[...document.querySelectorAll('[role=grid] [role=row]')].some(r => r.innerText.includes(` + quoted(sender.LocalAddr().String()) + `) && r.innerText.includes('FIN'))`)
	write(t, dial(t, "tcp", address), "after the giant")
	p.wait(row("←", "after the giant"))
	if heap := value[float64](p, `performance.memory.usedJSHeapSize`); heap > 300e6 {
		t.Errorf("the tab holds %.0f MB", heap/1e6)
	}
	if nodes := value[int](p, `document.querySelectorAll('*').length`); nodes > 20_000 {
		t.Errorf("the page has %d elements", nodes)
	}
	p.click(control("target"))
	p.wait(`document.querySelector('.picker .list')`)
}
