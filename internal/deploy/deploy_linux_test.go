package deploy

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"sockeye"
	"sockeye/internal/deploy/sshdtest"
)

// limit bounds every wait on a slow machine.
const limit = time.Minute

// sshServer is a board, and how to log in to it.
type sshServer struct {
	*sshdtest.SSHServer
	login SSHLogin
}

func startSSH(t *testing.T, o sshdtest.SSHServerOptions) *sshServer {
	t.Helper()
	s := sshdtest.Start(t, o)
	return &sshServer{s, SSHLogin{User: s.User, HostPort: s.HostPort, KnownHosts: filepath.Join(t.TempDir(), "known_hosts"), Keys: []string{s.Key},
		Trust: func(string, string) bool { return true }}}
}

func dial(t *testing.T, l SSHLogin) *Connection {
	t.Helper()
	b, err := Dial(t.Context(), l)
	if err != nil {
		t.Fatalf("%v\n%s", err, sockeye.ErrorOf(err).Hint.En)
	}
	t.Cleanup(b.Close)
	return b
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(limit); !strings.Contains(l.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q does not come: %q", text, l)
		}
	}
}

// A program in Python runs on the board, its output and its exit code come here, and its
// arguments arrive as they are.
func TestPythonRunsOnTheBoard(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	b := dial(t, s.login)
	program := filepath.Join(t.TempDir(), "it's a program.py")
	if err := os.WriteFile(program, []byte("import sys\nprint('args', sys.argv[1:])\nsys.exit(7)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out lockedBuffer
	exit, err := b.Run(t.Context(), &Job{File: program, Command: []string{"a b", "$(reboot)", "'"}, Out: &out, Err: &out})
	if err != nil || exit != 7 || out.String() != "args ['a b', '$(reboot)', \"'\"]\n" {
		t.Errorf("exit code %d, %v, output %q", exit, err, &out)
	}
	if st, err := os.Stat(filepath.Join(s.Home, folder, "it's a program.py")); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the program on the board: %v, %v", st, err)
	}
}

// A board without python3 is told from one whose copy failed, and told what to install.
func TestNoPython(t *testing.T) {
	bin := t.TempDir()
	s := startSSH(t, sshdtest.SSHServerOptions{Environment: "PATH=" + bin})
	program := filepath.Join(t.TempDir(), "client.py")
	if err := os.WriteFile(program, []byte("print(1)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := dial(t, s.login).Run(t.Context(), &Job{File: program, Out: io.Discard, Err: io.Discard})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NotFound || !strings.Contains(e.Message.En, "no python3") || !strings.Contains(e.Hint.En, "apt install python3") {
		t.Errorf("without python3: %v", err)
	}
}

// Who may not become root without a password is told how to do so; who may installs by sudo.
func TestInstallByUser(t *testing.T) {
	bin := t.TempDir()
	s := startSSH(t, sshdtest.SSHServerOptions{Environment: "PATH=" + bin})
	b := dial(t, s.login)
	b.user = "pi" // whom no test can log in as
	sudo := func(text string) {
		if err := os.WriteFile(filepath.Join(bin, "sudo"), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sudo("echo sudo: a password is required >&2; exit 1")
	_, err := b.installWords(t.Context(), b.home+"/.cache/sockeye/sockeye", b.home+"/.cache/sockeye/green.toml")
	_, port, _ := net.SplitHostPort(s.HostPort)
	want := `ssh -t -p ` + port + ` pi@127.0.0.1 "sudo ~/.cache/sockeye/sockeye service install ~/.cache/sockeye/green.toml"`
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || !strings.HasSuffix(e.Hint.En, want) {
		t.Errorf("with a password: %+v, want a hint that ends with %s", e, want)
	}
	sudo("exit 0")
	words, err := b.installWords(t.Context(), "/a/sockeye", "/a/green.toml")
	if err != nil || strings.Join(words, " ") != "sudo -n /a/sockeye service install /a/green.toml" {
		t.Errorf("without a password: %q, %v", words, err)
	}
}

// Ctrl-C here ends the program there.
func TestInterruptEndsTheProgramThere(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	for _, program := range []string{"trap 'echo interrupted; exit 0' INT; echo $$; while :; do sleep 0.1; done", "trap '' INT HUP TERM; echo $$; while :; do sleep 0.1; done"} {
		b := dial(t, s.login)
		ctx, cancel := context.WithCancel(t.Context())
		var out lockedBuffer
		ended := make(chan error, 1)
		go func() {
			_, err := b.Run(ctx, &Job{Command: []string{"sh", "-c", program}, Out: &out, Err: &out})
			ended <- err
		}()
		out.await(t, "\n")
		line, _, _ := strings.Cut(out.String(), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) }) // the second one does not end otherwise
		cancel()
		select {
		case err := <-ended:
			if err != context.Canceled {
				t.Errorf("it ends with %v", err)
			}
		case <-time.After(limit):
			t.Fatal("it does not end")
		}
		if strings.Contains(program, "interrupted") {
			out.await(t, "interrupted")
			for end := time.Now().Add(limit); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("process %d lives on", pid)
				}
			}
		}
	}
}

