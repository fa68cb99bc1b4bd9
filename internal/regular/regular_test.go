//go:build unix

package regular

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

// T33: what is no file with an end is refused at once, with what it is.
func TestNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	fifo, file, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused := map[string]string{fifo: "pipe", dir: "directory", os.DevNull: "device"}
	if runtime.GOOS == "linux" {
		refused["/proc/self/mem"], refused["/dev/zero"] = "kernel", "device"
		refused["/proc/self/fd/0"] = "" // whatever that is here: it must not hang
	}
	for path, what := range refused {
		err := openAndClose(t, path)
		if what == "" {
			continue
		}
		e, ok := errors.AsType[*sockeye.Error](err)
		if !ok || e.Kind != sockeye.Invalid || !strings.Contains(e.Message.En, what) || e.Target != path || e.Hint.Zh == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "socket")); err == nil {
		t.Error("a socket was opened")
	}
	for _, path := range []string{file, link} {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(f); string(text) != "text" || err != nil {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		f.Close()
	}
	if _, err := OpenNoFollow(link); err == nil {
		t.Error("a link was followed")
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// A whole file is read up to a bound, and one that says it is empty and is not, too.
func TestReadFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadFile(path, 2<<20); err != nil || len(text) != 2<<20 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	_, err := ReadFile(path, 2<<20-1)
	if e, ok := errors.AsType[*sockeye.Error](err); !ok || !strings.Contains(e.Message.En, "larger than 1 MiB") || e.Target != path {
		t.Errorf("too long: %v", err)
	}
}

// openAndClose opens what must not be waited for.
func openAndClose(t *testing.T, path string) error {
	t.Helper()
	result := make(chan error, 1)
	go func() {
		f, err := Open(path)
		if err == nil {
			f.Close()
		}
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was waited for", path)
		return nil
	}
}

// T20: what is written, a dump or the secrets of TLS, is not where a link leads that another user
// put where everybody may; a link of one's own, a pipe that is read and a device are well.
func TestOutputIsNotWhereOthersLead(t *testing.T) {
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatal("this test gives a link to another user: run it as root")
	default:
		t.Skip("only root can give a link to another user")
	}
	dir, public := t.TempDir(), t.TempDir()
	if err := os.Chmod(public, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	victim, link := filepath.Join(dir, "victim"), filepath.Join(public, "link")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, link); err != nil {
		t.Fatal(err)
	}
	const flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	for _, path := range []string{link, victim, os.DevNull, filepath.Join(public, "new")} {
		f, err := OpenOutput(path, flags, 0o600)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f.Close()
	}
	if err := os.Lchown(link, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	f, err := OpenOutput(link, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != sockeye.AccessDenied || !strings.Contains(e.Message.En, link) {
		t.Errorf("another user's link: %v, %v", f, err)
	}
	if text, err := os.ReadFile(victim); string(text) != "mine" || err != nil {
		t.Errorf("the victim is %q, %v", text, err)
	}
}
