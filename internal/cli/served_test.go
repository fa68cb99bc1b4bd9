package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait of a script: far more than anything takes, for slow
// machines under -race.
const patience = time.Minute

// failer is what ends a test or a script that went wrong.
type failer interface {
	Fatalf(format string, args ...any)
}

func must(on failer, err error) {
	if err != nil {
		on.Fatalf("%v", err)
	}
}

// servers are the background commands of one script.
type servers struct {
	env    *testscript.Env
	byName map[string]*server
}

type servedKey struct{}

// server is a sockeye command in the background that prints events.
type server struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr strings.Builder
	lines  chan string // closed at the end of its output
	read   []string    // taken from lines
	opened map[string]any
	ended  chan struct{}
	err    error // of Wait, after ended
}

func (s *servers) named(ts *testscript.TestScript, name string) *server {
	one := s.byName[name]
	if one == nil {
		ts.Fatalf("no server %q was started", name)
	}
	return one
}

func serverArg(ts *testscript.TestScript, args []string, least int) *server {
	if len(args) < least {
		ts.Fatalf("too few arguments")
	}
	return ts.Value(servedKey{}).(*servers).named(ts, args[0])
}

func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: serve NAME [VARIABLE=VALUE...] COMMAND ARG...")
	}
	all := ts.Value(servedKey{}).(*servers)
	words, env := args[1:], slices.Clone(all.env.Vars)
	for ; strings.Contains(words[0], "="); words = words[1:] {
		env = append(env, words[0])
	}
	cmd := exec.Command("sockeye", append(words, "--json")...)
	cmd.Env, cmd.Dir = env, all.env.WorkDir
	one := startServer(ts, cmd)
	ts.Defer(one.kill)
	all.byName[args[0]] = one
	if local := one.local(ts); local.IsValid() {
		ts.Setenv(args[0], local.String())
		ts.Setenv(args[0]+"_PORT", strconv.Itoa(int(local.Port())))
	}
}

// startServer starts a command that prints events.
func startServer(on failer, cmd *exec.Cmd) *server {
	s := &server{cmd: cmd, lines: make(chan string, 10_000), ended: make(chan struct{})}
	cmd.Stderr = &s.stderr
	var err error
	s.stdin, err = cmd.StdinPipe()
	must(on, err)
	out, err := cmd.StdoutPipe()
	must(on, err)
	must(on, cmd.Start())
	go s.follow(out)
	return s
}

// local waits for the opened event, and is the address in it. One that reconnects
// has none yet.
func (s *server) local(on failer) netip.AddrPort {
	if s.opened == nil {
		s.opened = s.wait(on, "opened")
	}
	local, _ := netip.ParseAddrPort(fmt.Sprint(s.opened["local"]))
	return local
}

// say writes to the command's standard input.
func (s *server) say(text string) error {
	_, err := io.WriteString(s.stdin, text)
	return err
}

// kill ends the command whatever it does.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// follow reads the command's output to its end, then waits for the command.
func (s *server) follow(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		s.lines <- lines.Text()
	}
	close(s.lines)
	s.err = s.cmd.Wait()
	close(s.ended)
}

// wait reads events up to the first of a kind that has all the fields.
func (s *server) wait(on failer, kind string, fields ...string) map[string]any {
	late := time.After(patience)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				<-s.ended
				on.Fatalf("ended without %s %v; stderr: %s; events:\n%s", kind, fields, s.stderr.String(), strings.Join(s.read, "\n"))
			}
			s.read = append(s.read, line)
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				on.Fatalf("not JSON: %q", line)
			}
			if e["kind"] == kind && hasFields(on, e, line, fields) {
				return e
			}
		case <-late:
			on.Fatalf("no %s %v in %s; events:\n%s", kind, fields, patience, strings.Join(s.read, "\n"))
		}
	}
}

// hasFields compares fields written as key=value with an event. The event's data
// is compared as the bytes, in Go's escapes.
func hasFields(on failer, e map[string]any, line string, fields []string) bool {
	for _, f := range fields {
		key, want, _ := strings.Cut(f, "=")
		value := e[key]
		if outer, inner, nested := strings.Cut(key, "."); nested { // error.kind
			fields, _ := e[outer].(map[string]any)
			value = fields[inner]
		}
		got := fmt.Sprint(value)
		if key == "data" {
			var typed struct{ Data []byte }
			must(on, json.Unmarshal([]byte(line), &typed))
			q := strconv.Quote(string(typed.Data))
			got = q[1 : len(q)-1]
		}
		if value == nil && key != "data" {
			got = ""
		}
		prefix, isPrefix := strings.CutSuffix(want, "…")
		if got != want && !(isPrefix && strings.HasPrefix(got, prefix)) {
			return false
		}
	}
	return true
}

func scriptWaitEvent(ts *testscript.TestScript, _ bool, args []string) {
	serverArg(ts, args, 2).wait(ts, args[1], args[2:]...)
}

func scriptSay(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(serverArg(ts, args, 2).say(strings.ReplaceAll(args[1], `\n`, "\n")))
}

func scriptEnd(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(serverArg(ts, args, 1).stdin.Close())
}

// scriptStop ends a server by a signal, or nil waits for its own end, and checks
// its exit code.
func scriptStop(ts *testscript.TestScript, args []string, signal os.Signal) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	serverArg(ts, args, 2).stop(ts, signal, want)
}

// stop sends a signal, if any, and waits for the end with an exit code.
func (s *server) stop(on failer, signal os.Signal, want int) {
	if signal != nil {
		must(on, s.cmd.Process.Signal(signal))
	}
	late := time.After(patience)
	for open := true; open; {
		var line string
		select {
		case line, open = <-s.lines:
			if open {
				s.read = append(s.read, line)
			}
		case <-late:
			on.Fatalf("still running after %s; events:\n%s", patience, strings.Join(s.read, "\n"))
		}
	}
	<-s.ended
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](s.err); ok {
		got = e.ExitCode()
	} else if s.err != nil {
		on.Fatalf("%v", s.err)
	}
	if got != want {
		on.Fatalf("exit code %d, want %d; stderr: %s", got, want, s.stderr.String())
	}
}

func scriptEvents(ts *testscript.TestScript, _ bool, args []string) {
	s := serverArg(ts, args, 2)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(s.read, "\n")+"\n"), 0o600))
}

func scriptWorkbench(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: workbench NAME ARG...")
	}
	all := ts.Value(servedKey{}).(*servers)
	cmd := exec.Command("sockeye", append([]string{"ui", "--no-browser", "--port", "0"}, args[1:]...)...)
	cmd.Env, cmd.Dir = all.env.Vars, all.env.WorkDir
	one := startServer(ts, cmd)
	ts.Defer(one.kill)
	all.byName[args[0]] = one
	select {
	case line, ok := <-one.lines:
		if !ok {
			<-one.ended
			ts.Fatalf("ended: %s", one.stderr.String())
		}
		ts.Setenv(args[0], line)
	case <-time.After(patience):
		ts.Fatalf("no address in %s", patience)
	}
}
