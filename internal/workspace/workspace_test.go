package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const whole = `# what a person wrote
sockeye = 2
about = "everything that a file can say"

[variables]
unit = "C"

[aliases]
"192.168.1.88" = "kitchen"

[payloads]
hello = 'hello {{var.unit}}\r\n'
query = { hex = "01 03 {{crc16modbus}}" }

[[endpoint]]
name = "server"
listen = "tcp://127.0.0.1:5020"
frame = "length:offset=4,size=2"
check = "crc16modbus"
rules = "device"
start = "idle"
allow = ["storm", "amplify"]
max-peers = 5
idle-timeout = "90s"

[[endpoint]]
name = "client"
connect = "udp://192.168.1.88:9"
send = "morning"
reconnect = true
echo = true

[[rules.device]]
name = "one"
match = "hex:(?? ??) *"
payload = "query"
delay = "10ms..20ms"
in = ["idle"]
goto = "busy"
cooldown = "1s"
count = 3
chance = 0.5

[[rules.device]]
every = "1s"
replies = [ { text = "a", delay = "5ms" }, { hex = "00", to = "others" }, { payload = "hello" } ]
end = "abort"

[[rules.device]]
join = true
reply = "hi"

[[rules.device]]
after = "2s"
in = ["busy"]
goto = "idle"

[lists.morning]
times = 0

[[lists.morning.row]]
text = 'AT\r\n'
delay = "1s"
repeat = 2
line-end = "crlf"
charset = "gbk"
checksum = "sum8"

[[lists.morning.row]]
payload = "hello"
enabled = false
to = "all"

[[lists."good evening".row]]
hex = "01 03"
`

// What was read is written, and read again, as the same.
func TestFormat(t *testing.T) {
	f, err := Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	text := f.Format()
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if diff := cmp.Diff(f, again); diff != "" {
		t.Errorf("%s in:\n%s", diff, text)
	}
}

// A workspace says for each endpoint how it is opened, with its framing, rules and list, and
// finds variables and payloads by name.
func TestOpenings(t *testing.T) {
	f, err := Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Openings()
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	server, client := got[0], got[1]
	if server.Endpoint.String() != "tcp-listen://127.0.0.1:5020" || server.Endpoint.Options.MaxPeers != 5 || server.Endpoint.Options.IdleTimeout.Seconds() != 90 ||
		server.Frame.String() != "length:offset=4,size=2" || server.Check.String() != "crc16modbus" || !server.Allow.Storm || server.Allow.LowPorts {
		t.Errorf("%+v", server)
	}
	if diff := cmp.Diff([]string{"one", "2", "3", "4"}, server.Compiled.Names()); diff != "" {
		t.Error(diff)
	}
	if client.Endpoint.String() != "udp-connect://192.168.1.88:9" || !client.Endpoint.Options.Reconnect || !client.Echo || client.Compiled != nil {
		t.Errorf("%+v", client)
	}
	if client.List == nil || client.List.Name != "morning" || len(client.List.Rows) != 2 || server.List != nil {
		t.Errorf("%+v", client.List)
	}
	if v, ok := f.Lookup("var.unit"); v != "C" || !ok {
		t.Errorf("%q %v", v, ok)
	}
	if _, err := f.Template("helo"); err == nil || !strings.Contains(sockeye.ErrorOf(err).Hint.En, "hello") {
		t.Errorf("%v", err)
	}
}

