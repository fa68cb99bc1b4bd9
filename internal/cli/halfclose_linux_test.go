package cli

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// Clients that say what they want, finish sending and wait for the answer, as
// "printf … | nc -N HOST PORT" does, get the whole answer; then the peer leaves.

// askAndFinish sends, finishes and returns everything that comes.
func askAndFinish(t *testing.T, address string, say string) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, say)
	conn.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Error(err)
	}
	return got
}

// "sockeye listen < FILE", with and without --once, and "producer | sockeye listen
// --once", which ends by itself. Often, since what was lost was lost by chance.
func TestHalfClosedClientGetsStandardInput(t *testing.T) {
	t.Parallel()
	file, _ := randomFile(t, 1<<20)
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		for _, once := range []bool{false, true} {
			args := []string{"listen", "127.0.0.1:0"}
			if once {
				args = append(args, "--once")
			}
			cmd := command(t, "sockeye", args...)
			cmd.Stdin = openFile(t, file, os.O_RDONLY)
			pc := start(t, cmd)
			if got := askAndFinish(t, pc.address("127.0.0.1"), "GET / HTTP/1.0\r\n\r\n"); !bytes.Equal(got, want) {
				t.Fatalf("round %d, --once %v: got %d of %d bytes", n, once, len(got), len(want))
			}
			if once {
				pc.ends(terminal.ExitOK)
			} else {
				pc.kill()
			}
		}
		pc := run(t, "sockeye", "listen", "127.0.0.1:0", "--once")
		address := pc.address("127.0.0.1")
		go func() {
			pc.in.Write(want)
			pc.in.Close()
		}()
		if got := askAndFinish(t, address, "x"); !bytes.Equal(got, want) {
			t.Fatalf("round %d, from a pipe: got %d of %d bytes", n, len(got), len(want))
		}
		pc.ends(terminal.ExitOK)
	}
}

// A client that only receives sees the end of the file, and both programs end.
func TestOnceHandsAFileOver(t *testing.T) {
	t.Parallel()
	file, want := randomFile(t, 1<<20)
	cmd := command(t, "sockeye", "listen", "127.0.0.1:0", "--once")
	cmd.Stdin = openFile(t, file, os.O_RDONLY)
	pc := start(t, cmd)
	there := filepath.Join(t.TempDir(), "there")
	host, port := hostPort(t, pc.address("127.0.0.1"))
	ncat := command(t, "ncat", "--recv-only", host, port)
	ncat.Stdout = openFile(t, there, os.O_CREATE|os.O_WRONLY)
	start(t, ncat).ends(0)
	pc.ends(terminal.ExitOK)
	if hashFile(t, there) != want {
		t.Error("what ncat received is not the file")
	}
}

// An input that is /dev/null is none: with --once it does not tell the client that we are
// done before anything was said.
func TestOnceWithoutInputKeepsItsDirection(t *testing.T) {
	t.Parallel()
	cmd := command(t, "sockeye", "listen", "127.0.0.1:0", "--once", "--json")
	cmd.Stdin = openFile(t, os.DevNull, os.O_RDONLY)
	pc := start(t, cmd)
	if got := askAndFinish(t, pc.address("127.0.0.1"), "all I have"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	pc.ends(terminal.ExitOK)
	if out := pc.out.String(); strings.Index(out, `"received"`) > strings.Index(out, `"finished"`) || !strings.Contains(out, `"reason":"eof"`) {
		t.Error(out)
	}
}

// Replies of a rule that have a delay are queued like any other.
func TestHalfClosedClientGetsDelayedReplies(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "web.toml")
	text := `sockeye = 2
[[endpoint]]
name = "web"
listen = "127.0.0.1:0"
frame = "delim:0d0a0d0a"
rules = "web"
[[rules.web]]
match = 'prefix:GET'
replies = [{ text = 'HTTP/1.0 200 OK\r\n\r\n', delay = "1500ms" }, { text = 'late', delay = "200ms" }]
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	pc := serve(t, "run", file, "--yes")
	got := askAndFinish(t, pc.local(t).String(), "GET / HTTP/1.0\r\n\r\n")
	if string(got) != "HTTP/1.0 200 OK\r\n\r\nlate" {
		t.Errorf("got %q", got)
	}
	pc.wait(t, "left", "reason=eof")
}

// A client in a pipe ends with its server, although its own input goes on.
func TestConnectEndsWithTheServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := run(t, "sockeye", "connect", l.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "good bye\n")
	conn.Close()
	client.prints("good bye\n")
	client.ends(terminal.ExitOK)
}