// A file is copied once, and whole or not at all.
func TestUpload(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	b := dial(t, s.login)
	local := filepath.Join(t.TempDir(), "file")
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(local, data, 0o600); err != nil {
		t.Fatal(err)
	}
	remote := filepath.Join(s.Home, "x", "file")
	for _, want := range []bool{true, false} {
		if copied, err := b.Upload(t.Context(), local, remote, 0o640); err != nil || copied != want {
			t.Errorf("copied %v, %v", copied, err)
		}
	}
	if got, err := os.ReadFile(remote); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	// T66: one bit of what is there was changed since: it is not taken for the same, and is not run.
	tampered := bytes.Clone(data)
	tampered[1000] ^= 1
	if err := os.WriteFile(remote, tampered, 0o640); err != nil {
		t.Fatal(err)
	}
	if copied, err := b.Upload(t.Context(), local, remote, 0o640); err != nil || !copied {
		t.Errorf("over a file with one bit changed: copied %v, %v", copied, err)
	}
	if got, err := os.ReadFile(remote); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	os.WriteFile(local, append(data, 'x'), 0o600)
	if _, err := b.Upload(ctx, local, remote, 0o640); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
	if got, _ := os.ReadFile(remote); !bytes.Equal(got, data) {
		t.Error("a copy that was canceled changed the file")
	}
	if left, _ := filepath.Glob(remote + ".part"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A connection that is cut during the copy leaves the old file, and says what to do.
func TestUploadIsCut(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	through := newCuttingProxy(t, s.login.HostPort, 300<<10)
	login := s.login
	login.HostPort = through
	b := dial(t, login)
	local, remote := filepath.Join(t.TempDir(), "file"), filepath.Join(s.Home, "file")
	os.WriteFile(remote, []byte("old"), 0o600)
	noise := make([]byte, 4<<20)
	rand.Read(noise)
	if err := os.WriteFile(local, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.Upload(t.Context(), local, remote, 0o600)
	if e := sockeye.ErrorOf(err); e == nil || e.Hint.IsZero() {
		t.Errorf("cut: %v", err)
	}
	if got, _ := os.ReadFile(remote); string(got) != "old" {
		t.Errorf("the file has %d bytes", len(got))
	}
	if _, err := dial(t, s.login).Upload(t.Context(), local, remote, 0o600); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(remote); !bytes.Equal(got, noise) {
		t.Error("the second copy is not right")
	}
}

// newCuttingProxy passes bytes on slowly, in small pieces, and cuts the connection after
// some.
func newCuttingProxy(t *testing.T, to string, after int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				return
			}
			go io.Copy(from, up)
			go func() {
				buffer := make([]byte, 700)
				io.CopyBuffer(struct{ io.Writer }{up}, io.LimitReader(from, after), buffer)
				from.Close()
				up.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// The board reaches a port of this machine by the connection.
func TestThrough(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	b := dial(t, s.login)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello from the PC") }))
	defer server.Close()
	// Board and PC are one machine here, so the board's port is another one: through takes
	// the same one on both, which only a free port of this machine can show as refused.
	_, text, _ := net.SplitHostPort(server.Listener.Addr().String())
	port, _ := strconv.ParseUint(text, 10, 16)
	_, err := b.through(t.Context(), uint16(port), io.Discard)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Refused || e.Hint.IsZero() {
		t.Errorf("a port that is in use on the board: %v", err)
	}
	l, err := b.client.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		from, err := l.Accept()
		if err == nil {
			join(t.Context(), from, uint16(port), io.Discard)
		}
	}()
	response, err := (&http.Client{Timeout: limit}).Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if string(body) != "hello from the PC" {
		t.Errorf("through the connection: %q", body)
	}
}

// Who is not known is trusted only when asked, and who has changed never.
func TestHostKeys(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	login := s.login
	login.Trust = nil
	_, err := Dial(t.Context(), login)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || !strings.Contains(e.Message.En, "SHA256:") {
		t.Errorf("an unknown board: %v", err)
	}
	dial(t, s.login) // trusts, and remembers
	dial(t, login)
	known, err := os.ReadFile(login.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	other := sshdtest.NewKey(t, filepath.Join(t.TempDir(), "other"))
	name, _, _ := strings.Cut(string(known), " ")
	if err := os.WriteFile(login.KnownHosts, []byte(name+" "+other), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Dial(t.Context(), s.login)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || !strings.Contains(e.Message.En, "has changed") || !strings.Contains(e.Hint.En, "ssh-keygen -R") {
		t.Errorf("a board that has changed: %v", err)
	}
	if out, err := exec.Command("ssh-keygen", "-f", login.KnownHosts, "-F", strings.Trim(name, `"`)).CombinedOutput(); err != nil {
		t.Errorf("ssh-keygen does not find the board: %v %s", err, out)
	}
}

// Agent, and no key at all.
func TestLoginFaultsAreExplained(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	login := s.login
	login.Keys = nil
	_, err := Dial(t.Context(), login)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || !strings.Contains(e.Hint.En, "ssh-copy-id") {
		t.Errorf("without a key: %v", err)
	}
	asked := 0
	login.Ask = func(sockeye.Text) (string, error) { asked++; return "wrong", nil }
	if _, err := Dial(t.Context(), login); err == nil || asked > 1 {
		t.Errorf("a password that the board does not want: %v, asked %d times", err, asked)
	}
	login.Ask = nil
	keys := agent.NewKeyring()
	raw, err := os.ReadFile(s.login.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	private, err := ssh.ParseRawPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(keys, c)
		}
	}()
	login.Agent = socket
	dial(t, login)
	l2 := s.login
	s.Stop()
	_, err = Dial(t.Context(), l2)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Refused || !strings.Contains(e.Hint.En, "systemctl enable --now ssh") {
		t.Errorf("no SSH there: %v", err)
	}
}

// A binary for another processor, and none at all, say what to do.
func TestWrongBinaryIsRefused(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	b := dial(t, s.login)
	file := filepath.Join(t.TempDir(), "device.toml")
	os.WriteFile(file, []byte("name='x'\n"), 0o600)
	foreign := filepath.Join(t.TempDir(), "sockeye")
	os.WriteFile(foreign, []byte("\x7fELF\x02\x01\x01\x00 not for this one"), 0o700)
	_, err := b.Run(t.Context(), &Job{File: file, Binary: func(string, string) (string, error) { return foreign, nil }, Out: io.Discard, Err: io.Discard})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Unsupported || !strings.Contains(e.Hint.En, "make cross") {
		t.Errorf("a foreign binary: %v", err)
	}
	_, err = b.Run(t.Context(), &Job{File: file, Binary: BinaryIn("own", "plan9", "mips", t.TempDir()), Out: io.Discard, Err: io.Discard})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NotFound || e.Hint.IsZero() {
		t.Errorf("no binary: %v", err)
	}
}

// A disk that is full says so, and leaves nothing half.
func TestDiskFull(t *testing.T) {
	s := startSSH(t, sshdtest.SSHServerOptions{})
	b := dial(t, s.login)
	local := filepath.Join(t.TempDir(), "file")
	os.WriteFile(local, bytes.Repeat([]byte("x"), 1<<20), 0o600)
	os.Symlink("/dev/full", filepath.Join(s.Home, "file.part")) // every write to it is ENOSPC
	_, err := b.Upload(t.Context(), local, filepath.Join(s.Home, "file"), 0o600)
	if e := sockeye.ErrorOf(err); e == nil || !strings.Contains(e.Message.En, "disk may be full") || e.Hint.IsZero() {
		t.Errorf("a full disk: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Home, "file*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A target of SSH is user, host and port, of which only the host must be given.
func TestParseTarget(t *testing.T) {
	for typed, want := range map[string]string{
		"pi@192.168.1.88": "pi 192.168.1.88:22", "board": "me board:22", "pi@board:2222": "pi board:2222", "pi@[fe80::1%eth0]:2222": "pi [fe80::1%eth0]:2222", "pi@fe80::1": "pi [fe80::1]:22",
		"pi@": "", "@board": "", "pi@board:x": "", "pi@board:0": "", "a b": "",
	} {
		who, hostPort, err := ParseTarget(typed, "me")
		got := who + " " + hostPort
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q (%v)", typed, got, want, err)
		}
	}
}
