//go:build linux

package page_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockeye/internal/framing"
)

// frames are the messages in the log, as "length badge content" with a bar where another
// chunk begins.
const frames = `[...document.querySelectorAll('[role=grid] [role=row]')].reduce((all, r) => {
	const content = r.querySelector('.content > span:not(.offset)')?.cloneNode(true);
	content?.querySelectorAll('.tick').forEach(t => t.replaceWith('|'));
	if (!r.classList.contains('first')) all[all.length - 1] += content?.textContent ?? '';
	else if (r.querySelector('.length')?.innerText) all.push([r.querySelector('.length').innerText, r.querySelector('.tag')?.dataset.tag ?? '', content?.textContent].join(' '));
	return all;
}, []).join('\n')`

// shows waits until the log has exactly these messages.
func (p *page) shows(want string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the messages are\n%s\nwant\n%s", value[string](p, frames), want)
		}
	}()
	p.wait(frames + ` === ` + quoted(want))
}

// put types into a field that takes what is typed when it is left.
func (p *page) put(name, text string) {
	p.t.Helper()
	p.fill(name, text)
	p.do(keys(kb.Enter))
}

// A sticky stream, several frames in one read and one frame over several, is a line per
// frame; another choice in the menu cuts what was received anew.
func TestFraming(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	for n, text := range []string{"one\r\ntwo\r\nthr", "ee\r\nfo", "ur"} {
		write(t, board, text)
		p.wait(fmt.Sprintf(`document.querySelectorAll('[role=row] .length:not(:empty)').length === %d`, n+1))
	}
	p.shows("13  one\\r\\ntwo\\r\\nthr\n6  ee\\r\\nfo\n2  ur")

	p.choose(control("framing"), "line")
	p.shows("5  one\n5  two\n7  thr|ee\n4 tagOpen fo|ur")
	p.wait(`document.querySelector('[data-control="framing-spec"]').value === 'line'`)
	write(t, board, "\r\nfive\r\n")
	p.shows("5  one\n5  two\n7  thr|ee\n6  fo|ur\n6  five")
	p.picture("frames")

	// The panel tells of one frame of several in an event.
	p.click(`[role=row].first:nth-last-child(1)`)
	p.wait(`document.querySelector('.panel pre').innerText.trim() === 'five'`)
	p.do(keys(kb.ArrowUp))
	p.wait(`document.querySelector('.panel pre').innerText.trim() === 'four'`)
	p.wait(`document.querySelector('.panel dl').innerText.includes('3; new ones begin at 2, 4')`)
	p.do(keys(kb.ArrowUp))
	p.wait(`document.querySelector('.panel pre').innerText.trim() === 'three'`)

	// Bytes are looked for in frames; a hex dump has them with their ends.
	p.fill("filter-text", "three")
	p.shows("7  thr|ee")
	p.click(control("hex-display") + ` label:nth-child(2)`)
	p.shows("7  74 68 72 |65 65 0d 0a")
	p.fill("filter-text", "")

	p.choose(control("framing"), "delim")
	p.put("framing-delim", `"e"`)
	p.wait(`document.querySelector('[data-control="framing-spec"]').value === 'delim:"e"'`)
	p.click(control("hex-display") + ` label:nth-child(1)`)
	p.shows("3  on\n11  \\r\\ntwo\\r\\nthr\n1  \n12  \\r\\nfo|ur|\\r\\nfiv\n2 tagOpen \\r\\n")
	p.put("framing-spec", "fixed")
	p.wait(`document.querySelector('[role=alert]').innerText.includes('fixed needs size')`)
	p.put("framing-spec", "fixed:20")
	p.shows("20  one\\r\\ntwo\\r\\nthr|ee\\r\\nfo|u\n9 tagOpen r|\\r\\nfive\\r\\n")
	p.choose(control("framing"), "")
	p.shows("13  one\\r\\ntwo\\r\\nthr\n6  ee\\r\\nfo\n2  ur\n8  \\r\\nfive\\r\\n")

	// The choice is the endpoint's: it is there again when the page is.
	p.choose(control("framing"), "line")
	p.visit(b.ticket(t))
	p.wait(`document.querySelector('[data-control="framing-spec"]')?.value === 'line'`)
	p.shows("5  one\n5  two\n7  thr|ee\n6  fo|ur\n6  five")
}

