package api

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye"
	"sockeye/internal/workspace"
)

const mine = `# mine
sockeye = 2

[variables]
unit = "C"   # or F

# the one on the roof
[[endpoint]]
name = "roof"
listen = "tcp://127.0.0.1:0"
frame = "line"
rules = "roof"

[[rules.roof]]
match = "is:temp?"
reply = '21 {{var.unit}}\n'
`

// keeping is a server whose workspace is a file with a text.
func keeping(t *testing.T, text string) (v *served, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "workspace.toml")
	write(t, path, text)
	return serve(t, func(o *Config) { o.Workspace = path }), path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a person keeps is there after a restart, and names who joins. The file is made
// when something is kept first.
func TestWorkspaceIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept", "workspace.toml")
	keep := func(o *Config) { o.Workspace = path }
	first := serve(t, keep)
	before := ask[Workspace](first, "GET", "/api/v1/workspace", nil)
	if _, err := os.Stat(path); err == nil || before.Stamp != "" || before.Text != "" || before.Path != path {
		t.Errorf("%v, %+v", err, before)
	}
	yes, off := sockeye.On, sockeye.Off
	want := workspace.File{
		Version: workspace.Version, Aliases: map[string]string{"127.0.0.1": "kitchen"},
		Payloads: map[string]workspace.Payload{"led": {Text: `LED ON`, Charset: "gbk", Checksum: "crc16modbus", LineEnd: "crlf"}, "Led": {Text: "x"}},
		Endpoints: []workspace.Endpoint{
			{Name: "client", Connect: "localhost:1", Options: sockeye.Options{Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, SourcePort: 1, Interface: "lo", Prefer: 4, TTL: 9, DSCP: 46, Mark: 51820,
				NoDelay: off, KeepAlive: yes, KeepAliveIdle: 1e9, KeepAliveInterval: 2e9, KeepAliveCount: 4, UserTimeout: -1, ReceiveBuffer: 1, SendBuffer: 1, ReadSize: 1,
				ConnectTimeout: 3e9, SendTimeout: 4e9, IdleTimeout: 5e9, HalfOpen: 6e9, Reconnect: true, SelfConnect: yes}},
			{Name: "server", Listen: ":1", Options: sockeye.Options{Backlog: 1, MaxPeers: 1, OverCap: "pause", ReuseAddress: off, ReusePort: yes,
				AllowPeers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, DenyPeers: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}}},
			{Name: "datagrams", Listen: "udp://:1", Options: sockeye.Options{Broadcast: yes, KernelTime: yes}}},
	}
	after := ask[Workspace](first, "PUT", "/api/v1/workspace", SetWorkspace{File: &want})
	if diff := cmp.Diff(want, after.File, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" || after.Text != read(t, path) || after.Stamp == "" {
		t.Errorf("%s %+v", diff, after)
	}
	again := serve(t, keep)
	if diff := cmp.Diff(after, ask[Workspace](again, "GET", "/api/v1/workspace", nil), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	board(t, ask[Session](again, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"}))
	again.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].Alias == "kitchen" })

	memory := serve(t)
	ask[Workspace](memory, "PUT", "/api/v1/workspace", SetWorkspace{File: &want})
	if diff := cmp.Diff(want, ask[Workspace](memory, "GET", "/api/v1/workspace", nil).File, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
}

// A change keeps what the person wrote around it.
func TestWorkspaceKeepsComments(t *testing.T) {
	v, path := keeping(t, mine)
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	w.File.Payloads = map[string]workspace.Payload{"hello": {Text: `hi\r\n`}}
	w.File.Variables["unit"] = "F"
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, File: &w.File})
	want := strings.Replace(mine, `"C"`, `"F"`, 1)
	want = strings.Replace(want, "\n# the one", "\n[payloads]\nhello = 'hi\\r\\n'\n\n# the one", 1)
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
}

// What another program did to the file meanwhile is not lost: neither a change nor an
// opening goes by what was there before.
func TestWorkspaceConflict(t *testing.T) {
	v, path := keeping(t, mine)
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	theirs := strings.Replace(mine, "# mine", "# theirs", 1)
	write(t, path, theirs)
	for method, body := range map[string]any{
		"PUT /api/v1/workspace":       SetWorkspace{Stamp: w.Stamp, Text: &w.Text},
		"PUT /api/v1/workspace?":      SetWorkspace{Stamp: w.Stamp, File: &w.File},
		"PUT /api/v1/workspace?new":   SetWorkspace{Text: &w.Text},
		"POST /api/v1/workspace/open": OpenWorkspace{Stamp: w.Stamp, Endpoint: "roof"},
	} {
		verb, url, _ := strings.Cut(method, " ")
		url, _, _ = strings.Cut(url, "?")
		if f := v.failing(409, verb, url, body); f.Kind != sockeye.Conflict || f.Message == "" || f.Hint == "" {
			t.Errorf("%s: %+v", method, f)
		}
	}
	if read(t, path) != theirs || len(v.bench.Sessions()) > 0 {
		t.Error("it was done nevertheless")
	}
	now := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	if now.Text != theirs || now.Stamp == w.Stamp {
		t.Errorf("%+v", now)
	}
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: now.Stamp, Text: &w.Text})
	if read(t, path) != mine {
		t.Error("it was not kept")
	}
}

