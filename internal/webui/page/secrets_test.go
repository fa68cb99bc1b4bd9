//go:build linux

package page_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// T08: of a whole run nothing that can be read afterwards, or by others meanwhile, has
// a ticket or a token in it: what the programs print but for the address, what they
// keep, what the system shows of them, what another server is told, a crash.
func TestSecretsOfARun(t *testing.T) {
	t.Parallel()
	var told struct {
		sync.Mutex
		all []string
	}
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told.Lock()
		defer told.Unlock()
		told.all = append(told.all, fmt.Sprint(r.URL, r.Header))
	}))
	defer outside.Close()

	b := startBench(t)
	p := b.open(t)
	board := dial(t, "tcp", p.server())
	p.check("receive-to-file", true)
	write(t, board, "hello")
	p.wait(row("←", "hello"))
	p.say("answer")
	reads(t, board, "answer")
	p.wait(row("→", "answer"))
	p.check("receive-to-file", false)
	p.wait(`!document.querySelector('.settings .path')`)
	again := b.ticket(t) // the first was taken by the page
	token := value[string](p, `sessionStorage.getItem('sockeye-token')`)
	exports := value[string](p, `(async () => {
		const headers = {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token')};
		const all = [];
		for (const path of ['export?format=jsonl', 'export?format=text', 'export?format=csv', 'machine', 'workspace', 'sessions'])
			all.push(await (await fetch('/api/v1/' + path, {headers})).text());
		return all.join('\n');
	})()`)
	shell := b.start(t, "session", "ls", "--json")
	shell.ends(t)
	address := value[string](p, `location.href`)

	var state struct{ Token string }
	stateFile := filepath.Join(b.home, "sockeye", "workbench.json")
	text, err := os.ReadFile(stateFile)
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(stateFile); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file with the shell's token: %v, %v", st.Mode(), err)
	}
	ticketOf := func(url string) string { _, ticket, _ := strings.Cut(url, "#t="); return ticket }
	secrets := map[string]string{"first ticket": ticketOf(b.url), "second ticket": ticketOf(again), "page's token": token, "shell's token": state.Token}
	for what, s := range secrets {
		if len(s) < 20 {
			t.Fatalf("the %s is %q", what, s)
		}
	}

	left := map[string]string{"exports": exports, "the page's address": address, "session ls": shell.output()}
	for _, name := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", b.ui.cmd.Process.Pid, name))
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		left[name] = string(text)
	}
	value[any](p, `void (location.href = `+quoted(outside.URL+"/elsewhere")+`)`)
	if !eventually(func() bool { told.Lock(); defer told.Unlock(); return len(told.all) > 0 }) {
		t.Error("the other server was never asked")
	}
	told.Lock()
	left["what the other server was told"] = strings.Join(told.all, "\n")
	told.Unlock()
	if strings.Contains(left["what the other server was told"], "Referer") {
		t.Errorf("the other server was told where its visitor is from: %s", left["what the other server was told"])
	}

	b.ui.cmd.Process.Signal(syscall.SIGQUIT) // the Go runtime prints every stack, as in a crash
	b.ui.ends(t)
	left["output"] = strings.ReplaceAll(b.ui.output(), b.url, "")
	if !strings.Contains(left["output"], "goroutine ") {
		t.Errorf("there is no dump in %q", left["output"])
	}
	recordings := 0
	filepath.WalkDir(b.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if path == stateFile { // what it is for
			text = []byte(strings.ReplaceAll(string(text), state.Token, ""))
		}
		left[path] = string(text)
		if strings.HasSuffix(path, ".pcapng") {
			recordings++
		}
		return err
	})
	if recordings == 0 {
		t.Error("nothing was recorded")
	}
	for where, text := range left {
		for what, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("the %s is in %s", what, where)
			}
		}
	}
}
