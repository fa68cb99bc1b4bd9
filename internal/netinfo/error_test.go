package netinfo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"sockeye"
	"sockeye/internal/netinfo/netinfotest"
)

// said is what package net returns when a call on a socket fails.
func said(op, call string, n syscall.Errno, source, to string) error {
	e := &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, n)}
	if source != "" {
		e.Source = net.TCPAddrFromAddrPort(netip.MustParseAddrPort(source))
	}
	if to != "" {
		e.Addr = net.TCPAddrFromAddrPort(netip.MustParseAddrPort(to))
	}
	return e
}

// C11: six errors of connecting are six sentences, each with its own next step,
// in both languages, and with the system's own name and error kept.
func TestSixSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range []struct {
		number   syscall.Errno
		kind     sockeye.ErrorKind
		name     string
		sentence string
		hint     string
		chinese  string
	}{
		{syscall.ECONNREFUSED, sockeye.Refused, "ECONNREFUSED", "nothing listens", "sockeye listen :10000", "拒绝"},
		{syscall.ETIMEDOUT, sockeye.TimedOut, "ETIMEDOUT", "no answer", "firewall", "没有应答"},
		{syscall.EHOSTUNREACH, sockeye.HostUnreachable, "EHOSTUNREACH", "no machine answers", "same network", "不可达"},
		{syscall.ENETUNREACH, sockeye.NetworkUnreachable, "ENETUNREACH", "no route", "cable or Wi-Fi", "网络不可达"},
		{syscall.EACCES, sockeye.AccessDenied, "EACCES", "a rule of this machine", "ip route get 192.0.2.1", "拒绝访问"},
		{syscall.EPERM, sockeye.NotPermitted, "EPERM", "own firewall", "nft list ruleset", "防火墙"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := Explain("connect", "tcp://192.0.2.1:10000", said("dial", "connect", test.number, "", "192.0.2.1:10000"))
			if e.Kind != test.kind || e.Errno != test.name {
				t.Errorf("kind %q, errno %q; want %q, %q", e.Kind, e.Errno, test.kind, test.name)
			}
			if !errors.Is(e, test.number) {
				t.Error("the system's error is lost")
			}
			netinfotest.CheckWords(t, e, test.sentence, test.hint, test.chinese)
			for _, text := range []string{e.Reason(sockeye.English), e.Hint.En, e.Reason(sockeye.Chinese), e.Hint.Zh} {
				if seen[text] {
					t.Errorf("said of another error too: %s", text)
				}
				seen[text] = true
			}
		})
	}
}

