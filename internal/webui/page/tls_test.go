//go:build linux

package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

// A TLS server and a client of it are opened by the form; what was agreed on is in the log
// and in the details, and a server that nobody verified is said to be so.
func TestTLSInTheForm(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.choose(control("protocol"), "tls-server")
	p.wait(`document.querySelector('[data-control=option-cert]') && document.querySelector('[data-control=option-key]')`)
	p.fill("local-port", "0")
	p.fill("option-cert", "/nowhere/board.pem")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-fault=cert]')?.innerText.includes('no such file')`)
	p.speaks("a certificate that is not there")
	p.fill("option-cert", "")
	at := p.server()
	p.wait(logged("by Sockeye local CA"))

	p.click(control("new-tab"))
	p.choose(control("protocol"), "tls-client")
	host, port, _ := strings.Cut(at, ":")
	p.fill("remote-address", host)
	p.fill("remote-port", port)
	p.choose(control("option-insecure"), "on")
	p.click(control("open"))
	p.wait(isOpen + ` && ` + logged("NOT VERIFIED"))
	p.wait(`document.querySelector('[data-state=unverified]')?.innerText === 'NOT VERIFIED'`)
	p.click(`.panel li .name`)
	p.wait(`document.querySelector('.panel li').innerText.includes('TLS 1.3') && document.querySelector('.panel li').innerText.includes('Sockeye local CA')`)
	p.speaks("the details of a TLS peer")
}

// A server of WebSocket over TLS says the line to paste into a browser's console, and the
// browser that runs it becomes a peer.
func TestBrowserIsAPeerOverTLS(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.choose(control("protocol"), "wss-server")
	p.wait(`[...document.querySelector('[data-control=local-address]').options].some(o => o.value === '127.0.0.1')`)
	p.choose(control("local-address"), "127.0.0.1")
	p.fill("local-port", "0")
	at := p.server()
	p.wait(logged(`ws = new WebSocket("wss://` + at + `/");`))

	other := blank(t)
	command(other, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
	// As a person does who accepts the certificate once; what is there is no page.
	other.do(chromedp.Navigate("https://" + at + "/"))
	value[bool](other, `(ws = new WebSocket("wss://`+at+`/"), ws.onmessage = e => window.got = e.data, ws.onopen = () => ws.send("from a browser"), true)`)
	p.wait(row("←", "from a browser"))
	p.say("to the browser")
	other.wait(`window.got === "to the browser"`)
}
