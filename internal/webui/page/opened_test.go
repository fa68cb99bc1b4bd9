//go:build linux

package page_test

import (
	"encoding/base64"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const titleShown = `document.querySelector('header [role=tab][aria-selected=true]').innerText.trim()`

// A recording is opened out of the list, and is searched, filtered, charted and exported as
// a live session is; the live one goes on beside it.
func TestOpenRecordingFromList(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	p.recording(true)
	for _, line := range []string{"temp=20\n", "temp=21\n", "temp=25\n"} {
		write(t, board, line)
		p.wait(row("←", strings.TrimSpace(line)))
	}
	p.recording(false)
	live := value[string](p, titleShown)

	p.click(control("open-recording-link"))
	p.wait(`document.querySelector('[data-recording]')`)
	p.click(`[data-recording]`)
	p.wait(`!document.querySelector('[data-control=open-recording]') && ` + titleShown + ` !== ` + quoted(live))
	for _, line := range []string{"temp=20", "temp=21", "temp=25"} {
		p.wait(row("←", line))
	}
	p.wait(`document.querySelector('[data-control=open]').innerText.trim() === 'Open'`) // it is over
	p.fill("filter-text", "temp=21")
	p.wait(row("←", "temp=21") + ` && !` + row("←", "temp=20"))
	p.fill("filter-text", "")
	p.fill("search", "temp=2")
	value[any](p, `document.querySelector('[data-control=search]').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}))`)
	p.wait(`document.querySelector('[data-control=found]')?.innerText.trim() === '1 of 3'`)
	p.click(control("fields-tab"))
	p.wait(`document.querySelector('[data-control=fields-spec]')`)
	p.choose(control("fields-spec"), "keys")
	p.wait(`document.querySelector('.panel').innerText.includes('25')`)
	dir := t.TempDir()
	p.downloads(dir)
	p.click(control("save-data"))
	p.press("CSV")
	p.wait(`document.querySelector('footer .note').innerText.includes('csv')`)
	if !eventually(func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
		return len(found) == 1
	}) {
		t.Error("nothing was saved")
	}

	// what is said in the live session is not of the recording
	write(t, board, "temp=30\n")
	p.wait(`document.querySelectorAll('header [role=tab]').length === 2`)
	value[any](p, `[...document.querySelectorAll('header [role=tab]')].find(t => t.innerText.trim() === `+quoted(live)+`).click()`)
	p.wait(row("←", "temp=30"))
	value[any](p, `[...document.querySelectorAll('header [role=tab]')].find(t => t.innerText.trim() !== `+quoted(live)+`).click()`)
	p.wait(row("←", "temp=25") + ` && !` + row("←", "temp=30"))
	value[any](p, `document.querySelector('header [role=tab][aria-selected=true] .x').click()`)
	p.wait(`document.querySelectorAll('header [role=tab]').length === 1`)
	p.isSound()
}

// A capture of another program is dropped on the page; what is none says what is wanted.
func TestDropACapture(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.wait(`document.querySelector('[data-control=open]')`)
	file := filepath.Join(t.TempDir(), "udp.pcap")
	if err := os.WriteFile(file, udpCapture("GET /temp"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.drop(file, "look")
	p.wait(titleShown + ` === 'udp.pcap' && ` + row("←", "GET /temp"))
	bad := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(bad, []byte("no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.drop(bad, "look")
	p.wait(`document.querySelector('[data-control=open-recording]')?.innerText.includes('Wireshark')`)
	p.isSound()
}

// A file that is dropped on the lower half is sent.
func TestDropAFileToSend(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "Hello")
	p.wait(row("←", "Hello"))
	file := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(file, []byte("all of the firmware"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.drop(file, "send")
	reads(t, board, "all of the firmware")
	p.wait(`document.querySelector('.file-run[data-state=done]')?.innerText.includes('firmware.bin')`)
	p.isSound()
}

// drop drops a file on a part of the page, as a mouse does.
func (p *page) drop(file, part string) {
	p.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	value[any](p, `(() => {
		window.held = new DataTransfer();
		held.items.add(new File([Uint8Array.from(atob(`+quoted(base64.StdEncoding.EncodeToString(data))+`), c => c.charCodeAt(0))], `+quoted(filepath.Base(file))+`));
		window.hold = (type, at) => at.dispatchEvent(new DragEvent(type, {dataTransfer: held, bubbles: true, cancelable: true}));
	})()`)
	at := `document.querySelector('[data-drop-part=` + part + `]')`
	p.wait(`(hold('dragenter', document.body), ` + at + `)`)
	value[any](p, `hold('dragenter', `+at+`); hold('dragover', `+at+`); hold('drop', `+at+`)`)
	p.wait(`!document.querySelector('[data-control=drop]')`)
}

// udpCapture is a pcap file with one datagram of IPv4.
func udpCapture(text string) []byte {
	le, be := binary.LittleEndian, binary.BigEndian
	file := le.AppendUint32(nil, 0xa1b2c3d4)
	for _, v := range []uint32{4<<16 | 2, 0, 0, 65535, 101} { // version 2.4, raw IP
		file = le.AppendUint32(file, v)
	}
	packet := make([]byte, 28, 28+len(text))
	packet[0], packet[8], packet[9] = 0x45, 64, 17
	be.PutUint16(packet[2:], uint16(28+len(text)))
	copy(packet[12:], []byte{192, 0, 2, 1, 192, 0, 2, 2})
	be.PutUint16(packet[20:], 40000)
	be.PutUint16(packet[22:], 9000)
	be.PutUint16(packet[24:], uint16(8+len(text)))
	packet = append(packet, text...)
	for _, v := range []uint32{1_700_000_000, 0, uint32(len(packet)), uint32(len(packet))} {
		file = le.AppendUint32(file, v)
	}
	return append(file, packet...)
}
