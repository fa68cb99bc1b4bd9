//go:build linux

package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// homeWithWorkbench gives the workbench of a test a folder, and starts it there.
func homeWithWorkbench(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	cmd := command(t, "sockeye", "ui", "--no-browser", "--port", "0")
	cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+home)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "Sockeye: http") {
		t.Fatalf("the workbench said %q, %v", line, err)
	}
	return home
}

// openTerminalAt is openTerminal with another home.
func openTerminalAt(t *testing.T, home string, args ...string) *testTerminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "sockeye")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	return openTerminalWith(t, "LANG=C.UTF-8 SOCKEYE_HOME='"+home+"' "+program+" '"+strings.Join(args, "' '")+"'")
}

// A terminal that is attached shows the workbench's session, sends what is typed, and
// leaves it open.
func TestTerminalAttached(t *testing.T) {
	home := homeWithWorkbench(t)
	x := openTerminalAt(t, home, "listen", "127.0.0.1:0", "--attach")
	listening := x.await("listening on")
	x.await("s1>")
	x.enter("/peers")
	x.await("no peer is connected")
	board := x.peerOf(listening)
	x.await("+ #1 " + board.at.String())
	x.enter("/to 1")
	x.await("s1 #1>")
	x.enter("lamp on")
	x.await("→ #1 " + board.at.String() + "  lamp on")
	x.await("← #1 " + board.at.String() + "  lamp on") // the board echoes
	x.enter(`/text n {{seq}}\x01!`)
	x.await(`→ #1 ` + board.at.String() + `  n 1\x01!`)
	x.enter("/hex 4f 4b")
	x.await("→ #1 " + board.at.String() + "  OK")
	x.enter("/to #9")
	x.await("no such peer")
	x.enter("/record here")
	x.await("not for a session of the workbench")
	x.enter("/help")
	x.await("leave; the session stays open")
	x.tmux("send-keys", "C-c")
	x.await("s1 stays open in the workbench; sockeye session close s1 closes it")
	x.exits(terminal.ExitInterrupted)

	again := openTerminalAt(t, home, "connect", strings.TrimPrefix(strings.TrimSpace(listening[strings.Index(listening, "tcp://"):]), "tcp://"), "--attach")
	again.await("s2>")
	again.await("joined")
	again.enter("/close")
	again.await("closed")
	again.exits(terminal.ExitOK)
}

// Standard input goes to the peers as it is, and --quit-after leaves the session open.
func TestAttachedPipe(t *testing.T) {
	home := homeWithWorkbench(t)
	at := func(args ...string) *exec.Cmd {
		cmd := command(t, "sockeye", args...)
		cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+home)
		return cmd
	}
	l := listener(t)
	p := start(t, at("connect", l.Addr().String(), "--attach", "--quit-after", "0.1"))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	c.Write([]byte("prompt> "))
	p.prints("prompt> ")
	p.says("a\r\n\x00b")
	p.in.Close()
	got := make([]byte, 5)
	for n := 0; n < len(got); {
		k, err := c.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	if string(got) != "a\r\n\x00b" {
		t.Errorf("%q", got)
	}
	p.ends(terminal.ExitOK)
	if out, err := at("session", "ls").Output(); err != nil || !strings.Contains(string(out), "open") {
		t.Errorf("%s, %v", out, err)
	}
}

// A relay of the workbench that runs is shown so too: the line comes with the faults that
// are set, changes with them, and goes with the last.
func TestTerminalKeepsFaultsOfWorkbenchInSight(t *testing.T) {
	home := homeWithWorkbench(t)
	ask := func(args ...string) {
		t.Helper()
		cmd := command(t, "sockeye", append([]string{"session"}, args...)...)
		cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+home)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("session %v: %v: %s", args, err, out)
		}
	}
	ask("open", "listen", "tcp://127.0.0.1:0", "--upstream", "tcp://127.0.0.1:9", "--fault", "latency 1ms")
	x := openTerminalAt(t, home, "session", "tail", "s1")
	x.await("listening on")
	x.awaitBottom("faults are active: 1 (sockeye session fault s1)")
	ask("fault", "s1", "--add", "drop 5%")
	x.await("drop 5%")
	x.awaitBottom("faults are active: 2 (sockeye session fault s1)")
	ask("fault", "s1", "--remove")
	for deadline := time.Now().Add(patience); strings.Contains(x.screen(), "faults are active"); {
		if time.Now().After(deadline) {
			t.Fatalf("the line is still there:\n%s", x.screen())
		}
	}
}
