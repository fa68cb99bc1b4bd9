//go:build linux

package page_test

import (
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/transport/transporttest"
)

// A server that announces itself at the other end of a cable, where there is no router and no name
// server, is offered by its name where the address is typed, and opened from there.
func TestFoundOnACable(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	var server *program
	home := t.TempDir()
	there.Do(func() {
		server = start(t, home, tools.program, "listen", "tcp://:0", "--announce", "greenhouse", "--lang", "en")
	})
	t.Cleanup(func() {
		server.cmd.Process.Signal(syscall.SIGTERM)
		server.ends(t)
	})
	server.says(t, "announced as greenhouse.local")
	server.says(t, "listening on tcp://")
	port := regexp.MustCompile(`listening on tcp://\S*:(\d+)`).FindStringSubmatch(server.output())[1]
	address := "tcp://" + transporttest.ThereIP + ":" + port
	for tries := 0; ; tries++ { // the link may be a moment old
		out, err := exec.Command(tools.program, "discover").CombinedOutput()
		if err == nil && strings.Contains(string(out), address) {
			break
		}
		if tries == 30 {
			t.Fatalf("it was never discovered: %v %s", err, out)
		}
	}
	p := startBench(t).open(t)
	p.choose(control("protocol"), "tcp-client")
	value[any](p, `document.querySelector('[data-control=remote-address]').focus()`)
	p.wait(`[...document.querySelectorAll('datalist option')].some(o => o.value === '` + address + `' && o.textContent === 'greenhouse')`)
	value[any](p, `(() => { const e = document.querySelector('[data-control=remote-address]'); e.value = e.list.options[0].value; e.dispatchEvent(new Event('input', {bubbles: true})) })()`) // as choosing does
	p.wait(`document.querySelector('[data-control=remote-port]').value === '` + port + `'`)
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open]').innerText === 'Disconnect'`)
	p.say("by name")
	server.says(t, "by name")
}
