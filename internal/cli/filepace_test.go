package cli

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A file is sent whole, in pieces no longer than --chunk, and never faster than --rate:
// counted from the connection on, every byte comes after its time.
func TestSendFilePace(t *testing.T) {
	const chunk, rate, size = 700, 20 << 10, 5_000
	data := bytes.Repeat([]byte("0123456789"), size/10)
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- nil
			return
		}
		defer c.Close()
		var b bytes.Buffer
		b.ReadFrom(c)
		got <- b.Bytes()
	}()
	lines := output(t, "connect", l.Addr().String(), "--send-only", "--send-file", path, "--chunk", "700", "--rate", "20k", "--json")
	if !bytes.Equal(<-got, data) {
		t.Error("the peer did not get the file as it is")
	}
	var joined time.Time
	sent := 0
	for line := range strings.Lines(lines) {
		var e struct {
			Kind  string    `json:"kind"`
			Time  time.Time `json:"time"`
			Bytes int       `json:"bytes"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch e.Kind {
		case "joined":
			joined = e.Time
		case "sent":
			if e.Bytes > chunk {
				t.Errorf("a piece of %d bytes, want at most %d", e.Bytes, chunk)
			}
			if due := joined.Add(time.Duration(sent) * time.Second / rate); e.Time.Before(due.Add(-time.Millisecond)) {
				t.Errorf("the byte %d was sent %s before its time", sent, due.Sub(e.Time))
			}
			sent += e.Bytes
		}
	}
	if sent != size {
		t.Errorf("events of %d bytes, want %d", sent, size)
	}
}
