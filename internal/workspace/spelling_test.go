package workspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"net/netip"

	"sockeye"
)

// before is a file in every spelling that options and keys had before.
const before = `sockeye = 2

[payloads]
hello = { text = 'hi', line-end = "crlf" }

[[endpoint]]
name = "server"
listen = ":10000"
rules = "board"
backlog = 5
max-peers = 6
allow-peers = ["10.0.0.0/8"]
deny-peers = ["10.0.0.1"]
over-cap = "pause"
reuse-address = true
reuse-port = true
no-delay = false
keepalive = true
keepalive-idle = "1s"
keepalive-interval = "2s"
keepalive-count = 4
user-timeout = "3s"
recv-buffer = 4096
send-buffer = 4097
read-size = 4098
send-timeout = "4s"
idle-timeout = "5s"
fin-idle = "6s"      # before half-open
# The next was always ignored here.
kernel-time = true

[[endpoint]]
name = "client"
connect = "localhost:1"
source = ["127.0.0.1"]
source-port = 9
interface = "lo"
prefer = 6
connect-timeout = "7s"
reconnect = true
self-connect = true
half-open = "8s"

[[endpoint]]
name = "datagrams"
listen = "udp://:1"
broadcast = true
kernel-time = true
no-delay = false

[[rules.board]]
match = "any"
reply-hex = "00"

[[lists.a.row]]
text = "x"
line-end = "lf"
`

// A workspace from before is read, opened as it was, and written with the names of today;
// what it says that its endpoints do not have is ignored, and the plan says so.
func TestWorkspaceFromBefore(t *testing.T) {
	f, err := Parse([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	openings, err := f.Openings()
	if err != nil {
		t.Fatal(err)
	}
	want := sockeye.Options{Backlog: 5, MaxPeers: 6, AllowPeers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, DenyPeers: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
		OverCap: "pause", ReuseAddress: sockeye.On, ReusePort: sockeye.On, NoDelay: sockeye.Off, KeepAlive: sockeye.On, KeepAliveIdle: 1e9, KeepAliveInterval: 2e9, KeepAliveCount: 4,
		UserTimeout: 3e9, ReceiveBuffer: 4096, SendBuffer: 4097, ReadSize: 4098, SendTimeout: 4e9, IdleTimeout: 5e9, HalfOpen: 6e9}
	if diff := cmp.Diff(want, openings[0].Endpoint.Options, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	for n, word := range map[int]string{0: "without kernel_time, which is an option of UDP; this endpoint is TCP", 2: "without no_delay, which is an option of TCP, WebSocket, TLS, WSS, MQTT and MQTTS; this endpoint is UDP"} {
		if plan := strings.Join(openings[n].Plan(sockeye.English), "\n"); !strings.Contains(plan, word) {
			t.Errorf("%s, want %s", plan, word)
		}
	}
	if o := openings[1].Endpoint.Options; o.HalfOpen != 8e9 || o.ConnectTimeout != 7e9 || o.Sources == nil || !o.Reconnect {
		t.Errorf("%+v", o)
	}
	if f.Payloads["hello"].LineEnd != "crlf" || f.Lists["a"].Rows[0].LineEnd != "lf" || f.Rules["board"][0].ReplyHex != "00" {
		t.Errorf("%+v", f)
	}
	text := string(f.Format())
	for _, old := range []string{"recv-", "line-end", "fin-idle", "reply-hex", "-timeout"} {
		if strings.Contains(text, old) {
			t.Errorf("%s is written:\n%s", old, text)
		}
	}
}

// A change leaves the spelling of what did not change, as comments and order.
func TestSpellingStays(t *testing.T) {
	f, err := Parse([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	f.Endpoints[0].Options.ReceiveBuffer = 1 << 20
	got, err := Revise([]byte(before), f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(before, "recv-buffer = 4096", "recv-buffer = 1048576", 1), string(got)); diff != "" {
		t.Error(diff)
	}
}
