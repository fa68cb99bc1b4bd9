//go:build linux

package page_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// netAssist is every control of NetAssist 3.8.1's window, and the control of the
// page that does its job.
var netAssist = []struct{ theirs, ours string }{
	{"协议类型", "protocol"},
	{"本地IP地址", "local-address"},
	{"本地端口号", "local-port"},
	{"连接/断开", "open"},
	{"接收转向文件", "receive-to-file"},
	{"显示接收时间", "show-time"},
	{"十六进制显示", "hex-display"},
	{"暂停接收显示", "pause-display"},
	{"保存数据", "save-data"},
	{"清除显示", "clear-display"},
	{"启用文件数据源", "file-source"},
	{"自动发送附加位", "checksum"},
	{"发送完自动清空", "clear-after"},
	{"按十六进制发送", "send-hex"},
	{"数据流循环发送", "repeat"},
	{"发送间隔", "interval"},
	{"文件载入", "load-file"},
	{"清除输入", "clear-input"},
	{"网络数据接收", "log"},
	{"连接对象", "target"},
	{"发送框", "input"},
	{"发送", "send"},
	{"发送计数", "count-sent"},
	{"接收计数", "count-received"},
	{"复位计数", "reset-counters"},
}

// Every control of NetAssist has its place on the page, where it can be seen and
// has a name.
func TestNetAssistControls(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.size(1440, 1000)
	p.wait(`document.querySelector('[data-control=log]')`)
	p.wait(`document.querySelector('[data-control=send]') && document.querySelector('[data-control=checksum]')`) // they come later
	for _, c := range netAssist {
		js := fmt.Sprintf(`(() => {
			const e = document.querySelector(%s);
			if (!e) return 'is not there';
			const r = e.getBoundingClientRect();
			if (r.width < 4 || r.height < 4 || r.right > innerWidth || r.bottom > innerHeight) return 'cannot be seen';
			const name = e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.title || e.innerText || e.labels?.[0]?.innerText || '';
			return name.trim() ? '' : 'has no name';
		})()`, quoted(control(c.ours)))
		if why := value[string](p, js); why != "" {
			t.Errorf("%s (%s) %s", c.theirs, c.ours, why)
		}
	}
}

// The network settings are fixed while the session is open, as in NetAssist, and
// free when it is closed; the session can then be opened again. A failure says what
// the command line says.
func TestNetworkSettings(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := startBench(t).open(t)
	fixed := func(is bool) {
		for _, c := range []string{"protocol", "local-address", "local-port"} {
			p.wait(fmt.Sprintf(`document.querySelector(%s).disabled === %v`, quoted(control(c)), is))
		}
	}
	p.wait(`[...document.querySelector('[data-control=local-address]').options].some(o => o.value === '127.0.0.1')`)
	p.choose(control("local-address"), "127.0.0.1")
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	p.fill("local-port", port)
	p.click(control("open"))
	p.wait(`/address in use/.test(document.querySelector('.settings [role=alert]').innerText)`)
	fixed(false)
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'open'`)
	fixed(true)
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp').getAttribute('aria-label') === 'closed'`)
	fixed(false)

	// a client, and UDP both ways
	p.choose(control("protocol"), "tcp-client")
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", port)
	p.click(control("open"))
	c, err := taken.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write(t, c, "from the server")
	p.wait(row("←", "from the server"))
	p.say("from the client")
	reads(t, c, "from the client")

	p.click(control("new-tab"))
	p.choose(control("protocol"), "udp")
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`/^UDP :[1-9]/.test(document.querySelector('header [aria-selected=true]').innerText.trim())`)
	title := value[string](p, `document.querySelector('header [aria-selected=true]').innerText.trim()`)
	u, err := net.Dial("udp", "127.0.0.1"+title[strings.Index(title, ":"):])
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	write(t, u, "a datagram")
	p.wait(row("←", "a datagram"))
	p.say("another")
	reads(t, u, "another")
}

