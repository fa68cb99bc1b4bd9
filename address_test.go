package sockeye

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What people type for an address is understood: bare ports and hosts, stars, other punctuation
// and IPv6 in each of its forms, with the usual port and protocol where none is given.
func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		typed string
		want  string
	}{
		{"192.168.1.111:10000", "tcp://192.168.1.111:10000"},
		{"192.168.1.111", "tcp://192.168.1.111:10000"},
		{":10000", "tcp://:10000"},
		{"*:7", "tcp://:7"},
		{":0", "tcp://:0"},
		{"8080", "tcp://:8080"},
		{"", "tcp://:10000"},
		{"tcp://", "tcp://:10000"},
		{"localhost:10000", "tcp://localhost:10000"},
		{"localhost", "tcp://localhost:10000"},
		{"host 7", "tcp://host:7"},
		{"::1 7", "tcp://[::1]:7"},
		{"[::1]:7", "tcp://[::1]:7"},
		{"[::1] 7", "tcp://[::1]:7"},
		{"[::1]", "tcp://[::1]:10000"},
		{"::1", "tcp://[::1]:10000"},
		{"::", "tcp://[::]:10000"},
		{"[fe80::1%eth0]:10000", "tcp://[fe80::1%eth0]:10000"},
		{"[fe80::1%25eth0]:10000", "tcp://[fe80::1%eth0]:10000"},
		{"FE80:0::1%3", "tcp://[fe80::1%3]:10000"},
		{"udp://10.0.0.1:9", "udp://10.0.0.1:9"},
		{"UDP6://[::1]:9/", "udp6://[::1]:9"},
		{"tcp4://:9", "tcp4://:9"},
		{"192.168.1.111：10000", "tcp://192.168.1.111:10000"},
		{"192。168。1。111", "tcp://192.168.1.111:10000"},
		{"板子.local:1", "tcp://板子.local:1"},
		{"unix:///run/x.sock", "unix:///run/x.sock"},
		{" UNIX://x.sock ", "unix://x.sock"},
		{"unix://@name", "unix://@name"},
		{"unixgram:///tmp/一：二。sock", "unixgram:///tmp/一：二。sock"},
		{"unix:///a b?c#d%20", "unix:///a b?c#d%20"},
	} {
		t.Run(test.typed, func(t *testing.T) {
			a, err := ParseAddress(test.typed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, a.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What cannot be an address is refused with the reason and, where one is likely, with what was
// meant; the message stays short and printable whatever was typed.
func TestParseAddressRefuses(t *testing.T) {
	for _, test := range []struct{ typed, why string }{
		{"host:65536", "port 65536 is out of range"},
		{"host:-1", `port "-1" is not a number`},
		{"host:", "the port is missing"},
		{"host:http", `port "http" is not a number`},
		{"99999999999999999999", "out of range"},
		{"256.1.1.1:1", "not an IPv4 address"},
		{"192.168.1:1", "not an IPv4 address"},
		{"[::1:10", "missing ]"},
		{"[1.2.3.4]:5", "in brackets is not an IPv6 address"},
		{"[::1]x", "unexpected"},
		{"fe80::1%", "zone"},
		{"fe80::xyz", "not an IPv6 address"},
		{"192.168.1.300:10000", "not an IPv4 address: 300 is more than 255"},
		{"192.168.1,88:1000", "did you mean 192.168.1.88:1000?"},
		{"192.168.1,88:1000", "',' stands where a dot belongs"},
		{"192.168.1.88,1000", "did you mean 192.168.1.88:1000?"},
		{"192.168.1.88;1000", "did you mean 192.168.1.88:1000?"},
		{"192.168.1，88:1000", "did you mean 192.168.1.88:1000?"},
		{"10.1.O.3：7000", "'O' is no digit; 0 is"},
		{"10.1.O.3：7000", "did you mean 10.1.0.3:7000?"},
		{"l0.1.0.3:7000", "did you mean 10.1.0.3:7000?"},
		{"１0.1.0.3:7000", "is a full-width digit"},
		{"010.1.0.3", "010 begins with 0"},
		{"10.1.0:7000", "it has 3 numbers, not four"},
		{"10.1..3:7000", "a number is missing beside a dot"},
		{"10.1.0.3:7OOO", "did you mean 7000?"},
		{"tcp:/10.1.0.3:7000", "did you mean tcp://10.1.0.3:7000?"},
		{"2001:db8:0:0:0:0:0:9:7000", "in brackets before a port: [2001:db8::9]:7000"},
		{"http://10.1.0.3:7000/x", "its connection alone is tcp://10.1.0.3:7000"},
		{"-", "is not a host name"},
		{"udp://-:7000", "is not a host name"},
		{"board,7000", "is not a host name"},
		{"ftp://host:1", `unknown protocol "ftp"`},
		{"tcp6://1.2.3.4:5", "is an IPv4 address, tcp6 takes IPv6"},
		{"udp4://[::1]:5", "is an IPv6 address, udp4 takes IPv4"},
		{"a b c", "too many words"},
		{"user@host:1", "is not a host name"},
		{"ho\x1bst:1", "is not a host name"},
		{strings.Repeat("a", 260), "is not a host name"},
		{strings.Repeat("a", 1000), "too long"},
		{"unix://", "the path is missing"},
		{"unix://@", "the path is missing"},
		{"unix:///run/", "the path is a directory's"},
		{"unix:///run/\x1bx", "control characters"},
		{"unix:///" + strings.Repeat("a", 107), "the path has 108 bytes; a socket's has at most 107"},
	} {
		t.Run(test.typed+" "+test.why, func(t *testing.T) {
			a, err := ParseAddress(test.typed)
			if err == nil {
				t.Fatalf("accepted as %v", a)
			}
			e := ErrorOf(err)
			if e.Kind != Invalid || e.Hint.IsZero() || e.Message.Zh == "" {
				t.Errorf("want kind invalid, a hint and Chinese: %+v", e)
			}
			if !strings.Contains(err.Error()+" "+e.Hint.En, test.why) {
				t.Errorf("says %q, want %q in it", err, test.why)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) || len(err.Error()) > 700 {
				t.Errorf("text is not safe or too long: %q", err)
			}
		})
	}
}

// What an address prints, it parses to.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"192.168.1.111:10000", "[fe80::1%eth0]:1", "udp://x", "a b", "::", "%", "*", "：", "tcp://[::ffff:1.2.3.4%25]:0", "unix:///run/x.sock", "unixgram://@n", "unix:// x "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			if ErrorOf(err).Kind != Invalid {
				t.Fatalf("%q: kind %s", s, ErrorOf(err).Kind)
			}
			return
		}
		b, err := ParseAddress(a.String())
		if err != nil || a != b {
			t.Fatalf("%q -> %q -> %q, %v", s, a, b, err)
		}
	})
}

// Validate reports all that is wrong with an endpoint at once, each by the name of its field.
func TestValidateNamesEveryProblem(t *testing.T) {
	e := Endpoint{Mode: Connect, Options: Options{Backlog: -1, Prefer: 5, ConnectTimeout: -1}}
	err := e.Validate()
	for _, field := range []string{"set address", "set backlog", "set prefer", "set connect-timeout"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not named in:\n%v", field, err)
		}
	}
	ok := Endpoint{Mode: Listen}
	if err := ok.Validate(); err != nil {
		t.Errorf("the zero listening endpoint: %v", err)
	}
}
