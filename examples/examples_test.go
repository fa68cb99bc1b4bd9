package examples

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each pair runs as a newcomer runs it: two real programs, on loopback.
func TestPairsRunOnLoopback(t *testing.T) {
	bin := build(t)
	for _, test := range []struct {
		name    string
		server  string
		client  string
		address string
		printed string   // by the client
		seen    []string // by the server, per client
	}{
		{"tcp", "server", "client", "127.0.0.1:0", "\"Hello board!\"\n", []string{"Hello 01Studio!", "Hello board!"}},
		{"ipv6", "ipv6/server", "ipv6/client", "[::1]:0", "\"Hello board!\"\n", []string{"Hello 01Studio!", "Hello board!"}},
		{"udp", "udp/server", "udp/client", "127.0.0.1:0", "ADDRESS: \"Hello 01Studio!\"\n", []string{"Hello 01Studio!"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := start(t, filepath.Join(bin, test.server), test.address)
			address := strings.TrimPrefix(server.line(t), "listening on ")
			for range 2 {
				out, err := command(t, filepath.Join(bin, test.client), address).CombinedOutput()
				if err != nil {
					t.Fatalf("client: %v\n%s", err, out)
				}
				if diff := cmp.Diff(strings.ReplaceAll(test.printed, "ADDRESS", address), string(out)); diff != "" {
					t.Errorf("client (-want +got):\n%s", diff)
				}
				var seen []string
				for range test.seen {
					seen = append(seen, quoted.FindStringSubmatch(server.line(t))[1])
				}
				if diff := cmp.Diff(test.seen, seen); diff != "" {
					t.Errorf("server (-want +got):\n%s", diff)
				}
			}
		})
	}
}

var quoted = regexp.MustCompile(`^\S+: "(.*)"$`)

// The client of the tutorial names the address and the reason if no server is there.
func TestClientWithoutServer(t *testing.T) {
	bin := build(t)
	// Port 1 is tcpmux, which no machine of today serves.
	out, err := command(t, filepath.Join(bin, "client"), "127.0.0.1:1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "connect 127.0.0.1:1: ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The original has 37 lines; Go wants five more, for its error check.
func TestProgramsAreShort(t *testing.T) {
	for _, name := range programs {
		text, err := os.ReadFile(filepath.Join(name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > 42 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

var programs = []string{"client", "server", "udp/client", "udp/server", "ipv6/client", "ipv6/server"}

// build makes all programs, each at its own path under the folder it returns.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range programs {
		target := filepath.Join(bin, name)
		if runtime.GOOS == "windows" {
			target += ".exe"
		}
		if out, err := command(t, "go", "build", "-o", target, "./"+name).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return bin
}

// command is bounded, so that a program that hangs fails the test.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, name, args...)
}

// program is a server that runs until the test ends.
type program struct{ out *bufio.Scanner }

func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	cmd := command(t, name, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &program{bufio.NewScanner(stdout)}
}

func (p *program) line(t *testing.T) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("the server printed no more: %v", p.out.Err())
	}
	return p.out.Text()
}