// A UDP session sends to the remote address, hears everybody on its own port, and
// is told of another remote address while it is open.
func TestUDPRemote(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	var far [2]net.PacketConn
	var ports [2]string
	for n := range far {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		far[n] = c
		_, ports[n], _ = net.SplitHostPort(c.LocalAddr().String())
	}
	hears := func(n int, want string) {
		t.Helper()
		buf := make([]byte, 100)
		if got, _, err := far[n].ReadFrom(buf); err != nil || string(buf[:got]) != want {
			t.Fatalf("%q, %v", buf[:got], err)
		}
	}
	p.choose(control("protocol"), "udp")
	p.fill("local-port", "")
	p.fill("remote-address", "127.0.0.1")
	p.fill("remote-port", ports[0])
	p.click(control("open"))
	p.wait(`/^UDP :[1-9]/.test(document.querySelector('header [aria-selected=true]').innerText.trim())`)
	title := value[string](p, `document.querySelector('header [aria-selected=true]').innerText.trim()`)
	p.say("to the first")
	hears(0, "to the first")

	u, err := net.Dial("udp", "127.0.0.1"+title[strings.Index(title, ":"):])
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	write(t, u, "unasked")
	p.wait(row("←", "unasked"))
	p.say("to the first alone")
	hears(0, "to the first alone")

	p.fill("remote-port", ports[1])
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('[data-control=target]').innerText.includes(` + quoted(":"+ports[1]) + `)`)
	p.say("to the second")
	hears(1, "to the second")
	p.fill("remote-port", "0")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('.settings form [role=alert]')`)
	p.do(keys(kb.Enter)) // which presses no button of the form: not the one that dismisses the fault
	p.wait(`document.querySelector('.settings form [role=alert]')`)
}

// What is received is shown as text, hex or both, with or without time; the
// display pauses, is cleared, and everything is still in the record.
func TestReceiveSettings(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	write(t, board, "Hi\x00\x1b")
	p.wait(row("←", `Hi\x00\x1b`))
	p.click(control("hex-display") + ` label:nth-child(2)`)
	p.wait(row("←", "48 69 00 1b"))
	p.click(control("hex-display") + ` label:nth-child(3)`)
	p.wait(rows + `.some(r => r.innerText.includes('0000') && r.innerText.includes('48 69 00 1b') && r.innerText.includes('Hi··'))`)
	p.click(control("hex-display") + ` label:nth-child(1)`)
	p.wait(row("←", `Hi\x00\x1b`))
	p.check("show-time", false)
	p.wait(rows + `.every(r => !/\d\d:\d\d:\d\d/.test(r.innerText))`)
	p.check("show-time", true)

	p.check("pause-display", true)
	write(t, board, "while paused")
	p.wait(`document.querySelector('[data-control=count-received] b').dataset.bytes === '16'`)
	if value[bool](p, row("←", "while paused")) {
		t.Error("the paused display goes on")
	}
	p.check("pause-display", false)
	p.wait(row("←", "while paused"))

	p.click(control("clear-display"))
	p.wait(rows + `.length === 0`)
	write(t, board, "after clearing")
	p.wait(row("←", "after clearing"))

	dir := t.TempDir()
	p.downloads(dir)
	for _, s := range []struct{ button, ending, has string }{
		{"Text", "txt", "after clearing"}, {"CSV", "csv", "616674657220636c656172696e67"}, {"JSON Lines", "jsonl", `"kind":"received"`}, {"pcapng (Wireshark)", "pcapng", "after clearing"},
	} {
		p.click(control("save-data"))
		p.press(s.button)
		p.wait(`document.querySelector('footer [role=status]').innerText.endsWith('` + "." + s.ending + `.')`)
		awaitFile(t, filepath.Join(dir, "*."+s.ending), s.has)
	}

	p.check("receive-to-file", true)
	p.wait(`/\.pcapng|sockeye/.test(document.querySelector('.settings .path').innerText)`)
	write(t, board, "to the file, too")
	p.wait(row("←", "to the file, too"))
	file := value[string](p, `document.querySelector('.settings .path').title`)
	p.check("receive-to-file", false)
	p.wait(`!document.querySelector('.settings .path')`)
	if text, err := os.ReadFile(file); err != nil || !bytes.Contains(text, []byte("to the file, too")) {
		t.Errorf("%s has not what was received (%v)", file, err)
	}
}

