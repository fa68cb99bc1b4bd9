//go:build linux

package page_test

import (
	"net"
	"testing"

	"github.com/chromedp/chromedp"
)

// A broadcast address is refused in the words of the page, which has the control that
// allows it. After a reload the form says what the session was opened with, and whom
// it sends to.
func TestUDPBroadcast(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	p.choose(control("protocol"), "udp")
	p.fill("local-port", "")
	p.fill("remote-address", "255.255.255.255")
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(`document.querySelector('.settings form [role=alert]')?.innerText.includes('tick “Allow broadcast”')`)
	p.click(control("broadcast-allow"))
	p.wait(`document.querySelector('[data-control=target]').innerText.includes('255.255.255.255:` + port + `')`)
	p.wait(`!document.querySelector('.settings form [role=alert]')`)

	p.do(chromedp.Reload())
	p.wait(`document.querySelector('` + control("remote-address") + `')?.value === '255.255.255.255'`)
	p.wait(`document.querySelector('` + control("remote-port") + `').value === '` + port + `' && document.querySelector('` + control("broadcast") + `').checked`)
}
