package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// makeFIFO makes a named pipe that nobody writes to or reads from.
func makeFIFO(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// T33: wherever a file is read, a named pipe, a device or the memory of a process is
// refused at once, with what it is.
func TestFilesWithoutEnd(t *testing.T) {
	t.Parallel()
	const sensor, target = "[[sensor]]\nname = 't'\nsimulate = 'sine'\n", "[[target]]\naddress = 'https://127.0.0.1:9'\n"
	fifo, csv := makeFIFO(t, "fifo"), makeFIFO(t, "list.csv")
	for path, what := range map[string]string{fifo: "a pipe, not a regular file", csv: "a pipe, not a regular file", os.DevNull: "a device, not a regular file", "/proc/self/mem": "a file of the kernel"} {
		if _, err := os.Stat(path); err != nil {
			continue // no such system
		}
		for _, args := range [][]string{
			{"log", "show", path}, {"log", "ls", path}, {"log", "search", path, "x"}, {"log", "verify", path},
			{"log", "export", path}, {"log", "repair", path, path + ".fixed"},
			{"run", path}, {"run", path, "--plan"}, {"rule", "try", path, "x"},
			{"ui", "--workspace", path, "--no-browser"},
			{"connect", "127.0.0.1:1", "--send-file", path}, {"connect", "127.0.0.1:1", "--send-list", path},
			{"listen", "127.0.0.1:0", "--send-list", path},
			{"plot", path}, {"log", "pairs", path}, {"log", "tcp", path}, {"fields", "guess", path},
			{"decode", "--as", "dns", path}, {"decode", "--schema", path, "0a"}, {"decode", "--registers", path, "0a"},
			{"listen", "127.0.0.1:0", "--schema", path, "--decode", "protobuf"}, {"listen", "127.0.0.1:0", "--registers", path, "--decode", "modbus-tcp"},
			{"listen", "tls://127.0.0.1:0", "--cert", path, "--key", path}, {"connect", "tls://127.0.0.1:1", "--cacert", path},
			{"connect", "tls://127.0.0.1:1", "--client-cert", path, "--client-key", path},
			{"deploy", "a@127.0.0.1:1", "--key", path, "--", "true"}, {"deploy", "a@127.0.0.1:1", "--known-hosts", path, "--", "true"},
			{"service", "install", path, "--dry-run"},
			{"device", asFile(t, "d.toml", "[[sensor]]\nname = 't'\nsimulate = 'csv'\ncsv = '"+path+"'\n"+target)},
			{"device", asFile(t, "d.toml", sensor+target+"password_file = '"+path+"'\n")},
			{"device", asFile(t, "d.toml", sensor+target+"ca = '"+path+"'\n")},
			{"run", "--yes", asFile(t, "w.toml", "sockeye = 2\n[[endpoint]]\nname = 'a'\nlisten = 'tls://127.0.0.1:0'\ncert = '"+path+"'\nkey = '"+path+"'\n")},
		} {
			p := run(t, "sockeye", args...)
			p.ends(terminal.ExitOther)
			if said := p.errs.String(); !strings.Contains(said, what) || !strings.Contains(said, path) && !strings.Contains(said, ".toml: ") {
				t.Errorf("%s: it said %q", strings.Join(args, " "), said)
			}
		}
	}
}

// asFile is a file with a text.
func asFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What may be a pipe because people make it one is waited for, until a signal comes.
func TestSignalEndsWaitingForPipe(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"password":        {"ui", "--no-browser", "--password-file", makeFIFO(t, "password")},
		"certificate":     {"ui", "--no-browser", "--cert", makeFIFO(t, "cert"), "--key", os.DevNull},
		"output":          {"listen", "127.0.0.1:0", "--output", makeFIFO(t, "output")},
		"hex dump":        {"listen", "127.0.0.1:0", "--hex-dump", makeFIFO(t, "dump")},
		"recording":       {"listen", "127.0.0.1:0", "--record", makeFIFO(t, "pipe.pcapng")},
		"recording of ui": {"ui", "--no-browser", "--port", "0", "--record", makeFIFO(t, "pipe.pcapng")},
	} {
		for s, code := range map[syscall.Signal]int{syscall.SIGINT: terminal.ExitInterrupted, syscall.SIGTERM: terminal.ExitOK} {
			t.Run(name+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				cmd := command(t, "sockeye", args...)
				cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
				p := start(t, cmd)
				waitsInOpen(t, p.cmd.Process.Pid)
				p.cmd.Process.Signal(s)
				p.ends(code)
			})
		}
	}
}

// F20: SIGTERM that comes twice at once, as from timeout(1), ends a recording in good
// order: nothing of it is left but the segments.
func TestTwiceEndsRecordingInOrder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "rec")
	for range 12 {
		p := run(t, "sockeye", "listen", "127.0.0.1:0", "--quiet", "--record", dir)
		p.address("127.0.0.1")
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.ends(terminal.ExitOK)
		endedInOrder(t, dir)
	}
}

// F20: the end of the terminal (SIGHUP) ends a recording in good order, and under nohup(1)
// nothing.
func TestHangupEndsInOrder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "rec")
	// the tests may themselves run under nohup
	p := run(t, "env", "--default-signal=HUP", "sockeye", "listen", "127.0.0.1:0", "--quiet", "--record", dir)
	p.address("127.0.0.1")
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.ends(terminal.ExitOK)
	endedInOrder(t, dir)

	p = run(t, "nohup", "sockeye", "listen", "127.0.0.1:0", "--quiet", "--record", dir)
	p.address("127.0.0.1")
	p.cmd.Process.Signal(syscall.SIGHUP)
	c, err := net.Dial("tcp", p.address("127.0.0.1"))
	if err != nil {
		t.Fatalf("under nohup: %v", err)
	}
	c.Close()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.ends(terminal.ExitOK)
	endedInOrder(t, dir)
}

// F20: also a command that is to end at once leaves its recording in good order, if the
// disk is well.
func TestHurriedRecordingEndsInOrder(t *testing.T) {
	t.Parallel()
	path, _ := randomFile(t, 32<<20)
	k := newSink(t)
	defer close(k.read)
	dir := filepath.Join(t.TempDir(), "rec")
	cmd := command(t, "sockeye", "connect", "--drain", "1h", k.listener.Addr().String(), "--record", dir)
	in := openFile(t, path, os.O_RDONLY)
	cmd.Stdin = in
	p := start(t, cmd)
	underWay(t, in)
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Process.Signal(os.Interrupt)
	p.ends(terminal.ExitInterrupted)
	endedInOrder(t, dir)
}

// endedInOrder demands that a recording's process has left neither its number nor the
// reserve behind.
func endedInOrder(t *testing.T, dir string) {
	t.Helper()
	if lock, err := os.ReadFile(filepath.Join(dir, ".lock")); err != nil || len(lock) > 0 {
		t.Errorf("the lock says %q, %v", lock, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, ".reserve")); err == nil {
		t.Error("the reserve is still there")
	}
}

// waitsInOpen waits until a process has come so far that it opens a named pipe: the
// signal must not come before it is asked for.
func waitsInOpen(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/wchan", pid))
		for _, task := range tasks {
			if text, err := os.ReadFile(task); err == nil && strings.Contains(string(text), "wait_for_partner") { // fs/pipe.c
				return
			}
		}
	}
	t.Fatal("it does not open the pipe")
}