// Who switches a recording on and at once off gets none, though the first request takes its time.
func TestRecordingSwitchedOnAndOff(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	value[bool](p, `(() => { window.arrived = 0; window.answered = 0;
		window.goOn = new Promise(go => window.letGo = go);
		window.plainFetch = window.fetch;
		window.fetch = async (to, how) => {
			if (how?.method !== 'PUT' || !String(to).endsWith('/recording')) return plainFetch(to, how);
			if (window.arrived++ === 0) await window.goOn;
			try { return await plainFetch(to, how); } finally { window.answered++; }
		}; return true; })()`)
	p.check("receive-to-file", true)
	p.wait(`window.arrived === 1`)
	p.check("receive-to-file", false)
	value[bool](p, `(window.letGo(), true)`)
	p.wait(`window.answered === 2`)
	p.wait(`!document.querySelector('.settings .path') && !document.querySelector('[data-control=receive-to-file]').checked`)
	state := value[string](p, `(async () => (await (await plainFetch('/api/v1/recording', {headers: {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token')}})).json()).state)()`)
	if state != "off" {
		t.Errorf("the recording is %q", state)
	}
}

// The same switch writes the bytes received and nothing else, where that is chosen.
func TestReceiveRawToFile(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.choose(control("receive-to-file-as"), "raw")
	p.wait(`document.querySelector('[data-control=receive-to-file]').disabled`)
	board := dial(t, "tcp", p.server())
	write(t, board, "before")
	p.wait(row("←", "before"))
	p.check("receive-to-file", true)
	p.wait(`document.querySelector('.settings .path')?.title.endsWith('.bin')`)
	file := value[string](p, `document.querySelector('.settings .path').title`)
	write(t, board, "raw\x00bytes")
	p.wait(row("←", `raw\x00bytes`))
	p.say("an answer")
	reads(t, board, "an answer")
	p.wait(`document.querySelector('.settings .note').innerText.includes('9 B')`)
	p.check("receive-to-file", false)
	p.wait(`!document.querySelector('.settings .path')`)
	write(t, board, "afterwards")
	p.wait(row("←", "afterwards"))
	if text, err := os.ReadFile(file); err != nil || string(text) != "raw\x00bytes" {
		t.Errorf("%q, %v", text, err)
	}
}

// awaitFile waits for a download to be complete.
func awaitFile(t *testing.T, pattern, has string) {
	t.Helper()
	var text []byte
	if !eventually(func() bool {
		names, _ := filepath.Glob(pattern)
		if len(names) == 0 {
			return false
		}
		text, _ = os.ReadFile(names[0])
		return bytes.Contains(text, []byte(has))
	}) {
		t.Errorf("%s has no %q: %q", pattern, has, text)
	}
}

