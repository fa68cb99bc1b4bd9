package cli

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/terminal"
)

// T51: whatever dials, in another process as well, does not reach where a workbench takes
// orders: over TCP in several spellings, or the owner's Unix socket by whatever path.
func TestNothingDialsTheWorkbench(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "sockeye") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	env := []string{"XDG_STATE_HOME=" + dir, "XDG_DATA_HOME=" + dir}
	ui := command(t, "sockeye", "ui", "--no-browser", "--port", "0")
	ui.Env = append(ui.Env, env...)
	start(t, ui).prints("Ctrl-C") // by then the state is written
	var state struct{ URL, Socket string }
	if text, err := os.ReadFile(filepath.Join(dir, "sockeye", "workbench.json")); err != nil || json.Unmarshal(text, &state) != nil || state.Socket == "" {
		t.Fatalf("%s, %v", text, err)
	}
	symbolic, hard := filepath.Join(dir, "symbolic"), filepath.Join(dir, "hard")
	if err := os.Symlink(state.Socket, symbolic); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(state.Socket, hard); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(state.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"unix://" + state.Socket, "unix://" + symbolic, "unix://" + hard,
		"tcp://127.0.0.1:" + at.Port(), "tcp://localhost:" + at.Port(), "tcp://[::ffff:127.0.0.1]:" + at.Port()} {
		for _, args := range [][]string{
			{"connect", to, "--send", "x"}, {"connect", "--reconnect", to},
			{"load", to, "--send", "x", "--rate", "10", "--time", "300ms"},
			{"device", "--simulate", "sine", to},
		} {
			cmd := command(t, "sockeye", args...)
			cmd.Env = append(cmd.Env, env...)
			p := start(t, cmd)
			p.tells("own control address")
			p.kill()
		}
		cmd := command(t, "sockeye", "relay", "127.0.0.1:0", to)
		cmd.Env = append(cmd.Env, env...)
		relay := start(t, cmd)
		peer := run(t, "sockeye", "connect", relay.address("127.0.0.1"), "--send", "GET / HTTP/1.1\r\n\r\n", "--expect", "HTTP", "--timeout", "30s")
		relay.tells("own control address")
		<-peer.ended // it gives up by itself
		if said := peer.out.String(); strings.Contains(said, "HTTP/1.1 4") || peer.cmd.ProcessState.ExitCode() == terminal.ExitOK {
			t.Errorf("through a relay to %s: %q", to, said)
		}
		relay.kill()
	}
}

// tells waits for a text on standard error.
func (p *program) tells(text string) {
	p.t.Helper()
	if !p.errs.await(text, p.wait, p.ended) && !strings.Contains(p.out.String(), text) {
		p.t.Errorf("%v: it said %q and %q", p.cmd.Args, p.out, p.errs)
	}
}
