//go:build linux

package page_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A command with --ui shows its own session in a page: what comes is seen there, what is
// typed there goes out of the command's socket, and the page ends with the command.
func TestCommandServesAPage(t *testing.T) {
	home := t.TempDir()
	config := filepath.Join(home, "config.toml")
	if err := os.WriteFile(config, []byte("[ui]\nport = 0\nno-browser = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOCKEYE_CONFIG", config)
	p := blank(t)
	c := start(t, home, tools.program, "listen", "127.0.0.1:0", "--ui", "--json", "--lang", "en")
	url := c.address(t)
	c.says(t, `"kind":"opened"`)
	_, rest, _ := strings.Cut(c.output(), `"local":"`)
	address, _, _ := strings.Cut(rest, `"`)
	p.visit(url)
	p.wait(fmt.Sprintf(`document.body.innerText.includes(%q)`, address))

	board, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer board.Close()
	board.SetDeadline(deadline())
	io.WriteString(board, "hello from the board\n")
	p.wait(`document.body.innerText.includes("hello from the board")`)
	p.say("lamp on")
	got := make([]byte, len("lamp on"))
	if _, err := io.ReadFull(board, got); err != nil || string(got) != "lamp on" {
		t.Errorf("the board heard %q, %v", got, err)
	}
	c.says(t, `"kind":"sent"`)

	c.cmd.Process.Signal(syscall.SIGTERM)
	c.ends(t)
	if _, err := net.Dial("tcp", strings.TrimPrefix(strings.Split(url, "/#")[0], "http://")); err == nil {
		t.Error("the page is still served")
	}
}
