package deploy

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"sockeye"
)

func publicKey(t *testing.T, seed byte) ssh.PublicKey {
	t.Helper()
	private := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))
	key, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Who is known is what the file said when it was opened, once: what stands at its name
// afterwards changes nothing for this connection.
func TestKnownHostsAreOpenedOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := filepath.Join(t.TempDir(), "known_hosts")
	one, two := publicKey(t, 1), publicKey(t, 2)
	put := func(key ssh.PublicKey) {
		t.Helper()
		if err := os.WriteFile(path, []byte(knownhosts.Line([]string{"board:22"}, key)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(one)
	h, err := readHostKeys(&SSHLogin{HostPort: "board:22", KnownHosts: path})
	if err != nil {
		t.Fatal(err)
	}
	put(two)
	if got := h.algorithms(); len(got) != 1 || got[0] != ssh.KeyAlgoED25519 {
		t.Errorf("the algorithms are %q", got)
	}
	if err := h.check("board:22", hostAddr("192.0.2.1:22"), one); err != nil {
		t.Errorf("the key that was known: %v", err)
	}
	if e := sockeye.ErrorOf(h.check("board:22", hostAddr("192.0.2.1:22"), two)); e == nil || !strings.Contains(e.Message.En, "has changed") {
		t.Errorf("another key: %v", e)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, %v", left, err)
	}
}

// A file of known hosts that cannot be used is refused with its own name and the line.
func TestUnusableKnownHosts(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, says string }{
		"a line that is none": {"# mine\nboard ssh-ed25519 !!!\n", ":2: "},
		"too large":           {strings.Repeat("#\n", maxKnownHosts), "larger than"},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readHostKeys(&SSHLogin{HostPort: "board:22", KnownHosts: path})
		e, ok := errors.AsType[*sockeye.Error](err)
		if !ok || !strings.Contains(e.Error(), path) || !strings.Contains(e.Message.En, c.says) || strings.Contains(e.Error(), "sockeye-known-hosts") || e.Message.Zh == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readHostKeys(&SSHLogin{HostPort: "board:22", KnownHosts: dir}); sockeye.ErrorOf(err) == nil {
		t.Errorf("a directory: %v", err)
	}
	if _, err := readHostKeys(&SSHLogin{HostPort: "board:22", KnownHosts: filepath.Join(dir, "none")}); err != nil {
		t.Errorf("no file: %v", err)
	}
}
