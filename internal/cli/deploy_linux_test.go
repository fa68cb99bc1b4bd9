package cli

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/deploy/sshdtest"
)

// deployTo runs sockeye deploy to a board at hostPort, as somebody who has its key and has never
// seen it.
func deployTo(t *testing.T, s *sshdtest.SSHServer, hostPort string, args ...string) *program {
	t.Helper()
	cmd := command(t, "sockeye", append([]string{"deploy", s.User + "@" + hostPort, "--key", s.Key, "--known-hosts", filepath.Join(t.TempDir(), "known_hosts"), "--trust-new-host"}, args...)...)
	cmd.Env = append(cmd.Env, "SSH_AUTH_SOCK=")
	return start(t, cmd)
}

// writeFile writes a file, whole or not at all as an editor does.
func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// endless is a program that says what it is and its process, and goes on.
func endless(t *testing.T, path, name string) string {
	t.Helper()
	writeFile(t, path, fmt.Sprintf("import os, signal\nprint(f'{os.getpid()} is %s')\nsignal.pause()\n", name))
	return path
}

// processOf is the process that endless told.
func (p *program) processOf(name string) int {
	p.t.Helper()
	p.prints(" is " + name)
	pid, err := strconv.Atoi(regexp.MustCompile(`(\d+) is ` + name).FindStringSubmatch(p.out.String())[1])
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if !isGone(pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return pid
}

func isGone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || len(text) == 0 // a zombie has no words
}

func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(patience); !isGone(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d lives on", pid)
		}
	}
}

// With --reload a program runs anew when its file changes, after the old one has ended; when
// it has ended by itself, too; and Ctrl-C ends it on the board.
func TestDeployReload(t *testing.T) {
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{})
	file := endless(t, filepath.Join(t.TempDir(), "client.py"), "first")
	p := deployTo(t, board, board.HostPort, file, "--reload")
	first := p.processOf("first")
	writeFile(t, file, "print('it', 'ended')\n")
	p.prints("it ended")
	awaitGone(t, first)
	if !p.errs.await("ended with code 0", p.wait, p.ended) {
		t.Errorf("it does not say that it waits for a change: %q", p.errs)
	}
	endless(t, file, "third")
	third := p.processOf("third")
	p.cmd.Process.Signal(os.Interrupt)
	p.ends(130)
	awaitGone(t, third)
}

// A device file brings sockeye along; its rows come until Ctrl-C, which ends it there.
func TestDeployDevice(t *testing.T) {
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{Environment: "export SOCKEYE_HOME=$HOME"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := filepath.Join(t.TempDir(), "greenhouse.toml")
	writeFile(t, file, fmt.Sprintf("name = 'greenhouse'\n[[sensor]]\nname = 'temperature'\nsimulate = 'sine'\nevery = '50ms'\n[[target]]\naddress = 'tcp://%s'\n", l.Addr()))
	p := deployTo(t, board, board.HostPort, file)
	l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	rows, err := l.Accept()
	if err != nil {
		t.Fatalf("%v; it said %q and %q", err, p.out, p.errs)
	}
	defer rows.Close()
	rows.SetDeadline(time.Now().Add(patience))
	from := bufio.NewReader(rows)
	if line, err := from.ReadString('\n'); !strings.HasPrefix(line, "temperature=") {
		t.Errorf("a row is %q, %v", line, err)
	}
	p.cmd.Process.Signal(os.Interrupt)
	if _, err := io.Copy(io.Discard, from); err != nil {
		t.Errorf("the device on the board: %v", err)
	}
	p.ends(130)
	if said := p.out.String(); !strings.Contains(said, "rows delivered") {
		t.Errorf("its last words do not come: %q", said)
	}
}

// slowLink passes connections on to another address until it is cut, pieces of 1 KiB at a time
// with a pause before each: a connection of at most 1 MB/s.
type slowLink struct {
	net.Listener
	to   string
	cuts chan struct{}
}

func newSlowLink(t *testing.T, to string) *slowLink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &slowLink{l, to, make(chan struct{})}
	t.Cleanup(func() { l.Close() })
	go k.serve()
	return k
}

func (k *slowLink) serve() {
	for {
		near, err := k.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", k.to)
		if err != nil {
			near.Close()
			continue
		}
		pass := func(to, from net.Conn) {
			defer to.Close()
			piece := make([]byte, 1<<10)
			for {
				n, err := from.Read(piece)
				time.Sleep(time.Millisecond) // how slow the link is
				if _, werr := to.Write(piece[:n]); err != nil || werr != nil {
					return
				}
			}
		}
		go pass(near, far)
		go pass(far, near)
		go func() {
			<-k.cuts
			near.Close()
			far.Close()
		}()
	}
}

