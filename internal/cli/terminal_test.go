package cli

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/terminal"
)

// testTerminal is a real terminal, of tmux, that runs sockeye.
type testTerminal struct {
	t      *testing.T
	socket string
}

// openTerminal starts sockeye with arguments in a terminal of 100 × 30.
func openTerminal(t *testing.T, args ...string) *testTerminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "sockeye") // this test binary plays sockeye under that name, see TestMain
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	line := "LANG=C.UTF-8 " + program
	for _, a := range args {
		line += " '" + a + "'"
	}
	return openTerminalWith(t, line)
}

// openTerminalWith starts a shell's line in a terminal of 100 × 30.
func openTerminalWith(t *testing.T, line string) *testTerminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs tmux: ", err)
		}
		t.Skip("needs tmux: ", err)
	}
	x := &testTerminal{t, filepath.Join(t.TempDir(), "tmux")}
	line += "; echo exit code $?; exec sleep 100" // tmux may lose the exit code of a program that ends quickly
	x.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", line)
	t.Cleanup(func() { exec.Command("tmux", "-S", x.socket, "kill-server").Run() })
	return x
}

func (x *testTerminal) tmux(args ...string) string {
	x.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "SOCKEYE_CONFIG=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// enter types a line.
func (x *testTerminal) enter(line string) {
	x.t.Helper()
	x.tmux("send-keys", "-l", line)
	x.tmux("send-keys", "Enter")
}

// screen is all that can be seen, what scrolled off included.
func (x *testTerminal) screen() string { return x.tmux("capture-pane", "-p", "-S", "-200") }

// await waits until the screen shows a text, and returns the line with it.
func (x *testTerminal) await(text string) string {
	x.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		for line := range strings.Lines(x.screen()) {
			if strings.Contains(line, text) {
				return line
			}
		}
	}
	x.t.Fatalf("never shown: %q\n%s", text, x.screen())
	return ""
}

// exits waits until the program has ended, with a certain exit code.
func (x *testTerminal) exits(code int) {
	x.t.Helper()
	x.await(fmt.Sprintf("exit code %d", code))
}

// board is a client that sends everything back.
type board struct {
	client.Client
	session string
	at      netip.AddrPort // its own address
}

// peerOf connects a board in this process to what the terminal listens on.
func (x *testTerminal) peerOf(listening string) *board {
	x.t.Helper()
	_, address, _ := strings.Cut(strings.TrimSpace(listening), "tcp://")
	to, err := sockeye.ParseAddress(address)
	if err != nil {
		x.t.Fatal(err)
	}
	c := client.New(client.LocalOptions{})
	x.t.Cleanup(func() { c.Close() })
	s, err := c.Open(x.t.Context(), sockeye.Endpoint{Mode: sockeye.Connect, Address: to}, &client.OpenOptions{Echo: true})
	if err != nil {
		x.t.Fatal(err)
	}
	p, err := c.AwaitPeer(x.t.Context(), s.ID)
	if err != nil {
		x.t.Fatal(err)
	}
	return &board{c, s.ID, p.Local.AddrPort()}
}

func (x *testTerminal) says(b *board, text string) {
	x.t.Helper()
	if _, err := b.Send(x.t.Context(), b.session, []byte(text)); err != nil {
		x.t.Fatal(err)
	}
}

// What was received is cut anew when the person asks for frames.
func TestTerminalFrames(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	board := x.peerOf(x.await("listening on"))
	x.says(board, "one\ntw")
	x.await("one\\ntw")
	x.enter("/frame lin")
	x.await(`"lin" is no way to find frames`)
	x.enter("/frame line")
	x.await("cut anew as line: 1 frames")
	x.says(board, "o\n")
	x.await("two [2 chunks, cut at 2]")
	x.enter("/frame fixed:3 sum8")
	x.await("cut anew as fixed:3 sum8: 2 frames")
	x.await("one [checksum wrong]")
	x.enter("/frame off")
	x.await("from here on as chunks")
	x.says(board, "last")
	x.await("last")
	x.enter("/quit")
	x.exits(0)
}