// Each failure of the system's is told with its kind, its errno, what it means and what to do,
// in both languages, and keeps its cause.
func TestFailure(t *testing.T) {
	const to = "192.168.1.88:54036"
	for _, test := range []struct {
		name    string
		op      string
		target  string
		err     error
		kind    sockeye.ErrorKind
		errno   string
		say     string
		hint    string
		chinese string
	}{
		{"UDP refusal", "send", "192.0.2.1:9000", syscall.ECONNREFUSED, sockeye.Refused, "ECONNREFUSED", "UDP port", "listen udp://:9000", "UDP 端口"},
		{"peer vanished, told to the reader", "receive", to, syscall.ETIMEDOUT, sockeye.TimedOut, "ETIMEDOUT", "vanished", "--reconnect", "消失"},
		{"peer vanished, told to the sender", "send", to, syscall.ETIMEDOUT, sockeye.TimedOut, "ETIMEDOUT", "vanished", "--reconnect", "消失"},
		{"send waited in vain", "send", to, os.ErrDeadlineExceeded, sockeye.TimedOut, "", "does not read", "--send-timeout", "没有读取"},
		{"our own limit", "connect", to, context.DeadlineExceeded, sockeye.TimedOut, "", "no answer", "54036", "没有应答"},
		{"canceled", "connect", to, context.Canceled, sockeye.Canceled, "", "canceled", "", "取消"},
		{"closed", "send", to, net.ErrClosed, sockeye.Closed, "", "closed", "", "关闭"},
		{"C08 reset while connecting", "connect", to, syscall.ECONNRESET, sockeye.Reset, "ECONNRESET", "turned the connection away", "full", "重置"},
		{"C07 reset", "receive", to, syscall.ECONNRESET, sockeye.Reset, "ECONNRESET", "reset by the peer", "may not have reached it", "重置"},
		{"F35 killed here", "receive", to, syscall.ECONNABORTED, sockeye.Reset, "ECONNABORTED", "this machine ended", "ss -K", "本机中止"},
		{"C10 broken pipe", "send", to, syscall.EPIPE, sockeye.BrokenPipe, "EPIPE", "no longer takes data", "connect again", "不再接收"},
		{"interface off", "send", to, syscall.ENETDOWN, sockeye.NetworkUnreachable, "ENETDOWN", "network down", "sockeye addrs", "网卡"},
		{"blackhole route", "connect", "tcp://192.0.2.1:1", syscall.EINVAL, sockeye.System, "EINVAL", "sends nothing", "ip route get 192.0.2.1", "无法"},
		{"no such interface", "connect", to, &OptionError{"SO_BINDTODEVICE", "eth9", os.NewSyscallError("setsockopt", syscall.ENODEV)},
			sockeye.Invalid, "ENODEV", "no such network interface: eth9", "sockeye addrs", "网卡: eth9"},
		{"option not permitted", "listen", "tcp://:1", os.NewSyscallError("setsockopt", syscall.EPERM), sockeye.NotPermitted, "EPERM", "more rights", "sudo", "权限"},
		{"C50 interface not permitted", "listen", "tcp://:1", &OptionError{"SO_BINDTODEVICE", "eth0", syscall.EPERM},
			sockeye.NotPermitted, "EPERM", "the option SO_BINDTODEVICE needs more rights", "sudo", "SO_BINDTODEVICE 需要更高的权限"},
		{"family", "connect", to, syscall.EAFNOSUPPORT, sockeye.WrongFamily, "EAFNOSUPPORT", "address family", "tcp4://", "地址族"},
		{"F26 descriptors", "connect", to, syscall.EMFILE, sockeye.LimitReached, "EMFILE", fmt.Sprint("this process may have ", DescriptorLimit()), "ulimit -n", "上限"},
		{"F26 files of the machine", "accept", to, syscall.ENFILE, sockeye.LimitReached, "ENFILE", "whole machine", "fs.file-max", "整台机器"},
		{"F28 privileged port", "listen", "tcp://127.0.0.1:80", said("listen", "bind", syscall.EACCES, "", "127.0.0.1:80"),
			sockeye.AccessDenied, "EACCES", "below 1024", "tcp://127.0.0.1:10080", "特权"},
		{"F28 forbidden port", "listen", "tcp://127.0.0.1:8080", said("listen", "bind", syscall.EACCES, "", "127.0.0.1:8080"),
			sockeye.AccessDenied, "EACCES", "security policy", "another port", "安全策略"},
		{"anything else", "receive", to, syscall.EBADMSG, sockeye.System, "EBADMSG", "bad message (EBADMSG)", "", "EBADMSG"},
		{"C36 package net's own word", "listen", "tcp4://::1", &net.AddrError{Err: "no suitable address found"}, sockeye.WrongFamily, "", "wanted family", "", "地址族"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := Explain(test.op, test.target, test.err)
			if e.Kind != test.kind || e.Errno != test.errno || e.Op != test.op || e.Target != test.target {
				t.Errorf("got %+v, want kind %q, errno %q", e, test.kind, test.errno)
			}
			if !errors.Is(e, test.err) {
				t.Error("the cause is lost")
			}
			netinfotest.CheckWords(t, e, test.say, test.hint, test.chinese)
			if strings.Contains(e.Hint.En+e.Hint.Zh+e.Error(), "{") {
				t.Errorf("a place is not filled in: %+v", e)
			}
		})
	}
}

// What is explained already keeps its words.
func TestFailureKeepsAnError(t *testing.T) {
	own := &sockeye.Error{Kind: sockeye.Misuse, Op: "send", Message: sockeye.Text{En: "finished"}}
	e := Explain("write", "192.0.2.1:1", fmt.Errorf("once more: %w", own))
	if e.Kind != sockeye.Misuse || e.Op != "send" || e.Target != "192.0.2.1:1" || e.Message.En != "finished" {
		t.Errorf("got %+v", e)
	}
	if own.Target != "" {
		t.Error("a shared error was changed")
	}
}

// Every hint is said in both languages, and the Chinese is Chinese.
func TestErrorHintsInBothLanguages(t *testing.T) {
	for o, s := range errorHints {
		for _, text := range []sockeye.Text{s.message, s.hint} {
			if (text.En == "") != (text.Zh == "") {
				t.Errorf("%v: %q and %q", o, text.En, text.Zh)
			}
			if text.Zh != "" && !strings.ContainsFunc(text.Zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%v: not Chinese: %q", o, text.Zh)
			}
			if strings.ContainsFunc(text.En, func(r rune) bool { return r > unicode.MaxASCII }) {
				t.Errorf("%v: not English: %q", o, text.En)
			}
		}
		if s.hint.IsZero() {
			t.Errorf("%v has no hint", o)
		}
	}
}