// What is typed becomes the bytes that leave: text with escapes, hex, charset, line
// ending, checksum; and the log has exactly these bytes.
func TestSendSettings(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	send := func(text, want string) {
		t.Helper()
		p.say(text)
		reads(t, board, want)
	}
	send(`a\x00\r\n\\`, "a\x00\r\n\\")
	p.choose("#line-ending", "crlf")
	send("AT", "AT\r\n")
	p.choose("#line-ending", "")
	p.choose("#send-charset", "gbk")
	send("你好", "\xc4\xe3\xba\xc3")
	p.choose("#send-charset", "utf-8")

	p.check("send-hex", true)
	send("01 03,0x00;00 00 0A", "\x01\x03\x00\x00\x00\x0a")
	p.check("checksum", true)
	send("010300000001", "\x01\x03\x00\x00\x00\x01\x84\x0a") // CRC-16/MODBUS, low byte first
	p.choose(`[aria-label="Checksum"]`, "SUM-8")
	send("01 02 03", "\x01\x02\x03\x06")
	p.fill("prefix", `\x02`)
	p.fill("suffix", `\x03`)
	send("01 02", "\x02\x01\x02\x03\x03") // the checksum is the message's alone
	p.fill("prefix", "")
	p.fill("suffix", "")
	p.check("checksum", false)
	p.fill("input", "0g")
	p.wait(`document.querySelector('.composer [role=alert]')`)
	p.wait(`document.querySelector('[data-control=send]').disabled`)
	p.check("send-hex", false)

	p.check("clear-after", true)
	send("once", "once")
	p.wait(`document.querySelector('[data-control=input]').value === ''`)
	p.check("clear-after", false)
	value[any](p, `document.querySelector('[data-control=input]').focus()`)
	p.do(keys(kb.ArrowUp))
	p.wait(`document.querySelector('[data-control=input]').value === 'once'`)
	p.do(keys(kb.ArrowUp))
	p.wait(`document.querySelector('[data-control=input]').value === '01 02'`)
	p.do(keys(kb.ArrowDown))
	p.do(keys(kb.Enter, chromedp.ModifierCtrl))
	reads(t, board, "once")

	p.fill("interval", "20")
	p.check("repeat", true)
	p.say("tick ")
	reads(t, board, "tick tick tick ")
	p.wait(`document.querySelector('[data-control=send]').innerText.trim() === 'Stop'`)
	p.click(control("send"))
	p.wait(`document.querySelector('[data-control=send]').innerText.trim() === 'Send'`)
	p.check("repeat", false)

	p.fill("input", "keep me")
	p.click(`[aria-label="Save this message"]`)
	p.wait(`document.querySelector('.messages input')`)
	p.do(keys("greeting" + kb.Enter))
	p.wait(`document.querySelector('.messages .saved')?.innerText.includes('greeting')`)
	p.click(control("clear-input"))
	p.wait(`document.querySelector('[data-control=input]').value === ''`)
	p.press("greeting")
	p.wait(`document.querySelector('[data-control=input]').value === 'keep me'`)
}

// A file goes out whole, and into the box.
func TestSendFile(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	content := strings.Repeat("0123456789abcdef", 40<<10)
	file := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	p.check("file-source", true)
	p.do(chromedp.SetUploadFiles(chromedp.CSS(control("file")), []string{file}))
	p.wait(`document.querySelector('.composer .name').innerText === 'firmware.bin'`)
	p.click(control("send"))
	reads(t, board, content)
	p.wait(`document.querySelector('.file-run[data-state=done]')?.innerText.includes('655,360 bytes')`)
	p.check("file-source", false)

	text := filepath.Join(t.TempDir(), "message.txt")
	if err := os.WriteFile(text, []byte("from a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS(`.links input[type=file]`), []string{text}))
	p.wait(`document.querySelector('[data-control=input]').value === 'from a file'`)
}

// Every checksum that the page offers is one that the core knows.
func TestChecksums(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	p.check("checksum", true)
	p.wait(`document.querySelector('[aria-label="Checksum"]').options.length > 10`)
	wrong := value[string](p, `(async () => {
		const headers = {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token'), 'Content-Type': 'application/json'};
		const wrong = [];
		for (const {value} of document.querySelector('[aria-label="Checksum"]').options) {
			const body = JSON.stringify({kind: 'text', text: '123456789', checksum: {name: value}});
			const got = await fetch('/api/v1/payload', {method: 'POST', headers, body});
			if (!got.ok) wrong.push(value);
		}
		return wrong.join(', ');
	})()`)
	if wrong != "" {
		t.Errorf("the core does not know %s", wrong)
	}
}