// F21: everything that is wrong is told at once, with its place, and the file stays.
func TestWorkspaceFaults(t *testing.T) {
	v, path := keeping(t, mine)
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	wrong := strings.Replace(mine, "frame", "fraem", 1)
	wrong = strings.Replace(wrong, "is:temp?", "hex:0", 1)
	for _, f := range []Failure{
		v.failing(400, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, Text: &wrong}),
		v.failing(400, "POST", "/api/v1/workspace/plan", WorkspaceText{wrong}),
	} {
		if f.Target != "line 11, column 1" || !strings.Contains(f.Message, "fraem") || !strings.Contains(f.Hint, "frame") || len(f.Also) != 1 || !strings.HasPrefix(f.Also[0].Target, "line 15: rules.roof: rule 1") {
			t.Errorf("%+v", f)
		}
	}
	for body, target := range map[string]string{
		`{"stamp":"` + w.Stamp + `"}`:                                                                                    "text",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":3}}`:                                                               "file.sockeye",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"endpoint":[{"name":"a"}]}}`:                                     "file.endpoint[0].listen",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"aliases":{"x":"a"}}}`:                                           "file.aliases.x",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"aliases":{"::1":"1"}}}`:                                         "file.aliases.::1",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"payloads":{"a":{"text":"x","charset":"klingon"}}}}`:             "file.payloads.a.charset",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"payloads":{"a":{"text":"x","line_end":"x"}}}}`:                  "file.payloads.a.line_ending",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"payloads":{"a":{"txt":"x"}}}}`:                                  "file.payloads.a.txt",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"variables":{"a":"x","a":"y"}}}`:                                 "file.variables.a",
		`{"stamp":"` + w.Stamp + `","file":{"sockeye":2,"endpoint":[{"name":"a","listen":":1","idle_timeout":"soon"}]}}`: "file.endpoint[0].idle_timeout",
	} {
		if f := v.failing(400, "PUT", "/api/v1/workspace", body); f.Target != target || f.Message == "" {
			t.Errorf("%s: %+v", body, f)
		}
	}
	if read(t, path) != mine {
		t.Error("the file has changed")
	}

	// a file that another program made wrong can be looked at and mended, not written into
	write(t, path, wrong)
	broken := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	if len(broken.Faults) != 2 || broken.Text != wrong || len(broken.Plan)+len(broken.File.Endpoints) > 0 || broken.Faults[0].Target != "line 11, column 1" {
		t.Errorf("%+v", broken)
	}
	v.failing(400, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: broken.Stamp, File: &w.File})
	v.failing(400, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: broken.Stamp, All: true})
	if read(t, path) != wrong {
		t.Error("the file has changed")
	}
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: broken.Stamp, Text: &w.Text})

	// and with one that is wrong nothing begins
	write(t, path, wrong)
	_, err := New(Config{Bench: v.bench, Workspace: path})
	all := faults(err)
	if err == nil || len(all) != 2 || !strings.HasPrefix(all[0].Target, path+": line 11") || read(t, path) != wrong {
		t.Errorf("%v", err)
	}
}

// An endpoint of the workspace is opened with its rules; variables of the workspace
// are in all that is sent.
func TestOpenWorkspace(t *testing.T) {
	v, _ := keeping(t, mine)
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	want := []Planned{{"roof", []string{"listen on tcp://127.0.0.1:0, for programs on this machine", "answer by one rule (roof), frames: line"}}}
	if diff := cmp.Diff(want, w.Plan); diff != "" {
		t.Error(diff)
	}
	for body, status := range map[OpenWorkspace]int{
		{Stamp: w.Stamp}: 400, {Stamp: w.Stamp, Endpoint: "roof", All: true}: 400, {Stamp: w.Stamp, Endpoint: "rof"}: 404,
	} {
		v.failing(status, "POST", "/api/v1/workspace/open", body)
	}
	got := ask[Sessions](v, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: w.Stamp, Endpoint: "roof"})
	if len(got.Sessions) != 1 || got.Sessions[0].Name != "roof" || got.Sessions[0].Frame != "line" || got.Sessions[0].State != "open" {
		t.Fatalf("%+v", got)
	}
	conn, err := net.Dial("tcp", got.Sessions[0].Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hears := func(want string) {
		t.Helper()
		buf := make([]byte, len(want))
		if _, err := io.ReadFull(conn, buf); err != nil || string(buf) != want {
			t.Fatalf("%q, %v; want %q", buf, err, want)
		}
	}
	io.WriteString(conn, "temp?\n")
	hears("21 C\n")
	changed := strings.Replace(w.Text, `"C"`, `"F"`, 1)
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, Text: &changed})
	p := &Payload{Kind: "text", Text: "in {{var.unit}}", Escapes: true}
	ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", Send{All: true, Payload: p})
	hears("in F")
	if got := ask[Encoded](v, "POST", "/api/v1/payload", p); string(got.Data) != "in F" {
		t.Errorf("%q", got.Data)
	}
	io.WriteString(conn, "temp?\n")
	hears("21 F\n")

	// its rules can be changed, and say payloads of the workspace with all that these have
	more := changed + "\n[payloads.sum]\nhex = '01 {{var.unit:bytes}}'\nchecksum = 'crc16modbus'\n"
	more = strings.Replace(more, `"F"`, `"0f"`, 1)
	w = ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Stamp: w.Stamp, Text: &more})
	ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: workspace.RuleSet{Frame: "line", Rules: []workspace.Rule{{Match: "is:sum", Payload: "sum"}}}})
	io.WriteString(conn, "sum\n")
	hears("\x01\x0f\x40\x24")
}

// Environment variables are found only if whoever started the workbench lets them.
func TestWorkspaceEnvironment(t *testing.T) {
	p := &Payload{Kind: "text", Text: "{{env.HOME}}", Escapes: true}
	serve(t).failing(400, "POST", "/api/v1/payload", p)
	v := serve(t, func(o *Config) { o.Lookup = func(name string) (string, bool) { return "/home/" + name, true } })
	if got := ask[Encoded](v, "POST", "/api/v1/payload", p); string(got.Data) != "/home/env.HOME" {
		t.Errorf("%q", got.Data)
	}
}
