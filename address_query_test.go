package sockeye

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Options may stand in the query of an address: they are those that flags set.
func TestQueryOfAnAddressSetsOptions(t *testing.T) {
	for typed, want := range map[string]Endpoint{
		"tcp://:10000?backlog=5&no_delay=off": {Address: Address{Network: TCP, Port: 10000}, Options: Options{Backlog: 5, NoDelay: Off}},
		"udp://239.1.2.3:5000?interface=eth0": {Address: Address{Network: UDP, Host: "239.1.2.3", Port: 5000}, Options: Options{Interface: "eth0"}},
		"localhost:80?idle_timeout=90s":       {Address: Address{Network: TCP, Host: "localhost", Port: 80}, Options: Options{IdleTimeout: 90 * time.Second}},
		"[::1]:80？half-open":                  {Address: Address{Network: TCP, Host: "::1", Port: 80}, Options: Options{HalfOpen: Bare(t, "half-open")}},
		"tcp://:1/?allow-peers=10.0.0.0%2F8&allow-peers=::1": {Address: Address{Network: TCP, Port: 1},
			Options: Options{AllowPeers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}},
		"unix:///tmp/a?b=c":                     {Address: Address{Network: Unix, Path: "/tmp/a?b=c"}},
		"ws://h:1/chat?room=1#idle_timeout=90s": {Address: Address{Network: WebSocket, Host: "h", Port: 1, Path: "/chat?room=1"}, Options: Options{IdleTimeout: 90 * time.Second}},
		"wss://h#idle_timeout=1m30%73":          {Address: Address{Network: WebSocketTLS, Host: "h", Port: 443}, Options: Options{IdleTimeout: 90 * time.Second}},
		"ws://h:1/a#":                           {Address: Address{Network: WebSocket, Host: "h", Port: 1, Path: "/a"}},
		"tcp://:5?":                             {Address: Address{Network: TCP, Port: 5}},
	} {
		e := Endpoint{Mode: Listen}
		want.Mode = Listen
		if err := e.ReadAddress(typed, DefaultPort); err != nil {
			t.Errorf("%s: %v", typed, err)
			continue
		}
		if diff := cmp.Diff(want, e, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typed, diff)
		}
		if again, err := ParseAddress(e.Address.String()); err != nil || again != e.Address {
			t.Errorf("%s is written as %s: %v, %v", typed, e.Address, again, err)
		}
	}
}

// Bare is the time that an option's name alone means.
func Bare(t *testing.T, name string) time.Duration {
	t.Helper()
	d, _ := AllOptions.Lookup(name, FlagForm)
	return d.Bare
}

// Every fault of a query is told, and what to write instead.
func TestFaultsOfAQuery(t *testing.T) {
	for typed, want := range map[string][]string{
		"tcp://:1?backlog=x&baklog=5&nodelay=maybe": {"?baklog: is no option\nhint: did you mean backlog?", "?nodelay: is no option\nhint: did you mean no-delay?", "?backlog: \"x\" is not a whole number"},
		"tcp://:1?backlog=5&backlog=6":              {"?backlog: is given twice\nhint: leave one of them out"},
		"tcp://:1?recv-buffer=9&%zz=1":              {"?%zz=1: is not name=value", "?recv-buffer: differs from the option"},
		"tcp://:1?xyz":                              {"?xyz: is no option\nhint: sockeye listen --help"},
		"ws://h:1/a?backlog=6#backlog=x&top":        {"#top: is no option", "#backlog: \"x\" is not a whole number"},
		"tcp://:1?\x1b[31m=1":                       {"is no option"},
	} {
		e := Endpoint{Mode: Listen, Options: Options{ReceiveBuffer: 8}}
		parts := partsOf(e.ReadAddress(typed, DefaultPort))
		if len(parts) != len(want) {
			t.Errorf("%s: %d faults, want %d: %v", typed, len(parts), len(want), parts)
			continue
		}
		for n, p := range parts {
			if got := p.In(English) + "\nhint: " + p.Hint.En; !strings.Contains(got, want[n]) {
				t.Errorf("%s: %s\nwant %s", typed, got, want[n])
			}
		}
	}
	if _, err := ParseAddress("tcp://:1?backlog=5"); err == nil || !strings.Contains(ErrorOf(err).Hint.En, "without ?backlog=5") {
		t.Errorf("an address alone takes options: %v", err)
	}
}

// What a hint says of flags is said of the address where that is all there is.
func TestHintOfAddress(t *testing.T) {
	hint := Text{"give it with --cacert FILE; --insecure goes on without, --frobnicate too", "请用 --cacert 文件 给出；--insecure 可继续"}
	for n, want := range map[Network]Text{
		TLS:          {"give it with ?cacert=FILE; ?insecure goes on without, --frobnicate too (behind the address)", "请用 ?cacert=文件 给出；?insecure 可继续（写在地址之后）"},
		WebSocketTLS: {"give it with #cacert=FILE; #insecure goes on without, --frobnicate too (behind the address)", "请用 #cacert=文件 给出；#insecure 可继续（写在地址之后）"},
		Unix:         hint,
	} {
		if diff := cmp.Diff(want, n.HintOfAddress(hint)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", n, diff)
		}
	}
	if plain := (Text{"plug it in", "请插好"}); TCP.HintOfAddress(plain) != plain {
		t.Error("a hint without flags was changed")
	}
}

// A request target goes to the peer as it is, percent-encoded where it must be.
func TestRequestTarget(t *testing.T) {
	for typed, want := range map[string]string{
		"ws://h:1": "", "ws://h:1/": "", "ws://h:1/chat?room=1&x": "/chat?room=1&x", "ws://h:1?a=b": "/?a=b",
		"ws://h:1/a b/温?q=“x y": "/a%20b/%E6%B8%A9?q=%E2%80%9Cx%20y", "ws://h:1/a%2Fb?": "/a%2Fb?",
		"ws://h:1/%zz":                          "the path is not one of a URL",
		"ws://h:1/" + strings.Repeat("a", 3000): "the path has 3001 bytes",
	} {
		_, rest, _ := strings.Cut(typed, "://")
		hostPort, got, err := addressParser{typed: typed}.target(rest, typed)
		if err != nil {
			got = ErrorOf(err).Message.En
		} else if hostPort != "h:1" && !strings.Contains(typed, "?a=b") {
			t.Errorf("%s: host and port are %q", typed, hostPort)
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}

// FuzzReadAddress: whatever is typed, an address that is taken is written so that it is
// read as the same again.
func FuzzReadAddress(f *testing.F) {
	for _, s := range []string{"tcp://:1?backlog=5", "udp://[::1%eth0]:9?interface=a%20b", "unix:///a?b", ":1?a&b=&=c", "1.2.3.4?source=::1&source=1.2.3.4", "ws://h/a?b#ttl=4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		e := Endpoint{Mode: Connect}
		if err := e.ReadAddress(typed, DefaultPort); err != nil {
			ErrorOf(err).In(Chinese)
			return
		}
		if again, err := ParseAddress(e.Address.String()); err != nil || again != e.Address {
			t.Fatalf("%q is read as %+v, then as %+v: %v", typed, e.Address, again, err)
		}
	})
}
