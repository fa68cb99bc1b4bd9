//go:build linux

package page_test

import "testing"

// Options are changed for one peer in its details; every page sees it, and the others keep
// theirs. A peer without a socket of its own has none.
func TestOptionsOfOnePeer(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	at := p.server()
	for _, text := range []string{"I am one", "I am two"} {
		write(t, dial(t, "tcp", at), text)
		p.wait(row("←", text))
	}
	const cork, own = "[data-control=peer-option-cork]", "[data-control=peer-options-own]"
	in := func(n, what string) string { return `.panel li:nth-child(` + n + `) ` + what }
	is := func(on string) string {
		return `document.querySelector(` + quoted(in("1", cork)) + `)?.checked === ` + on + ` && document.querySelector(` + quoted(in("1", own)) + `)`
	}
	p.click(in("1", ".name"))
	p.wait(`document.querySelector(` + quoted(in("1", cork)) + `)?.checked === false && !document.querySelector(` + quoted(own) + `)`)
	p.click(in("1", cork))
	p.wait(is("true"))
	p.speaks("the options of a peer")

	other := b.open(t)
	other.click(in("1", ".name"))
	other.wait(is("true"))
	other.click(in("1", cork))
	other.wait(is("false"))
	p.wait(is("false"))
	p.click(in("2", ".name"))
	p.wait(`document.querySelector(` + quoted(in("2", cork)) + `)?.checked === false && !document.querySelector(` + quoted(in("2", own)) + `)`)

	p.click(control("new-tab"))
	p.choose(control("protocol"), "udp")
	write(t, dial(t, "udp", p.server()), "a datagram")
	p.wait(row("←", "a datagram"))
	p.click(in("1", ".name"))
	p.wait(`document.querySelector(` + quoted(in("1", "[data-act=close]")) + `) && !document.querySelector('[data-control=peer-options]')`)
}