// The values of what was received are shown when the person asks for them, and those of
// frames that were cut another way.
func TestTerminalFields(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	board := x.peerOf(x.await("listening on"))
	x.says(board, "temp=21.5 hum=40\ntemp=22 hu")
	x.await("temp=21.5 hum=40\\n")
	x.enter("/fields u16 x")
	x.await("say the byte order: u16be")
	x.enter("/fields keys temp \"°C\"")
	x.await("temp 21.5 °C")
	x.says(board, "m=41\n")
	x.await("temp 22 °C [2 chunks, cut at 10]")
	x.enter("/fields off")
	x.await("cut anew as line: 2 frames")
	x.await("temp=22 hum=41")
	x.enter("/fields u8 first")
	x.await("first 116")
	x.enter("/frame off")
	x.await("from here on as chunks")
	x.enter("/quit")
	x.exits(0)
}

// T48: at a terminal, a file is run only when the person says so.
func TestAsksBeforeItRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.toml")
	text := "sockeye = 2\n[[endpoint]]\nname = \"a\"\nlisten = \"127.0.0.1:0\"\nframe = \"line\"\nrules = \"a\"\n[[rules.a]]\njoin = true\nreply = 'good day\\n'\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	no := openTerminal(t, "run", file)
	no.await("listen on tcp://127.0.0.1:0, for programs on this machine (a)")
	no.await("Run it? [y/N]")
	no.enter("")
	no.exits(terminal.ExitOther)
	if strings.Contains(no.screen(), "listening on") {
		t.Error("it ran all the same")
	}
	yes := openTerminal(t, "run", file)
	yes.await("Run it? [y/N]")
	yes.enter("y")
	board := yes.peerOf(yes.await("listening on"))
	yes.await("good day")
	yes.says(board, "hello\n")
	yes.await("hello")
	yes.enter("/rules")
	yes.await("1 answered      0 skipped  1")
	yes.enter("/quit")
	yes.exits(0)
}

// T55: at a terminal, another machine is loaded only when the person says so; this one without a question.
func TestAsksBeforeItLoadsAnotherMachine(t *testing.T) {
	no := openTerminal(t, "load", "udp://192.168.77.9:9", "--send", "x", "--send-only")
	no.await("udp://192.168.77.9:9 is another machine. May you put load on it? [y/N]")
	no.enter("")
	no.await("--lift-guard private")
	no.exits(terminal.ExitNetwork)
	this := openTerminal(t, "load", "udp://127.0.0.1:9", "--send", "x", "--send-only", "--count", "1")
	this.await("1 of 1 messages sent")
	if strings.Contains(this.screen(), "[y/N]") {
		t.Error("asked about this machine")
	}
}

// A person at a terminal: sees two boards, names one, answers it alone, then all.
func TestTerminalConversation(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	listening := x.await("listening on")
	a := x.peerOf(listening)
	x.says(a, "Hello 01Studio!")
	x.await("← #1")
	b := x.peerOf(listening)
	x.says(b, "second")
	x.await("second")

	x.enter("/alias 1 kitchen")
	x.await("#1 kitchen (")
	x.enter("/to kitchen")
	x.await("kitchen>")
	x.enter("only you 你")
	x.await(`→ #1 kitchen (` + a.at.String() + `)  only you 你\n`)
	x.enter("/to all")
	x.enter("/hex 01 03 00")
	x.await(`→ #2 ` + b.at.String() + `  \x01\x03\x00`)
	if strings.Contains(x.screen(), "→ #2 "+b.at.String()+"  only") {
		t.Error("the second board was sent what only the first one should get")
	}
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.enter("/file " + file)
	x.await("→ #1 kitchen (" + a.at.String() + ")  from a file")
	x.enter(`/text AT\r`)
	x.await(`AT\r`)
	x.enter("//slash")
	x.await(`/slash\n`)
	x.enter("/peers")
	x.await("kitchen  127.0.0.1:")
	x.enter("/close kitchen")
	x.await("- #1 kitchen (" + a.at.String() + ")  left: closed here (FIN)")
	x.enter("/abort 2")
	x.await("left: aborted here (RST)")
	x.tmux("send-keys", "C-d")
	x.exits(terminal.ExitOK)
}

// Recording is switched on and off while a session runs.
func TestTerminalRecord(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	s := x.peerOf(x.await("listening on"))
	dir := filepath.Join(t.TempDir(), "rec")
	x.enter("/record")
	x.await("not recording")
	x.enter("/record " + dir)
	x.await("recording: ")
	x.says(s, "kept")
	x.await("← #1 " + s.at.String() + "  kept")
	x.enter("/record off")
	x.await("not recording: ")
	x.says(s, "forgotten")
	x.await("forgotten")
	x.enter("/record -")
	x.await("is this terminal")
	kept := output(t, "log", "show", dir)
	if !strings.Contains(kept, "kept") || strings.Contains(kept, "forgotten") {
		t.Error(kept)
	}
	x.tmux("send-keys", "C-d")
	x.exits(terminal.ExitOK)
}

