package netinfo

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// The tables as Linux on a little-endian machine prints them.
const (
	procTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2710 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0000000000000000 100 0 0 10 0
   1: 0100007F:2711 0100007F:C001 06 00000000:00000000 03:00001700 00000000     0        0 0 3 0000000000000000
   2: 0100007F:2712 0100007F:C002 01 00000000:00000000 00:00000000 00000000  1000        0 102 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:2712 0100007F:C003 06 00000000:00000000 03:00001700 00000000     0        0 0 3 0000000000000000
   4: 6F01A8C0:2713 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65000        0 103 1 0000000000000000 100 0 0 10 0
   5: 0100007F:2714 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 104 1 0000000000000000 100 0 0 10 0
torn line
`
	procTCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2715 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 105 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:2716 0000000000000000FFFF00000100007F:C004 01 00000000:00000000 00:00000000 00000000     0        0 106 1 0000000000000000 20 4 30 10 -1
   2: 000080FE00000000FF00000001000000:2717 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 107 1 0000000000000000 100 0 0 10 0
`
	procUDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  409: 00000000:2718 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 108 2 0000000000000000 0
`
)

func fakeProc() fstest.MapFS {
	open := func(inode int) *fstest.MapFile {
		return &fstest.MapFile{Mode: fs.ModeSymlink, Data: fmt.Appendf(nil, "socket:[%d]", inode)}
	}
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"net/tcp": text(procTCP), "net/tcp6": text(procTCP6), "net/udp": text(procUDP),
		"41/comm": text("python3\n"), "41/fd/3": open(100), "41/fd/4": open(1000),
		"42/comm": text("python3\n"), "42/fd/3": open(100),
		"50/comm": text("browser\n"), "50/fd/9": open(102), "50/fd/10": open(106), "50/fd/0": &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte("/dev/null")},
		"77/comm": text("sockeye\n"), "77/fd/5": open(104),
		"80/comm": text("dual\n"), "80/fd/5": open(105), "80/fd/6": open(107), "80/fd/7": open(108),
		"sys/net": text("not a process"),
	}
}

// C12, F28: who holds a port: another process, this one, a connection, TIME_WAIT,
// a socket of both families; or a process that we may not see.
func TestPortOwnerIsNamed(t *testing.T) {
	for _, test := range []struct {
		name    string
		network sockeye.Network
		wanted  string
		say, zh string
		hint    string
	}{
		{"another process", sockeye.TCP, "127.0.0.1:10000",
			"python3 (pid 41) listens on 127.0.0.1:10000", "python3（进程 41）正在监听 127.0.0.1:10000", "stop that program"},
		{"all addresses wanted, one held", sockeye.TCP, "0.0.0.0:10000", "python3 (pid 41) listens on 127.0.0.1:10000", "进程 41", "stop that program"},
		{"both families wanted, IPv4 held", sockeye.TCP, "[::]:10000",
			"python3 (pid 41) listens on 127.0.0.1:10000, and [::] would take IPv4 as well", "而 [::] 会同时占用 IPv4", "stop that program"},
		{"TIME_WAIT", sockeye.TCP, "127.0.0.1:10001", "keeps the port (TIME_WAIT)", "TIME_WAIT", "wait a minute"},
		{"a connection before TIME_WAIT", sockeye.TCP, "127.0.0.1:10002", "browser (pid 50) has a connection on 127.0.0.1:10002", "连接", "stop that program"},
		{"process not seen", sockeye.TCP, "192.168.1.111:10003", "a program of user 65000 listens", "用户 65000 的程序", "sudo ss -tnap sport = :10003"},
		{"this process", sockeye.TCP, "127.0.0.1:10004", "this program itself (pid 77) listens", "本程序自己", "close that session"},
		{"dual stack", sockeye.TCP, "127.0.0.1:10005", "dual (pid 80) listens on [::]:10005, which takes IPv4 as well", "同时占用 IPv4", "stop that program"},
		{"mapped address", sockeye.TCP, "127.0.0.1:10006", "browser (pid 50) has a connection on 127.0.0.1:10006", "browser", "stop that program"},
		{"link-local", sockeye.TCP, "[fe80::ff:0:1%eth0]:10007", "dual (pid 80) listens on [fe80::ff:0:1]:10007", "dual", "stop that program"},
		{"UDP", sockeye.UDP, "127.0.0.1:10008", "dual (pid 80) receives on 0.0.0.0:10008", "正在接收", "stop that program"},
		{"another address", sockeye.TCP, "127.0.0.2:10000", "", "", ""},
		{"another port", sockeye.TCP, "127.0.0.1:9999", "", "", ""},
		{"another transport", sockeye.UDP, "127.0.0.1:10000", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			wanted := localAddr{test.network, netip.MustParseAddrPort(test.wanted)}
			h, ok := findPortOwner(fakeProc(), 77, wanted)
			if ok != (test.say != "") {
				t.Fatalf("found %v: %+v", ok, h)
			}
			if !ok {
				return
			}
			if got := h.describe(wanted); !strings.Contains(got.En, test.say) || !strings.Contains(got.Zh, test.zh) {
				t.Errorf("says %q, %q; want %q, %q", got.En, got.Zh, test.say, test.zh)
			}
			if got := h.releaseHint(wanted); !strings.Contains(got.En, test.hint) || got.Zh == "" {
				t.Errorf("hints %q, want %q", got.En, test.hint)
			}
		})
	}
}

// Text that no kernel wrote finds nobody.
func TestHolderOfGarbage(t *testing.T) {
	for _, text := range []string{"", "\n\n", "a b c d e f g h i j k", "0: ZZZZZZZZ:2710 x 0A x x x 0 0 1", "0: 00:2710 x 0A x x x 0 0 1", "0: 0100007F:2710 x 0A x x x uid 0 1"} {
		if h := parseSockets([]byte(text), sockeye.TCP); h != nil {
			t.Errorf("%q gives %+v", text, h)
		}
	}
}

// Two listeners are in each other's way if one address covers the other; which of the two is
// asked first does not matter.
func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1", "127.0.0.1", true}, {"127.0.0.1", "127.0.0.2", false},
		{"0.0.0.0", "127.0.0.1", true}, {"::", "127.0.0.1", true}, {"0.0.0.0", "::", true},
		{"::1", "::1", true}, {"::1", "::2", false}, {"::", "::1", true}, {"0.0.0.0", "::1", false},
		{"fe80::1", "fe80::1%eth0", true},
	} {
		a, b := netip.MustParseAddr(test.a), netip.MustParseAddr(test.b)
		if addressesOverlap(a, b) != test.want || addressesOverlap(b, a) != test.want {
			t.Errorf("%s and %s: want %v", test.a, test.b, test.want)
		}
	}
}

// The local address is found in the errors of package net.
func TestLocalOf(t *testing.T) {
	_, inUse := net.Listen("tcp4", "192.0.2.7:10000")
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"listen", inUse, "tcp 192.0.2.7:10000"},
		{"listen on all", &net.OpError{Op: "listen", Net: "tcp", Addr: &net.TCPAddr{Port: 1}}, "tcp [::]:1"},
		{"listen on all of IPv4", &net.OpError{Op: "listen", Net: "udp4", Addr: &net.UDPAddr{Port: 1}}, "udp 0.0.0.0:1"},
		{"dial", said("dial", "connect", syscall.EADDRINUSE, "127.0.0.1:5", "127.0.0.1:6"), "tcp 127.0.0.1:5"},
		{"dial from anywhere", said("dial", "connect", syscall.EADDRINUSE, "", "127.0.0.1:6"), " invalid AddrPort"},
		{"not of package net", context.Canceled, " invalid AddrPort"},
	} {
		p := localAddrOf(test.err)
		if diff := cmp.Diff(test.want, fmt.Sprint(p.network, " ", p.AddrPort)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