// Each fault is said with its line, and what was meant.
func TestFaults(t *testing.T) {
	const head = "sockeye = 2\n"
	endpoint := func(more string) string { return head + "[[endpoint]]\nname = \"a\"\nlisten = \":1\"\n" + more }
	for text, want := range map[string][2]string{
		"":                                       {": this is no workspace", "sockeye = 2"},
		"sockeye = 3":                            {": version 3 of the format is newer", "newer Sockeye"},
		"sockeye = 0":                            {": there is no version 0", ""},
		"sockeye = ":                             {"line 1, column 10: ", ""},
		"sockeye = \"1\"":                        {"line 1: sockeye: incompatible types", ""},
		head + "abuot = \"x\"":                   {`line 2, column 1: there is no key "abuot"`, "about"},
		head + "[endpiont]\na = 1":               {`line 2`, ""},
		endpoint("max_peer = 3"):                 {`line 5, column 1: there is no key "max_peer"`, "max_peers"},
		endpoint("max-peers = -3"):               {"line 5: endpoint a: max-peers: -3 is not between", ""},
		endpoint("max_peers = -3"):               {"line 5: endpoint a: max_peers: -3 is not between", ""},
		endpoint("idle-timeout = \"x\""):         {"line 5: endpoint a: idle-timeout: \"x\" is not a time", "1m30s"},
		endpoint("idle_timeout = true"):          {"line 5: endpoint a: idle_timeout: true is not a time", "1m30s"},
		endpoint("no_delay = 'on'"):              {"line 5: endpoint a: no_delay: \"on\" is not true or false", "without quotes"},
		endpoint("max-peers = 1\nmax_peers = 2"): {"line 6: endpoint a: max_peers: is the same as max-peers", ""},
		endpoint("kernel_time = true"):           {"line 5: endpoint a: kernel_time: is an option of UDP; this endpoint is TCP", "leave it out"},
		endpoint("reconnect = true"):             {"line 5: endpoint a: reconnect: is an option of endpoints that connect; this one listens", "leave it out"},
		endpoint("connect = \":1\""):             {"line 4: endpoint a: listen: an endpoint needs one of listen and connect", ""},
		endpoint("[[endpoint]]\nname = \"a\"\nconnect = \"h:1\""):                              {"line 6: endpoint a: two endpoints have this name", ""},
		endpoint("check = \"crc16modbuss\""):                                                   {"line 5: endpoint a: check: no checksum has this name", "crc16modbus"},
		endpoint("allow = [\"strom\"]"):                                                        {"line 5: endpoint a: allow[0]: there is no guard", "storm"},
		endpoint("rules = \"b\""):                                                              {`line 5: endpoint a: rules: there is no rules named "b"`, ""},
		endpoint("start = \"b\""):                                                              {"line 5: endpoint a: start: a state without rules", ""},
		head + "[[rules.a]]\nmatch = \"any\"\ndelay = \"never\"":                               {"line 4: rules.a: rule 1: delay: ", ""},
		head + "[[rules.a]]\nmatch = \"any\"\nreply = \"x\"\nreplies = [{text = \"y\"}]":       {"line 5: rules.a: rule 1: both one reply and replies", ""},
		head + "[payloads]\na = 3":                                                             {"line 3: payloads.a: ", "text"},
		head + "[payloads]\na = {text = \"x\", hex = \"00\"}":                                  {"line 3: payloads.a: both text and hex", ""},
		head + "[[lists.a.row]]\ndelay = \"1s\"":                                               {"line 2: lists.a: row 1: a row needs one of", ""},
		head + "[[lists.'a b'.row]]\ntext='x'\n[[lists.'a b'.row]]\ntext = 'x'\ncharset = 'y'": {"line 6: lists.a b: row 2: charset: \"y\": is not a charset", ""},
		head + "[[lists.a.row]]\ntext = 'x'\ndisabled = true":                                  {`line 4, column 1: there is no key "disabled"`, "enabled"},
		head + "[[lists.a.row]]\ntext = 'x'\n[[lists.a.row]]\ntext = 'x{{seqq}}'":              {"line 5: lists.a: row 2: text: \"x{{seqq}}\": column 4", ""},
		head + "[[lists.a.row]]\ntext = 'x'\ndelay = '1s..2s'":                                 {"line 4: lists.a: row 1: delay: the delay of a row is one time, not 1s..2s", ""},
		head + "[[lists.a.row]]\npayload = 'x'":                                                {`line 3: lists.a: row 1: payload: there is no payload named "x"`, ""},
		head + "[lists.a]\ntimes = -1":                                                         {"line 3: lists.a: times: -1 is not how often", ""},
		head + "[lists.a]\ntime = 1":                                                           {`line 3, column 1: there is no key "time"`, "times"},
		endpoint("send = \"b\"\n[lists.a]"):                                                    {`line 5: endpoint a: send: there is no list named "b"`, "a"},
		endpoint("send = \"a\"\n[lists.a]"):                                                    {"line 5: endpoint a: send: the list has no row to send", ""},
		endpoint("send = \"a\"\n[lists.a]\ntimes = 0\n[[lists.a.row]]\ntext = 'x'"):            {"line 5: endpoint a: send: a list that is sent for ever needs a pause", ""},
		head + strings.Repeat("[[endpoint]]\nname = \"a\"\nlisten = \":1\"\n", MaxEndpoints+1): {"line 770: endpoint: 257 endpoints are more than 256", "split"},
		head + "[aliases]\n\"::1\" = \"1\"":                                                    {"line 3: aliases: \"1\": does not begin with a letter", "kitchen-1"},
		head + "[aliases]\n\"::1\" = \"\"":                                                     {"line 3: aliases: an alias needs a name", ""},
		head + "[payloads]\na = {hex = \"00\", charset = \"klingon\"}":                         {"line 3: payloads.a: ", ""},
		head + "[payloads]\na = {hex = \"00\", line-end = \"lfcr\"}":                           {"line 3: payloads.a: line_ending: \"lfcr\": is not a line end", "crlf"},
		endpoint("source = [\"here\"]"):                                                        {"line 5: endpoint a: source[0]: \"here\" is not an IP address", ""},
		endpoint("recv-buffer = -1"):                                                           {"line 5: endpoint a: recv-buffer: -1 is not between", ""},
		endpoint("no-delay = 1"):                                                               {"line 5", ""},
		head + "[aliases]\nkitchen = \"10.0.0.1\"":                                             {"line 3: aliases: \"kitchen\" is not an IP address", ""},
	} {
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		e := sockeye.ErrorOf(sockeye.SplitErrors(err)[0])
		said := e.Target + ": " + e.Message.En
		if e.Kind != sockeye.Invalid && e.Kind != sockeye.NotFound || !strings.HasPrefix(said, want[0]) || e.Message.Zh == "" ||
			!strings.Contains(e.Hint.En+e.Message.En, want[1]) {
			t.Errorf("%.200q: %s; %s; want %s", text, said, e.Hint.En, want)
		}
	}
}