// What a person mistypes is said with what to do.
func TestTerminalMistakes(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	x.await("listening on")
	for _, c := range []struct{ line, want string }{
		{"/peeers", `did you mean "/peers"?`},
		{"/to 9", "no such peer"},
		{"/close", "which peer?"},
		{"/hex 0g", `"g" is not a hex digit`},
		{"/file /dev/zero", "a device, not a regular file"},
		{"/file nothing-there", "no such file"},
		{"nobody hears", "no peer is connected yet"},
		{"/help", "choose whom typed lines go to"},
	} {
		x.enter(c.line)
		x.await(c.want)
	}
	x.tmux("send-keys", "Up")
	x.await("all> /help")
	x.tmux("send-keys", "C-c", "C-c") // the first takes away what is typed
	x.exits(terminal.ExitInterrupted)
}

// T26: whatever a peer sends, the terminal shows it and does nothing else: title,
// colours, cursor and clipboard stay as they are.
func TestTerminalEscapes(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	before := x.tmux("display-message", "-p", "#{pane_title} #{alternate_on} #{cursor_flag} #{pane_in_mode} #{mouse_any_flag}")
	s := x.peerOf(x.await("listening on"))
	corpus := []string{
		"\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]52;c;b3duZWQ=\x07", "\x1b[2J\x1b[H", "\x1b[31mred", "\x1b[?1049h", "\x1b[?25l", "\x1b[?1003h",
		"\x9b2J", "\x9d0;owned\x9c", "\u009b2J", "\u009d0;owned\u009c", "\x1bP+q544e\x1b\\", "over\rwritten", "\b\b\b\b", "\x7f", "\x1bc", "\x0e\x0f", "\u202egnol", "a\u200bb",
	}
	for n, attack := range corpus {
		x.says(s, attack+fmt.Sprintf(" end-%d.", n))
		x.await(fmt.Sprintf(" end-%d.", n))
	}
	shown := x.screen()
	for _, want := range []string{`\x1b]0;owned\x07 end-0.`, `\x1b[2J\x1b[H end-3.`, `over\rwritten end-13.`, `\u{202e}gnol end-18.`} {
		if !strings.Contains(shown, want) {
			t.Errorf("not shown as itself: %s\n%s", want, shown)
		}
	}
	if after := x.tmux("display-message", "-p", "#{pane_title} #{alternate_on} #{cursor_flag} #{pane_in_mode} #{mouse_any_flag}"); after != before {
		t.Errorf("the terminal was driven: %q, before %q", after, before)
	}
	if buffers := x.tmux("list-buffers"); buffers != "" {
		t.Errorf("the clipboard was set: %s", buffers)
	}
}

// "make run" takes the demo's own board away before the reader types, and ends at
// Ctrl-C without an error of make.
func TestMakeRun(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs make: ", err)
		}
		t.Skip("needs make: ", err)
	}
	x := openTerminalWith(t, "LANG=C.UTF-8 make -C ../.. run")
	x.await("Ctrl-C ends.")
	x.enter("/peers")
	x.await("> /peers")
	x.enter("is anybody there?")
	x.await("no peer is connected yet")
	x.tmux("send-keys", "C-c")
	x.exits(0)
	if screen := x.screen(); strings.Contains(screen, "***") || strings.Contains(screen, "is anybody there?\\n") {
		t.Error(screen)
	}
}

// What is typed to a chosen board goes to it again when it has come back, on another port.
func TestTerminalFollowsABoard(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	listening := x.await("listening on")
	a := x.peerOf(listening)
	x.await("+ #1")
	x.enter("/to 1")
	x.await("1>")
	x.enter("first")
	x.await("→ #1 " + a.at.String() + "  first")
	a.Close()
	x.await("- #1 " + a.at.String() + "  left: the peer closed (FIN)")
	x.enter("into the void")
	x.await(`#1: this peer left`)
	x.await("it is followed when it comes back from 127.0.0.1; or choose another one")
	b := x.peerOf(listening)
	x.await("#1 reconnected as #2 " + b.at.String())
	x.await("#2>")
	x.enter("again")
	x.await("→ #2 " + b.at.String() + "  again")
	x.enter("/quit")
	x.exits(terminal.ExitOK)
}
