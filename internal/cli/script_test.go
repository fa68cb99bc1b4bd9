package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockeye/internal/terminal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain makes the test binary play the sockeye command for the scripts, so
// that -race and coverage reach it, and a program of the tests.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sockeye": sockeyeMain, "crowd": crowdMain})
}

func sockeyeMain() {
	os.Exit(Run(os.Args[1:], terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, LookupEnv: os.LookupEnv}, terminal.Signals()))
}

// TestScript runs testdata/script/*.txtar. Besides testscript's commands there are
//
//	exits N PROGRAM ARG...      run it; its exit code must be exactly N
//	refuses FAULT HINT ARG...   run sockeye ARG...: exit code 2, no output, and two lines on
//	                            standard error that contain these words
//	fails N FAULT HINT ARG...   the same with exit code N; what offers the doctor may follow
//	serve NAME ARG...           start sockeye ARG... --json; when it is open, $NAME is its
//	                            address and $NAME_PORT the port of it; variables of its
//	                            environment, VARIABLE=VALUE, may stand before the arguments
//	workbench NAME ARG...       start sockeye ui ARG... on a free port; when it serves, $NAME is
//	                            the line that it printed
//	waitevent NAME KIND K=V...  read NAME's events up to one of the kind with these fields
//	                            (data= is the bytes; a value ending in … is a prefix)
//	say NAME TEXT               write to the standard input of a served command; \n is a line end
//	end NAME                    close that input
//	term NAME N                 SIGTERM (interrupt NAME N: SIGINT); it must exit with code N
//	crash NAME                  kill it, as a crash or a loss of power would
//	gone NAME N                 wait until it ends by itself with code N
//	events NAME FILE            write to a file what waitevent has read so far
//	allbytes FILE               write a file with every byte value once
//	cable DIR                   join DIR/a and DIR/b, two pseudo-terminals, with socat; again: pull
//	                            it out
//	damage FILE TEXT            change the last TEXT in a file
//	stale FILE                  leave the file of a Unix socket that nobody listens on
//	certificate NAME HOST DAYS  write NAME.pem, a certificate with its key, and NAME-ca.pem, its
//	                            authority's, as if made DAYS from now
//	stack listen KIND NAME      run a TLS server that differs from ours; its address is $NAME
//	stack connect KIND ADDRESS  have such a client try to connect
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           scriptCondition,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("NO_COLOR", "1")
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "data"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			if dir := os.Getenv("GOCOVERDIR"); dir != "" {
				env.Setenv("GOCOVERDIR", dir)
			}
			env.Values[cableKey{}] = map[string]func(){}
			env.Values[servedKey{}] = &servers{env: env, byName: map[string]*server{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     scriptExits,
			"refuses":   scriptRefuses,
			"serve":     scriptServe,
			"workbench": scriptWorkbench,
			"waitevent": scriptWaitEvent,
			"say":       scriptSay,
			"end":       scriptEnd,
			"term":      func(ts *testscript.TestScript, _ bool, args []string) { scriptStop(ts, args, syscall.SIGTERM) },
			"interrupt": func(ts *testscript.TestScript, _ bool, args []string) { scriptStop(ts, args, os.Interrupt) },
			"crash":     func(ts *testscript.TestScript, _ bool, args []string) { scriptStop(ts, append(args, "-1"), os.Kill) },
			"gone":      func(ts *testscript.TestScript, _ bool, args []string) { scriptStop(ts, args, nil) },
			"events":    scriptEvents,
			"allbytes":  scriptAllBytes,
			"cable":     scriptCable,
			"damage":    scriptDamage,
			"stale":     scriptStale,

			"certificate": scriptCertificate,
			"fails":       scriptFails,
			"stack":       scriptStack,
		},
	})
}

// scriptCondition adds [ipv6]: this machine has an IPv6 loopback. In CI it must.
func scriptCondition(name string) (bool, error) {
	if name != "ipv6" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		if os.Getenv("CI") == "true" {
			return false, fmt.Errorf("CI needs IPv6: %w", err)
		}
		return false, nil
	}
	return true, l.Close()
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	runFor(ts, want, args[1], args[2:])
}

// runFor runs a program to its end, which must be a certain exit code.
func runFor(ts *testscript.TestScript, want int, program string, args []string) {
	err := ts.Exec(program, args...)
	got := 0
	if err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptRefuses(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 || neg {
		ts.Fatalf("usage: refuses FAULT HINT ARG...")
	}
	failsWith(ts, terminal.ExitOther, args)
}

func scriptFails(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 4 || neg {
		ts.Fatalf("usage: fails CODE FAULT HINT ARG...")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	failsWith(ts, code, args[1:])
}

// failsWith runs sockeye: it must write nothing but two lines of error with these words.
func failsWith(ts *testscript.TestScript, code int, args []string) {
	runFor(ts, code, "sockeye", args[2:])
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("standard output is not empty: %q", out)
	}
	want := args[:2]
	got := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	if last := len(got) - 1; code != terminal.ExitOther && strings.HasPrefix(got[last], "find out why: sockeye doctor ") {
		got = got[:last]
	}
	if len(got) != len(want) {
		ts.Fatalf("%d lines of error, want %d", len(got), len(want))
	}
	for n, line := range got {
		if !strings.Contains(line, want[n]) {
			ts.Fatalf("line %d does not contain %q: %s", n+1, want[n], line)
		}
	}
}

func scriptAllBytes(ts *testscript.TestScript, _ bool, args []string) {
	all := make([]byte, 256)
	for n := range all {
		all[n] = byte(n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all, 0o600))
}

func scriptDamage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.LastIndex(text, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%q is not in %s", args[1], args[0])
	}
	text[at] ^= 0xff
	ts.Check(os.WriteFile(path, text, 0o600))
}

func scriptStale(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: ts.MkAbs(args[0])})
	ts.Check(err)
	l.SetUnlinkOnClose(false)
	ts.Check(l.Close())
}
