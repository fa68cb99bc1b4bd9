package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// A lab is a network of its own: a client and a server on a switch, and a far machine
// behind a router on the same switch:
//
//	client 10.1.0.2 ──┐
//	server 10.1.0.3 ──┼── switch ── router 10.1.0.1 / 10.2.0.1 ── far 10.2.0.2
//
// Each machine is a network namespace. Labs do not know each other, so that many are there
// at the same time.
type lab struct {
	*testing.T
	id   int
	took time.Duration // the longest that a doctor took
}

// The machines of a lab, and where the test binary is that all users may run.
const (
	client, server, router, far, fabric = "c", "s", "r", "f", "b"

	labDir    = "/run"
	labBinary = "/run/doctor.test"
	labPort   = 7000
)

// collectEnv makes the test binary print the facts for a question, as JSON.
const collectEnv = "SOCKEYE_DOCTOR_QUESTION"

// hungryEnv makes the test binary a server that may open few files.
const (
	hungryEnv   = "SOCKEYE_DOCTOR_HUNGRY"
	hungryFiles = 16
)

func serveHungry() {
	unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: hungryFiles, Max: hungryFiles})
	l, err := net.Listen("tcp", everyone)
	if err != nil {
		panic(err)
	}
	var open []net.Conn
	for {
		c, err := l.Accept()
		if err != nil {
			time.Sleep(10 * time.Millisecond) // as programs do that meet EMFILE
			continue
		}
		open = append(open, c)
		runtime.KeepAlive(open) // and with it the connections
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(hungryEnv) != "" {
		serveHungry()
	}
	if question := os.Getenv(collectEnv); question != "" {
		var q Question
		if err := json.Unmarshal([]byte(question), &q); err != nil {
			panic(err)
		}
		began, stop := time.Now(), make(chan struct{})
		late := watchLateness(stop)
		var f *Facts
		if network, own := strings.CutPrefix(q.Address, ownFacts); own {
			f = OwnFacts(context.Background(), sockeye.Network(network), labPort)
		} else {
			f = Collect(context.Background(), q)
		}
		took := time.Since(began)
		close(stop)
		json.NewEncoder(os.Stdout).Encode(collected{f, took, <-late})
		return
	}
	os.Exit(m.Run())
}

// collected is what the test binary prints: the facts, and how long they took.
type collected struct {
	Facts *Facts
	Took  time.Duration
	// Late is the most by which this process was woken too late: how busy the machine is.
	Late time.Duration
}

// watchLateness notes by how much a sleep is late, until stop is closed.
func watchLateness(stop chan struct{}) (late chan time.Duration) {
	late = make(chan time.Duration, 1)
	go func() {
		const step = 20 * time.Millisecond
		most := time.Duration(0)
		for {
			began := time.Now()
			select {
			case <-stop:
				late <- most
				return
			case <-time.After(step):
				most = max(most, time.Since(began)-step)
			}
		}
	}()
	return late
}

// prepareLabs makes the place that the names of namespaces are in, seen by this test alone,
// and a copy of the test that an unprivileged user may run.
func prepareLabs(t *testing.T) {
	if err := unix.Mount("lab", labDir, "tmpfs", 0, "mode=755"); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(labBinary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(labBinary, 0o755); err != nil {
		t.Fatal(err)
	}
}

var labsMade struct {
	sync.Mutex
	n int
}

// newLab makes the machines and their cables.
func newLab(t *testing.T) *lab {
	labsMade.Lock()
	defer labsMade.Unlock() // the kernel makes interfaces one after another anyway
	labsMade.n++
	l := &lab{T: t, id: labsMade.n}
	l.batch("", l.expand(`netns add $c
netns add $s
netns add $r
netns add $f
netns add $b
link add eth0 netns $c type veth peer name pc netns $b
link add eth0 netns $s type veth peer name ps netns $b
link add eth0 netns $r type veth peer name pr netns $b
link add eth1 netns $r type veth peer name eth0 netns $f`))
	l.batch(fabric, `link add br0 type bridge
link set br0 up
link set pc master br0 up
link set ps master br0 up
link set pr master br0 up`)
	for _, m := range []string{client, server, router, far} {
		l.sysctl(m, "net/ipv4/icmp_ratelimit", "0")
		l.sysctl(m, "net/ipv4/icmp_msgs_per_sec", "100000")
		l.sysctl(m, "net/ipv6/conf/default/accept_dad", "0")
		l.sysctl(m, "net/ipv6/conf/eth0/accept_dad", "0")
	}
	l.batch(client, "link set lo up\naddress add 10.1.0.2/24 dev eth0\nlink set eth0 up\nroute add 10.2.0.0/24 via 10.1.0.1")
	l.batch(server, "link set lo up\naddress add 10.1.0.3/24 dev eth0\nlink set eth0 up\nroute add default via 10.1.0.1")
	l.batch(router, "link set lo up\naddress add 10.1.0.1/24 dev eth0\naddress add 10.2.0.1/24 dev eth1\nlink set eth0 up\nlink set eth1 up")
	l.sysctl(router, "net/ipv4/ip_forward", "1")
	l.batch(far, "link set lo up\naddress add 10.2.0.2/24 dev eth0\nlink set eth0 up\nroute add default via 10.2.0.1")
	return l
}

// name is the namespace of a machine.
func (l *lab) name(machine string) string { return fmt.Sprintf("%s%d", machine, l.id) }

func (l *lab) expand(text string) string {
	return os.Expand(text, func(machine string) string { return l.name(machine) })
}

// batch runs lines of ip(8) on a machine.
func (l *lab) batch(machine, lines string) {
	l.Helper()
	args := []string{"-batch", "-"}
	if machine != "" {
		args = append([]string{"-n", l.name(machine)}, args...)
	}
	cmd := exec.Command("ip", args...)
	cmd.Stdin = strings.NewReader(lines)
	if out, err := cmd.CombinedOutput(); err != nil {
		l.Fatalf("ip on %q: %v\n%s\n%s", machine, err, out, lines)
	}
}

// rules loads rules into a hook of a machine's packet filter.
func (l *lab) rules(machine, hook string, rules ...string) {
	l.Helper()
	transporttest.Run(l.T, "ip", "netns", "exec", l.name(machine), "nft", transporttest.Ruleset(hook, "", rules...))
}

// manyRules loads n rules for other clients than ours into a machine's packet filter. The kernel takes
// seconds to tell them.
func (l *lab) manyRules(machine string, n int) {
	l.Helper()
	var rules strings.Builder
	fmt.Fprintln(&rules, "table inet many {\nchain i {\ntype filter hook input priority 0;")
	for i := range n {
		fmt.Fprintf(&rules, "ip saddr 172.16.%d.%d tcp dport 7000 counter drop\n", i>>8&255, i&255)
	}
	fmt.Fprintln(&rules, "}\n}")
	cmd := exec.Command("ip", "netns", "exec", l.name(machine), "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		l.Fatalf("nft on %q: %v\n%s", machine, err, out)
	}
}

// in runs f on a thread of a machine: the sockets that it makes stay there.
func (l *lab) in(machine string, f func()) {
	l.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		fd, err := unix.Open("/run/netns/"+l.name(machine), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			unix.Close(fd)
		}
		if err == nil {
			f()
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		l.Fatal(err)
	}
}

func (l *lab) sysctl(machine, name, value string) {
	l.Helper()
	l.in(machine, func() {
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0); err != nil {
			l.Error(err)
		}
	})
}

