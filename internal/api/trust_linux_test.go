package api

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/workspace"
)

// T48: what somebody else's file says is not done by looking at it, keeping it or
// beginning with it: nothing listens, and nothing is dialled, before the person says so.
func TestOpeningAFileOpensNothing(t *testing.T) {
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	theirs := fmt.Sprintf(`sockeye = 2
about = "run me"
[aliases]
"127.0.0.1" = "victim"
[[endpoint]]
name = "out"
connect = "tcp://%s"
reconnect = true
rules = "r"
[[endpoint]]
name = "udp"
connect = "udp://127.0.0.1:9"
[[endpoint]]
name = "in"
listen = "tcp://127.0.0.1:0"
echo = true
[[endpoint]]
name = "udp in"
listen = "udp://127.0.0.1:0"
[[rules.r]]
every = "1ms"
reply = "{{var.secret}}"
[variables]
secret = "x"
`, trap.Addr())
	v, path := keeping(t, theirs)
	api := v.addr[strings.LastIndexByte(v.addr, ':'):]
	trapPort := trap.Addr().String()
	before := sockets(t, api, trapPort)
	fresh := func() int { // what earlier tests left may still be closing
		n := 0
		for inode := range sockets(t, api, trapPort) {
			if !before[inode] {
				n++
			}
		}
		return n
	}
	quiet := func(what string) {
		t.Helper()
		if n := fresh(); n != 0 || len(v.bench.Sessions()) > 0 || len(v.bench.Closed()) > 0 {
			t.Fatalf("%s: %d sockets more, %d sessions", what, n, len(v.bench.Sessions()))
		}
		if _, next := v.bench.Span(); next != 1 {
			t.Fatalf("%s: something happened: %d", what, next)
		}
	}
	quiet("beginning with the file")
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	quiet("reading it")
	if plan := ask[WorkspacePlan](v, "POST", "/api/v1/workspace/plan", WorkspaceText{theirs}); len(plan.Plan) != 4 || !strings.Contains(strings.Join(plan.Plan[0].Lines, " "), trapPort) {
		t.Errorf("%+v", plan)
	}
	quiet("looking at a text")
	w.File.Payloads = map[string]workspace.Payload{"a": {Text: "b"}}
	w = ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, File: &w.File})
	quiet("changing it")
	text := w.Text + "\n# more\n"
	w = ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, Text: &text})
	quiet("keeping a text")
	write(t, path, theirs+"\n# changed\n")
	v.failing(409, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: w.Stamp, All: true})
	quiet("opening what has changed since it was looked at")

	// the counting finds what is really opened
	w = ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	ask[Sessions](v, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: w.Stamp, All: true})
	if n := fresh(); n != 3 && n != 4 { // whether the client is connected yet
		t.Errorf("%d sockets after opening four endpoints", n)
	}
	conn, err := trap.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// sockets are the internet sockets of this process, by inode, but those of the API and
// those at an address.
func sockets(t *testing.T, apiPort, accepted string) map[string]bool {
	t.Helper()
	mine := map[string]bool{}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil { // else it was closed meanwhile
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				mine[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	_, port, _ := strings.Cut(apiPort, ":")
	hex := func(port string) string {
		n := 0
		fmt.Sscan(port, &n)
		return fmt.Sprintf(":%04X", n)
	}
	api := hex(port)
	_, port, _ = strings.Cut(accepted, ":")
	trap := hex(port)
	found := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile("/proc/self/net/" + table)
		if err != nil {
			continue // no IPv6 here
		}
		for _, row := range strings.Split(string(text), "\n")[1:] {
			f := strings.Fields(row)
			if len(f) < 10 || !mine[f[9]] || strings.HasSuffix(f[1], api) || strings.HasSuffix(f[2], api) || strings.HasSuffix(f[1], trap) {
				continue
			}
			found[f[9]] = true
		}
	}
	return found
}
