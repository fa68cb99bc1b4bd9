//go:build linux

package page_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

const examples = "../../../examples/workspaces"

// example is a ready-made workspace whose endpoints take any free port, in a file of
// its own.
func example(t *testing.T, name string) (path, text string) {
	t.Helper()
	whole, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(string(whole), "127.0.0.1:5020\"", "127.0.0.1:0\"")
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, text
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inPanel says in JavaScript that the panel shows a text.
func inPanel(text string) string {
	return `document.querySelector('.panel .workspace')?.innerText.includes(` + quoted(text) + `)`
}

// A saved endpoint is opened by its button, and a client that nobody here wrote gets
// its answer. Before, nothing was open.
func TestWorkspaceOpen(t *testing.T) {
	t.Parallel()
	path, text := example(t, "modbus-tcp-slave.toml")
	b := startBench(t, "--workspace", path)
	p := b.open(t)
	p.wait(`document.querySelector('.card [data-endpoint=slave]')`) // the first visit offers it, too
	p.click(control("workspace-tab"))
	p.wait(inPanel("Modbus TCP slave: a thermometer with two registers"))
	p.wait(inPanel("listen on tcp://127.0.0.1:0, for programs on this machine"))
	p.wait(inPanel("answer by 7 rules (slave), frames: modbus-tcp"))
	p.wait(inPanel(path))
	if n := value[int](p, `document.querySelectorAll('header [role=tab]').length`); n != 1 || value[bool](p, `!!document.querySelector('header .lamp.on')`) {
		t.Errorf("%d sessions are there before one was opened", n)
	}
	p.shot("workspace-light")
	p.click(`.panel [data-endpoint=slave]`)
	p.wait(`document.querySelector('header [aria-selected=true]').innerText.trim() === 'slave'`)
	p.wait(`document.querySelector('.panel [data-endpoint=slave]').innerText.trim() === 'Show'`)
	if n := value[int](p, `document.querySelectorAll('header [role=tab]').length`); n != 1 {
		t.Errorf("%d tabs: the one that nobody used is still there", n)
	}
	listening := `[...document.querySelectorAll('[role=grid] [role=row]')].map(r => /listening on .*127\.0\.0\.1:(\d+)/.exec(r.innerText)?.[1]).find(Boolean)`
	p.wait(listening)
	port := value[string](p, listening)
	poll := start(t, b.home, "mbpoll", "-m", "tcp", "-p", port, "-a", "1", "-o", "5", "-1", "-q", "-r", "1", "-c", "2", "127.0.0.1")
	poll.ends(t)
	if out := poll.output(); !strings.Contains(out, "215") || !strings.Contains(out, "300") {
		t.Errorf("mbpoll: %s", out)
	}
	if fileText(t, path) != text {
		t.Error("opening has changed the file")
	}
	p.theme("dark")
	p.click(control("language"))
	p.wait(inPanel("按 7 条规则（slave）应答，分帧：modbus-tcp"))
	p.shot("workspace-dark-zh")
	p.size(360, 740)
	p.wait(`innerWidth === 360`)
	p.press("连接对象与消息")
	p.wait(`getComputedStyle(document.querySelector('.panel')).visibility === 'visible'`)
	p.shot("workspace-360-zh")
}

// Somebody's file shows what it would do, and does nothing: not when it is looked at,
// and not when it is kept (T48).
func TestWorkspaceImport(t *testing.T) {
	t.Parallel()
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		if c, err := trap.Accept(); err == nil {
			c.Close()
			t.Error("the file was dialled from")
		}
	}()
	theirs := filepath.Join(t.TempDir(), "theirs.toml")
	text := fmt.Sprintf("# from a friend\nsockeye = 2\nabout = 'run me'\n[variables]\nsecret = 'x'\n[payloads]\nhello = 'hi \"you\"'\n\n[[endpoint]]\nname = 'out'\nconnect = 'tcp://%s'\nreconnect = true\n\n[[endpoint]]\nname = 'in'\nlisten = ':0'\necho = true\n", trap.Addr())
	if err := os.WriteFile(theirs, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := startBench(t)
	p := b.open(t)
	p.click(control("workspace-tab"))
	mine := filepath.Join(b.home, "sockeye", "workspace.toml")
	p.wait(inPanel(mine))
	quiet := func(when string) {
		t.Helper()
		if n := value[int](p, `fetch('/api/v1/sessions', {headers: {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token')}}).then(r => r.json()).then(j => j.sessions.length)`); n != 0 {
			t.Errorf("%s: %d sessions", when, n)
		}
	}
	choose := func(file string) {
		t.Helper()
		p.do(chromedp.SetUploadFiles(chromedp.CSS(control("workspace-import")), []string{file}))
	}
	choose(theirs)
	p.wait(inPanel("theirs.toml would"))
	p.wait(inPanel("# run me"))
	p.wait(inPanel("connect to " + "tcp://" + trap.Addr().String() + " (out)"))
	p.wait(inPanel("listen on tcp://:0, for whoever reaches this machine (in)"))
	p.wait(inPanel("send back everything that comes"))
	p.wait(inPanel("It brings: messages (1), variables (1)."))
	p.shot("workspace-import")
	quiet("looking")
	if _, err := os.Stat(mine); err == nil {
		t.Error("looking has made the file")
	}
	p.click(control("import-keep"))
	p.wait(`!document.querySelector('.panel .import') && document.querySelectorAll('.panel .endpoint').length === 2`)
	quiet("keeping")
	if got := fileText(t, mine); got != text {
		t.Errorf("kept:\n%s", got)
	}

	// a second file is added, and says what it would replace
	second := filepath.Join(t.TempDir(), "second.toml")
	if err := os.WriteFile(second, []byte("sockeye = 2\n[payloads]\nhello = 'other'\n[[endpoint]]\nname = 'more'\nlisten = ':0'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	choose(second)
	p.wait(inPanel("It replaces of yours: payloads.hello."))
	p.click(control("import-keep"))
	p.wait(`document.querySelectorAll('.panel .endpoint').length === 3`)
	quiet("keeping a second one")
	if got := fileText(t, mine); !strings.HasPrefix(got, "# from a friend\n") || !strings.Contains(got, "hello = \"other\"\n") {
		t.Errorf("added:\n%s", got)
	}

	// one that is wrong says where
	if err := os.WriteFile(second, []byte("sockeye = 2\n[[endpoint]]\nnmae = 'more'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	choose(second)
	p.wait(inPanel("second.toml is no sound workspace"))
	p.wait(inPanel("line 3, column 1"))
	p.click(control("import-cancel"))

	// and out it goes as it is
	downloads := t.TempDir()
	p.downloads(downloads)
	p.click(control("workspace-export"))
	out := filepath.Join(downloads, "workspace.toml")
	if !eventually(func() bool { got, err := os.ReadFile(out); return err == nil && len(got) > 0 }) || fileText(t, out) != fileText(t, mine) {
		t.Error("what is exported is another text")
	}
	trap.Close()
	<-dialled
}

// As text: a mistake is at its line, what is kept keeps its comments, and what another
// program wrote meanwhile is not lost.
func TestWorkspaceText(t *testing.T) {
	t.Parallel()
	path, text := example(t, "modbus-tcp-slave.toml")
	p := startBench(t, "--workspace", path).open(t)
	p.click(control("workspace-tab"))
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] [data-control=workspace-area]')?.value.startsWith('# A Modbus TCP slave')`)
	typed := func(from, to string) {
		t.Helper()
		value[any](p, fmt.Sprintf(`(() => {
			const a = document.querySelector('[data-control=workspace-area]');
			const at = a.value.indexOf(%s);
			a.setRangeText(%s, at, at + %d, 'end');
			a.dispatchEvent(new Event('input', {bubbles: true}));
		})()`, quoted(from), quoted(to), len(from)))
	}
	line := 1 + strings.Count(text[:strings.Index(text, "frame = ")], "\n")
	typed("frame = ", "fraem = ")
	p.wait(fmt.Sprintf(`document.querySelector('.gutter .wrong')?.dataset.line === '%d'`, line))
	p.wait(`document.querySelector('#text-faults').innerText.includes('did you mean frame?')`)
	p.click(control("text-keep"))
	p.wait(fmt.Sprintf(`document.querySelector('#text-faults').innerText.includes('line %d, column 1')`, line))
	if fileText(t, path) != text {
		t.Error("a text with a mistake was kept")
	}
	p.shot("workspace-text")
	p.click(`#text-faults .fault`)
	p.wait(`(() => { const a = document.querySelector('[data-control=workspace-area]'); return document.activeElement === a && a.value.slice(a.selectionStart, a.selectionEnd).startsWith('fraem') })()`)
	typed("fraem = ", "frame = ")
	p.wait(`document.querySelector('#text-faults').innerText.includes('No mistakes.')`)
	typed("two holding registers", "2 holding registers")
	p.click(control("text-keep"))
	p.wait(`!document.querySelector('dialog[open]')`)
	changed := strings.Replace(text, "two holding registers", "2 holding registers", 1)
	if got := fileText(t, path); got != changed {
		t.Errorf("kept:\n%s", got)
	}

	// somebody else writes the file while it is edited
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] [data-control=workspace-area]')`)
	theirs := strings.Replace(changed, "# A Modbus", "# Their Modbus", 1)
	if err := os.WriteFile(path, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	typed("2 holding", "II holding")
	p.click(control("text-keep"))
	p.wait(`document.querySelector('dialog[open] .fault[role=alert]')?.innerText.includes('changed meanwhile')`)
	if fileText(t, path) != theirs {
		t.Error("what another program wrote is lost")
	}
	p.click(control("text-reload"))
	p.wait(`document.querySelector('[data-control=workspace-area]').value.startsWith('# Their Modbus')`)

	// lines that end as on Windows go on doing so
	windows := strings.ReplaceAll(text, "\n", "\r\n")
	if err := os.WriteFile(path, []byte(windows), 0o600); err != nil {
		t.Fatal(err)
	}
	typed("2 holding", "IV holding")
	p.click(control("text-keep"))
	p.wait(`document.querySelector('dialog[open] .fault[role=alert]')`)
	p.click(control("text-reload"))
	p.wait(`document.querySelector('[data-control=workspace-area]').value.startsWith('# A Modbus')`)
	typed("two holding", "2 holding")
	p.click(control("text-keep"))
	p.wait(`!document.querySelector('dialog[open]')`)
	if got := fileText(t, path); got != strings.Replace(windows, "two holding", "2 holding", 1) {
		t.Errorf("kept:\n%q", got)
	}
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] [data-control=workspace-area]')`)

	// Escape does not throw away what was typed, unless it is pressed again
	typed("2 holding", "III holding")
	p.do(keys(kb.Escape))
	p.wait(`document.querySelector('dialog[open]').innerText.includes('Escape again discards it')`)
	value[any](p, `document.querySelector('[data-control=workspace-area]').focus()`)
	p.do(keys(kb.Enter, chromedp.ModifierCtrl))
	p.wait(`!document.querySelector('dialog[open]')`)
	if got := fileText(t, path); got != strings.Replace(windows, "two holding", "III holding", 1) {
		t.Errorf("kept:\n%s", got)
	}
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] [data-control=workspace-area]')`)
	p.do(keys(kb.Escape))
	p.wait(`!document.querySelector('dialog[open]')`)
}

// Messages, variables and the session's settings are kept in the file, around what a
// person wrote; a message means the same bytes afterwards.
func TestWorkspaceKeeps(t *testing.T) {
	t.Parallel()
	path, text := example(t, "modbus-tcp-slave.toml")
	p := startBench(t, "--workspace", path).open(t)
	at := p.server()
	board := dial(t, "tcp", at)
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	p.click(control("workspace-tab"))
	p.fill("variable-name", "unit")
	p.fill("variable-value", "°C")
	p.do(keys(kb.Enter))
	p.wait(`document.querySelector('[data-variable=unit]')?.value === '°C'`)
	p.say("in {{var.unit}};")
	reads(t, board, "in °C;")

	const plain = `C:\new {{time}} "x"`
	value[any](p, `[...document.querySelectorAll('label.check')].find(l => l.innerText.includes('Escapes')).querySelector('input').click()`)
	p.say(plain)
	reads(t, board, plain)
	p.fill("input", plain)
	p.click(`[aria-label="Save this message"]`)
	p.wait(`document.querySelector('.messages input')`)
	p.do(keys("path" + kb.Enter))
	p.wait(`document.querySelector('.messages .saved')?.innerText.includes('path')`)
	p.fill("input", "other")
	p.press("path")
	p.wait(`document.querySelector('[data-control=input]').value !== 'other'`)
	p.wait(`document.querySelector('.preview').innerText.includes(` + quoted(fmt.Sprintf("%d bytes", len(plain))) + `)`)
	p.click(control("send"))
	reads(t, board, plain)

	if got := p.asked("PATCH", "/sessions/s1/peers/1", `{alias: 'kitchen'}`, []string{"once"}); got[0] != 200 {
		t.Fatalf("the alias: %v", got)
	}
	p.click(control("keep-aliases"))
	p.wait(`!document.querySelector('[data-control=keep-aliases]')`)
	p.wait(inPanel("kitchen"))
	if got := p.asked("PUT", "/sessions/s1/rules", `{frame: 'line', rules: [{match: 'is:ping', reply: 'pong'}]}`, []string{"once"}); got[0] != 200 {
		t.Fatalf("the rules: %v", got)
	}
	p.click(control("keep-session"))
	p.wait(`document.querySelector('[data-control=endpoint-name]')`)
	p.do(keys("my server" + kb.Enter))
	p.wait(inPanel("my server"))
	want := strings.Replace(text, "\n[[endpoint]]", "\n[variables]\nunit = \"°C\"\n\n[aliases]\n\"127.0.0.1\" = \"kitchen\"\n\n[payloads]\npath = 'C:\\\\new \\{{time}} \"x\"'\n\n[[endpoint]]", 1)
	want = strings.Replace(want, "rules = \"slave\"\n", "rules = \"slave\"\n\n[[endpoint]]\nname = \"my server\"\nlisten = \"tcp://:0\"\nframe = \"line\"\nrules = \"my server\"\n", 1)
	want += "\n[[rules.\"my server\"]]\nmatch = \"is:ping\"\nreply = \"pong\"\n"
	if diff := cmp.Diff(want, fileText(t, path)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	p.shot("workspace-kept")

	// taking it out again asks once more
	p.click(`[data-remove="my server"]`)
	p.press("Cancel")
	p.click(`[data-remove="my server"]`)
	p.click(control("endpoint-remove"))
	p.wait(`!document.querySelector('[data-endpoint="my server"]')`)
	if got := fileText(t, path); strings.Contains(got, "name = \"my server\"") || !strings.HasPrefix(got, "# A Modbus TCP slave") {
		t.Errorf("after removing:\n%s", got)
	}

	// a file that another program made wrong is told of, and mended as text
	if err := os.WriteFile(path, []byte(strings.Replace(text, "frame", "fraem", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.press("Message")
	p.click(control("workspace-tab"))
	p.wait(inPanel("did you mean frame?"))
	p.wait(inPanel("was left as it is"))
	p.click(control("workspace-text"))
	p.wait(`document.querySelector('dialog[open] .gutter .wrong')`)
	value[any](p, `(() => {
		const a = document.querySelector('[data-control=workspace-area]');
		a.value = a.value.replace('fraem', 'frame');
		a.dispatchEvent(new Event('input', {bubbles: true}));
	})()`)
	p.click(control("text-keep"))
	p.wait(`!document.querySelector('dialog[open]') && document.querySelector('.panel [data-endpoint=slave]')`)
	if got := fileText(t, path); got != text {
		t.Errorf("mended:\n%s", got)
	}
}
