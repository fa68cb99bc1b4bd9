package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// F17: a workbench that may have 128 MiB gives up its views when they are nearly used up,
// then opens no more sessions, and says why. It keeps to them, its sessions go on, and
// what was received is in the recording to the last byte. The journal is as large as to
// make that so; without --memory it takes a quarter. Sockeye is the real binary, without
// the race detector.
func TestLittleMemory(t *testing.T) {
	dir := t.TempDir()
	sockeye := filepath.Join(dir, "sockeye")
	if out, err := exec.Command("go", "build", "-o", sockeye, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	at := func(args ...string) *exec.Cmd {
		cmd := command(t, sockeye, args...)
		cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+filepath.Join(dir, "home"), "GOMEMLIMIT=128MiB")
		return cmd
	}
	rec := filepath.Join(dir, "rec")
	ui := start(t, at("ui", "--no-browser", "--port", "0", "--record", rec, "--memory", "120MiB"))
	ui.prints("Sockeye: http")
	opened, err := at("session", "open", "listen", "127.0.0.1:0").CombinedOutput()
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(string(opened))
	if err != nil || address == "" {
		t.Fatalf("%s %v", opened, err)
	}
	view := start(t, at("session", "tail", "s1"))
	view.prints("listening on")
	sum := sendMuch(t, address, 160<<20)

	view.ends(terminal.ExitNetwork)
	if said := view.errs.String(); !strings.Contains(said, "views are closed") || !strings.Contains(said, "of the 128 MiB") {
		t.Errorf("the view said %q", said)
	}
	refused, err := at("session", "open", "listen", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(refused), "no session is opened") {
		t.Errorf("another session: %v %s", err, refused)
	}
	if out, err := at("session", "ls").CombinedOutput(); err != nil || !strings.Contains(string(out), address) {
		t.Errorf("what is open: %v %s", err, out)
	}
	if most := memory(t, ui, "VmHWM"); most > 192<<20 {
		t.Errorf("it took %d MiB", most>>20)
	} else {
		t.Logf("%d MiB at most", most>>20)
	}
	ui.cmd.Process.Signal(syscall.SIGTERM)
	ui.ends(terminal.ExitOK)

	if out, err := at("log", "verify", rec).CombinedOutput(); err != nil {
		t.Errorf("log verify: %v %s", err, out)
	}
	raw := filepath.Join(dir, "raw")
	if out, err := at("log", "export", rec, "--format", "raw", "--direction", "received", "--output", raw).CombinedOutput(); err != nil {
		t.Fatalf("log export: %v %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(raw, "*"))
	if len(files) != 1 {
		t.Fatalf("%d files of one peer", len(files))
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, f); err != nil || n != 160<<20 || !bytes.Equal(h.Sum(nil), sum) {
		t.Errorf("the recording has %d bytes, %v, or others than were sent", n, err)
	}
}

// sendMuch sends so many bytes, each piece another one, and gives their sum.
func sendMuch(t *testing.T, address string, n int) []byte {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h := sha256.New()
	piece := make([]byte, 64<<10)
	for i := range n / len(piece) {
		binary.BigEndian.PutUint64(piece, uint64(i))
		h.Write(piece)
		c.SetWriteDeadline(time.Now().Add(patience))
		if _, err := c.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); err != nil { // until all is taken
		t.Fatal(err)
	}
	return h.Sum(nil)
}
