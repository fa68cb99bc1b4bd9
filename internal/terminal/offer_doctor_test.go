package terminal

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
)

// The doctor is offered for a server of an IP network, and for a connection that failed on
// the way; for nothing else.
func TestDoctorIsOffered(t *testing.T) {
	bench := core.New(0)
	defer bench.Shutdown(t.Context())
	s, err := bench.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}, responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	a := &Terminal{Lang: sockeye.English}
	if line := a.doctorLine(s); !strings.Contains(line, "sockeye doctor tcp://:") || strings.HasSuffix(line, ":0") {
		t.Errorf("%q", line)
	}
	for lang, word := range map[sockeye.Lang]string{sockeye.English: "port here: ", sockeye.Chinese: "本机端口: "} {
		if text := (&Terminal{Lang: lang}).whyText(bench.ExamineSession(t.Context(), s, nil)); !strings.Contains(text, word) {
			t.Errorf("/why says %s", text)
		}
	}
	lines := strings.Join(a.ErrorLines(&sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "ws://127.0.0.1:9/chat?a=1&b=$(reboot)"}), "\n")
	if !strings.HasSuffix(lines, "\nfind out why: sockeye doctor ws://127.0.0.1:9") {
		t.Errorf("what a shell reads is in a line to be pasted: %s", lines)
	}
	for _, c := range []struct {
		err  sockeye.Error
		want bool
	}{
		{sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "tcp://127.0.0.1:1", Err: syscall.ECONNREFUSED}, true},
		{sockeye.Error{Kind: sockeye.TimedOut, Op: "connect", Target: "udp://127.0.0.1:1"}, true},
		{sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "tcp://[fd00::1]:1"}, true},
		{sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "tcp://127.0.0.1:0"}, false},
		{sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: "unix:///run/x.sock"}, false},
		{sockeye.Error{Kind: sockeye.TimedOut, Op: "send", Target: "tcp://127.0.0.1:1"}, false},
		{sockeye.Error{Kind: sockeye.Invalid, Op: "connect", Target: "x", Err: errors.New("x")}, false},
	} {
		lines := strings.Join(a.ErrorLines(&c.err), "\n")
		if got := strings.Contains(lines, "find out why: sockeye doctor "+c.err.Target); got != c.want {
			t.Errorf("%+v: offered %v\n%s", c.err, got, lines)
		}
	}
}
