//go:build linux

package page_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// BenchmarkPage measures what issue and decision pages say of the page; run it on a
// quiet machine:
//
//	go test ./internal/webui/page -run NONE -bench Page -benchtime 1x
//
// Datagrams come at 100,000 a second, first with no page open, then with one that
// follows them. "core_ratio" is how many the core received with the page open, of
// those without; "scroll_gap_ms" the longest time without a row on the screen or
// without a frame while the thumb is dragged from end to end of ten million rows,
// and "jump_ms" the longest until the rows of another place are there.
func BenchmarkPage(b *testing.B) {
	const rate, seconds, million = 100_000, 6, 1_000_000
	bench := startBench(b, "--memory", "2GiB")
	p := bench.open(b)
	p.wait(`document.querySelector('[role=grid]')`)
	p.do(chromedp.Reload())
	p.wait(`performance.getEntriesByName('first-contentful-paint')[0]`)
	b.ReportMetric(value[float64](p, `performance.getEntriesByName('first-contentful-paint')[0].startTime`), "first_paint_ms")

	p.choose(control("protocol"), "udp")
	address := p.server()
	received := func() float64 {
		return value[float64](p, `Number(document.querySelector('[data-control=count-received]').title.replaceAll(/\D/g, ''))`)
	}
	home := value[string](p, `location.href`)
	p.visit("about:blank")
	sentAlone := flood(b, address, rate, seconds)
	p.visit(home)
	p.wait(`document.querySelector('[data-control=count-received]') && ` + rows + `.length > 5`)
	alone := received()

	value[any](p, `(() => {
		window.frames_ = []; let last = performance.now();
		const look = now => { frames_.push(now - last); last = now; requestAnimationFrame(look) };
		requestAnimationFrame(look);
	})()`)
	sentWatched := flood(b, address, rate, seconds)
	fps := value[float64](p, `frames_.length / frames_.reduce((a, b) => a + b, 0) * 1000`)
	worst := value[float64](p, `Math.max(...frames_.slice(5))`)
	heap := value[float64](p, `performance.memory.usedJSHeapSize / 1e6`)
	p.wait(`document.querySelectorAll('[role=row]').length > 5`)
	value[any](p, `new Promise(done => setTimeout(done, 1500))`)
	watched := received() - alone
	b.ReportMetric(fps, "frames/s")
	b.ReportMetric(worst, "worst_frame_ms")
	b.ReportMetric(heap, "heap_MB")
	b.ReportMetric(watched/float64(sentWatched)/(alone/float64(sentAlone)), "core_ratio")
	for have := alone + watched; have < 10*million; { // more is more than fits
		p.visit("about:blank") // this is not what is measured
		flood(b, address, 300_000, 5)
		p.visit(home)
		p.wait(`document.querySelector('[data-control=count-received]') && ` + rows + `.length > 5`)
		have = received()
	}
	b.ReportMetric(received(), "rows")

	value[any](p, `document.querySelector('[role=grid]').focus()`)
	p.do(keys(kb.End))
	gap := value[float64](p, `(async () => {
		const bar = document.querySelector('[role=scrollbar]'), r = bar.getBoundingClientRect();
		const at = (type, y) => bar.dispatchEvent(new PointerEvent(type, {clientX: r.left + 5, clientY: y, pointerId: 1, bubbles: true}));
		bar.setPointerCapture = () => {};
		let gap = 0, seen = performance.now();
		at('pointerdown', r.bottom - 20);
		for (let i = 0; i <= 240; i++) {
			at('pointermove', r.bottom - 20 - (r.height - 30) * i / 240);
			await new Promise(requestAnimationFrame);
			const now = performance.now();
			if (document.querySelectorAll('[role=row]').length > 5) { gap = Math.max(gap, now - seen); seen = now; }
		}
		at('pointerup', r.top);
		return gap;
	})()`)
	b.ReportMetric(gap, "scroll_gap_ms")
	b.ReportMetric(value[float64](p, `(async () => {
		const bar = document.querySelector('[role=scrollbar]'), r = bar.getBoundingClientRect();
		const at = (type, y) => bar.dispatchEvent(new PointerEvent(type, {clientX: r.left + 5, clientY: y, pointerId: 1, bubbles: true}));
		const first = () => Number(document.querySelector('[role=row]')?.ariaRowIndex ?? 0);
		let worst = 0;
		for (const part of [0.5, 0.1, 0.9, 0.3, 0.7]) {
			const before = first(), start = performance.now();
			at('pointerdown', r.top + r.height * part);
			at('pointerup', r.top + r.height * part);
			while (first() === before || first() === 0) await new Promise(requestAnimationFrame);
			worst = Math.max(worst, performance.now() - start);
		}
		return worst;
	})()`), "jump_ms")
	b.ReportMetric(0, "ns/op")
}

// flood sends datagrams at a rate for some seconds, and returns how many went out.
func flood(b *testing.B, address string, rate, seconds int) int {
	b.Helper()
	c, err := net.Dial("udp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	sent := 0
	message := []byte(strings.Repeat("x", 24) + "          ")
	for start := time.Now(); ; {
		due := int(time.Since(start).Seconds() * float64(rate))
		if due > rate*seconds {
			return sent
		}
		for ; sent < due; sent++ {
			copy(message[24:], strconv.Itoa(sent))
			if _, err := c.Write(message); err != nil {
				b.Fatal(fmt.Errorf("after %d datagrams: %w", sent, err))
			}
		}
		time.Sleep(time.Millisecond) // the pace of the sender, not a wait for something
	}
}
