package responder

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/rule"
)

// inOwnNetwork runs the calling test once more in a child process with a network of
// its own (network_namespaces(7)), which ends with the process. It says true in the
// child, which does the test, and false in the parent, for which it is over.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	const inside = "SOCKEYE_TEST_NETWORK"
	if os.Getenv(inside) == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC)) && os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skipf("network namespaces are not allowed here (%v)", err)
	}
	if err != nil {
		t.Fatalf("in its own network: %v\n%s", err, out)
	}
	return false
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// forge sends a datagram that says it comes from somebody else (raw(7), IP_HDRINCL).
func forge(t *testing.T, from, to netip.AddrPort, data string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p := make([]byte, 28, 28+len(data))
	p[0], p[8], p[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(p[2:], uint16(cap(p)))
	src, dst := from.Addr().As4(), to.Addr().As4()
	copy(p[12:], src[:])
	copy(p[16:], dst[:])
	binary.BigEndian.PutUint16(p[20:], from.Port())
	binary.BigEndian.PutUint16(p[22:], to.Port())
	binary.BigEndian.PutUint16(p[24:], uint16(8+len(data))) // a UDP checksum of 0 is none (RFC 768)
	if err := unix.Sendto(fd, append(p, data...), 0, &unix.SockaddrInet4{Addr: dst}); err != nil {
		t.Fatal(err)
	}
}

// T53: A forged source makes Sockeye neither an amplifier nor a reflector without bounds:
// whoever has the address gets no more than was sent in its name, twenty answers at
// once, ten a second, and nothing at a server's port. The record says what was held
// back.
func TestForgedSources(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	ip(t, "link", "set", "lo", "up")
	ip(t, "address", "add", "10.77.0.1/24", "dev", "lo")
	ip(t, "address", "add", "10.77.0.9/24", "dev", "lo")
	victim := func(port int) *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 77, 0, 9), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dns, other := victim(53), victim(0)

	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "udp://10.77.0.1:0"), byRules(t, "none",
		rule.Rule{Match: "prefix:big", Replies: text(strings.Repeat("x", 1000))},
		rule.Rule{Match: "any", Replies: text("pong")}))
	at := s.Locals()[0]
	port := func(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

	const forged = 60 // of each, few enough for the socket's buffer
	began := time.Now()
	for range forged {
		forge(t, port(dns), at.AddrPort(), "ping")
		forge(t, port(other), at.AddrPort(), "ping")
		forge(t, port(other), at.AddrPort(), "big")
	}
	for _, want := range []string{"port 53 is a server's", "a reply of 1000 bytes is more than this address has sent"} {
		e := wait(t, w, want, func(e sockeye.Event) bool {
			return e.Kind == sockeye.Failed && strings.Contains(e.Detail.Err.Message.En, want)
		})
		if e.Detail.Err.Kind != sockeye.LimitReached || e.Detail.Err.Hint.IsZero() || e.Peer == nil {
			t.Errorf("%s: %+v", want, e.Detail.Err)
		}
	}
	received := 0
	wait(t, w, "all that was forged", func(e sockeye.Event) bool {
		if e.Kind == sockeye.Received {
			received++
		}
		return received == 3*forged
	})
	wait(t, w, "an answer", func(e sockeye.Event) bool { return e.Kind == sockeye.Sent })
	s.shutdown(t.Context()) // no answer comes after this

	most := 20 + 10*int(time.Since(began)/time.Second+1)
	count, bytes := drained(t, other)
	if count > most || bytes > forged*len("pingbig") || count == 0 {
		t.Errorf("the victim got %d answers of %d bytes for %d bytes in its name, want at most %d answers", count, bytes, forged*len("pingbig"), most)
	}
	if count, _ := drained(t, dns); count > 0 {
		t.Errorf("a server's port got %d answers", count)
	}
}

// T53, CVE-2024-2169: one datagram with a forged source sets two servers that echo at
// each other; the exchange dies by itself, and the record says why. A server's port is
// never answered.
func TestForgedLoop(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	ip(t, "link", "set", "lo", "up")
	ip(t, "address", "add", "198.51.100.1/32", "dev", "lo")
	ip(t, "address", "add", "198.51.100.2/32", "dev", "lo")
	w := bench(t)
	a := open(t, w, endpoint(t, sockeye.Listen, "udp://198.51.100.1:0"), Answer{Echo: true})
	b := open(t, w, endpoint(t, sockeye.Listen, "udp://198.51.100.2:0"), Answer{Echo: true})
	refused := func(word string) {
		t.Helper()
		wait(t, w, "a refusal: "+word, func(e sockeye.Event) bool {
			return e.Kind == sockeye.Failed && e.Detail.Err.Op == "answer" && strings.Contains(e.Detail.Err.Hint.En, "--lift-guard "+word)
		})
	}
	forge(t, b.Locals()[0].AddrPort(), a.Locals()[0].AddrPort(), "round and round")
	refused("amplify")
	waitFor(t, "silence", func() bool { // one came that nobody sent, and one was not sent back
		n := a.Status().Counters.Plus(b.Status().Counters)
		return n.ReceivedMessages == n.SentMessages+1
	})
	if n := a.Status().Counters.SentMessages + b.Status().Counters.SentMessages; n < 2 || n > 60 {
		t.Errorf("%d datagrams went round", n)
	}
	before := a.Status().Counters.SentMessages
	forge(t, netip.MustParseAddrPort("198.51.100.2:7"), a.Locals()[0].AddrPort(), "to a server")
	refused("low-ports")
	if n := a.Status().Counters.SentMessages; n != before {
		t.Errorf("port 7 was answered %d times", n-before)
	}
}

// drained is what waits at a socket.
func drained(t *testing.T, c *net.UDPConn) (count, bytes int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	raw.Control(func(fd uintptr) {
		for {
			n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			count, bytes = count+1, bytes+n
		}
	})
	return count, bytes
}
