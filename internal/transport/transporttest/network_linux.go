package transporttest

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The rows of RELIABILITY.md that need a network of their own run in network
// namespaces (network_namespaces(7)). The namespaces have no names: they end with
// the process that made them, however it ends.

const insideEnv = "SOCKEYE_TEST_NETWORK"

// OwnNetwork runs the calling test once more in a child process with a network
// and mounts of its own, where nothing is but an interface lo. It says true in
// the child, which does the test, and false in the parent, for which the test is
// then over. Such tests run in parallel.
func OwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideEnv) == t.Name() {
		Run(t, "ip", "link", "set", "lo", "up")
		return true
	}
	t.Parallel()
	limit := 10 * time.Minute
	if end, ok := t.Deadline(); ok && time.Until(end) > 2*limit {
		limit = time.Until(end) - 10*time.Second // whoever asks for many rounds gives the time for them
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.timeout="+limit.String())
	cmd.Env = append(os.Environ(), insideEnv+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) {
		reason := fmt.Sprintf("this test needs network namespaces, which are not allowed here (%v): run it as root", err)
		if os.Getuid() != 0 && os.Getenv("CI") != "true" {
			t.Skip(reason)
		}
		t.Fatal(reason)
	}
	if err != nil {
		t.Fatalf("in its own network: %v\n%s", err, out)
	}
	t.Logf("in its own network:\n%s", out)
	return false
}

// Run runs a command to configure the network and returns what it printed.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("this test needs the command %s: %v", name, err)
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Sysctl sets a kernel parameter of the network that the calling thread is in.
func Sysctl(t *testing.T, name, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/")), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// The two ends of a test's Cable.
const (
	HereIP  = "10.77.0.1"
	ThereIP = "10.77.0.2"
)

// Host is another network, one Cable away. Its work is done by a thread that
// is in that network; a socket stays in the network it was made in.
type Host struct {
	work  chan func()
	ended chan struct{} // closed when the thread has ended
}

// Cable joins this network (interface va, HereIP) with a new Host (vb, ThereIP).
func Cable(t *testing.T) *Host {
	t.Helper()
	ended := make(chan struct{})
	m := &Host{make(chan func()), ended}
	network := make(chan string)
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked: the thread ends with its network
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			network <- ""
			return
		}
		network <- fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		for f := range m.work {
			f()
		}
	}()
	t.Cleanup(func() { close(m.work); <-ended })
	path := <-network
	if path == "" {
		t.Fatal("no second network namespace could be made")
	}
	noDAD := func() { Sysctl(t, "net.ipv6.conf.default.accept_dad", "0") } // addresses are ready at once
	noDAD()
	m.Do(noDAD)
	// Package net remembers interfaces by number for the whole process.
	Run(t, "ip", "link", "add", "va", "index", "101", "type", "veth", "peer", "name", "vb", "index", "102", "netns", path)
	m.Run(t, "ip", "address", "add", ThereIP+"/24", "dev", "vb")
	m.Run(t, "ip", "link", "set", "lo", "up")
	m.Run(t, "ip", "link", "set", "vb", "up")
	Run(t, "ip", "address", "add", HereIP+"/24", "dev", "va")
	Run(t, "ip", "link", "set", "va", "up")
	return m
}

// Do calls f in the Host's network. If f fails the test for good, the thread ends, and
// so does the test.
func (m *Host) Do(f func()) {
	done := make(chan struct{})
	select {
	case m.work <- func() { f(); close(done) }:
	case <-m.ended:
		runtime.Goexit()
	}
	select {
	case <-done:
	case <-m.ended:
		runtime.Goexit()
	}
}

// Run runs a command in the Host's network.
func (m *Host) Run(t *testing.T, name string, args ...string) (out string) {
	t.Helper()
	m.Do(func() { out = Run(t, name, args...) })
	return out
}

// Rules loads nftables rules into a chain for what the Host receives, in
// place of those before.
func (m *Host) Rules(t *testing.T, counters string, rules ...string) {
	t.Helper()
	m.Run(t, "nft", Ruleset("input", counters, rules...))
}

// Ruleset is an nft(8) script that puts rules into a hook, and nothing else.
func Ruleset(hook, counters string, rules ...string) string {
	return strings.Join([]string{
		"add table inet t", "delete table inet t", "table inet t {", counters,
		"chain c {", "type filter hook " + hook + " priority 0", strings.Join(rules, "\n"), "}", "}"}, "\n")
}

// Counted is how many packets a counter of the Host's rules has seen.
func (m *Host) Counted(t *testing.T, counter string) (n int) {
	t.Helper()
	out := m.Run(t, "nft", "list counter inet t "+counter)
	_, after, _ := strings.Cut(out, "packets ")
	if _, err := fmt.Sscan(after, &n); err != nil {
		t.Fatalf("nft says %q", out)
	}
	return n
}

// Serve listens on a TCP port of the Host and keeps what connects open; it
// reads and discards what comes.
func (m *Host) Serve(t *testing.T, address string) net.Listener {
	t.Helper()
	var l net.Listener
	var err error
	m.Do(func() { l, err = net.Listen("tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			go Drain(c)
		}
	}()
	t.Cleanup(func() { l.Close(); <-served })
	return l
}

// Drain reads a connection to its end.
func Drain(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

// NameServer makes text the /etc/resolv.conf of this test.
func NameServer(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	const system = "/etc/resolv.conf"
	if err := unix.Mount(file, system, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mounting over %s: %v", system, err)
	}
	t.Cleanup(func() { unix.Unmount(system, 0) })
}
