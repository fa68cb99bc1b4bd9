//go:build linux

package page_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The words of a failure lead to their explanation, in the language of the page.
func TestExplainWords(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	host, port := closedPort(t)
	p.fails(host, port)
	p.click(`.settings [data-word=refused]`)
	p.wait(`document.querySelector('[data-control=explain] code')?.innerText.length > 0`)
	p.shot("explain")
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('[data-control=explain]')`)
	p.click(control("language"))
	p.click(`.settings [data-word=refused]`)
	p.wait(`/\p{Script=Han}/u.test(document.querySelector('[data-control=explain] p')?.innerText ?? '')`)
}