// serve listens on a machine and gives each connection to handle, which may be nil. Before the
// address a network of package net may stand: "tcp6 [::]:7000" takes IPv6 alone.
func (l *lab) serve(machine, address string, handle func(net.Conn)) net.Listener {
	l.Helper()
	var listener net.Listener
	var err error
	network, at, named := strings.Cut(address, " ")
	if !named {
		network, at = "tcp", address
	}
	l.in(machine, func() { listener, err = net.Listen(network, at) })
	if err != nil {
		l.Fatal(err)
	}
	l.accept(listener, handle)
	return listener
}

// accept gives each connection to handle, which may be nil, until the test ends.
func (l *lab) accept(listener net.Listener, handle func(net.Conn)) {
	l.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if handle != nil {
					handle(c)
				}
				io.Copy(io.Discard, c)
			}()
		}
	}()
}

// receive takes datagrams on a machine, and echoes them if it is asked to.
func (l *lab) receive(machine, address string, echo bool) {
	l.Helper()
	var c net.PacketConn
	var err error
	l.in(machine, func() { c, err = net.ListenPacket("udp", address) })
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if echo {
				c.WriteTo(b[:n], from)
			}
		}
	}()
}

// connect opens a connection from a machine, which stays open.
func (l *lab) connect(machine, address string) *net.TCPConn {
	l.Helper()
	var c net.Conn
	var err error
	l.in(machine, func() { c, err = net.DialTimeout("tcp", address, 10*time.Second) })
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// ask collects facts on a machine as a user without rights; root keeps them.
func (l *lab) ask(machine string, q Question, root bool) *Facts {
	l.Helper()
	question, err := json.Marshal(q)
	if err != nil {
		l.Fatal(err)
	}
	args := []string{"netns", "exec", l.name(machine)}
	if !root {
		args = append(args, "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
		if os.Getenv(mappedRoot) == "" {
			args = append(args, "--reuid=65534", "--regid=65534", "--clear-groups")
		}
	}
	cmd := exec.CommandContext(l.Context(), "ip", append(args, labBinary)...)
	cmd.Env = append(os.Environ(), collectEnv+"="+string(question))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		l.Fatalf("the doctor on %s: %v", machine, err)
	}
	var c collected
	if err := json.Unmarshal(out, &c); err != nil {
		l.Fatal(err)
	}
	if l.took = max(l.took, c.Took); c.Took >= 5*time.Second && c.Late < 50*time.Millisecond { // and the machine is not to blame
		l.Errorf("%s on %s took %s", q.Address, machine, c.Took)
	}
	return c.Facts
}

// ownFacts is asked for what doctor --code prints.
const ownFacts = "own "

// code is the code of a machine, as doctor --code prints it for an address: for the one of
// another machine it says that it connects to it.
func (l *lab) code(machine, address string, root bool) string {
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		l.Fatal(err)
	}
	f := l.ask(machine, Question{Address: ownFacts + string(a.Network)}, root)
	f.Connects = f.Connects || a.Host != ""
	return f.Code()
}

// mappedRoot says that the test runs in a user namespace, where no other user exists.
const mappedRoot = "SOCKEYE_DOCTOR_MAPPED"