// A checksum is right or wrong in words, in both languages.
func TestFramingChecksums(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	for _, text := range []string{"010300000001840a", "010300000001840b"} {
		data, _ := hex.DecodeString(text)
		write(t, board, string(data))
	}
	p.wait(`document.querySelectorAll('[role=row] .length:not(:empty)').length > 0`)
	p.click(control("hex-display") + ` label:nth-child(2)`)
	p.choose(control("framing"), "fixed")
	p.choose(control("framing-check"), "CRC-16/MODBUS")
	const right, wrong = "01 03 00 00 00 01 84 0a", "01 03 00 00 00 01 84 0b"
	p.wait(frames + `.replaceAll('|', '').replaceAll('  ', ' ') === ` + quoted("8 tagRight "+right+"\n8 tagWrong "+wrong))
	p.wait(`document.querySelector('.tag.wrong').innerText === '✗ wrong'`)
	p.wait(`document.querySelector('[data-control="framing-check-spec"]').value === 'CRC-16/MODBUS'`)
	p.click(`[role=row]:has(.tag.wrong)`)
	p.wait(`document.querySelector('[data-control="frame-is"]').innerText === '✗ The checksum is wrong.'`)
	p.press("中文")
	p.wait(`document.querySelector('.tag.wrong').innerText === '✗ 校验错误'`)
	p.wait(`document.querySelector('[data-control="frame-is"]').innerText === '✗ 校验错误。'`)
	p.picture("frames-zh")
	p.size(360, 740)
	p.wait(`innerWidth === 360 && document.querySelector('.line.meta .tag.wrong')`)
	p.shot("frames-360")
}

// A frame that only a pause ends is there when the pause is over, though nothing came
// after it; and while more may come, what came is shown as unfinished.
func TestFramingByPauses(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	p.choose(control("framing"), "idle")
	write(t, board, "first")
	p.shows("5  first")
	p.put("framing-pause", "1h")
	p.shows("5 tagOpen first")
	p.put("framing-pause", "50ms")
	p.shows("5  first")
	write(t, board, "second")
	p.shows("5  first\n6  second")
	board.Close()
	p.wait(rows + `.some(r => r.innerText.includes('FIN'))`)
	p.shows("5  first\n6  second")
}

// Every way in the menu is one that the core knows, and what is typed as a spec is in the
// menu's fields, as far as these go.
func TestFramingMenu(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "one")
	p.shows("3  one")
	const spec = `document.querySelector('[data-control="framing-spec"]').value`
	kinds := value[[]string](p, `[...document.querySelector('[data-control=framing]').options].map(o => o.value).filter(v => v && v !== 'custom')`)
	if len(kinds) != len(framing.Methods)-1 { // none is not to cut
		t.Errorf("the menu has %v, the core %v", kinds, framing.Methods)
	}
	for _, k := range kinds {
		p.choose(control("framing"), k)
		p.wait(frames + `.startsWith('3 tag') || ` + frames + `.startsWith('1 tag') || ` + frames + `.startsWith('3  one')`) // the core has cut
		if _, err := framing.Parse(value[string](p, spec)); err != nil {
			t.Error(k, err)
		}
	}
	p.put("framing-spec", `length:head="a,b",size=4,order=little,max=100`)
	p.wait(`document.querySelector('[data-control=framing]').value === 'length'`)
	p.wait(`document.querySelector('[data-control="framing-head"]').value === '"a,b"'`)
	p.wait(`document.querySelector('[data-control="framing-order"]').value === 'little'`)
	p.put("framing-adjust", "2")
	p.wait(spec + ` === 'length:size=4,order=little,adjust=2,head="a,b",max=100'`)
	p.choose(control("framing-order"), "big")
	p.wait(spec + ` === 'length:size=4,adjust=2,head="a,b",max=100'`)
	p.put("framing-spec", "what")
	p.wait(`document.querySelector('[data-control=framing]').value === 'custom' && document.querySelector('[role=alert]').innerText.includes('no way to find frames')`)
	p.choose(control("framing"), "")
	p.shows("3  one")
}

// An endpoint of the workspace is shown in the frames that the file says, until the person
// chooses others; and a session that is saved says its frames in the file.
func TestFramingOfEndpoints(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lines.toml")
	if err := os.WriteFile(path, []byte("sockeye = 2\n\n[[endpoint]]\nname = 'lines'\nlisten = 'tcp://127.0.0.1:0'\nframe = 'line'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := startBench(t, "--workspace", path)
	p := b.open(t)
	p.click(control("workspace-tab"))
	p.click(`.panel [data-endpoint=lines]`)
	listening := `[...document.querySelectorAll('[role=grid] [role=row]')].map(r => /listening on .*127\.0\.0\.1:(\d+)/.exec(r.innerText)?.[1]).find(Boolean)`
	p.wait(listening)
	board := dial(t, "tcp", "127.0.0.1:"+value[string](p, listening))
	write(t, board, "one\ntwo\n")
	p.shows("4  one\n4  two")
	p.choose(control("framing"), "")
	p.shows("8  one\\ntwo\\n")
	p.visit(b.ticket(t))
	p.shows("8  one\\ntwo\\n")
	p.choose(control("framing"), "fixed")
	p.shows("8  one\\ntwo\\n")
	p.choose(control("framing-check"), "SUM-8")
	p.click(control("workspace-tab"))
	p.click(control("keep-session"))
	p.put("endpoint-name", "eights")
	p.wait(`document.querySelector('.panel [data-endpoint=eights]')`)
	if text := fileText(t, path); !strings.Contains(text, "fixed:8") || !strings.Contains(text, "SUM-8") {
		t.Errorf("the file does not say how frames are found:\n%s", text)
	}
}
