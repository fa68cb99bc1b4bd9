package workbench

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
)

const insideEnv = "SOCKEYE_TEST_NETWORK"

// ownNetwork runs the calling test once more in a child process in a network namespace
// of its own (network_namespaces(7)), which ends with it. It says true in the child.
func ownNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideEnv) == t.Name() {
		return true
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), insideEnv+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) && os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skipf("network namespaces are not allowed here: %v", err)
	}
	if err != nil {
		t.Fatalf("in its own network: %v\n%s", err, out)
	}
	return false
}

// spoof sends a datagram whose source is somebody else's.
func spoof(t *testing.T, from, to netip.AddrPort, data string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	packet := make([]byte, 28, 28+len(data)) // RFC 791 and RFC 768; the kernel fills in what is zero
	packet[0], packet[8], packet[9] = 0x45, 64, unix.IPPROTO_UDP
	copy(packet[12:], from.Addr().AsSlice())
	copy(packet[16:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(packet[20:], from.Port())
	binary.BigEndian.PutUint16(packet[22:], to.Port())
	binary.BigEndian.PutUint16(packet[24:], uint16(8+len(data)))
	if err := unix.Sendto(fd, append(packet, data...), 0, &unix.SockaddrInet4{Addr: to.Addr().As4()}); err != nil {
		t.Fatal(err)
	}
}

// T53, CVE-2024-2169: one datagram with a forged source sets two servers that echo at
// each other; the exchange dies by itself, and the record says why. A server's port is
// never answered.
func TestForgedSourceMakesNoLoop(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	for _, args := range []string{"link set lo up", "addr add 198.51.100.1/32 dev lo", "addr add 198.51.100.2/32 dev lo"} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", args, err, out)
		}
	}
	w := bench(t)
	a := open(t, w, endpoint(t, sockeye.Listen, "udp://198.51.100.1:0"), Answer{Echo: true})
	b := open(t, w, endpoint(t, sockeye.Listen, "udp://198.51.100.2:0"), Answer{Echo: true})
	refused := func(word string) {
		t.Helper()
		wait(t, w, "a refusal: "+word, func(e sockeye.Event) bool {
			return e.Kind == sockeye.Failed && e.Detail.Err.Op == "answer" && strings.Contains(e.Detail.Err.Hint.En, "--allow "+word)
		})
	}
	spoof(t, b.Locals()[0], a.Locals()[0], "round and round")
	refused("amplify")
	waitFor(t, "silence", func() bool { // one came that nobody sent, and one was not sent back
		n := a.Status().Counters.Plus(b.Status().Counters)
		return n.ReceivedMessages == n.SentMessages+1
	})
	if n := a.Status().Counters.SentMessages + b.Status().Counters.SentMessages; n < 2 || n > 60 {
		t.Errorf("%d datagrams went round", n)
	}
	before := a.Status().Counters.SentMessages
	spoof(t, netip.MustParseAddrPort("198.51.100.2:7"), a.Locals()[0], "to a server")
	refused("low-ports")
	if n := a.Status().Counters.SentMessages; n != before {
		t.Errorf("port 7 was answered %d times", n-before)
	}
}
