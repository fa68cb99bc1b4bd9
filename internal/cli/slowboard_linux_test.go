package cli

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// README's board reads 128 bytes at a time and pauses in between. Sent a file of 300 kB
// from the terminal, it is shown as not reading while it pauses, for longer than a peer may
// answer nothing, stays, and has the whole file in the end.
func TestFileToASlowBoard(t *testing.T) {
	want := make([]byte, 300_000)
	rand.NewChaCha8([32]byte{3}).Read(want)
	file := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(file, want, 0o600); err != nil {
		t.Fatal(err)
	}
	x := openTerminal(t, "listen", "127.0.0.1:0", "--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "1")
	_, address, _ := strings.Cut(strings.TrimSpace(x.await("listening on")), "tcp://")
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<10) })
	}}
	board, err := small.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer board.Close()
	x.await("joined")
	x.enter("/file " + file)
	got := make([]byte, 0, len(want))
	read := func() {
		t.Helper()
		board.SetReadDeadline(time.Now().Add(patience))
		n, err := io.ReadFull(board, got[len(got):min(len(got)+128, len(want))])
		if got = got[:len(got)+n]; err != nil {
			t.Fatalf("after %d of %d bytes: %v\n%s", len(got), len(want), err, x.screen())
		}
	}
	notReading := regexp.MustCompile(`not reading: window \d+ for ([4-9]|\d\d) s`) // it may answer nothing for 2 s
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		read()
		x.enter("/peers")
		shown := strings.ReplaceAll(x.screen(), "\n", "")
		if strings.Contains(shown, "left") {
			t.Fatalf("it left:\n%s", x.screen())
		}
		if notReading.MatchString(shown) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is never shown that the board does not read:\n%s", x.screen())
		}
	}
	for len(got) < len(want) {
		read()
	}
	if !bytes.Equal(got, want) {
		t.Error("the board got other bytes")
	}
	if shown := x.screen(); strings.Contains(shown, "left") {
		t.Errorf("it left:\n%s", shown)
	}
	x.enter("/quit")
	x.exits(0)
}
