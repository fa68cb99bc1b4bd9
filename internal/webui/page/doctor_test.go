//go:build linux

package page_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/freeport"
)

// verdictIs is the JavaScript for "the doctor has found this cause".
func verdictIs(cause string) string {
	return `document.querySelector('[data-control=doctor-verdict]')?.dataset.cause === ` + quoted(cause) + ` && !document.querySelector('[data-control=doctor-countdown]')`
}

// closedPort is an address of this machine where nothing listens.
func closedPort(t *testing.T) (host, port string) {
	t.Helper()
	host, port, _ = net.SplitHostPort(freeport.Loopback(t))
	return host, port
}

// fails lets a client of the page fail at an address.
func (p *page) fails(host, port string) {
	p.t.Helper()
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", host)
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(`document.querySelector('.settings form [role=alert]')`)
}

// Beside a connection that failed there is "Why?": the way with the broken place, the cause
// and what to do in the language of the page, every check with its evidence folded away,
// and a file to share.
func TestDoctorOfFailure(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	dir := t.TempDir()
	p.downloads(dir)
	host, port := closedPort(t)
	p.fails(host, port)
	p.click(control("why"))
	p.wait(verdictIs("nothing-listens"))
	p.wait(`document.querySelector('[data-control=doctor-verdict]').innerText.includes('sockeye listen :` + port + `')`)
	p.wait(`[...document.querySelectorAll('svg[data-control=way] [data-state=wrong]')].length === 1 && document.querySelector('svg[data-control=way]').textContent.includes('broken here')`)
	p.wait(`document.querySelector('[data-check=port-there][data-verdict=wrong] details:not([open]) pre').textContent.includes('ECONNREFUSED')`)
	p.click(`[data-check=port-there] summary`)
	p.wait(`document.querySelector('[data-check=port-there] details[open] pre').getBoundingClientRect().height > 0`)
	for _, theme := range []string{"dark", "light"} {
		p.theme(theme)
		p.shot("doctor-" + theme)
	}

	p.click(control("doctor-share"))
	p.wait(`document.body.innerText.includes('Saved sockeye-doctor')`)
	awaitFile(t, filepath.Join(dir, "sockeye-doctor-*.txt"), "broken here")
	awaitFile(t, filepath.Join(dir, "sockeye-doctor-*.txt"), `"cause": "nothing-listens"`)
}

// In Chinese and on the screen of a telephone the doctor is whole, too.
func TestDoctorNarrow(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	host, port := closedPort(t)
	p.fails(host, port)
	p.click(control("language"))
	p.wait(`document.documentElement.lang === 'zh-Hans'`)
	p.click(control("why"))
	p.wait(verdictIs("nothing-listens"))
	p.waitFor(foreign+` === ''`, func() string { return "the doctor says in Chinese:\n" + value[string](p, foreign) })
	p.size(360, 740)
	p.wait(`innerWidth === 360`)
	p.wait(`(() => { const d = document.querySelector('[data-control=doctor]'); return d.scrollWidth <= d.clientWidth && d.getBoundingClientRect().right <= 360 })()`)
	p.wait(`new Set([...document.querySelectorAll('[data-control=way] rect')].map(r => r.getAttribute('x'))).size === 1`) // a column
	p.shot("doctor-360-zh")
}

// A server that nobody comes to offers the doctor after a while; the code of the other
// machine is pasted in, and both views are put together.
func TestDoctorOfSilence(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	at := p.server()
	p.wait(`document.querySelector('.settings [data-control=why]')`)
	p.click(`.settings [data-control=why]`)
	p.wait(`document.querySelector('[data-control=doctor-verdict]')?.dataset.verdict && !document.querySelector('[data-control=doctor-countdown]')`)
	p.wait(`document.querySelector('[data-control=doctor] h2').innerText.includes(` + quoted(at[strings.LastIndex(at, ":"):]) + `)`)
	p.click(`[data-control=doctor] details:has([data-control=doctor-code]) > summary`)
	p.click(control("doctor-own"))
	p.wait(`document.querySelector('[data-control=doctor-own-code]').innerText.startsWith('SE1-')`)
	code := value[string](p, `document.querySelector('[data-control=doctor-own-code]').innerText`)
	p.fill("doctor-code", strings.Replace(code, code[4:6], "99", 1))
	p.click(control("doctor-together"))
	p.wait(`document.querySelector('[data-control=doctor] [role=alert]')?.innerText.includes('a digit of the code is wrong')`)
	p.fill("doctor-code", code)
	p.click(control("doctor-together"))
	p.wait(verdictIs("both-listen")) // two machines that listen: this one's own code says so
	p.shot("doctor-both-listen")
}