// A file is written whole or not at all, and keeps its mode.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.toml")
	for _, text := range []string{whole, "sockeye = 2\n"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".sockeye-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	err := Write(filepath.Join(path, "below", "b.toml"), nil)
	if e := sockeye.ErrorOf(err); e == nil || e.Op != "write" {
		t.Errorf("%v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.toml")); sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("%v", err)
	}
}

// A link to a file stays a link.
func TestWriteThroughLink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "link.toml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err) // a right that not everybody has on Windows
	}
	if err := Write(link, []byte("sockeye = 2\n")); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v %v", st, err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "sockeye = 2\n" {
		t.Errorf("%q %v", text, err)
	}
}

// Whatever a file holds: an error or a file that can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	examples, _ := filepath.Glob("../../examples/workspaces/*.toml")
	for _, e := range examples {
		text, err := os.ReadFile(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("sockeye = 2\n[[endpoint]]\nnmae = 3"))
	f.Add([]byte(versionOne))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse(text)
		if err != nil {
			for _, one := range sockeye.SplitErrors(err) {
				if e := sockeye.ErrorOf(one); e.Kind == sockeye.System || e.Message.En == "" {
					t.Errorf("%#v", e)
				}
			}
			return
		}
		for name, l := range file.Lists {
			if again, err := Parse([]byte(file.FormatList(name, l))); err != nil || len(again.Lists[name].Rows) != len(l.Rows) {
				t.Fatalf("the list %q: %v in:\n%s", name, err, file.FormatList(name, l))
			}
		}
		out := file.Format()
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		if text := again.Format(); string(text) != string(out) {
			t.Errorf("written anew it is another:\n%s\n%s", out, text)
		}
	})
}
