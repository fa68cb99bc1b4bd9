package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// What is typed once is sent again and again until it is stopped.
func TestTerminalEvery(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0", "--checksum", "sum8:hex")
	board := x.peerOf(x.await("listening on"))
	x.await("+ #1")
	x.enter(`/prefix {{sequ}}`)
	x.await("did you mean {{seq}}?")
	x.enter(`/prefix \x02<`)
	x.enter(`/suffix >\x03`)
	x.await(`\x02<[message][checksum]>\x03`)
	x.enter(`/text framed`)
	x.await(`\x02<framed`)
	x.enter("/prefix off")
	x.enter("/suffix off")
	x.enter("/every soon tick")
	x.await("how often, and what?")
	x.enter("/every 5ms")
	x.await(`write /every 500ms ping {{seq}}\r\n`)
	x.enter("/every 5ms tick {{sequ}}")
	x.await("did you mean {{seq}}?")
	x.enter(`/every 100ms tick {{seq}}!`)
	x.await("without end; /stop ends it")
	x.await("→ #1 " + board.at.String() + "  (list row 1)  tick 1!")
	x.await("← #1 " + board.at.String() + "  tick ") // the board echoes it, checksum and all
	x.await("tick 3!")
	x.enter("/list")
	x.await("sending: ")
	x.enter("/stop")
	x.await("ended: ")
	x.enter("/quit")
	x.exits(terminal.ExitOK)
}

// A list is sent row by row to the chosen peers, and says when it has ended.
func TestTerminalList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "boot.csv")
	if err := os.WriteFile(file, []byte("payload,kind,delay,repeat\none\\n,text,5ms,2\n01 03 0a,hex,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openTerminal(t, "listen", "127.0.0.1:0")
	listening := x.await("listening on")
	x.enter("/list")
	x.await("nothing is being sent; /list FILE sends one")
	x.enter("/list no-such-list.csv")
	x.await("no such file")
	first := x.peerOf(listening)
	x.await("+ #1")
	x.peerOf(listening)
	x.await("+ #2")
	x.enter("/to 1")
	x.await("1>")
	x.enter("/list " + file)
	x.await("ended: 3 messages sent, of 3")
	x.await("→ #1 " + first.at.String() + `  (boot row 2)  \x01\x03`)
	shown := x.screen()
	if n := strings.Count(shown, "→ #1 "+first.at.String()+`  (boot row 1)  one\n`); n != 2 {
		t.Errorf("the first row was sent %d times, want 2:\n%s", n, shown)
	}
	if strings.Contains(shown, "→ #2") {
		t.Errorf("the second board was sent what only the first should get:\n%s", shown)
	}
	x.enter("/quit")
	x.exits(terminal.ExitOK)
}

// A file goes out in pieces of the size that was asked for, and can be stopped.
func TestTerminalFilePieces(t *testing.T) {
	dir := t.TempDir()
	small, large := filepath.Join(dir, "small"), filepath.Join(dir, "large")
	for path, data := range map[string]string{small: "0123456789", large: strings.Repeat("x", 100_000)} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := openTerminal(t, "listen", "127.0.0.1:0")
	board := x.peerOf(x.await("listening on"))
	x.await("+ #1")
	x.enter("/file " + small + " chunk=4 rate=1M")
	for _, piece := range []string{"0123", "4567", "89"} {
		x.await("→ #1 " + board.at.String() + "  " + piece)
	}
	x.await("10 bytes of ")
	x.enter("/file " + small + " chunk=many")
	x.await("many")
	x.enter("/file " + large + " chunk=1k rate=2k") // would take most of a minute
	x.await("xxxxxxxx")
	x.enter("/stop")
	x.await("large given to")
	x.enter("/quit")
	x.exits(terminal.ExitOK)
}

// A character that two reads cut is shown whole, though another peer's halves come in
// between; and so in the recording.
func TestTerminalCharset(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rec")
	x := openTerminal(t, "listen", "127.0.0.1:0", "--charset", "gbk", "--record", dir)
	listening := x.await("listening on")
	a := x.peerOf(listening)
	x.await("+ #1")
	b := x.peerOf(listening)
	x.await("+ #2")
	// A line waits for its last character for a while only, and two writes may come in
	// one read: on a busy machine not every try is cut as it should be.
	for n, deadline := 0, time.Now().Add(patience); ; n++ {
		x.says(a, "one \xc4") // 你 is c4 e3, 好 is ba c3
		x.says(b, "two \xba")
		x.says(a, fmt.Sprintf("\xe3 a-%d.", n))
		x.says(b, fmt.Sprintf("\xc3 b-%d.", n))
		first, second := x.await(fmt.Sprintf(" a-%d.", n)), x.await(fmt.Sprintf(" b-%d.", n))
		if strings.Contains(first, "← #1 "+a.at.String()+"  你 a-") && strings.Contains(second, "← #2 "+b.at.String()+"  好 b-") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("characters that two reads cut were never shown whole:\n%s", x.screen())
		}
	}
	for n, deadline := 0, time.Now().Add(patience); ; n++ {
		x.says(a, "\xff\xc4")
		x.says(a, fmt.Sprintf("a c-%d.", n)) // c4 61 is a character of GBK: 腶
		if strings.Contains(x.await(fmt.Sprintf(" c-%d.", n)), "腶") {
			x.await(`\xff`)
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no character after what is none:\n%s", x.screen())
		}
	}
	x.enter("你好") // what is typed goes out in the same charset: the board echoes it
	x.await("← #2 " + b.at.String() + "  你好")
	x.enter("/quit")
	x.exits(terminal.ExitOK)
	shown := output(t, "log", "show", dir, "--charset", "gbk")
	for _, want := range []string{"  你 a-", "  好 b-", "腶", "你好"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the recording does not show %q:\n%s", want, shown)
		}
	}
}
