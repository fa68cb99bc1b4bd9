//go:build linux

// Package sshdtest gives tests a board: Debian's sshd on the loopback, with a home directory
// of its own. Only tests import it.
package sshdtest

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// limit bounds the wait for the server on a slow machine.
const limit = time.Minute

// SSHServerOptions are what is unusual about a server.
type SSHServerOptions struct {
	// Settings are lines for its sshd_config.
	Settings string
	// Environment is what programs there get besides HOME: lines of a shell.
	Environment string
	// Within is what begins a command in the server's network, and Address what it listens
	// on there; without them it is 127.0.0.1 of this one.
	Within  []string
	Address string
}

// SSHServer is an SSH server that runs until the test ends.
type SSHServer struct {
	// User logs in at HostPort with the private key in the file Key.
	User, HostPort, Key string
	// Home is the home directory of what runs there.
	Home string
	// Stop ends the server, but not the connections that it has.
	Stop func()
}

// NewKey makes a key pair: the private file at path, and the line for authorized_keys.
func NewKey(t *testing.T, path string) (public string) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(key))
}

// Start runs a server. Without sshd it skips the test, and in CI fails it.
func Start(t *testing.T, o SSHServerOptions) *SSHServer {
	t.Helper()
	const program = "/usr/sbin/sshd"
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs sshd (Debian: openssh-server)")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		os.MkdirAll("/run/sshd", 0o755) // sshd wants it, and its service makes it
	}
	s := &SSHServer{User: me.Username, Home: t.TempDir()}
	dir := t.TempDir()
	s.Key = filepath.Join(dir, "id")
	host := cmp.Or(o.Address, "127.0.0.1")
	config, port := s.configure(t, dir, host, &o)
	words := append(o.Within, program, "-D", "-e", "-f", config)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = 100 * time.Millisecond // its children hold the pipe
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.Stop = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(s.Stop)
	s.HostPort = net.JoinHostPort(host, port)
	awaitPort(t, s.HostPort, &said)
	return s
}

// configure writes the server's files, and gives its configuration and port.
func (s *SSHServer) configure(t *testing.T, dir, host string, o *SSHServerOptions) (config, port string) {
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	NewKey(t, filepath.Join(dir, "host"))
	authorized := write("authorized", NewKey(t, s.Key), 0o600)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	// Everything that runs sees the test's home: a board is another machine.
	wrap := write("wrap", "#!/bin/sh\nexport HOME="+s.Home+"\ncd\ncase \"$SSH_ORIGINAL_COMMAND\" in\n*sftp*) exec /usr/lib/openssh/sftp-server -d "+s.Home+" ;;\nesac\n"+
		o.Environment+"\nexec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\n", 0o755)
	return write("config", fmt.Sprintf("Port %s\nListenAddress %s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nForceCommand %s\nSubsystem sftp internal-sftp\n%s",
		port, host, filepath.Join(dir, "host"), authorized, wrap, o.Settings), 0o600), port
}

func awaitPort(t *testing.T, hostPort string, said fmt.Stringer) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", hostPort)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%v\n%s", err, said)
		}
	}
}