// A slow connection takes longer, and one that is cut says so, with the next step; what ran
// on the board has ended.
func TestDeploySlowAndCut(t *testing.T) {
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{})
	k := newSlowLink(t, board.HostPort)
	dir := t.TempDir()
	big := filepath.Join(dir, "big.py")
	writeFile(t, big, "print('arrived', 'whole')\n#"+strings.Repeat("x", 1<<20)+"\n")
	p := deployTo(t, board, k.Addr().String(), big)
	p.ends(0)
	if p.out.String() != "arrived whole\n" {
		t.Errorf("it said %q", p.out)
	}
	p = deployTo(t, board, k.Addr().String(), endless(t, filepath.Join(dir, "client.py"), "cut"))
	pid := p.processOf("cut")
	close(k.cuts)
	p.ends(1)
	if said := p.errs.String(); !strings.Contains(said, "the connection to the board was lost") || !strings.Contains(said, "hint: run it again") {
		t.Errorf("it says %q", said)
	}
	awaitGone(t, pid)
}

// mustRun runs a program that prepares the test.
func mustRun(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", words, err, out)
	}
}

// mount mounts a file system until the test ends, in its own mounts.
func mount(t *testing.T, at string, words ...string) {
	t.Helper()
	mustRun(t, append(append([]string{"mount"}, words...), at)...)
	t.Cleanup(func() { mustRun(t, "umount", "--lazy", at) })
}

// A board is deployed to by the name that it announces, where there is no name server; when
// its cable is out, that is said, long before TCP would notice.
func TestDeployByNameAndCable(t *testing.T) {
	there, ok := oneCable(t)
	if !ok {
		return
	}
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{Within: there, Address: "10.78.0.2"})
	_, port, _ := net.SplitHostPort(board.HostPort)
	announced := run(t, there[0], append(there[1:], "sockeye", "device", "--announce", "greenhouse", "--simulate", "sine", "127.0.0.1:9")...)
	if !announced.errs.await("announced as greenhouse.local", announced.wait, announced.ended) {
		t.Fatalf("it is not announced: %q", announced.errs)
	}
	p := deployTo(t, board, "greenhouse.local:"+port, endless(t, filepath.Join(t.TempDir(), "client.py"), "far"))
	p.processOf("far")
	mustRun(t, append(there, "ip", "link", "set", "vb", "down")...)
	p.ends(1)
	if said := p.errs.String(); !strings.Contains(said, "the connection to the board was lost") {
		t.Errorf("it says %q", said)
	}
}

// --install makes a service of the device file: the unit, the program and the copy of the file
// are where systemd looks, and systemd is told.
func TestDeployInstall(t *testing.T) {
	if _, ok := oneCable(t); !ok {
		return
	}
	dir := t.TempDir()
	for _, d := range []string{"/etc", "/usr/local"} { // the test's own, on top of the machine's
		upper := filepath.Join(dir, d)
		mustRun(t, "mkdir", "-p", upper)
		mount(t, upper, "-t", "tmpfs", "tmpfs")
		mustRun(t, "mkdir", upper+"/up", upper+"/work")
		mount(t, d, "-t", "overlay", "overlay", "-o", "lowerdir="+d+",upperdir="+upper+"/up,workdir="+upper+"/work")
	}
	bin := filepath.Join(dir, "bin")
	mustRun(t, "mkdir", bin)
	writeFile(t, filepath.Join(bin, "systemctl"), "#!/bin/sh\necho systemctl \"$@\"\n")
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{Environment: "export PATH=" + bin + ":$PATH"})
	file := filepath.Join(dir, "greenhouse.toml")
	writeFile(t, file, "[[sensor]]\nname = 'load'\nread = 'load/1'\n[[target]]\naddress = 'tcp://127.0.0.1:9'\n")
	p := deployTo(t, board, board.HostPort, file, "--install")
	p.ends(0)
	if want := "systemctl daemon-reload\nsystemctl enable sockeye-greenhouse\nsystemctl restart sockeye-greenhouse\n"; p.out.String() != want {
		t.Errorf("systemd is told %q, want %q", p.out, want)
	}
	unit, err := os.ReadFile("/etc/systemd/system/sockeye-greenhouse.service")
	if err != nil || !strings.Contains(string(unit), "ExecStart=/usr/local/lib/sockeye/sockeye-greenhouse device ") {
		t.Errorf("the unit: %v\n%s", err, unit)
	}
	if text, err := os.ReadFile("/etc/sockeye/greenhouse.toml"); err != nil || !strings.Contains(string(text), "load/1") {
		t.Errorf("the device file: %v %q", err, text)
	}
	if st, err := os.Stat("/usr/local/lib/sockeye/sockeye-greenhouse"); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("the program: %v %v", st, err)
	}
}

// A board whose disk is full says so, and keeps nothing half.
func TestDeployToAFullBoard(t *testing.T) {
	if _, ok := oneCable(t); !ok {
		return
	}
	board := sshdtest.Start(t, sshdtest.SSHServerOptions{})
	mount(t, board.Home, "-t", "tmpfs", "-o", "size=512k", "tmpfs")
	file := filepath.Join(t.TempDir(), "big.py")
	writeFile(t, file, "#"+strings.Repeat("x", 1<<20)+"\n")
	p := deployTo(t, board, board.HostPort, file)
	p.ends(1)
	if said := p.errs.String(); !strings.Contains(said, "the board's disk is full: the file has 1025 KiB") || !strings.Contains(said, "df -h") {
		t.Errorf("it says %q", said)
	}
	if left, _ := filepath.Glob(board.Home + "/.cache/sockeye/*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
