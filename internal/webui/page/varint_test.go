//go:build linux

package page_test

import "testing"

// A length may be a varint, in the menu as on the command line.
func TestVarintFrames(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "\x05Hello\x03abc\x02")
	p.wait(row("←", `\x05Hello\x03abc\x02`))
	p.choose(control("framing"), "length")
	p.put("framing-size", "varint")
	p.wait(`document.querySelector('[data-control="framing-spec"]').value === 'length:size=varint'`)
	p.shows(`6  \x05Hello` + "\n" + `4  \x03abc` + "\n" + `1 tagOpen \x02`)
}