// C13: EADDRNOTAVAIL is either an address that is not here or ports used up.
func TestNotAvailable(t *testing.T) {
	for _, test := range []struct {
		name string
		op   string
		err  error
		kind sockeye.ErrorKind
		say  string
		hint string
		zh   string
	}{
		{"listen elsewhere", "listen", said("listen", "bind", syscall.EADDRNOTAVAIL, "", "192.0.2.7:10000"),
			sockeye.AddressNotAvailable, "no address 192.0.2.7", "sockeye addrs", "没有 192.0.2.7"},
		{"source elsewhere", "connect", said("dial", "bind", syscall.EADDRNOTAVAIL, "192.0.2.7:0", "127.0.0.1:1"),
			sockeye.AddressNotAvailable, "no address 192.0.2.7", "sockeye addrs", "没有 192.0.2.7"},
		{"no port left", "connect", said("dial", "connect", syscall.EADDRNOTAVAIL, "", "127.0.0.1:1"),
			sockeye.PortsExhausted, "no free port is left", "TIME_WAIT", "没有空闲端口"},
		{"no port left on a source", "connect", said("dial", "connect", syscall.EADDRNOTAVAIL, "127.0.0.2:0", "127.0.0.1:1"),
			sockeye.PortsExhausted, "no free port is left", "--source", "没有空闲端口"},
		{"no port left to listen on", "listen", said("listen", "bind", syscall.EADDRINUSE, "", "127.0.0.1:0"),
			sockeye.PortsExhausted, "no free port is left", "choose a port", "没有空闲端口"},
		{"chosen source port busy towards there", "connect", said("dial", "connect", syscall.EADDRNOTAVAIL, "127.0.0.1:65535", "127.0.0.1:1"),
			sockeye.AddressInUse, "in use", "source port", "占用"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := Explain(test.op, "tcp://127.0.0.1:1", test.err)
			if e.Kind != test.kind {
				t.Errorf("kind %q, want %q", e.Kind, test.kind)
			}
			netinfotest.CheckWords(t, e, test.say, test.hint, test.zh)
		})
	}
}

// C34: a link-local address without its zone, or with one that is not here, gets
// the interfaces to choose from.
func TestZoneIsExplained(t *testing.T) {
	links := linkNames()
	for _, test := range []struct{ target, say string }{
		{"tcp://[fe80::1]:10000", "needs the interface"},
		{"tcp://[fe80::1%nosuch0]:10000", `no interface "nosuch0"`},
	} {
		e := Explain("connect", test.target, syscall.EINVAL)
		if e.Kind != sockeye.Invalid || !strings.Contains(e.Error(), test.say) || e.Message.Zh == "" || e.Hint.Zh == "" {
			t.Errorf("%s: %+v", test.target, e)
		}
		for _, name := range links {
			if !strings.Contains(e.Hint.En, name) || !strings.Contains(e.Hint.Zh, name) {
				t.Errorf("%s: the hint %q does not name %s", test.target, e.Hint.En, name)
			}
		}
		if len(links) > 0 && !strings.Contains(e.Hint.En, "tcp://[fe80::1%"+links[0]+"]:10000") {
			t.Errorf("%s: the hint %q does not show how to write it", test.target, e.Hint.En)
		}
	}
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Fatalf("no interfaces: %v", err)
	}
	for _, zone := range []string{all[0].Name, fmt.Sprint(all[0].Index)} {
		if e := Explain("connect", "tcp://[fe80::1%"+zone+"]:1", syscall.EINVAL); e.Kind == sockeye.Invalid {
			t.Errorf("zone %s is here: %v", zone, e)
		}
	}
	if e := Explain("connect", "tcp://[fd00::1]:1", syscall.EINVAL); e.Kind == sockeye.Invalid {
		t.Errorf("not link-local: %v", e)
	}
}

// The order of kinds does not depend on chance: a chain with several causes has
// one kind.
func TestKindIsStable(t *testing.T) {
	err := errors.Join(syscall.ECONNRESET, os.ErrDeadlineExceeded, context.Canceled)
	var got []sockeye.ErrorKind
	for range 50 {
		kind, _ := kindOf(err)
		got = append(got, kind)
	}
	if slices.ContainsFunc(got, func(k sockeye.ErrorKind) bool { return k != sockeye.Reset }) {
		t.Errorf("got %v", got)
	}
}
